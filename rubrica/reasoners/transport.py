"""How a question reaches a language model: one call in the OpenAI chat shape, one completion back, or a `CallError`.

A transport neither retries nor waits nor counts: `retry`, `limiter` and `budget` do, once, for all transports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from rubrica.errors import OutageError
from rubrica.requests.base import ChatMessage

Form = Literal["schema", "tool", "text"]
"""How the shape of the reply is asked for: `response_format`, a forced tool call, or words in the prompt."""
Failure = Literal["rate", "server", "connection", "timeout", "denied", "rejected"]
"""429; 5xx; no usable connection; too slow; 401 or 403; any other 4xx."""

ANSWER = "answer"
"""Name of the tool that a model calls to answer, in the form `tool`."""
RATE_PAUSE_S = 1.0
"""Pause after a 429 that names none."""
TOLD = 300
"""Characters of an endpoint's error text that are kept."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, independent of who carries it."""

    messages: Sequence[ChatMessage]
    name: str
    """Name of the reply's schema."""
    schema: Mapping[str, JsonValue]
    form: Form = "schema"
    max_tokens: int | None = None
    limit_name: str = "max_tokens"
    """The field that carries `max_tokens`; newer models of some providers want another name."""
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    """Sampling parameters by their wire names."""

    def body(self, model: str) -> dict[str, Any]:
        """Return the JSON body of `/chat/completions`."""
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            **self.settings,
        }
        if self.max_tokens is not None:
            body[self.limit_name] = self.max_tokens
        if self.form == "schema":
            schema = {"name": self.name, "strict": True, "schema": self.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.form == "tool":
            function = {"name": ANSWER, "description": "Give the answer.", "parameters": self.schema}
            body["tools"] = [{"type": "function", "function": function}]
            body["tool_choice"] = {"type": "function", "function": {"name": ANSWER}}
        return body


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote."""

    text: str
    """The content, or the arguments of the answering tool call."""
    refusal: str = ""
    finish: str = ""
    """The provider's finish reason: "stop", "length", "tool_calls", "content_filter"."""
    tokens_in: int | None = None
    """Null when the endpoint does not say."""
    tokens_out: int | None = None
    tokens_cached: int = 0
    """The part of `tokens_in` that the endpoint had in its own cache, which some price lower."""


class CallError(OutageError):
    """One call failed.

    Attributes:
        kind: what failed.
        retry_after: seconds that the endpoint asked to wait, when it did.
        pause: seconds for which no endpoint of the transport takes calls; 0 when another one can.
    """

    def __init__(
        self, text: str, *, kind: Failure, retry_after: float | None = None, pause: float | None = None
    ) -> None:
        super().__init__(text)
        self.kind, self.retry_after = kind, retry_after
        unasked = RATE_PAUSE_S if kind == "rate" else 0.0
        self.pause = pause if pause is not None else unasked if retry_after is None else retry_after

    @property
    def passes(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind not in ("denied", "rejected")


def failure_of(status: int) -> Failure:
    """Sort an HTTP status."""
    if status == 429:
        return "rate"
    if status in (401, 403):
        return "denied"
    if status in (408, 504):
        return "timeout"
    return "rejected" if 300 <= status < 500 and status not in (409, 425) else "server"


class Transport(Protocol):
    """Carries calls to one model."""

    @property
    def model(self) -> str:
        """The model's name as the user gave it."""
        ...

    @property
    def place(self) -> str:
        """Where the model runs, as far as it is known: equal names at different places may be different models."""
        ...

    async def send(self, call: Call) -> Completion:
        """Make one call.

        Raises:
            CallError: there is no completion; its `kind` says why.
        """
        ...
