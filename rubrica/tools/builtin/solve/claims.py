"""What a text claims about the calendar, checked: weekdays of dates, days between dates, leap years."""

import calendar
import re
from collections.abc import Iterator

from rubrica.tools.base import Observation
from rubrica.tools.builtin.numbers.lexicon import WEEKDAYS
from rubrica.tools.builtin.solve.calendar import weekday
from rubrica.tools.builtin.solve.dates import find_dates
from rubrica.types import Span

MAX_TEXT = 100_000

_WEEKDAY = "|".join(WEEKDAYS)
_AFTER = re.compile(
    rf",?\s(?:is|was|will be|would be|falls on|fell on|lands on|landed on)(?P<no>\snot|n't)?"
    rf"\s(?:an?\s)?(?P<day>{_WEEKDAY})\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"\b(?P<day>{_WEEKDAY}),?\s(?:the\s)?$", re.IGNORECASE)
_LEAP = re.compile(
    r"\b(?P<year>[1-9]\d{3})\s(?:is|was|will be)(?P<no>\snot|n't)?\sa\s(?P<common>non-|common\s)?leap\s?year",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"^(?:,?\s(?:there\s)?(?:is|are|was|were|equals)\s(?:exactly\s)?|\s?[:=]\s?)(?P<n>\d{1,3}(?:,\d{3})+|\d{1,7})\sdays\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"^\s(?:and|to|until|through)\s$", re.IGNORECASE)


def claims(text: str) -> Iterator[Observation]:
    """Yield one observation per claim, in the order of the kinds: weekdays, spans of days, leap years."""
    text = text[:MAX_TEXT]
    found = find_dates(text)
    for index, (day, start, end) in enumerate(found):
        after, before = _AFTER.match(text, end), _BEFORE.search(text, max(0, start - 16), start)
        for match in filter(None, (after, before)):
            right = (match["day"].lower() == weekday(day)) != bool(match.groupdict().get("no"))
            first, last = min(start, match.start()), max(end, match.end())
            yield _claim(text, first, last, right, f"{day.isoformat()} is a {weekday(day).capitalize()}")
        if index + 1 < len(found) and _JOINED.match(text[end : found[index + 1].start]):
            other = found[index + 1]
            stated = _DAYS.match(text[other.end : other.end + 60])
            if stated is not None:
                days = abs((other.day - day).days)
                right = int(stated["n"].replace(",", "")) in {days, days + 1}  # with or without the last day
                yield _claim(text, start, other.end + stated.end(), right, f"there are {days} days between them")
    for match in _LEAP.finditer(text):
        leap = calendar.isleap(int(match["year"]))
        right = leap != (bool(match["no"]) != bool(match["common"]))
        yield _claim(text, match.start(), match.end(), right, f"{match['year']} is {'' if leap else 'not '}a leap year")


def _claim(text: str, start: int, end: int, right: bool, fact: str) -> Observation:
    quote = text[start:end]
    return Observation(claim=quote, value=float(right), detail=fact, span=Span(start=start, end=end, text=quote))
