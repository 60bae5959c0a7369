"""Punctuation and digits that must, must not, or must so often occur, named by their names."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, holds
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.builtin.constraints.quantity import (
    AFTER_UNIT,
    BEFORE_UNIT,
    RELATION,
    TIMES,
    read_bound,
    read_times,
)
from rubrica.tools.builtin.constraints.vocabulary import VERB
from rubrica.types import Span

_MARKS = {
    "comma": ",", "period": ".", "full stop": ".", "exclamation mark": "!", "exclamation point": "!",
    "question mark": "?", "semicolon": ";", "semi-colon": ";", "colon": ":", "hyphen": "-", "dash": "-–—",
    "dashe": "-–—", "em dash": "—", "em dashe": "—", "em-dash": "—", "em-dashe": "—", "quotation mark": "\"“”",
    "apostrophe": "'’", "parenthese": "()", "parenthesi": "()", "bracket": "[]()",
    "punctuation": ".,;:!?\"'()-–—“”‘’…", "punctuation mark": ".,;:!?\"'()-–—“”‘’…", "digit": "0123456789",
    "numeral": "0123456789", "asterisk": "*", "ellipse": "…", "ampersand": "&",
}  # fmt: skip

_MARK = rf"(?P<mark>{'|'.join(sorted(_MARKS, key=len, reverse=True))})s?\b(?!-| ?separated)"

_NO_MARK = re.compile(
    r"(?:\b(?:no|without|not|never|avoid\w*|refrain\w*|free of|zero|exclud\w+|omit\w*|skip)"
    rf"|n['’]t)\b(?! forget)(?! (?:more|fewer|less))[^.;\n]{{0,45}}?\b{_MARK}"
)

_MARK_BANNED = re.compile(
    rf"\b{_MARK} (?:(?:are|is) (?:not allowed|forbidden|banned|prohibited|not permitted)|(?:should|must)(?: not"
    r"|n't) be)"
)

_MARK_COUNT = re.compile(rf"{BEFORE_UNIT} {_MARK}{AFTER_UNIT}")
_MARK_TIMES = re.compile(
    rf"\b(?:use|using|include|have) (?:an? |the )?{_MARK} (?={RELATION} |once\b|twice\b|\d){TIMES.pattern}"
)
_QUESTIONS = re.compile(
    rf"\b(?:ask|asks|asking|pose|poses|include|includes|contain|contains|use|have|has)(?: me| us| the \w+)? "
    rf"{BEFORE_UNIT} (?:[a-z-]+ )?questions?\b{AFTER_UNIT}"
)
"""So many questions, which are counted by their marks."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_QUOTED = re.compile(r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|«[^»\n]{1,400}»|^>[^\n]*', re.MULTILINE)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for match in _QUESTIONS.finditer(low) if "question" in low else ():
        bound = read_bound(match, prompt.left_of(match.start()))
        if bound and prompt.asks_at(match.start()):
            yield Constraint("punctuation", prompt.source(match.start(), match.end()), bound=bound, texts=("?",))
    if not any(name in low for name in _MARKS):
        return
    taken: set[int] = set()
    for match in _MARK_COUNT.finditer(low):
        bound = read_bound(match, prompt.left_of(match.start()))
        if bound and prompt.asks_at(match.start()) and VERB.search(prompt.left_of(match.start())):
            taken.add(match.end("mark"))
            yield Constraint(
                "punctuation", prompt.source(match.start(), match.end()), bound=bound, texts=(_MARKS[match["mark"]],)
            )
    for match in _MARK_TIMES.finditer(low):
        bound = read_times(match, prompt.left_of(match.start()))
        if bound and prompt.asks_at(match.start()):
            taken.add(match.end("mark"))
            source = prompt.source(match.start(), match.end())
            yield Constraint("punctuation", source, bound=bound, texts=(_MARKS[match["mark"]],))
    for pattern in (_NO_MARK, _MARK_BANNED):
        for match in pattern.finditer(low):
            between = match[0]
            if (
                match.end("mark") in taken
                or not prompt.asks_at(match.start())
                or re.search(r"\b(?:but|end|start|followed|separate|quote)", between)
            ):
                continue
            taken.add(match.end("mark"))
            span = prompt.source(match.start(), match.end())
            yield Constraint("punctuation", span, bound=Bound.at_most(0), texts=(_MARKS[match["mark"]],))


def _check_marks(constraint: Constraint, answer: Answer) -> Reading:
    bound = constraint.bound
    assert bound is not None
    text = _own(answer.text, said=bound.high == 0) if constraint.texts[0] in _OF_PROSE else answer.text
    at = [i for mark in constraint.texts[0] for i in _places(text, mark)]
    first = min(at, default=None)
    span = None if first is None else Span(start=first, end=first + 1, text=answer.text[first])
    if bound.high == 0:
        return holds(not at, f"found {len(at)}", span)
    return Reading(bound.grade(len(at)), f"found {len(at)}", span)


_OF_PROSE = frozenset({"?", "!"})
"""Marks that mean something else in code, and belong to somebody else in a quotation."""


def _own(text: str, *, said: bool) -> str:
    """Blank out code and, unless `said`, quotations, at the same offsets; a text that is one quotation stays."""
    bare = _CODE.sub(_blank, text) if "`" in text else text
    if said:
        return bare
    unquoted = _QUOTED.sub(_blank, bare)
    return unquoted if any(map(str.isalnum, unquoted)) else bare


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _places(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + 1)


_CHECKS: dict[Kind, Check] = {"punctuation": _check_marks}
FAMILY = Family("punctuation", _find, _CHECKS)
