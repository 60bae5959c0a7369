"""Decimal commas: "1.299,00 € + 24,50 €" read as people in much of Europe write numbers, with offsets kept."""

import re
from functools import lru_cache

_COMMA = re.compile(
    r"(?<![\d.,(\[{])(?:\d{1,3}(?:\.\d{3})+|\d{1,9}),\d{1,2}(?![\d,)\]}])"
    r"(?= ?(?:[-+*/×÷·−–=≈%€]|EUR|CHF|kr|zł|kg|km|cm|[mgl]\b|\.?$|\. ))",
    re.MULTILINE,
)
"""A number that can only have a decimal comma: one or two digits after it, then a sign, a unit or the end."""
_POINT = re.compile(r"(?<![\d.,])\d+\.\d{1,2}(?![\d.,]\d|\d)")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d,])|(?<![\w.,])\d+,\d+(?![\d,])")
_SWAP = str.maketrans(".,", ",.")


@lru_cache(maxsize=64)
def decimal_points(text: str) -> str:
    """Return the text, equally long, with decimal points; as it is where any number is written with one already."""
    if "," not in text or not _COMMA.search(text) or _POINT.search(text) or _THOUSANDS.search(text):
        return text
    return _NUMBER.sub(lambda match: match[0].translate(_SWAP), text)
