"""What 0, 1 and 2 mean in a column of votes: one row cannot tell, the first rows of a file together can.

LLMBar and AlpacaEval count the two answers from 1, AlignBench's pairs from 0; with ties, 0 or 2 is the tie and nobody
can tell which, so such rows are refused and not guessed.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from rubrica.data.formats import battles, detect
from rubrica.data.formats.base import Format
from rubrica.data.record import Record, Unreadable
from rubrica.data.sources import RawRow

HELD = 100
"""Rows with such votes that are looked at before the first of them is read."""
_PAIRWISE = "pairwise"
_FROM_ZERO = {0: "A", 1: "B"}


def settled(rows: Iterable[RawRow], chosen: Format | None) -> Iterator[RawRow]:
    """Pass rows on, with numbers that count the answers from 0 written as A and B.

    Rows are held back only once a vote is a bare number, and no more than `HELD` of them.
    """
    rows = iter(rows)
    held: list[RawRow] = []
    seen: set[int] = set()
    for row in rows:
        vote = _numbered(row[1], chosen)
        if vote is None and not held:
            yield row
            continue
        held.append(row)
        seen |= set() if vote is None else {vote[1]}
        if len(held) == HELD:
            break
    if 0 not in seen:
        yield from chain(held, rows)
        return
    for number, raw in chain(held, rows):
        yield number, _worded(raw, _numbered(raw, chosen), clear=2 not in seen)


def _worded(
    raw: Mapping[str, object] | Unreadable, vote: tuple[str, int] | None, *, clear: bool
) -> Mapping[str, object] | Unreadable:
    if vote is None or isinstance(raw, Unreadable):
        return raw
    name, number = vote
    if clear and number in _FROM_ZERO:
        return {**raw, name: _FROM_ZERO[number]}
    told = "the votes of this file are 0, 1 and 2, which may mean A, B and tie, or tie, A and B"
    return Unreadable(told, field=name, fix="write A, B or tie")


def _numbered(raw: Mapping[str, object] | Unreadable, chosen: Format | None) -> tuple[str, int] | None:
    """Return the column that holds the vote and the vote, where it is a bare 0, 1 or 2 beside two answers."""
    if isinstance(raw, Unreadable):
        return None
    columns = Record(raw).columns
    name = next((name for name in battles.VOTES if name in columns), None)
    vote = None if name is None else _bare(columns[name])
    if name is None or vote is None or battles.graded_sides(columns):
        return None
    try:
        found = chosen or detect(columns)
    except Unreadable:
        return None
    return (name, vote) if found.name == _PAIRWISE else None


def _bare(value: object) -> int | None:
    text = str(value).strip() if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    return int(float(text)) if text in {"0", "1", "2", "0.0", "1.0", "2.0"} else None
