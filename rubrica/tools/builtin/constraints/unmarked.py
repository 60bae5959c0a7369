"""Terms without quotation marks and without a noun such as "word" before them: "mention tea twice"."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.model import Bound, Constraint
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.tools.builtin.constraints.quantity import RELATION, TIMES, read_times

_OFTEN = re.compile(
    r"\b(?:mention|include|use|say|repeat|using|mentioning)s? (?:(?:the )?(?:name|word) |(?P<the>the ))?"
    rf"(?!the )(?P<term>[a-z][\w'’-]*(?: [a-z][\w'’-]*){{0,2}}?)"
    rf" (?={RELATION} |once\b|twice\b){TIMES.pattern}"
)
_UNSAID = re.compile(
    r"\b(?:do not|don['’]t|never|without|avoid|must not|should not|shouldn['’]t|cannot"
    r"|can['’]t)(?: ever)? (?:mention(?:ing)?|say(?:ing)?)"
    r" (?:the |any )?(?P<term>[a-z][\w'’-]*(?: or [a-z][\w'’-]*| [a-z][\w'’-]*)?)(?=[.,;!\n]|$| (?:in|at|and) )"
)
_GENERAL = frozenset({
    "parentheses", "brackets", "italics", "bold", "markdown", "humor", "humour",
    "word", "words", "keyword", "keywords", "phrase", "phrases", "letter", "letters", "it", "that", "this", "them",
    "comma", "commas", "semicolon", "semicolons", "colon", "colons", "question", "mark", "marks", "exclamation", "dash",
    "dashes", "hyphen", "hyphens", "emoji", "emojis", "anything", "any", "name", "names", "following", "fact", "so",
})  # fmt: skip


def find_unmarked(prompt: Prompt) -> Iterator[Constraint]:
    """Find what a prompt says to name, or not to name, so often."""
    for pattern in (_OFTEN, _UNSAID):
        for match in pattern.finditer(prompt.low):
            if not prompt.asks_at(match.start()) or _GENERAL & set(match["term"].split()):
                continue
            if pattern is _OFTEN and match["the"] and prompt.said(*match.span("term")).islower():
                continue  # "mention the capacity once": a thing, in whatever words; "the Crown" is a name
            bound = read_times(match, "") if pattern is _OFTEN else Bound.at_most(0)
            if bound and bound.relation == "at least" and negated(prompt.left_of(match.start())):
                bound = Bound.at_most((bound.low or 1) - 1)
            if bound and (pattern is _UNSAID or match["term"].split()[0] not in ("word", "phrase", "term")):
                yield Constraint(
                    "term",
                    prompt.source(match.start(), match.end()),
                    bound=bound,
                    texts=tuple(re.split(r" or ", prompt.said(*match.span("term")))),
                )
