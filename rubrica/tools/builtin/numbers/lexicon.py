"""The words that numbers are made of: numerals, fractions, units and their exact conversion factors."""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

ONES = {word: value for value, word in enumerate(_ONES)}
TENS = {word: 10 * value for value, word in enumerate(_TENS, 2)} | {"fourty": 40}
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
NUMERALS = frozenset(ONES) | frozenset(TENS) | frozenset(SCALES)

PARTS = {
    "half": Fraction(1, 2),
    "halves": Fraction(1, 2),
    "third": Fraction(1, 3),
    "thirds": Fraction(1, 3),
    "quarter": Fraction(1, 4),
    "quarters": Fraction(1, 4),
    "fourth": Fraction(1, 4),
    "fourths": Fraction(1, 4),
    "fifth": Fraction(1, 5),
    "fifths": Fraction(1, 5),
    "sixth": Fraction(1, 6),
    "sixths": Fraction(1, 6),
    "seventh": Fraction(1, 7),
    "sevenths": Fraction(1, 7),
    "eighth": Fraction(1, 8),
    "eighths": Fraction(1, 8),
    "tenth": Fraction(1, 10),
    "tenths": Fraction(1, 10),
}
"""Names of unit fractions, for "two thirds of" and "half of"."""

VULGAR = {
    "½": Fraction(1, 2),
    "⅓": Fraction(1, 3),
    "⅔": Fraction(2, 3),
    "¼": Fraction(1, 4),
    "¾": Fraction(3, 4),
    "⅕": Fraction(1, 5),
    "⅖": Fraction(2, 5),
    "⅗": Fraction(3, 5),
    "⅘": Fraction(4, 5),
    "⅙": Fraction(1, 6),
    "⅚": Fraction(5, 6),
    "⅛": Fraction(1, 8),
    "⅜": Fraction(3, 8),
    "⅝": Fraction(5, 8),
    "⅞": Fraction(7, 8),
}

ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        1,
    )
}


class Unit(NamedTuple):
    """A unit of measure: `factor` of the dimension's base unit make one of it."""

    name: str
    dimension: str
    factor: Fraction


_UNITS: dict[str, dict[str, str]] = {
    # dimension -> factor -> names; the first name is the canonical one
    "time": {
        "1/1000": "millisecond milliseconds ms",
        "1": "second seconds sec secs",
        "60": "minute minutes min mins",
        "3600": "hour hours hr hrs",
        "86400": "day days",
        "604800": "week weeks wk wks",
        "1209600": "fortnight fortnights",
    },
    "months": {"1": "month months", "12": "year years yr yrs", "120": "decade decades", "1200": "century centuries"},
    "money": {"1": "dollar dollars buck bucks usd", "1/100": "cent cents ¢", "1/10": "dime dimes"},
    "length": {
        "1/1000": "millimeter millimeters millimetre millimetres mm",
        "1/100": "centimeter centimeters centimetre centimetres cm",
        "1": "meter meters metre metres",
        "1000": "kilometer kilometers kilometre kilometres km kms",
        "127/5000": "inch inches",
        "381/1250": "foot feet ft",
        "1143/1250": "yard yards yd yds",
        "201168/125": "mile miles",
    },
    "mass": {
        "1/1000": "milligram milligrams mg",
        "1": "gram grams",
        "1000": "kilogram kilograms kilo kilos kg kgs",
        "1000000": "tonne tonnes",
        "45359237/100000": "pound pounds lb lbs",
        "45359237/1600000": "ounce ounces oz",
    },
    "volume": {
        "1/1000": "milliliter milliliters millilitre millilitres ml",
        "1": "liter liters litre litres",
        "473176473/125000000": "gallon gallons gal",
        "473176473/500000000": "quart quarts",
        "473176473/1000000000": "pint pints",
        "473176473/2000000000": "cup cups",
    },
    "count": {"2": "pair pairs", "12": "dozen dozens"},
    "data": {"1": "byte bytes", "1/8": "bit bits"},
}

UNITS = {
    name: Unit(names.split()[0], dimension, Fraction(factor))
    for dimension, table in _UNITS.items()
    for factor, names in table.items()
    for name in names.split()
}

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def numeral(words: Iterable[str]) -> int | None:
    """Return the integer that the lower-case words spell ("one hundred and five"), or None when they do not."""
    total, group, last = 0, 0, 0
    seen = False
    for word in words:
        if word == "and":
            if not seen:
                return None
            continue
        if word in ONES:
            value = ONES[word]
            if last and not (last == 100 or last >= 1000 or (last in TENS.values() and 0 < value < 10)):
                return None
            group, last = group + value, value or 1
        elif word in TENS:
            if last and last < 100:
                return None
            group, last = group + TENS[word], TENS[word]
        elif word == "hundred":
            group, last = (group or 1) * 100, 100
        elif word in SCALES:
            total, group, last = total + (group or 1) * SCALES[word], 0, SCALES[word]
        else:
            return None
        seen = True
    return total + group if seen else None
