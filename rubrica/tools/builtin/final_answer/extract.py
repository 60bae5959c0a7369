"""Where a text states its final answer, and what that answer is in normal form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from rubrica.tools.builtin.final_answer.letters import ending, leading_letter, named_letter
from rubrica.tools.builtin.final_answer.question import Asked, asked
from rubrica.tools.builtin.numbers.expression import Number, Quantity, UndefinedError, evaluate, quantities
from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.parser import Parser, parse
from rubrica.tools.builtin.numbers.working import working
from rubrica.types import Span, TaskView

Kind = Literal["number", "expression", "letter", "boolean", "text"]
MAX_TEXT = 100_000
MAX_ANSWER = 300
MAX_GLOSS = 40


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """The answer that a text commits itself to."""

    text: str
    """As written, without the cue and without closing punctuation."""
    span: Span
    kind: Kind
    normal: str
    """Equal for answers that are equal: "1/2" for 0.5 and \\frac12, "B" for (b), lower case for text."""
    cue: str
    """What marked it: "boxed", "####", "json", "statement", "conclusion", "bold", "whole", "last number",
    "named"."""
    value: Number | None = None
    unit: str = ""
    percent: bool = False

    @property
    def decimals(self) -> int:
        """Places that a number is written with: 1 for "3.1 miles"."""
        places = re.search(r"\d?\.(\d+)", self.text)
        return len(places[1]) if places else 0

    @property
    def marked(self) -> bool:
        """Whether the text itself says that this is the answer."""
        return self.cue not in {"bold", "last number", "named"}


_BOXED = re.compile(r"\\boxed\s*\{|\\boxed\s+(?=\S)|\\fbox\s*\{")
_HASHES = re.compile(r"^[ \t]*####[ \t]*(\S[^\n]*)$", re.MULTILINE)
_JSON = re.compile(
    r"[\"'](?:final_?answer|answer|result|solution)[\"']\s*:\s*(\"(?:[^\"\\\n]|\\.)*\"|[^,}\n\"]+)", re.IGNORECASE
)
_STATEMENT = re.compile(
    r"""(?:^|(?<=[\s*_(>]))(?:
          (?:the\ |my\ |our\ )?(?:final\ |correct\ |right\ |best\ )?(?:answer|solution|result|option|choice)
          (?:\ to\ (?:the|this)\ (?:question|problem))?
          (?:\*\*|__)?\s{0,3}(?:is\s{0,3}:?|would\ be|will\ be|should\ be|:|=)
        | ^(?:A|Ans|Answer)\s{0,3}[:.](?=\s)
        )[\s*_:]{0,8}(?=\S)""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_CONCLUSION = re.compile(
    r"(?:^|(?<=[.!?:;,\n]\s)|(?<=\n))(?:\*\*)?(?:therefore|thus|hence|so|in total|in conclusion|finally|this means"
    r"|altogether|consequently)\b",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,120})\*\*")
_OPENS_LITERAL = re.compile(r"[ \t*_`]{0,8}[\"'\[{]")
_LITERAL = re.compile(r"""[\s*_`]{0,8}(["'])(.{0,300}?)\1[\s*_`.]{0,8}$""")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$|[*_\"')\]])|\n")
_BOOLEAN = re.compile(r"[\s*_\"'(]*(yes|no|true|false)\b", re.IGNORECASE)
_GLOSS = re.compile(
    r"[\d%)*}](?:\*\*|\$|\s){0,3}\s*[,(]?\s*(?:(?:or|which is|that is|i\.e\.,?)\s+)?"
    r"(?:about|approximately|roughly|around|approx\.?|≈|~)\s*[*$]{0,3}$",
    re.IGNORECASE,
)
"""What stands before a number that only rounds the one before it: "5/36, about 13.9 percent"."""
_TRIM = " \t\r\n*_`\"'“”.,;:!"


def extract_answer(text: str, task: TaskView) -> FinalAnswer | None:
    """Return the final answer that a text states, or None when it states none.

    The last of the strongest mark wins: a box, "####", a JSON field, "the answer is", a concluding sentence, bold, and
    only then the last number of the text.
    """
    return extract(text, asked(task.prompt))


@lru_cache(maxsize=1024)
def extract(text: str, kind: Asked) -> FinalAnswer | None:
    """Return the final answer of a text to a question that asks for `kind`."""
    if len(text) > MAX_TEXT:
        return None
    for cue, start, end in _regions(text):
        answer = _read(text, start, end, cue, kind)
        if answer is not None:
            return answer
    return _read(text, ending(text), len(text), "named", kind) if kind == "choice" else None


