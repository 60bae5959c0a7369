"""How long an endpoint asks to wait: in the headers that providers use, or in the words of its error."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SPAN = r"(?:\d+(?:\.\d+)?(?:ms|[smh])){1,4}"
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|[smh])")
_NAMED = re.compile(rf'(?:try again in|retry in|"?retrydelay"?\s*:\s*"?)\s*({_SPAN})\b', re.IGNORECASE)


def asked_wait(headers: Mapping[str, str], told: str = "") -> float | None:
    """Return the seconds to wait: `Retry-After-Ms` (OpenAI, Azure), `Retry-After`, or what the text names (Gemini)."""
    named = {name.lower(): value for name, value in headers.items()}
    exact = seconds_of(named.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    asked = seconds_of(named.get("retry-after"))
    return named_wait(told) if asked is None else asked


def named_wait(told: str) -> float | None:
    """Return the seconds that a text names: "Please try again in 1m2.5s", `"retryDelay": "37s"`."""
    match = _NAMED.search(told)
    return sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(match[1].lower())) if match else None


def seconds_of(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; None when it cannot be read."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
