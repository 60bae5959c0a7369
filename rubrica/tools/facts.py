"""The checkable particulars of a text: its numbers with what they count, its names, its dates, each with its place."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rubrica.tools.text import FUNCTION_WORDS, Text, read, stem

_NUMBER = re.compile(
    r"(?<![\w.])(?P<currency>[$€£¥])?[ ]?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<percent>[ ]?%)?"
    r"(?:(?:st|nd|rd|th)\b)?(?:[ ](?P<scale>thousand|million|billion|trillion|[mb]n)\b)?(?![\w]*\d)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;:]\s|\n")
_NEXT_WORDS = re.compile(r"[^\W\d_]+")
_SCALES = {"thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12}
_SPELLED = {
    name: value
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000, "million": 1000000}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    r"\b(?:\d{4}[-./]\d{2}[-./]\d{2}|\d{1,2}/\d{1,2}/\d{2,4}"
    rf"|{_MONTH}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ ]\d{{4}})?|{_MONTH}[ ]\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ ](?:of[ ])?{_MONTH}\.?(?:,?[ ]\d{{4}})?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:1[5-9]|20)\d{2})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Particular:
    """One number, name or date. `key` is equal for equal ones however written; `unit` is the stem that follows."""

    key: str
    start: int
    end: int
    unit: str = ""


@lru_cache(maxsize=512)
def numbers(text: str) -> tuple[Particular, ...]:
    """Find the numbers in digits with their unit: "$" and "%" as they are, else the stem of the next content word."""
    found = []
    for match in _NUMBER.finditer(text):
        value = float(match["digits"].replace(",", "")) * _SCALES.get((match["scale"] or "").lower(), 1.0)
        unit = "%" if match["percent"] else match["currency"] or _unit_after(text, match.end())
        found.append(Particular(f"{value:.10g}", match.start("digits"), match.end("digits"), unit))
    return tuple(found)


def _unit_after(text: str, end: int) -> str:
    clause = _CLAUSE_END.split(text[end : end + 40], maxsplit=1)[0]
    for word in _NEXT_WORDS.findall(clause)[:2]:
        if word.lower() not in FUNCTION_WORDS:
            return stem(word.lower())
    return ""


@lru_cache(maxsize=512)
def spelled(text: str) -> frozenset[str]:
    """Collect keys of the numbers spelled out ("three" is "3"), singly."""
    return frozenset(f"{float(_SPELLED[word]):.10g}" for word in read(text).words if word in _SPELLED)


_MEASURES = frozenset(map(stem, (
    "day", "week", "month", "year", "hour", "minute", "second", "percent", "dollar", "euro", "pound", "cent", "mile",
    "metre", "meter", "kilometre", "kilometer", "centimetre", "foot", "feet", "inch", "gram", "kilogram", "litre",
)))  # fmt: skip


@lru_cache(maxsize=512)
def measured(text: str) -> tuple[Particular, ...]:
    """Find the numbers that are spelled out and measure something: "six months", not "six reasons"."""
    reading = read(text)
    return tuple(
        Particular(f"{float(_SPELLED[word]):.10g}", *reading.tokens[i], _unit_after(text, reading.tokens[i][1]))
        for i, word in enumerate(reading.words)
        if word in _SPELLED and _unit_after(text, reading.tokens[i][1]) in _MEASURES
    )


@lru_cache(maxsize=512)
def dates(text: str) -> tuple[Particular, ...]:
    """Find days, months with a day or year, weekdays and years."""
    return tuple(Particular(_date_key(match[0]), *match.span()) for match in _DATE.finditer(text))


_BY_NUMBER = re.compile(r"(\d{4})[-./](\d{2})[-./](\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _date_key(written: str) -> str:
    by_number = _BY_NUMBER.fullmatch(written)
    if by_number and 1 <= int(by_number[2]) <= 12:
        written = f"{int(by_number[3])} {_MONTHS[int(by_number[2]) - 1]} {by_number[1]}"
    parts = re.findall(r"\d+|[a-z]{3,}", written.lower())
    return " ".join(sorted(part if part.isdigit() else part[:3] for part in parts))


@lru_cache(maxsize=512)
def names(text: str) -> tuple[Particular, ...]:
    """Find capitalised words that do not open a sentence or line, runs of them, and acronyms.

    A text that is mostly in capitals, in title case or in lower case shows no names; a text of four words may be one.
    """
    reading = read(text)
    rest = reading.cased[1:]
    if sum(word[0].isupper() for word in rest) > 0.5 * len(rest) and (len(rest) > 3 or text.isupper()):
        return ()
    starts = {start for start, _ in reading.sentences}
    found: list[Particular] = []
    after = 0
    for i in [index for index, word in enumerate(reading.cased) if word[0].isupper()]:
        if i < after:
            continue
        j = i
        while j < len(reading.tokens) and _is_name_word(reading, j, starts, inside=j > i):
            j += 1
        if j > i:
            start, end = reading.tokens[i][0], reading.tokens[j - 1][1]
            found.append(Particular(" ".join(reading.words[i:j]).removesuffix("'s").removesuffix("’s"), start, end))
        after = j
    return tuple(found)


def _is_name_word(reading: Text, index: int, starts: set[int], *, inside: bool) -> bool:
    word = reading.cased[index]
    if not word[0].isupper() or word == "I" or word.startswith(("I'", "I’")):
        return False
    start = reading.tokens[index][0]
    if inside:
        gap = reading.raw[reading.tokens[index - 1][1] : start]
        return gap in {" ", "-"} or (gap == ". " and start not in starts)
    if len(word) > 1 and word.isupper():
        return True
    before = reading.raw[max(0, start - 2) : start]
    opens = (
        start in starts
        or before[-1:] in {"", "\n", '"', "“", "(", "*", "'"}
        or before in {". ", "! ", "? ", ": ", '" '}
    )
    if opens and not _joined(reading, index):
        return False
    return reading.words[index] not in FUNCTION_WORDS


def _joined(reading: Text, index: int) -> bool:
    """Say whether another capitalised word follows directly: then even an opening word may belong to a name."""
    if index + 1 == len(reading.tokens):
        return False
    gap = reading.raw[reading.tokens[index][1] : reading.tokens[index + 1][0]]
    return gap == " " and reading.cased[index + 1][0].isupper() and reading.words[index + 1] not in FUNCTION_WORDS
