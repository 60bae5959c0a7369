"""Where a quote stands in a text: models copy words faithfully, but not line breaks, quotation marks and dashes.

A quote matches when it is the same after runs of white space count as one space and typographic marks as their plain
forms; the span returned is the text's own.
"""

from bisect import bisect_right
from functools import lru_cache

from rubrica.types import Span

_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "\u00a0": " ",
        "\u202f": " ",
    }
)
_WRAPPING = " \t\r\n\"'…"
"""What a model may put around a quote."""


def find_quote(text: str, quote: str) -> Span | None:
    """Return where `quote` first stands in `text`, or None when it does not."""
    start = text.find(quote) if quote.strip() else -1
    if start >= 0:
        return Span(start=start, end=start + len(quote), text=quote)
    plain, starts = _squeezed(text)
    for wanted in dict.fromkeys((_squeezed(quote)[0].strip(), _squeezed(_unwrapped(quote))[0].strip())):
        at = plain.find(wanted) if wanted else -1
        if at >= 0:
            first, last = _origin(starts, at), _origin(starts, at + len(wanted) - 1)
            return Span(start=first, end=last + 1, text=text[first : last + 1])
    return None


def _unwrapped(quote: str) -> str:
    return quote.replace("...", "…").strip(_WRAPPING)


@lru_cache(maxsize=64)
def _squeezed(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text with single spaces, and (position there, position here) wherever the distance changes."""
    pieces: list[str] = []
    moves: list[tuple[int, int]] = [(0, 0)]
    length = 0
    for position, char in enumerate(text.translate(_PLAIN)):
        if not char.isspace():
            pieces.append(char)
        elif pieces and pieces[-1] == " ":
            continue
        else:
            pieces.append(" ")
        if position - length != moves[-1][1] - moves[-1][0]:
            moves.append((length, position))
        length += 1
    return "".join(pieces), tuple(moves)


def _origin(moves: tuple[tuple[int, int], ...], position: int) -> int:
    there, here = moves[bisect_right(moves, (position, float("inf"))) - 1]
    return here + position - there
