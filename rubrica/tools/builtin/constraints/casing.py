"""Letter case: everything in lower or upper case, or so many words in capitals."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import UNDER, Bound, Check, Constraint, Family, Kind, Reading, counted
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.builtin.constraints.quantity import AFTER_UNIT, BEFORE_UNIT, read_bound
from rubrica.types import Span

_LOWER = re.compile(
    r"\b(?:all[- ]|only |entirely |in |use |using |be |with )(?:in |all |only |the |english )*(?:lower[- ]?cased?"
    r"|small letters)\b|\blower[- ]?case (?:letters? )?(?:only|throughout)\b"
    r"|\b(?:all|every)(?: of the| the)? (?:letters?|words?|text) (?:should be |must be |in |are |is )*lower[- ]?case"
    r"|(?:\b(?:no|without|avoid\w*|not)|n['’]t)\b[^.;\n]{0,25}?\b(?:capital|upper[- ]?case)(?:ized)?\b"
)
_UPPER = re.compile(
    r"\ball[- ]?caps\b|\b(?:all|only|entirely|in|use|using|be|with|full|every) (?:in |all |only |the |english |of "
    r"|letters? )*(?:capital(?:i[sz]ed)?|upper[- ]?case|caps)\b(?: letters?)?"
    r"|\b(?:capitals|capital letters?|upper[- ]?case(?: letters?)?) only\b|(?:\b(?:no|without|not)"
    r"|n['’]t)\b[^.;\n]{0,25}?\blower[- ]?case\b|\bcapital letters\b"
    r"|\b(?:all|every)(?: of the| the)? (?:letters?|words?|characters?|text) (?:should be |must be |is |are |in "
    r"|be )*(?:fully )?(?:capital(?:i[sz]ed)?|upper[- ]?case)\b|\bcapitali[sz]e (?:every|all|each)(?: the"
    r"| of the)? letters?\b"
)
_CODE = re.compile(
    r"\b(?:strings?|function|program|script|method|regex|column|password|input|convert\w*|checks?|whether)\b"
)
_PART = re.compile(
    r"\b(?:titles?|headings?|headline|subject|name|first letter|names|characters|section|label|label\w* (?:each"
    r"|every) \w+)\b[^.;,]{0,25}$"
)
_SOME_WORDS = re.compile(
    rf"(?:{BEFORE_UNIT}|(?P<some>some|certain|important|key"
    rf"|the)) (?:[a-z-]+ ){{0,2}}?words?\b{AFTER_UNIT}[^.;\n]{{0,40}}$"
)
_FOR_STRESS = re.compile(
    r" ?(?:letters? )?(?:to (?:express|emphasi[sz]e|highlight|stress|mark|show)|for (?!the (?:whole|entire)|your"
    r"|all|every|each))"
)
_NUMBER_AFTER = re.compile(rf"{BEFORE_UNIT}(?P<times> times)?\b")
_CAPITAL_WORDS = re.compile(
    rf"{BEFORE_UNIT} (?:fully |completely |entirely |all[- ])?(?:capital(?:i[sz]ed)?|all[- ]?caps"
    rf"|upper[- ]?case)(?:[- ]letter)? words?\b{AFTER_UNIT}"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if not any(word in low for word in ("case", "capital", "caps", "small letters")):
        return
    yield from _capitalized(prompt)
    lowered = False
    for match in _LOWER.finditer(low):
        left = prompt.left_of(match.start())
        if prompt.asks_at(match.start()) and not _CODE.search(left[-40:]) and not _PART.search(left[-60:]):
            lowered = True
            yield Constraint("lowercase", prompt.source(match.start(), match.end()))
            break
    for match in _UPPER.finditer(low):
        left = prompt.left_of(match.start())
        if (
            not prompt.asks_at(match.start())
            or _CODE.search(left[-40:])
            or re.search(r"\b(?:no|not|without|avoid|n['’]t) (?:\w+ ){0,3}$", left)
        ):
            continue
        if _FOR_STRESS.match(prompt.low, match.end()):
            continue
        words = _words(prompt, match, left)
        if words:
            yield words
        elif (
            not lowered
            and not _PART.search(left[-60:])
            and not re.search(r"\bwords?\b[^.;,]{0,30}$", left)
            and match[0] != "capital letters"
        ):
            yield Constraint("uppercase", prompt.source(match.start(), match.end()))


def _capitalized(prompt: Prompt) -> Iterator[Constraint]:
    for match in _CAPITAL_WORDS.finditer(prompt.low):
        bound = read_bound(match, prompt.left_of(match.start()))
        if bound and prompt.asks_at(match.start()):
            if match["rel"] is None and bound.relation == "exactly":
                bound = Bound.at_least(bound.low or 1)
            yield Constraint("capital_words", prompt.source(match.start(), match.end()), bound=bound)


def _words(prompt: Prompt, capitals: re.Match[str], left: str) -> Constraint | None:
    """Return the demand on the number of capital words, when the match is about words."""
    near = left[-90:]
    if "word" not in near[-60:]:
        return None
    source = prompt.source(capitals.start() - len(near), capitals.end())
    right = re.split(r" and ", prompt.right_of(capitals.end())[:90])[0]
    after = next((m for m in _NUMBER_AFTER.finditer(right) if m["rel"] or m["times"]), None)
    if after:
        bound = read_bound(after, right[: after.start()])
        if bound and bound.relation == "exactly" and "at least" in right:
            bound = Bound.at_least(bound.low or 1)
        if bound:
            return Constraint("capital_words", source, bound=bound)
    before = _SOME_WORDS.search(near)
    if before is None:
        return None
    bound = Bound.at_least(1) if before["some"] else read_bound(before, near[: before.start()])
    if bound and bound.relation in ("exactly", "between") and before["rel"] is None:
        bound = Bound.at_least(bound.low or 1)
    return Constraint("capital_words", source, bound=bound) if bound else None


def _check_all(constraint: Constraint, answer: Answer) -> Reading:
    upper = constraint.kind == "uppercase"
    cased = [(i, c) for i, c in enumerate(answer.text) if c.isupper() or c.islower()]
    if not cased:
        return Reading(None, "no letters with case")
    wrong = [i for i, c in cased if c.isupper() != upper]
    if not wrong:
        return Reading(1.0, f"all {len(cased)} letters")
    share = len(wrong) / len(cased)
    end = wrong[0]
    while end < len(answer.text) and answer.text[end].isalnum():
        end += 1
    span = Span(start=wrong[0], end=end, text=answer.text[wrong[0] : end])
    return Reading(UNDER * max(0.0, 1 - 2 * share - 0.02), f"{len(wrong)} of {len(cased)} letters are not", span)


_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[-'’](?=[^\W_]))*")


def _check_words(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = sum(word.isupper() for word in _TOKEN.findall(answer.text))
    return Reading(constraint.bound.grade(found), f"found {counted(found, 'words')} in capitals")


_CHECKS: dict[Kind, Check] = {"lowercase": _check_all, "uppercase": _check_all, "capital_words": _check_words}
FAMILY = Family("case", _find, _CHECKS)
