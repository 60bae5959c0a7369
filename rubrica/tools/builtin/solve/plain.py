"""An expression to compute, a percentage, a unit conversion: prompts that are one line of arithmetic."""

import re
from fractions import Fraction

from rubrica.tools.builtin.arithmetic import decimal_numerals, show
from rubrica.tools.builtin.numbers.expression import Quantity, UndefinedError, evaluate
from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.lexicon import UNITS
from rubrica.tools.builtin.numbers.parser import Parser
from rubrica.tools.builtin.solve.solution import Solution

_CUE = re.compile(
    r"(?:\bwhat(?:'s|\s+is|\s+are|\s+does|\s+do)|\b(?:compute|calculate|evaluate|simplify|solve|find|work\s+out|determine|add)"
    r"|\bhow\s+much\s+is|\b(?:the\s+)?(?:value|result|sum|product|answer)\s+(?:of|to|for)|^)"
    r"(?:\s+(?:the\s+)?(?:value|result|sum|product|answer|expression|following|problem|calculation)\s*(?:of|to|for)?)*\s*:?\s*",
    re.IGNORECASE | re.MULTILINE,
)
_DONE = frozenset({".", "?", "=", "\n", ",", ";", "!", "\\boxed", "≈"})
_PLACES = re.compile(r"\b(\d+|one|two|three|four) decimal (?:place|point)s?\b", re.IGNORECASE)
_PLACE_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4}
_UNIT = "|".join(sorted((re.escape(name) for name in UNITS if len(name) > 1), key=len, reverse=True))
_AMOUNT = r"(?P<amount>\d[\d,]{0,20}(?:\.\d{1,12})?|an?|one|half\s+an?)"
_HOW_MANY = re.compile(
    rf"\bhow\s+many\s+(?P<to>{_UNIT})\s+(?:are\s+|is\s+)?(?:there\s+)?(?:in|make|equal|does|is|are)\s+(?:up\s+)?{_AMOUNT}\s+(?P<of>{_UNIT})\b",
    re.IGNORECASE,
)
_CONVERT = re.compile(
    rf"\b(?:convert|change|express|what\s+is|how\s+much\s+is)\s+{_AMOUNT}\s*(?P<of>{_UNIT})\s+(?:to|into|in|as)\s+(?P<to>{_UNIT})\b",
    re.IGNORECASE,
)


def solve_expression(prompt: str) -> Solution | None:
    """Compute the one expression that a prompt asks for."""
    if not decimal_numerals(prompt):
        return None
    tokens = tokenize(prompt)
    starts = {token.start: index for index, token in enumerate(tokens)}
    parser = Parser(tokens)
    for cue in _CUE.finditer(prompt):
        index = next((starts[at] for at in range(cue.end(), min(cue.end() + 3, len(prompt))) if at in starts), None)
        parsed = parser.parse(index) if index is not None else None
        if parsed is None or index is None:
            continue
        node, end = parsed
        if isinstance(node, Quantity) or not parser.sure or not _ends(parser, end):
            continue
        try:
            value = evaluate(node)
        except UndefinedError:
            continue
        if not isinstance(value, Fraction):
            continue
        start, stop = tokens[index].start, tokens[end - 1].end
        text = prompt[start:stop].strip()
        return Solution("number", str(value), f"{text} = {show(value)}", ((start, stop),), value, _places(prompt))
    return None


def _ends(parser: Parser, index: int) -> bool:
    """Whether nothing that could change the value follows the expression."""
    if parser.text(index) == "=":
        return parser.kind(index + 1) in {"end", "newline"} or parser.text(index + 1) in {"?", "_", ".", "\\boxed"}
    return parser.kind(index) in {"end", "newline"} or parser.text(index) in _DONE


def _places(prompt: str) -> int | None:
    match = _PLACES.search(prompt)
    if match is not None:
        return int(_PLACE_WORDS.get(match[1].lower(), match[1]))
    if re.search(r"\bnearest (?:whole|integer)\b", prompt, re.IGNORECASE):
        return 0
    return 2 if re.search(r"\bnearest (?:hundredth|cent)\b", prompt, re.IGNORECASE) else None


def solve_conversion(prompt: str) -> Solution | None:
    """Convert one amount between two units of a dimension."""
    found = [*_HOW_MANY.finditer(prompt), *_CONVERT.finditer(prompt)]
    if len(found) != 1:
        return None
    match = found[0]
    source, target = UNITS[match["of"].lower()], UNITS[match["to"].lower()]
    if source.dimension != target.dimension or source.name == target.name:
        return None
    text = match["amount"].lower().replace(",", "")
    amount = Fraction(1, 2) if text.startswith("half") else Fraction(text) if text[0].isdigit() else Fraction(1)
    value = amount * source.factor / target.factor
    how = f"{match['amount']} {match['of']} are {show(value)} {match['to']}"
    return Solution("number", str(value), how, (match.span(),), value, _places(prompt))
