"""Dates in text: every calendar date that is written unambiguously, with its place."""

import re
from datetime import date
from typing import NamedTuple

from rubrica.tools.builtin.numbers.lexicon import MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""(?<![\d/.-])(?:
        (?P<iso_y>\d{{4}})(?P<sep>[-/.])(?P<iso_m>\d{{1,2}})(?P=sep)(?P<iso_d>\d{{1,2}})(?![\d/]|[-.]\d)
      | (?P<a>\d{{1,2}})(?P<sep2>[-/.])(?P<b>\d{{1,2}})(?P=sep2)(?P<y>\d{{4}})(?![\d/]|[-.]\d)
      | (?P<mdy_m>{_MONTH})\.?\s+(?:the\s+)?(?P<mdy_d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?:of\s+)?(?P<mdy_y>\d{{4}})\b
      | (?P<dmy_d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+)?(?:of\s+)?(?P<dmy_m>{_MONTH})\b\.?,?\s+
        (?:of\s+)?(?P<dmy_y>\d{{4}})\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_YEAR = re.compile(r"\d{4}")
"""Every form of a date has one, and most texts have none."""


class Found(NamedTuple):
    """A date and where it stands."""

    day: date
    start: int
    end: int


def find_dates(text: str) -> list[Found]:
    """Return the dates of a text in order. 3/4/2021 could be two days and is left out; so is a day that never was."""
    if not _YEAR.search(text):
        return []
    return [
        Found(day, match.start(), match.end()) for match in _DATE.finditer(text) if (day := _day(match)) is not None
    ]


def _day(match: re.Match[str]) -> date | None:
    part = match.groupdict()
    try:
        if part["iso_y"]:
            return date(int(part["iso_y"]), int(part["iso_m"]), int(part["iso_d"]))
        if part["y"]:
            first, second = int(part["a"]), int(part["b"])
            if first <= 12 and second <= 12 and first != second:
                return None
            month, day = (first, second) if first <= 12 else (second, first)
            return date(int(part["y"]), month, day)
        prefix = "mdy" if part["mdy_y"] else "dmy"
        return date(int(part[f"{prefix}_y"]), MONTHS[part[f"{prefix}_m"].lower()], int(part[f"{prefix}_d"]))
    except ValueError:
        return None
