"""Named computations on given numbers: divisors, primes, factorials, choices, roots, means, percentages of change."""

import math
import re
import statistics
from collections.abc import Callable
from fractions import Fraction

from rubrica.tools.builtin.arithmetic import show
from rubrica.tools.builtin.solve.solution import Solution

_N = r"(-?\d[\d,]{0,15}(?:\.\d{1,9})?)"
_WHOLE = r"(\d[\d,]{0,14})"
_LIST = r"((?:-?\d+(?:\.\d+)?\s*(?:,|,?\s+and)\s*){1,60}-?\d+(?:\.\d+)?)"

Rule = tuple[re.Pattern[str], Callable[..., Fraction | float | None]]


def _rule(pattern: str, compute: Callable[..., Fraction | float | None]) -> Rule:
    return re.compile(pattern, re.IGNORECASE), compute


def _numbers(text: str) -> list[Fraction]:
    return [Fraction(part) for part in re.findall(r"-?\d+(?:\.\d+)?", text)]


def _whole(values: list[Fraction]) -> list[int]:
    if any(value.denominator != 1 for value in values):
        raise ValueError("not whole")
    return [int(value) for value in values]


def is_prime(number: int) -> bool:
    """Whether a whole number below 10^12 is prime, by trial division."""
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


def _prime(text: Fraction) -> bool | None:
    return is_prime(int(text)) if text < 10**10 else None


def _factorial(value: Fraction) -> int | None:
    return math.factorial(int(value)) if value <= 100 else None


def _choose(n: Fraction, k: Fraction) -> int | None:
    return math.comb(int(n), int(k)) if n <= 1000 else None


_RULES: tuple[Rule, ...] = (
    _rule(
        rf"\b(?:gcd|gcf|hcf|greatest common (?:divisor|factor)|highest common factor)\s*"
        rf"(?:of|between|\()?\s*(?:the numbers\s*)?{_LIST}",
        lambda numbers: math.gcd(*_whole(_numbers(numbers))),
    ),
    _rule(
        rf"\b(?:lcm|l\.c\.m\.|(?:least|lowest|smallest) common multiple)\s*"
        rf"(?:of|between|\()?\s*(?:the numbers\s*)?{_LIST}",
        lambda numbers: math.lcm(*_whole(_numbers(numbers))),
    ),
    _rule(rf"\bis\s+{_WHOLE}\s+(?:a\s+)?prime", _prime),
    _rule(rf"\bis\s+{_WHOLE}\s+(?:evenly\s+)?divisible\s+by\s+{_WHOLE}", lambda a, b: a % b == 0 if b else None),
    _rule(rf"\bfactorial\s+of\s+{_WHOLE}", _factorial),
    _rule(rf"\b{_WHOLE}\s+factorial\b", _factorial),
    _rule(rf"\b{_WHOLE}\s+choose\s+{_WHOLE}", _choose),
    _rule(
        rf"\bremainder\s+(?:when|of|if)\s+{_WHOLE}\s+(?:is\s+)?divided\s+by\s+{_WHOLE}",
        lambda a, b: a % b if b else None,
    ),
    _rule(rf"\b(?:square of|square the number)\s+{_N}", lambda a: a * a),
    _rule(rf"\b{_N}\s+squared\b", lambda a: a * a),
    _rule(rf"\b(?:cube of)\s+{_N}", lambda a: a * a * a),
    _rule(rf"\b{_N}\s+cubed\b", lambda a: a * a * a),
    _rule(
        rf"\bsquare\s+root\s+of\s+{_WHOLE}(?![\d.])",
        lambda a: math.isqrt(int(a)) if math.isqrt(int(a)) ** 2 == a else None,
    ),
    _rule(
        rf"\b(?:average|(?:arithmetic )?mean)\s+of\s+(?:the\s+numbers\s+|these\s+numbers:?\s*)?{_LIST}",
        lambda n: sum(_numbers(n)) / len(_numbers(n)),
    ),
    _rule(rf"\bmedian\s+of\s+(?:the\s+numbers\s+)?{_LIST}", lambda n: Fraction(statistics.median(_numbers(n)))),
    _rule(rf"\b(?:sum|total)\s+of\s+(?:the\s+numbers\s+)?{_LIST}", lambda n: sum(_numbers(n))),
    _rule(rf"\bproduct\s+of\s+(?:the\s+numbers\s+)?{_LIST}", lambda n: math.prod(_numbers(n))),
    _rule(rf"\bdifference\s+between\s+{_N}\s+and\s+{_N}(?![\d-])", lambda a, b: abs(a - b)),
    _rule(
        rf"\bsum of (?:all )?(?:the )?(?:integers|whole numbers|numbers)\s+"
        rf"(?:from|between)\s+{_WHOLE}\s+(?:to|through)\s+{_WHOLE}",
        lambda a, b: (a + b) * (b - a + 1) / 2 if b >= a else None,
    ),
    _rule(
        rf"\bsum of the first\s+{_WHOLE}\s+(?:positive integers|natural numbers|positive whole numbers)",
        lambda n: n * (n + 1) / 2,
    ),
    _rule(rf"\bsum of the first\s+{_WHOLE}\s+(?:positive\s+)?odd (?:numbers|integers)", lambda n: n * n),
    _rule(rf"\bsum of the first\s+{_WHOLE}\s+(?:positive\s+)?even (?:numbers|integers)", lambda n: n * (n + 1)),
    _rule(rf"\b{_N}\s+is\s+what\s+percent(?:age)?\s+of\s+{_N}", lambda a, b: 100 * a / b if b else None),
    _rule(rf"\bwhat\s+percent(?:age)?\s+of\s+{_N}\s+is\s+{_N}", lambda a, b: 100 * b / a if a else None),
    _rule(
        rf"\bpercent(?:age)?\s+(?:increase|decrease|change)\s+from\s+\$?{_N}\s+to\s+\$?{_N}",
        lambda a, b: abs(100 * (b - a) / a) if a else None,
    ),
    _rule(
        rf"\b{_N}\s+degrees\s+(?:fahrenheit|f)\s+(?:to|in|into)\s+(?:degrees\s+)?(?:celsius|c)\b",
        lambda f: (f - 32) * Fraction(5, 9),
    ),
    _rule(
        rf"\b{_N}\s+degrees\s+(?:celsius|c)\s+(?:to|in|into)\s+(?:degrees\s+)?(?:fahrenheit|f)\b",
        lambda c: c * Fraction(9, 5) + 32,
    ),
)


def solve_integers(prompt: str) -> Solution | None:
    """Apply the one rule whose words the prompt uses."""
    for pattern, compute in _RULES:
        match = pattern.search(prompt)
        if match is None:
            continue
        raw = [group for group in match.groups() if group is not None]
        try:
            value = compute(*(raw if _is_list(pattern) else [_plain(group) for group in raw]))
        except (ValueError, ZeroDivisionError):
            continue
        if value is None:
            continue
        if isinstance(value, bool):
            return Solution(
                "boolean", "yes" if value else "no", f"{match[0]}: {'yes' if value else 'no'}", (match.span(),)
            )
        number = Fraction(value)
        return Solution("number", str(number), f"{match[0]}: {show(number)}", (match.span(),), number)
    return None


def _is_list(pattern: re.Pattern[str]) -> bool:
    return _LIST in pattern.pattern


def _plain(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))
