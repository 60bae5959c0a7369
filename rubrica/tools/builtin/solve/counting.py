"""Divisors, multiples and ranges of whole numbers, counted or added up one by one."""

import math
import re
from collections.abc import Callable
from fractions import Fraction

from rubrica.tools.builtin.numbers.expression import UndefinedError, evaluate
from rubrica.tools.builtin.numbers.parser import parse
from rubrica.tools.builtin.solve.solution import Solution

MAX_NUMBER = 10**30
MAX_PRIME = 10**5
"""Larger prime factors are not looked for."""
MAX_RANGE = 10**6

_NUMERAL = r"\d[\d,]{0,15}!?|(?:\d{1,6}(?:\^\{?\d{1,3}\}?)?\s*(?:\\cdot|\\times|\*|×)?\s*){1,8}"
_N, _M = rf"\$?(?P<n>{_NUMERAL})\$?", rf"\$?(?P<m>{_NUMERAL})\$?"
_KIND = (
    r"(?:(?:distinct|different|positive|integral|integer|whole[- ]number|all|the|of),?\s+)*"
    r"(?P<kind>(?:even|odd|prime|perfect[- ]squares?|perfect[- ]cubes?|composite|proper"
    r"|(?:one|two|three|1|2|3)[- ]digit)\s+)?"
    r"(?:(?:distinct|different|positive|integral|integer|whole[- ]number)\s+)*"
)
_HOW_MANY_DIVISORS = re.compile(
    rf"\bhow\s+many\s+{_KIND}(?:divisors|factors)\s+"
    rf"(?:does\s+(?:the\s+number\s+)?{_N}\s+have|(?:of|are\s+there\s+of)\s+{_M})",
    re.IGNORECASE,
)
_SUM_OF_DIVISORS = re.compile(
    rf"\bsum\s+of\s+{_KIND}(?:divisors|factors)\s+of\s+{_N}(?=\s*[?.,]|\s*$|\$)", re.IGNORECASE
)
_EXTREME = re.compile(
    rf"\b(?P<which>greatest|largest|smallest|least)\s+prime\s+(?:factor|divisor)\s+of\s+{_N}(?=\s*[?.,]|\s*$)",
    re.IGNORECASE,
)
_PROPERTY = (
    r"(?:(?:positive|distinct|different|all|the|of)\s+)*"
    r"(?P<kind>even|odd|prime|perfect[- ]square|perfect[- ]cube|multiples?\s+of\s+\$?(?P<k>\d{1,6})\$?)?\s*"
    r"(?:(?:positive|whole|natural)\s+)?(?:integers?|numbers?|primes|squares|cubes)?s?\s*"
    r"(?:that\s+are\s+|are\s+|there\s+are\s+|are\s+there\s+)*"
)
_BOUNDS = (
    r"(?:(?P<word>between|from)\s+\$?(?P<lo>\d{1,7})\$?\s+(?:and|to|through)\s+\$?(?P<hi>\d{1,7})\$?"
    r"|(?P<less>less\s+than|below|under)\s+\$?(?P<top>\d{1,7})\$?)(?!\^|\.\d|\d|,\d)"
)
_RANGE = re.compile(
    rf"\b(?P<ask>how\s+many|sum\s+of|number\s+of)\s+{_PROPERTY}{_BOUNDS}"
    r"(?P<inclusive>\s*,?\s*\(?inclusive)?\s*(?P<end>[?.](?!\d)|$)",
    re.IGNORECASE,
)
_ARRANGED = re.compile(
    r"\b(?:how\s+many\s+(?:distinct\s+|different\s+)?(?:ways|arrangements|permutations)\s+"
    r"(?:can|are\s+there\s+(?:to\s+arrange|of))|in\s+how\s+many\s+(?:distinct\s+|different\s+)?ways\s+can)\s+"
    r"(?:we\s+arrange\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+)?letters\s+(?:of|in)\s+(?:the\s+word\s+)?"
    r"[\"'“”$\\a-z{]{0,10}?(?P<word>[A-Z]{3,14})\b[^.?]{0,30}\?",
)

_CHECKS: dict[str, Callable[[int], bool]] = {
    "even": lambda n: n % 2 == 0,
    "odd": lambda n: n % 2 == 1,
    "prime": lambda n: n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1)),
    "square": lambda n: math.isqrt(n) ** 2 == n,
    "cube": lambda n: round(n ** (1 / 3)) ** 3 == n,
}


def solve_counting(prompt: str) -> Solution | None:
    """Solve a prompt that asks for divisors of one number, for numbers of one range, or for orders of letters."""
    return _divisors(prompt) or _range(prompt) or _letters(prompt)


def factorized(number: int) -> dict[int, int] | None:
    """Return the prime factors of a whole number with their exponents, or None where they are too large."""
    factors: dict[int, int] = {}
    divisor = 2
    while divisor * divisor <= number and divisor <= MAX_PRIME:
        while number % divisor == 0:
            factors[divisor] = factors.get(divisor, 0) + 1
            number //= divisor
        divisor += 1 if divisor == 2 else 2
    if number > 1:
        if number > MAX_PRIME**2:
            return None
        factors[number] = factors.get(number, 0) + 1
    return factors


