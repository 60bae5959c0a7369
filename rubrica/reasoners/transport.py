"""How a question reaches a language model: one call in the OpenAI chat shape, one completion back, or a `CallError`.

A transport neither retries nor waits nor counts: `retry`, `limiter` and `budget` do, once, for all transports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from rubrica.requests.base import ChatMessage

Form = Literal["schema", "tool", "text"]
"""How the shape of the reply is asked for: `response_format`, a forced tool call, or words in the prompt."""
ANSWER = "answer"
"""Name of the tool that a model calls to answer, in the form `tool`."""


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
            "messages": [{"role": message.role, "content": _sendable(message.content)} for message in self.messages],
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


def _sendable(content: str | tuple[dict[str, JsonValue], ...]) -> str | tuple[dict[str, JsonValue], ...]:
    """Half of a surrogate pair is no character, and no server takes it."""
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else content


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote."""

    text: str
    """The content, or the arguments of the answering tool call."""
    refusal: str = ""
    reasoned: bool = False
    """Whether thoughts came with it, in a field of their own or between `<think>` marks."""
    finish: str = ""
    """Why the model stopped: "length" or "content_filter" in these words, whatever the provider's; else its own."""
    tokens_in: int | None = None
    """Null when the endpoint does not say."""
    tokens_out: int | None = None
    tokens_cached: int = 0
    """The part of `tokens_in` that the endpoint had in its own cache, which some price lower."""
    cost_usd: float | None = None
    """When the endpoint says what it charges, as OpenRouter does."""


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
