"""Text to tokens: one linear pass that knows plain, Unicode and LaTeX notation and keeps every token's place."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from rubrica.tools.builtin.numbers.lexicon import NUMERALS, SCALES, TENS, VULGAR, numeral
from rubrica.tools.builtin.numbers.notation import SPECIAL, choice, computes, recurring, scientific

Kind = Literal[
    "number", "opaque", "word", "operator", "open", "close", "equals", "percent", "command", "newline", "other"
]


class Token(NamedTuple):
    """One token; `start` and `end` are its characters in the text."""

    kind: Kind
    text: str
    start: int
    end: int
    gap: bool = False
    """White space stands before it."""
    value: Fraction | None = None
    decimals: int = 0
    currency: bool = False


MAX_DIGITS = 60
"""Longer digit strings are identifiers, not quantities."""

_LEXEMES = re.compile(
    r"""
      (?P<broken>\times\b|\x0crac(?=\{))
    | (?P<space>(?:[ \r\v\u00a0\u202f\u2009]|\t(?!imes\b)|\f(?!rac\{)
        |\\[,;:!\ ]|\\(?:left|right|displaystyle)\b|\\[()\[\]]|&)+)
    | (?P<newline>\n|\\\\|\\q?quad\b)
    | """
    + SPECIAL
    + r"""
    | (?P<opaque>\d{4}-\d{1,2}-\d{1,2}(?!\d)|\d{1,2}:\d{2}(?::\d{2})?(?!\d)|\d+(?:\.\d+){2,}
        |\d+(?:st|nd|rd|th)\b|\d{1,2}\ ?[ap]\.?m\b)
    | (?P<number>\d{1,3}(?:['’]\d{3})+(?![\d'’])(?:\.\d+)?
        |\d{1,3}(?:(?:,|\{,\})\d{3})+(?!\d)(?!,\d)(?:\.\d+)?|\d+(?:,\d+)+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
    | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
    | (?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    | (?P<label>\\(?:text|mathrm|mbox|textbf|textit|mathbf)\{[^{}\n]*\})
    | (?P<pi>π(?![^\W\d]))
    | (?P<command>\\[A-Za-z]+|\\[%$\#])
    | (?P<currency>[$€£¥₹])
    | (?P<word>[^\W\d_](?:[^\W_]|['’_](?=\w)|-(?=[^\W\d_]))*_?)
    | (?P<noise>\*{2,3}(?=[\s.,;:!?)]|$)|(?<![\d)}])\*{2,3}|[`~]+|__+)
    | (?P<power>\*\*|\^)
    | (?P<equals>≈|≃|≅|==?(?!>)|(?<=\s)~=)
    | (?P<times>[×·⋅∙*])
    | (?P<plus>\+)
    | (?P<minus>[-−–])
    | (?P<divide>[÷/⁄])
    | (?P<percent>[%％])
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = {"power": "^", "times": "*", "plus": "+", "minus": "-", "divide": "/"}
_COMMANDS: dict[str, tuple[Kind, str]] = {
    "\\times": ("operator", "*"),
    "\\cdot": ("operator", "*"),
    "\\ast": ("operator", "*"),
    "\\div": ("operator", "/"),
    "\\approx": ("equals", "≈"),
    "\\simeq": ("equals", "≈"),
    "\\%": ("percent", "%"),
    "\\lbrack": ("open", "["),
    "\\rbrack": ("close", "]"),
}
_WORD_OPERATORS = {"plus": "+", "minus": "-", "times": "*", "multiplied": "*", "divided": "/", "mod": "%"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_GROUPED = re.compile(r"\d{1,3}(?:(?:,|\{,\}|['’])\d{3})+(?:\.\d+)?")


@lru_cache(maxsize=64)
def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, in order; layout and emphasis are gone, their gaps remembered."""
    tokens: list[Token] = []
    gap, currency = False, False
    for match in _LEXEMES.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "space":
            gap = True
        elif kind == "noise" or match[0] == "\\$":
            currency = currency or match[0] == "\\$"
        elif kind == "currency":
            currency = True
        elif kind in {"choose", "recurring", "scientific", "pi"}:
            tokens += _special(text, match, gap, currency)
            gap, currency = False, False
        else:
            _append(tokens, match, gap, currency)
            gap, currency = kind == "newline", False
    return tuple(_spelled(tokens))


def _append(tokens: list[Token], match: re.Match[str], gap: bool, currency: bool) -> None:
    kind, text, start, end = match.lastgroup, match[0], match.start(), match.end()
    if kind == "number":
        tokens.append(_number(text, start, end, gap, currency))
    elif kind == "vulgar":
        tokens.append(Token("number", text, start, end, gap, VULGAR[text], 0, currency))
    elif kind == "super":
        tokens.append(Token("operator", "^", start, start))
        tokens.append(_number(text.translate(_SUPERSCRIPTS), start, end, False, False))
    elif kind == "label":
        inner = text[text.index("{") + 1 : -1].strip()
        tokens.append(Token("word", inner, start, end, True))
    elif kind == "broken":  # \t and \f of LaTeX commands that some writer took for control characters
        times = text.endswith("imes")
        tokens.append(Token("operator" if times else "command", "*" if times else "\\frac", start, end, gap))
    elif kind == "command":
        mapped = _COMMANDS.get(text)
        tokens.append(Token(*(mapped or ("command", text)), start, end, gap))
    elif kind == "word" and text.lower() in _WORD_OPERATORS:
        tokens.append(Token("operator", _WORD_OPERATORS[text.lower()], start, end, gap))
    elif kind in _OPERATORS:
        tokens.append(Token("operator", _OPERATORS[kind], start, end, gap))
    elif kind == "equals":
        tokens.append(Token("equals", "=" if text in {"=", "=="} else "≈", start, end, gap))
    elif kind in {"open", "close", "percent", "newline", "opaque", "word"}:
        tokens.append(Token(kind, text, start, end, gap))  # type: ignore[arg-type]  # group names are kinds
    else:
        tokens.append(Token("other", text, start, end, gap))


def _special(text: str, match: re.Match[str], gap: bool, currency: bool) -> list[Token]:
    kind, start, end = match.lastgroup, match.start(), match.end()
    if kind == "pi":
        return [Token("command", "\\pi", start, end, gap)]
    if kind == "choose":
        point = Token("opaque", match[0], start, end, gap)
        return _choice(match[0], start, end, gap) if computes(text, match) else [point]
    value, decimals = scientific(match[0]) if kind == "scientific" else (recurring(match[0]), 0)
    return [Token("number", match[0], start, end, gap, value, decimals, currency)]


def _choice(text: str, start: int, end: int, gap: bool) -> list[Token]:
    r"""Return the tokens of \binom{4}{2} for C(4,2), all of them at its place."""
    command, *numbers = choice(text)
    tokens = [Token("command", command, start, end, gap)]
    for number in numbers:
        tokens += [Token("open", "{", start, end), _number(number, start, end, False, False)]
        tokens.append(Token("close", "}", start, end))
    return tokens


def _number(text: str, start: int, end: int, gap: bool, currency: bool) -> Token:
    if len(text) > MAX_DIGITS or ("," in text and not _GROUPED.fullmatch(text)):
        return Token("opaque", text, start, end, gap)
    digits = re.sub(r"\{,\}|[,'’]", "", text)
    decimals = len(digits.partition(".")[2])
    return Token("number", text, start, end, gap, Fraction(digits), decimals, currency)


def _spelled(tokens: list[Token]) -> list[Token]:
    """Replace runs of numeral words ("twenty-five", "two hundred and six") by number tokens."""
    result: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        scaled = bool(result) and result[-1].kind == "number" and token.text.lower() in SCALES  # 1.5 million
        if token.kind != "word" or scaled or not _is_numeral(token.text):
            result.append(token)
            index += 1
            continue
        words, stop = _numeral_run(tokens, index)
        value = numeral(words)
        if value is None:
            result.append(token)
            index += 1
            continue
        last = tokens[stop - 1]
        result.append(Token("number", " ".join(words), token.start, last.end, token.gap, Fraction(value)))
        index = stop
    return result


def _is_numeral(text: str) -> bool:
    head, hyphen, tail = text.lower().partition("-")
    return head in NUMERALS if not hyphen else head in TENS and tail in NUMERALS


def _numeral_run(tokens: list[Token], index: int) -> tuple[list[str], int]:
    words: list[str] = []
    while index < len(tokens) and tokens[index].kind == "word" and len(words) < 12:
        text = tokens[index].text.lower()
        if _is_numeral(text):
            extended = [*words, *text.split("-")]
            if numeral(extended) is None:
                break
            words = extended
        elif not (
            text == "and"
            and words
            and words[-1] in {"hundred", "thousand", "million"}
            and index + 1 < len(tokens)
            and _is_numeral(tokens[index + 1].text)
        ):
            break
        index += 1
    return words, index
