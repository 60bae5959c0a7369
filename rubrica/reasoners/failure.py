"""Why a call failed, from its status and the endpoint's own words: what passes, what the case causes, what ends a run.

Providers give one status many meanings (429: wait a second, or the account is empty; 403: a wrong key, or a text that
moderation stopped), so words come before the status. The phrases are those that providers and servers document or
write in their sources.
"""

import re
from collections.abc import Mapping
from typing import Literal

from rubrica.errors import OutageError
from rubrica.reasoners.retry_after import asked_wait, named_wait

Failure = Literal[
    "rate", "server", "connection", "timeout",
    "denied", "barred", "missing", "long", "flagged", "garbled", "rejected",
]  # fmt: skip
"""429; 5xx; no usable connection; too slow. The key or the account is refused; 403; no such model or address; longer
than the model takes; stopped by moderation; the provider threw away what the model wrote; any other 4xx."""

PASSING = frozenset({"rate", "server", "connection", "timeout"})
"""Kinds after which the same call may succeed."""
RATE_PAUSE_S = 1.0
"""Pause after a 429 that names none."""
TOLD = 300
"""Characters of an endpoint's error text that are shown."""
SAID = 1500
"""Characters of it that are read for what it teaches."""

_LONG = re.compile(
    r"context.{0,3}(length|window|limit|size)|prompt is too long|(prompt|input|request)s? (is |are )?too (long|large)"
    r"|request_too_large|exceeds the maximum (allowed )?number of (tokens|bytes)|too large for model"
    r"|maximum (prompt|input|allowed input) length|configured limit of|token count.{0,30} exceeds|range of input length"
    r"|reduce the length|max_tokens must be at least 1, got -"
)
_FLAGGED = re.compile(
    r"content.{0,2}(policy|filter|management)|moderation|was flagged|flagged as|usage policy|data_inspection_failed"
    r"|responsible ai|content exists risk|safety system"
)
_UNPAID = re.compile(
    r"insufficient.{0,2}(quota|balance|credit|funds)|more credits|credit balance|billing.{0,2}(hard_limit|not_active)"
    r"|account_deactivated|api.?key.{0,12}(not valid|invalid|expired)|invalid.{0,3}api.?key"
)
_QUOTA = re.compile(r"exceeded your current quota|per.?day")
"""What OpenAI says of an empty account, and Gemini of a full minute; and a day's allowance: the named wait tells."""
WAIT_MAX_S = 3600.0
"""Whoever is to wait longer is refused."""
_MISSING = re.compile(
    r"invalid.{0,2}model|model.{0,80}?(does not exist|not exist|not found|is not supported for generate)"
    r"|not a valid model|unknown model|no such model|provider not provided"
)
_GARBLED = re.compile(r"failed_generation|json_validate_failed|tool_use_failed")
_TEMPLATE = re.compile(
    r"system (role|message|instruction|prompt)|roles? must alternate|developer instruction|only user and assistant"
    r"|--jinja|jinja exception|grammar|json.?schema"
)
"""What a chat template or a grammar refuses is refused again, though some servers answer it with a 500."""


class CallError(OutageError):
    """One call failed.

    Attributes:
        kind: what failed.
        retry_after: seconds that the endpoint asked to wait, when it did.
        said: the endpoint's own words, more of them than are shown.
        pause: seconds for which no endpoint of the transport takes calls; 0 when another one can.
    """

    def __init__(
        self, text: str, *, kind: Failure, retry_after: float | None = None, pause: float | None = None
    ) -> None:
        super().__init__(text)
        self.kind, self.retry_after, self.said = kind, retry_after, text
        unasked = RATE_PAUSE_S if kind == "rate" else 0.0
        self.pause = pause if pause is not None else unasked if retry_after is None else retry_after

    @property
    def passes(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind in PASSING


def refused(status: int, told: str, headers: Mapping[str, str] | None = None, *, prefix: str = "") -> CallError:
    """Make an error of a status with the text and the headers that came with it."""
    asked = asked_wait(headers or {}, told)
    kind = "rate" if status == 402 and asked is not None else failure_of(status, told)  # OpenRouter: in flight
    wait = asked if kind in PASSING else None
    error = CallError(f"{prefix}{one_line(told)}", kind=kind, retry_after=wait)
    error.said = told[:SAID]
    return error


def failure_of(status: int, told: str = "") -> Failure:
    """Sort an HTTP status, and what was said with it."""
    said = told.lower()
    if _LONG.search(said):
        return "long"
    if status == 429:
        spent = _QUOTA.search(said) and not (named_wait(said) or WAIT_MAX_S) < WAIT_MAX_S
        return "denied" if spent or _UNPAID.search(said) else "rate"
    if 400 <= status < 500 and _GARBLED.search(said):
        return "garbled"
    if 400 <= status < 500 and _FLAGGED.search(said):
        return "flagged"
    if status in (401, 402) or (status in (400, 403) and _UNPAID.search(said)):
        return "denied"
    if status == 403:
        return "barred"
    if status in (404, 410) or (status in (400, 422) and _MISSING.search(said)):
        return "missing"
    if status in (408, 504, 524):
        return "timeout"
    if status == 413:
        return "long"
    if status >= 500 and status != 501 and not _TEMPLATE.search(said):
        return "server"
    return "server" if status in (409, 425, 498) else "rejected"


def one_line(text: str) -> str:
    """Shorten an endpoint's text to one printable line."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text[: 4 * TOLD].split())[:TOLD])
