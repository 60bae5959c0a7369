"""The Retry-After header: seconds, or an HTTP date."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_of(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds to wait; None when the header is absent or says nothing that can be read."""
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
