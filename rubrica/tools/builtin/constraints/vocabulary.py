"""Which words: terms and letters that must, must not, or must so often occur."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, counted
from rubrica.tools.builtin.constraints.placed import in_parts, place_of
from rubrica.tools.builtin.constraints.prompt import QUOTED, Prompt, negated
from rubrica.tools.builtin.constraints.quantity import BEFORE_UNIT, TIMES, read_bound, read_times
from rubrica.tools.builtin.constraints.unmarked import find_unmarked
from rubrica.types import Span

_BARE = r"[\w$%&@#+](?:[\w'’.+-]*[\w+])?"
"""A term without quotation marks; the full stop after it is not part of it."""
_LETTERS = r"letters?|characters?|symbols?"
_NOUN = rf"(?P<noun>key ?words?|words?|phrases?|terms?|expressions?|names?|sentences?|strings?|{_LETTERS})"
_USES = r"includ\w+|contain\w*|mention\w*|using|use|incorporat\w+|avoid\w*|without|exclud\w+|omit\w*"
_BEFORE_LIST = (
    r"(?: (?:of|like|such as))?(?:(?: (?:should|must|need to|have to) (?:be \w+|appear))?"
    r"(?: (?:in|within|to) (?:your|the) [\w-]+| [\w-]+ the (?:response|answer|text))?(?= ?:))?(?: ?[:=])? ?[\[({]?"
)
_COUNTED = (
    r"(?= (?:should|must|(?:is|are) (?:mentioned|used|included)|appears?|needs? to|has to|at least|at most|exactly"
    r"|more than|less than|fewer than"
    r"|no more than|once|twice))"
)
_TERM = re.compile(
    rf"(?<![\w-]){_NOUN}\b{_BEFORE_LIST}(?P<first>{QUOTED}|{_BARE})"
    rf"|(?P<lone>{QUOTED}){_COUNTED}"
    rf"|\b(?P<verb>{_USES}) (?:(?:both|all of|either|the|exact|following|in it) )*(?P<quoted>{QUOTED})"
)
_MORE = re.compile(rf" ?(?:, ?(?:and |or |& ?)?|/ ?|and |or |& ?)(?:(?:the )?{_NOUN} )?(?P<term>{QUOTED}|{_BARE})")
VERB = re.compile(
    r"\b(?:includ\w*|contain\w*|us(?:e|es|ed|ing|age)|mention\w*|incorporat\w*|add\w*|have|has|having|with"
    r"|featur\w*|insert\w*|say\w*"
    r"|writ\w+|appear\w*|ensur\w*|make sure|avoid\w*|exclud\w*|omit\w*|without|refrain\w*|employ\w*"
    r"|don['’]t forget|drop\w*)\b"
)
_SHUNNING = re.compile(r"avoid\w*|exclud\w*|omit\w*|without|refrain\w*|drop\w*")
_OTHER_VERB = re.compile(
    r"\b(?:acrostic|start|begin|open|end|finish|conclud|clos|followed by|preced|replac|highlight|mark|separat"
    r"|label|mean|defin|rhym|spell|translat|explain"
    r"|describ|bold|capitali|underlin|count|find all|match|instead of|between|about|called|named|titled|before"
    r"|after|last|first|synonyms? (?:of|for)|surround|wrap|indicat|(?:respond|reply|answer)\w* (?:only |just "
    r"|simply )?with)"
    r"\w*\b[^.]{0,30}$"
)
_APPEARS = re.compile(
    r"[\s,\"'”’)\]]*(?:(?:in|within|throughout|to) [^,.;]{1,40},? )?(?P<not>(?:should|must|does|do|may|can|is|are"
    r"|will)?(?: ?not|n['’]t|not) )?(?:should |must |needs? to |has to |have to |can |may |to "
    r"|will )?(?P<not2>(?:not|never) )?"
    r"(?:at all )?(?:appears?|occurs?|shows? up|comes? up|(?:be|is|are) (?P<ban>not allowed|not permitted"
    r"|forbidden|banned|prohibited|off[- ]limits|taboo|used|included|mentioned|present|found|avoided|in )"
    r"|(?:be )?contained)"
)
_BANS = frozenset({
    "forbidden", "banned", "prohibited", "off-limits", "off limits", "taboo", "avoided", "not allowed", "not permitted",
})  # fmt: skip
_FOLLOW = re.compile(
    r"[\"'”’)\]]*\s*(?:[.,;:!?)]|\n|$|(?:in|at|exactly|once|twice|should|must|to|somewhere|as|more|less|fewer|no"
    r"|is|are|does|doesn['’]t|do|and|or"
    r"|within|throughout|anywhere|only|appears?|occurs?|appearing|for|with|shouldn['’]t|can|cannot|can['’]t|may"
    r"|when|but|while|on|\d)\b)"
)
_STOPWORDS = frozenset({
    "in", "at", "to", "as", "for", "with", "and", "or", "the", "a", "an", "of", "is", "are", "be", "should", "must",
    "that", "which", "count", "limit", "you", "it", "on", "from", "by", "your", "their", "each", "max", "min",
    "maximum", "minimum", "total", "long", "above", "below", "has", "have", "having", "contains", "uses", "begins",
    "starts", "ends", "does", "do", "can", "may", "will", "was", "were", "we", "they", "he", "she", "this", "these",
    "changed", "replaced", "altered", "swapped", "substituted", "removed", "deleted", "added", "inserted",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mention:
    """Terms named together at one place of the prompt."""

    start: int
    opens: int
    """Where the first term begins."""
    end: int
    noun: str
    terms: tuple[str, ...]
    either: bool


def _find(prompt: Prompt) -> Iterator[Constraint]:
    found: list[tuple[_Mention, list[Constraint]]] = []
    end_of_last = 0
    for mention in _mentions(prompt):
        clause = prompt.clause_at(mention.start)
        left = prompt.low[max(clause.start, end_of_last) : mention.start]
        whole = prompt.low[clause.start : mention.start]
        if end_of_last <= clause.start or not VERB.search(left):
            left = whole
        constraints = list(_judge(prompt, mention, left)) if prompt.asks_at(mention.start) else []
        if not constraints:
            continue
        if (
            found
            and _OR.match(prompt.low, found[-1][0].end, mention.start)
            and len(found[-1][1]) == len(constraints) == 1
        ):
            first = found[-1][1][0]
            span = prompt.source(first.source.start, mention.end)
            found[-1] = (mention, [Constraint("any_of", span, alternatives=(first, constraints[0]))])
        else:
            found.append((mention, constraints))
        end_of_last = mention.end
    for _, constraints in found:
        yield from constraints
    yield from find_unmarked(prompt)


_NEXT = re.compile(rf"\b(?:and|but)\b[^.]{{0,30}}?\b(?:the|a|an|your|any) {_NOUN}\b")
_OWN_CLAUSE = re.compile(r"[,;] (?:and|but|then)\b|;|\b(?:and|but) (?=do not|don['’]t|never|avoid|make sure|please)")
"""What parts a demand from the one before it: "mention tea once, and do not use the word 'milk'"."""
_OR = re.compile(r"[\"'”’\s,]*or (?:else )?(?:not |by |must |don['’]t |do not )?[a-z]+(?: the)? *$")


def _mentions(prompt: Prompt) -> Iterator[_Mention]:
    low = prompt.low
    done = 0
    for match in _TERM.finditer(low):
        if match.start() < done:
            continue
        noun = match["noun"] or "word"
        group = "first" if match["noun"] else "lone" if match["lone"] else "quoted"
        start, end = opens, _ = match.span(group)
        terms, joins = [prompt.said(start, end)], []
        bare = low[start] not in "\"“”„«»'‘’`"
        letter = re.match(_LETTERS, noun) is not None and end - start == 1
        if bare and (
            (low[start:end] in _STOPWORDS and not letter) or (noun[-1] != "s" and not _FOLLOW.match(low, end))
        ):
            continue
        if bare and noun.startswith("sentence") and low[start - 2 : start] != ": ":
            continue  # "each sentence must": a sentence that is to occur is quoted, or stands after a colon
        while more := _MORE.match(low, end):
            one = low[more.start("term") : more.end("term")]
            other = one in _STOPWORDS and not (letter and len(one) == 1)
            if one[0] not in "\"“”„«»'‘’`" and (noun[-1] != "s" or other or not bare):
                break
            terms.append(prompt.said(*more.span("term")))
            joins.append(low[more.start() : more.start("term")])
            end = more.end()
        if bare and not _FOLLOW.match(low, end):
            continue
        done = end
        either = any(" or " in f" {join} " for join in joins)
        yield _Mention(
            match.start(), opens, end, noun, tuple(term.rstrip(".,;:") if bare else term for term in terms), either
        )


def _judge(prompt: Prompt, mention: _Mention, left: str) -> Iterator[Constraint]:
    right = prompt.low[mention.end : mention.end + 120].split("\n")[0]
    appears = _APPEARS.match(right)
    verbs = list(VERB.finditer(prompt.low, mention.start - len(left), mention.opens))
    verb = verbs[-1] if verbs else None
    if (verb is None or _OTHER_VERB.search(_near(left, verb, mention))) and not appears:
        return
    turn = _NEXT.search(right)
    near = right[: min(70, turn.start() if turn else 70)]
    times = next((t for t in TIMES.finditer(near) if t["once"] or t["n"]), None)
    offset = 0
    own = _OWN_CLAUSE.split(left[-40:])[-1]
    if times is None and verb and not appears and not _NEXT.search(own):
        times = next((t for t in TIMES.finditer(own) if t["once"] or t["n"]), None)
        offset = -1
    if times:
        bound = read_times(times, right[: times.start()] if offset == 0 else left[: times.start()])
        if bound is None:
            return
        if offset == 0 and bound.relation == "at least" and _exceeding(times, verb, prompt):
            bound = Bound.at_most((bound.low or 1) - 1)
    else:
        bound = Bound.at_most(0) if _is_banned(verb, appears, prompt) else Bound.at_least(1)
    yield from _spell(prompt, mention, bound)


def _exceeding(times: re.Match[str], verb: re.Match[str] | None, prompt: Prompt) -> bool:
    """Whether "more than" limits a word whose use is denied: "do not use it more than twice"."""
    said = times["rel"] or times["rel_"] or ""
    return said.startswith(("more than", "over")) and _is_banned(verb, None, prompt)


_SOME_OF = re.compile(
    rf"{BEFORE_UNIT} of (?:the |these |those )?(?:following )?(?:key)?(?:words|terms|phrases)\b[^.;]{{0,20}}$"
)


def _near(left: str, verb: re.Match[str], mention: _Mention) -> str:
    """Return the part of `left` in which another verb would take the terms away: "with" belongs to a verb before it."""
    if verb[0] in ("with", "have", "has", "having", "ensure", "make sure"):
        return left
    return left[max(0, len(left) - (mention.start - verb.end())) :]


def _is_banned(verb: re.Match[str] | None, appears: re.Match[str] | None, prompt: Prompt) -> bool:
    if appears:
        if appears["ban"] in _BANS:
            return True
        if appears["not"] or appears["not2"]:
            return True
        if verb is None:
            return False
    if verb is None:
        return False
    before = prompt.low[max(prompt.clause_at(verb.start()).start, verb.start() - 60) : verb.start()]
    if _SHUNNING.match(verb[0]):
        return not re.search(r"(?:not|n['’]t|never) $", before)
    return negated(before + verb[0] + " ")


def _spell(prompt: Prompt, mention: _Mention, bound: Bound) -> Iterator[Constraint]:
    kind: Kind = "letter" if re.match(_LETTERS, mention.noun) else "term"
    scope, nth = place_of(prompt, mention.start, mention.end)
    terms = tuple(term for term in mention.terms if term and (kind == "term" or len(term) == 1))
    if not terms:
        return
    span = prompt.source(mention.start, mention.end)
    some = _SOME_OF.search(prompt.left_of(mention.opens)) if kind == "term" and len(terms) > 1 else None
    if some and (number_of := read_bound(some, "")):
        yield Constraint("some_terms", span, bound=number_of, texts=terms)
        return
    if mention.either and bound.low and len(terms) > 1:
        yield Constraint(
            "any_of", span, alternatives=tuple(Constraint(kind, span, bound, (t,), scope, nth) for t in terms)
        )
    else:
        yield Constraint(kind, span, bound, terms, scope, nth)


# Checking


def _pattern(term: str, *, banned: bool) -> re.Pattern[str]:
    """A term as a whole word; a longer one that must occur may also be part of a word ("model" in "models")."""
    body = r"\s+".join(re.escape(part) for part in term.split())
    if not banned and len(term) > 3:
        return re.compile(body, re.IGNORECASE)
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def _check_terms(constraint: Constraint, answer: Answer) -> Reading:
    if constraint.scope != "response":
        return in_parts(constraint, answer, _check_terms)
    bound = constraint.bound
    assert bound is not None
    grades, said, span = [], [], None
    for term in constraint.texts:
        hits = list(_pattern(term, banned=not bound.low).finditer(answer.text))
        grades.append(bound.grade(len(hits)))
        said.append(f"{term!r} {counted(len(hits), 'times')}")
        if hits and span is None and (bound.low or grades[-1] < 1):
            span = Span(start=hits[0].start(), end=hits[0].end(), text=hits[0][0])
    broken = [grade for grade in grades if grade < 1]
    value = (
        1.0
        if not broken
        else 0.0
        if bound.high == 0
        else 0.5 * sum(grades) / len(grades)
        if len(grades) > 1
        else broken[0]
    )
    return Reading(value, "found " + ", ".join(said[:8]), span)


def _check_some(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = [term for term in constraint.texts if _pattern(term, banned=False).search(answer.text)]
    return Reading(constraint.bound.grade(len(found)), f"found {len(found)} of {len(constraint.texts)}")


def _check_letters(constraint: Constraint, answer: Answer) -> Reading:
    if constraint.scope != "response":
        return in_parts(constraint, answer, _check_letters)
    bound = constraint.bound
    assert bound is not None
    counts = {letter: answer.lower.count(letter.lower()) for letter in constraint.texts}
    value = min(bound.grade(n) for n in counts.values())
    return Reading(value, "found " + ", ".join(f"{letter!r} {counted(n, 'times')}" for letter, n in counts.items()))


_CHECKS: dict[Kind, Check] = {"term": _check_terms, "some_terms": _check_some, "letter": _check_letters}
FAMILY = Family("vocabulary", _find, _CHECKS)
