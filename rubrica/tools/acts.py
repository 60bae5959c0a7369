"""Whether an answer shows the act that a part of the request commands, when the part's own words need not recur.

"Explain your reasoning" is met by giving reasons, "add an example" by an example: the words "reasoning" and "example"
may be missing from a good answer. A subject of its own ("explain tunnelling") still has to be taken up in part.
"""

import re
from collections.abc import Callable

from rubrica.tools.phrasing import phrases_in
from rubrica.tools.text import Text, stem

_GENERAL = frozenset(map(stem, (
    "answer", "answers", "reason", "reasons", "reasoning", "choice", "choose", "think", "thinking", "work", "works",
    "matter", "matters", "mean", "means", "meaning", "happen", "happens", "difference", "differences", "detail",
    "details", "detailed", "simple", "simply", "term", "terms", "way", "ways", "example", "examples", "step", "steps",
    "brief", "briefly", "short", "clear", "clearly", "concept", "idea", "topic", "important", "importance", "cause",
    "causes", "effect", "effects", "decision", "opinion", "view", "point", "points", "relevant", "response", "logic",
    "conclusion", "result", "results", "process", "approach", "true", "false", "correct", "wrong", "right", "fully",
    "advice", "good", "best", "basic", "key", "main", "requirement", "thing", "things",
    "case", "context", "background", "rationale", "justification", "explanation", "description",
    "summary", "comparison", "child", "beginner", "layman", "significance", "advantage", "disadvantage", "benefit",
)))  # fmt: skip
"""Words that say what to do with the subject, not what the subject is."""
_SHARE = 1 / 3
"""Of a subject's own words, the share that must recur beside the act."""
_ITEM = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_ITEMS = 3
"""Marked items that are a list, whatever they are called: the cities of a list of cities need not hold the word."""
_LISTING = re.compile(r"\b(?:list|name|enumerate|give|suggest|provide|recommend|propose|identify)\b", re.IGNORECASE)
_SUCH = re.compile(r"\b(?:such as|like|say|imagine|suppose|e\.g|consider)\b", re.IGNORECASE)


def _reasons(answer: Text) -> bool:
    return _uses(answer, {"causal"}) or _tells(answer)


def _tells(answer: Text) -> bool:
    return len(answer.sentences) >= 2 and len(answer.words) >= 25


def _illustrates(answer: Text) -> bool:
    return _uses(answer, {"example"}) or "```" in answer.raw or _SUCH.search(answer.raw) is not None


def _weighs(answer: Text) -> bool:
    return _uses(answer, {"contrast"}) or {"both", "whereas", "while", "unlike"} & answer.vocabulary != set()


def _lists(answer: Text) -> bool:
    return len(_ITEM.findall(answer.raw)) >= 2 or _uses(answer, {"step"}) or answer.raw.count(",") >= 2


def _uses(answer: Text, sections: set[str]) -> bool:
    return any(section in sections for section, _, _ in phrases_in(answer.raw))


_ACTS: tuple[tuple[re.Pattern[str], Callable[[Text], bool]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), shown)
    for words, shown in (
        (r"examples?|illustrat\w+|instances?", _illustrates),
        (r"compar\w+|contrast\w*|differ\w*|pros and cons", _weighs),
        (r"explain\w*|why|justif\w+|reason\w*|elaborat\w+|clarif\w+|how come", _reasons),
        (r"steps?|list|name|how to", _lists),
        (r"describ\w+|discuss\w*|outlin\w+|summari[sz]\w+|tell|detail|introduc\w+|analy[sz]\w+", _tells),
    )
)


def shows(part: str, own: frozenset[str], answer: Text) -> bool:
    """Say whether the answer does what a part commands. `own` are the stems that this part alone asks about."""
    if _LISTING.search(part) and len(_ITEM.findall(answer.raw)) >= _ITEMS:
        return True
    special = own - _GENERAL
    if special and len(special & answer.content) < _SHARE * len(special):
        return False
    return any(act.search(part) and shown(answer) for act, shown in _ACTS)
