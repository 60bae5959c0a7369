"""The one table of input formats, most specific first: the first whose columns are there reads the row."""

from collections.abc import Mapping

from rubrica.data.formats import battles, graded, own, pairs, plain, sets
from rubrica.data.formats.base import Format
from rubrica.data.record import Unreadable
from rubrica.errors import InputError

FORMATS: tuple[Format, ...] = (
    *own.FORMATS,
    *sets.FORMATS,
    *battles.FORMATS[:-1],
    *graded.FORMATS,
    *pairs.FORMATS,
    battles.FORMATS[-1],
    *plain.FORMATS,
)

NAMES: tuple[str, ...] = tuple(each.name for each in FORMATS)


def named(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        InputError: there is none.
    """
    for each in FORMATS:
        if each.name == name:
            return each
    raise InputError(f"unknown format {name!r}; use auto or one of {', '.join(NAMES)}")


def detect(columns: Mapping[str, object]) -> Format:
    """Return the first format whose columns are there.

    Raises:
        Unreadable: none fits; says which columns were seen, which formats are near and what they lack.
    """
    for each in FORMATS:
        if each.fits(columns):
            return each
    seen = ", ".join(sorted(columns)[:20]) or "none that is not null"
    raise Unreadable(f"no known format has these columns: {seen}"[:400], fix=f"{_nearest(columns)}, or pass --format")


def _nearest(columns: Mapping[str, object]) -> str:
    def lack(each: Format) -> str:
        return f"{each.name} (lacks {', '.join(path.replace('|', ' or ') for path in each.missing(columns))})"

    partly = [each for each in FORMATS if 0 < len(each.missing(columns)) < len(each.columns)]
    near = sorted(partly, key=lambda each: len(each.missing(columns)))[:3]
    if not near:
        return "rename the columns to prompt and candidates, or prompt, chosen and rejected"
    return f"nearest: {'; '.join(map(lack, near))}"