def _regions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the places where an answer may stand, strongest mark first, last place first."""
    for match in reversed(list(_BOXED.finditer(text))[-3:]):
        end = _closing(text, match.end()) if match[0].endswith("{") else _line_end(text, match.end())
        if end is not None:
            yield "boxed", match.end(), end
            break
    for cue, pattern in (("####", _HASHES), ("json", _JSON)):
        found = list(pattern.finditer(text))
        if found:
            yield cue, found[-1].start(1), found[-1].end(1)
    for match in reversed(list(_STATEMENT.finditer(text))[-3:]):
        yield "statement", match.end(), _sentence_end(text, match.end())
    concluded = list(_CONCLUSION.finditer(text))[-2:]
    bold = [match for match in _BOLD.finditer(text) if any(map(str.isdigit, match[1]))]
    while len(bold) > 1 and _GLOSS.search(text[bold[-2].end() - 1 : bold[-1].start()][-MAX_GLOSS:]):
        bold.pop()
    bold = bold[-1:]
    if bold and concluded and bold[0].start() > _sentence_end(text, concluded[-1].end()):
        yield "bold", *bold[0].span(1)  # "so 36 are left" is a step when what is set in bold comes after it
    for match in reversed(concluded):
        yield "conclusion", match.end(), _sentence_end(text, match.end())
    stripped = text.strip()
    if 0 < len(stripped) <= 80 and "\n" not in stripped:
        yield "whole", text.index(stripped), text.index(stripped) + len(stripped)
    if bold:
        yield "bold", *bold[0].span(1)
    tail = text.rstrip()
    yield "last number", max(tail.rfind("\n") + 1, 0), len(tail)


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for index in range(start, min(len(text), start + 4 * MAX_ANSWER)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth == 0:
            return index
    return None


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _sentence_end(text: str, start: int) -> int:
    while start < len(text) and text[start] == "\n":
        start += 1
    if _OPENS_LITERAL.match(text, start):  # what is quoted or bracketed may hold full stops
        return min(_line_end(text, start), start + 4 * MAX_ANSWER)
    match = _SENTENCE_END.search(text, start)
    return min(match.start() if match else len(text), start + 4 * MAX_ANSWER)


def _read(text: str, start: int, end: int, cue: str, asked_for: str) -> FinalAnswer | None:
    region = text[start:end]
    literal = _LITERAL.match(region) if asked_for == "other" and cue not in {"conclusion", "last number"} else None
    if literal is not None:  # a string as a program would print it: every character counts
        return _made(text, start + literal.start(1), start + literal.end(2) + 1, "text", literal[2], cue)
    if asked_for == "choice":
        letter = leading_letter(region) or named_letter(region)
        if letter is not None and cue != "last number":
            first, last = start + letter[0], start + letter[1]
            return _made(text, first, last, "letter", text[first:last].upper(), cue)
    if asked_for == "boolean" and (word := _BOOLEAN.match(region)) is not None:
        normal = "yes" if word[1].lower() in {"yes", "true"} else "no"
        return _made(text, start + word.start(1), start + word.end(1), "boolean", normal, cue)
    whole = _whole(text, start, end, cue)
    if whole is not None:
        return whole
    if asked_for == "quantity" or cue in {"conclusion", "bold", "last number"}:
        number = _number_in(text, start, end, cue) if asked_for == "quantity" else None
        if number is not None or cue in {"conclusion", "bold", "last number", "whole"}:
            return number
    stripped = region.strip(_TRIM)
    if not stripped or len(stripped) > MAX_ANSWER or cue in {"conclusion", "bold", "last number", "named"}:
        return None
    offset = start + region.index(stripped)
    kind: Kind = "expression" if cue == "boxed" or re.search(r"\\[a-zA-Z]+|\^", stripped) else "text"
    normal = " ".join(stripped.split())
    return _made(text, offset, offset + len(stripped), kind, normal.lower() if " " in normal else normal, cue)


def _made(text: str, start: int, end: int, kind: Kind, normal: str, cue: str) -> FinalAnswer:
    return FinalAnswer(text[start:end], Span(start=start, end=end, text=text[start:end]), kind, normal, cue)


def _whole(text: str, start: int, end: int, cue: str) -> FinalAnswer | None:
    """Read a region that is one expression with perhaps a unit after it."""
    region = text[start:end]
    stripped = region.strip(_TRIM)
    for opening, closing in (("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if stripped.startswith(opening) and stripped.endswith(closing) and len(stripped) > len(opening + closing):
            stripped = stripped[len(opening) : -len(closing)].strip(_TRIM)
    if not stripped or len(stripped) > MAX_ANSWER:
        return None
    node = parse(stripped)
    if node is None:
        return None
    offset = start + region.index(stripped)
    return _valued(text, offset, offset + len(stripped), node, cue)


def _valued(text: str, start: int, end: int, node: object, cue: str) -> FinalAnswer | None:
    try:
        value = evaluate(node)  # type: ignore[arg-type]  # callers pass a parsed Node
    except UndefinedError:
        return None
    parts = quantities(node)  # type: ignore[arg-type]  # the same
    percent = len(parts) == 1 and parts[0].percent
    if percent:  # 20% and 20 are one answer where a percentage is asked; `percent` keeps them apart where not
        value = value * 100
    span = Span(start=start, end=end, text=text[start:end])
    unit = parts[0].unit.name if len(parts) == 1 and parts[0].unit else ""
    return FinalAnswer(text[start:end], span, "number", normal_number(value), cue, value, unit, percent)


def normal_number(value: Number) -> str:
    """Write a value so that equal values give equal text: a fraction in lowest terms, or 9 significant digits."""
    return str(value) if isinstance(value, Fraction) else f"{value:.9g}"


def _number_in(text: str, start: int, end: int, cue: str) -> FinalAnswer | None:
    """Read the number that a sentence ends up with: the last result of an equation, else its first or last number."""
    region = text[start:end]
    results = working(region).results
    if results:
        last = results[-1]
        return _valued(text, start + last.start, start + last.end, last.node, cue)
    tokens = tokenize(region)
    parser = Parser(tokens)
    found: list[tuple[Quantity, int, int]] = []
    index = 0
    while index < len(tokens):
        parsed = parser.parse(index) if tokens[index].kind in {"number", "open", "command", "operator"} else None
        if parsed is None:
            index += 1
            continue
        node, stop = parsed
        if tokens[index].kind == "number" or not isinstance(node, Quantity):
            found.append((node, tokens[index].start, tokens[stop - 1].end))  # type: ignore[arg-type]  # any Node
        index = max(stop, index + 1)
    exact = [item for item in found if not _GLOSS.search(region[max(0, item[1] - MAX_GLOSS) : item[1]])]
    found = exact or found
    if not found:
        return None
    node, first, last_end = found[0] if cue in {"statement", "boxed", "####", "json"} else found[-1]
    return _valued(text, start + first, start + last_end, node, cue)
