"""Calendar questions: weekdays, days between dates, a date some days on, leap years, lengths of months and years."""

import calendar
import re
from datetime import date, timedelta
from fractions import Fraction

from rubrica.tools.builtin.numbers.lexicon import MONTHS, NUMERALS, WEEKDAYS, numeral
from rubrica.tools.builtin.solve.dates import Found, find_dates
from rubrica.tools.builtin.solve.solution import Solution, iso

_COUNT = rf"(?P<n>\d{{1,6}}|a|an|(?:{'|'.join(sorted(NUMERALS))})(?:[- ](?:{'|'.join(sorted(NUMERALS))}))?)"
_SHIFT = re.compile(rf"\b{_COUNT}\s+(?:more\s+)?(?P<unit>day|week|fortnight|month|year)s?\b", re.IGNORECASE)
_BACK = re.compile(r"\b(?:before|prior|earlier|ago|preced\w+|back|minus|subtract\w*|previous)\b", re.IGNORECASE)
_ON = re.compile(
    r"\b(?:after|from|later|follow\w*|plus|add\w*|hence|ahead|past|since|forward|in|beyond)\b", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\bbetween\b|\bseparat\w*|\bdifference\b|\bduration\b|\bspan\w*|\bhow many\b|\bnumber of\b|\btotal\b|\bapart\b"
    r"|\belapsed?\b|\bpass\w*\b|\bcount\b|\binterval\b|\blength\b|\bgap\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\bday of (?:the|that) week\b|\bweekday\b|\b(?:what|which) day\b|\bday name\b", re.IGNORECASE)
_DAY = re.compile(r"\b(?:day|date)\b", re.IGNORECASE)
_NAMED_DAY = re.compile(rf"\b(?:is|was|it's)\s+(?:a\s+)?({'|'.join(WEEKDAYS)})\b", re.IGNORECASE)
_LEAP = re.compile(r"\b(?:is|was|will)\s+(?:the\s+year\s+)?(\d{1,4})\s+(?:be\s+)?a\s+leap\s+year", re.IGNORECASE)
_IN_MONTH = re.compile(
    rf"\bdays\s+(?:are\s+|were\s+|will\s+be\s+)?(?:there\s+)?in\s+(?:the\s+month\s+of\s+)?({'|'.join(MONTHS)})\s*(?:of\s+|,\s*)?(\d{{4}})\b",
    re.IGNORECASE,
)
_IN_YEAR = re.compile(r"\bdays\s+(?:are\s+|were\s+)?(?:there\s+)?in\s+(?:the\s+year\s+)?(\d{4})\b", re.IGNORECASE)


def solve_calendar(prompt: str) -> Solution | None:
    """Solve a prompt whose dates and counts leave one question open."""
    dates = find_dates(prompt)
    if len(dates) == 2:
        return _difference(prompt, dates)
    if len(dates) == 1:
        return _from_one(prompt, dates[0])
    if not dates:
        return _named(prompt) or _lengths(prompt)
    return None


def _difference(prompt: str, dates: list[Found]) -> Solution | None:
    unit = re.search(r"\b(day|week)s\b", prompt, re.IGNORECASE) or re.search(r"\b(day)\b", prompt, re.IGNORECASE)
    if unit is None or _BETWEEN.search(prompt) is None or re.search(r"\b(?:business|working|week)\s?days\b", prompt):
        return None
    days = abs((dates[0].day - dates[1].day).days)
    if re.search(r"\binclusive\b|\bincluding both\b|\bboth (?:days|dates) included\b", prompt, re.IGNORECASE):
        days += 1
    value = Fraction(days, 7 if unit[1].lower() == "week" else 1)
    how = f"from {iso(min(dates)[0])} to {iso(max(dates)[0])} are {days} days"
    return Solution("number", str(value), how, tuple((found.start, found.end) for found in dates), value)


def _from_one(prompt: str, found: Found) -> Solution | None:
    rest = prompt[: found.start] + " " * (found.end - found.start) + prompt[found.end :]
    shifts = list(_SHIFT.finditer(rest))
    used = ((found.start, found.end), *((match.start("n"), match.end("n")) for match in shifts))
    if not shifts:
        if _WEEKDAY.search(rest) is None:
            return None
        return Solution("weekday", weekday(found.day), f"{iso(found.day)} is a {weekday(found.day)}", used)
    back, on = _BACK.search(rest), _ON.search(rest)
    if _DAY.search(rest) is None or (back is None and on is None):
        return None
    day: date | None = found.day
    for match in shifts:
        day = shifted(day, -_count(match) if back else _count(match), match["unit"].lower()) if day else None
    if day is None:
        return None
    steps = " and ".join(match[0] for match in shifts)
    how = f"{steps} {'before' if back else 'after'} {iso(found.day)} is {iso(day)}"
    if re.search(r"\b(?:day of (?:the|that) week|weekday)\b", rest, re.IGNORECASE):
        return Solution("weekday", weekday(day), f"{how}, a {weekday(day)}", used)
    return Solution("date", iso(day), how, used)


def _named(prompt: str) -> Solution | None:
    """If today is Monday, what day is it in 10 days?"""
    today, shifts = list(_NAMED_DAY.finditer(prompt)), list(_SHIFT.finditer(prompt))
    if len(today) != 1 or len(shifts) != 1 or not re.search(r"\b(?:what|which)\b.{0,20}\bday\b", prompt, re.IGNORECASE):
        return None
    unit, shift = shifts[0]["unit"].lower(), shifts[0]
    if unit not in {"day", "week"} or re.search(r"\b(?:yesterday|tomorrow)\b", prompt, re.IGNORECASE):
        return None
    back = _BACK.search(prompt) is not None
    if not back and _ON.search(prompt) is None:
        return None
    days = _count(shift) * (7 if unit == "week" else 1) * (-1 if back else 1)
    name = WEEKDAYS[(WEEKDAYS.index(today[0][1].lower()) + days) % 7]
    return Solution("weekday", name, f"{days:+d} days from {today[0][1]} is {name}", (shift.span("n"),))


def _lengths(prompt: str) -> Solution | None:
    if (match := _LEAP.search(prompt)) and int(match[1]) > 0:
        leap = calendar.isleap(int(match[1]))
        return Solution(
            "boolean", "yes" if leap else "no", f"{match[1]} is {'' if leap else 'not '}a leap year", (match.span(1),)
        )
    if (match := _IN_MONTH.search(prompt)) is not None:
        days = calendar.monthrange(int(match[2]), MONTHS[match[1].lower()])[1]
        return Solution("number", str(days), f"{match[1]} {match[2]} has {days} days", (match.span(2),), Fraction(days))
    if (match := _IN_YEAR.search(prompt)) is not None:
        days = 366 if calendar.isleap(int(match[1])) else 365
        return Solution("number", str(days), f"{match[1]} has {days} days", (match.span(1),), Fraction(days))
    return None


def weekday(day: date) -> str:
    """Return the lower-case English name of a date's weekday."""
    return WEEKDAYS[day.weekday()]


def shifted(day: date, count: int, unit: str) -> date | None:
    """Return the date `count` days, weeks, months or years on; None where there is no such date."""
    try:
        if unit in {"day", "week", "fortnight"}:
            return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
        months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
        return day.replace(year=months // 12, month=months % 12 + 1)
    except (ValueError, OverflowError):
        return None


def _count(match: re.Match[str]) -> int:
    text = match["n"].lower()
    if text.isdigit():
        return int(text)
    return 1 if text in {"a", "an"} else numeral(re.split(r"[- ]", text)) or 0