def _divisors(prompt: str) -> Solution | None:
    for pattern in (_HOW_MANY_DIVISORS, _SUM_OF_DIVISORS, _EXTREME):
        match = pattern.search(prompt)
        if match is None or re.search(r"\b(?:common|both)\b|\bthat are\b|\bwhich are\b|\bnot\b", prompt, re.IGNORECASE):
            continue
        part = match.groupdict()
        number = _whole(part.get("n") or part.get("m") or "")
        factors = factorized(number) if number is not None else None
        if number is None or factors is None:
            return None
        if pattern is _EXTREME:
            value = (max if part["which"].lower() in {"greatest", "largest"} else min)(factors)
            return _number(value, f"{number} = {_product(factors)}", match)
        kept = _kept(factors, number, (part["kind"] or "").lower().strip())
        if kept is None:
            return None
        value = sum(kept) if pattern is _SUM_OF_DIVISORS else len(kept)
        return _number(value, f"{len(kept)} divisors of {number} = {_product(factors)}", match)
    return None


def _kept(factors: dict[int, int], number: int, kind: str) -> list[int] | None:
    """Return the divisors of one kind, or None where there are too many to list."""
    if math.prod(power + 1 for power in factors.values()) > MAX_RANGE:
        return None
    divisors = [1]
    for prime, power in factors.items():
        divisors = [divisor * prime**step for divisor in divisors for step in range(power + 1)]
    if kind == "prime":
        return sorted(factors)
    if kind == "composite":
        return [divisor for divisor in divisors if divisor > 1 and divisor not in factors]
    if kind == "proper":
        return [divisor for divisor in divisors if divisor != number]
    digits = {"one": 1, "two": 2, "three": 3, "1": 1, "2": 2, "3": 3}.get(re.split(r"[- ]", kind)[0])
    if digits is not None:
        return [divisor for divisor in divisors if len(str(divisor)) == digits]
    if not kind:
        return divisors
    name = next((name for name in ("even", "odd", "square") if name in kind), "cube")
    if name == "cube":
        return [divisor for divisor in divisors if _is_cube(divisor)]
    return [divisor for divisor in divisors if _CHECKS[name](divisor)]


def _is_cube(number: int) -> bool:
    root = round(number ** (1 / 3))
    return any((root + step) ** 3 == number for step in range(-2, 3))


def _range(prompt: str) -> Solution | None:
    match = _RANGE.search(prompt)
    if match is None:
        return None
    kind = (match["kind"] or "").lower()
    asked = match[0].lower()
    name = next((name for name in ("even", "odd", "prime", "square", "cube") if name in asked), "")
    multiple = int(match["k"]) if match["k"] else 0
    if not (kind or name or multiple) and "integer" not in asked and "whole number" not in asked:
        return None
    if match["less"]:
        low, high = 1, int(match["top"]) - 1
    else:
        low, high = int(match["lo"]), int(match["hi"])
        ends = [bound for bound in (low, high) if not name or _CHECKS[name](bound)]
        ends = [bound for bound in ends if not multiple or bound % multiple == 0]
        if ends and not match["inclusive"] and (match["word"].lower() == "between"):
            return None  # whether the ends count is open
    if not 0 <= high - low <= MAX_RANGE or (multiple == 0 and match["k"]):
        return None
    numbers = [
        n for n in range(low, high + 1) if (not name or _CHECKS[name](n)) and (not multiple or n % multiple == 0)
    ]
    value = sum(numbers) if asked.startswith("sum") else len(numbers)
    return _number(value, f"{len(numbers)} numbers from {numbers[0] if numbers else low} on", match)


def _letters(prompt: str) -> Solution | None:
    match = _ARRANGED.search(prompt)
    if match is None or re.search(r"\b(?:if|begin|start|end|together|consecutive|next|apart|vowels?)\b", prompt):
        return None
    word = match["word"]
    value = math.factorial(len(word)) // math.prod(math.factorial(word.count(letter)) for letter in set(word))
    return _number(value, f"{len(word)}! orders of {word}, equal letters apart", match)


def _whole(text: str) -> int | None:
    latex = "{" in text or "\\" in text
    if not latex and re.search(r"\^\d+\^", text):
        return None
    spaced = re.sub(r"\^(\d)(?=\d)", r"^\1 * ", text) if latex else text  # there 3^65 is 3^6 times 5
    node = parse(re.sub(r"(\^\{\d+\}|\^\d+)\s*(?=\d)", r"\1 * ", spaced.strip()))
    factorial = re.fullmatch(r"(\d{1,3})!", text.strip())
    if factorial is not None:
        return math.factorial(int(factorial[1])) if int(factorial[1]) <= 25 else None
    try:
        value = evaluate(node) if node is not None else None
    except UndefinedError:
        return None
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 and 0 < value < MAX_NUMBER else None


def _product(factors: dict[int, int]) -> str:
    return " * ".join(f"{prime}^{power}" if power > 1 else str(prime) for prime, power in factors.items())


def _number(value: int, how: str, match: re.Match[str]) -> Solution:
    return Solution("number", str(value), how, (match.span(),), Fraction(value))
