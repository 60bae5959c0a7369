"""Units of a quantity: which the words after a number name, their powers, and quantities in two of them."""

from collections.abc import Sequence
from dataclasses import replace

from rubrica.tools.builtin.numbers.expression import Quantity
from rubrica.tools.builtin.numbers.lexicon import UNITS, Unit

_RATES = {"mph": ("mile", "hour"), "kph": ("kilometer", "hour"), "kmh": ("kilometer", "hour")}


def units(words: Sequence[str], over: Sequence[str]) -> tuple[Unit | None, Unit | None]:
    """Return the unit that words name, and the one that they name after "per"."""
    if words and words[0] in _RATES:
        distance, time = _RATES[words[0]]
        return UNITS[distance], UNITS[time]
    return _first(words), _first(over)


def raised(unit: Unit, power: int) -> Unit:
    """Return the square or the cube of a unit."""
    return Unit(f"{unit.name}^{power}", f"{unit.dimension}^{power}", unit.factor**power)


def compound(whole: Quantity, part: Quantity) -> Quantity | None:
    """Return "1 hour" and "30 minutes" as one quantity; None when the second is no part of the first."""
    unit, smaller = whole.unit, part.unit
    if unit is None or smaller is None or whole.per or part.per or unit.dimension != smaller.dimension:
        return None
    share = part.value * smaller.factor / unit.factor
    return replace(whole, value=whole.value + share) if smaller.factor < unit.factor and share < 1 else None


def _first(words: Sequence[str]) -> Unit | None:
    return next((UNITS[word] for word in words if word in UNITS), None)
