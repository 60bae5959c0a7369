"""How words are used: how many differ, how often each may occur, how long they are, how numbers are written."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import (
    UNDER,
    Bound,
    Check,
    Constraint,
    Family,
    Kind,
    Reading,
    counted,
    holds,
)
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.builtin.constraints.quantity import AFTER_UNIT, BEFORE_UNIT, NUMBER, number, read_bound
from rubrica.tools.text import FUNCTION_WORDS
from rubrica.types import Span

_NO = r"(?:no|without|not|never|avoid\w*|don['’]t|do not|must not|should not|shouldn['’]t|cannot|can['’]t)"
_UNIQUE = re.compile(rf"{BEFORE_UNIT} (?:unique|distinct|different) words?\b{AFTER_UNIT}")
_ONCE = re.compile(
    r"\bno (?:two )?words? (?:\w+ ){0,3}?(?:(?:used|repeated|appear|appears|occur|occurs|be) )*(?:twice|more than once"
    r"|repeated|again|the same)\b|\b(?:do not|don['’]t|never|without|avoid) (?:us\w+|repeat\w*) (?:any |a |the same )"
    r"(?:same |single )?words?\b(?: (?:twice|again|more than once))?(?=[.,;!\n]|$| in| anywhere| at all)"
    r"|\b(?:each|every) word (?:\w+ ){0,3}?(?:only |exactly |at most )once\b"
)
_USES = re.compile(
    rf"\b(?:no|any|each|every|a) (?:single )?word (?:\w+ ){{0,3}}?(?:more than|at most|no more than|over) "
    rf"(?P<n>{NUMBER}|twice|thrice)(?: times)?\b"
)
_LONGER = re.compile(
    rf"\b(?:no words?|not (?:use )?(?:any )?words?) (?:\w+ ){{0,3}}?(?P<rel>longer|shorter|more|fewer|less) than "
    rf"(?P<n>{NUMBER})[ -](?:letters?|characters?)\b"
)
_LETTERS = re.compile(
    rf"\b(?:only|each|every|all|all of the)(?: (?:of the |the |use |using ))?(?: ?words?)? "
    rf"(?:\w+ ){{0,3}}?{BEFORE_UNIT}[ -](?:letters?|characters?)\b{AFTER_UNIT}(?: (?:long|in length))?"
    r"(?: words?)?"
)
_DIGITS = re.compile(
    r"\b(?:writ\w+|us\w+|express\w*|giv\w+|represent\w*|show\w*)\b[^.;\n]{0,25}?\bnumbers?\b[^.;\n]{0,25}?"
    r"\b(?:as|in|using|with) (?:arabic )?(?:digits|numerals|figures)\b"
)
_SPELLED = re.compile(
    r"\bspell(?:ing)? out (?:all |any |every |the )?(?:numbers?|numerals?)\b|\bnumbers?\b[^.;\n]{0,25}?"
    r"\b(?:spelled out|(?:as|in) words)\b"
)
_NUMBERS = re.compile(
    rf"\b(?:includ\w+|contain\w*|us\w+|have|has|mention\w*|with) {BEFORE_UNIT} (?:[a-z-]+ )?(?P<unit>numbers)\b"
    r"(?! of| (?:from|between))"
)
_TITLE = re.compile(r"\b(?:in|use|using) title[- ]?case\b|\bcapitali[sz]e the first letter of (?:each|every) word\b")
_SPACES = re.compile(rf"\b{_NO}\b[^.;\n]{{0,25}}?\b(?:white ?spaces?|spaces)\b(?! (?:between|after|before) para)")
_CONTRACTIONS = re.compile(rf"\b{_NO}\b[^.;\n]{{0,25}}?\bcontractions?\b")
_STOPWORDS = re.compile(
    rf"\bstop[- ]?words?\b[^.;\n]{{0,45}}?\b(?:at most|no more than|less than|under|below|not exceed|exceed) "
    rf"(?P<n>{NUMBER}) ?(?:%|percent)"
)
_MULTIPLE = re.compile(
    rf"\b(?:number of (?P<unit>word|sentence|line|paragraph)s|(?P<unit2>word|sentence) count) (?:\w+ ){{0,3}}?"
    rf"(?:a multiple of|divisible by) (?P<n>{NUMBER})\b"
)

OF_CODE = re.compile(r"\b(?:function|program|script|code|method|class|regex|algorithm|python|check\w*|whether)\b")
"""What makes the demand one on a program's input or output."""


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for guard, pattern, build in _FINDERS:
        if guard not in low:
            continue
        for match in pattern.finditer(low):
            if (
                prompt.asks_at(match.start())
                and not OF_CODE.search(prompt.left_of(match.start()))
                and (found := build(prompt, match))
            ):
                yield found
                break


def _plain(kind: Kind, *texts: str, bound: Bound | None = None) -> "Build":
    return lambda prompt, match: Constraint(kind, prompt.source(match.start(), match.end()), bound=bound, texts=texts)


def _bounded(kind: Kind) -> "Build":
    def build(prompt: Prompt, match: re.Match[str]) -> Constraint | None:
        bound = read_bound(match, prompt.left_of(match.start()))
        return Constraint(kind, prompt.source(match.start(), match.end()), bound=bound) if bound else None

    return build


def _uses(prompt: Prompt, match: re.Match[str]) -> Constraint:
    n = {"twice": 2, "thrice": 3}.get(match["n"]) or number(match["n"])
    return Constraint("word_uses", prompt.source(match.start(), match.end()), bound=Bound.at_most(n))


def _longer(prompt: Prompt, match: re.Match[str]) -> Constraint:
    n = number(match["n"])
    bound = Bound.at_most(n) if match["rel"] in ("longer", "more") else Bound.at_least(n)
    return Constraint("word_length", prompt.source(match.start(), match.end()), bound=bound)


def _lengths(prompt: Prompt, match: re.Match[str]) -> Constraint | None:
    if "word" not in match[0]:
        return None
    bound = read_bound(match, prompt.left_of(match.start()))
    return Constraint("word_length", prompt.source(match.start(), match.end()), bound=bound) if bound else None


def _percent(prompt: Prompt, match: re.Match[str]) -> Constraint:
    return Constraint(
        "stopword_share", prompt.source(match.start(), match.end()), bound=Bound.at_most(number(match["n"]))
    )


def _multiple(prompt: Prompt, match: re.Match[str]) -> Constraint | None:
    n = number(match["n"])
    unit = f"{match['unit'] or match['unit2']}s"
    source = prompt.source(match.start(), match.end())
    return Constraint("multiple", source, bound=Bound.at_least(n), texts=(unit,)) if n > 1 else None


Build = Callable[[Prompt, re.Match[str]], Constraint | None]
_FINDERS: tuple[tuple[str, re.Pattern[str], Build], ...] = (
    ("word", _UNIQUE, _bounded("unique_words")),
    ("word", _ONCE, _plain("word_uses", bound=Bound.at_most(1))),
    ("word", _USES, _uses),
    ("word", _LONGER, _longer),
    ("word", _LETTERS, _lengths),
    ("number", _DIGITS, _plain("numerals", "digits")),
    ("number", _SPELLED, _plain("numerals", "words")),
    ("numbers", _NUMBERS, _bounded("numbers")),
    ("case", _TITLE, _plain("title_case")),
    ("first letter of", _TITLE, _plain("title_case")),
    ("space", _SPACES, _plain("no_spaces")),
    ("contraction", _CONTRACTIONS, _plain("no_contractions")),
    ("stop", _STOPWORDS, _percent),
    ("multiple of", _MULTIPLE, _multiple),
    ("divisible by", _MULTIPLE, _multiple),
)


# Checking


def _check_unique(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = len({word.lower() for word in answer.spoken_words})
    return Reading(constraint.bound.grade(found), f"found {counted(found, 'different words')}")


_BARE = " \t\r\n.,;:!?\"'“”‘’()[]{}*_`#>-–—…"


def _bare_words(answer: Answer) -> list[str]:
    return [bare for word in answer.spoken_words if (bare := word.strip(_BARE).lower())]


def _check_uses(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    limit = constraint.bound.high or 1
    counts = Counter(_bare_words(answer))
    over = [word for word, n in counts.items() if n > limit]
    if not over:
        return holds(True, f"no word occurs more than {counted(limit, 'times')}")
    extra = sum(counts[word] - limit for word in over)
    return Reading(UNDER * (1 - extra / counts.total()), f"{over[0]!r} occurs {counted(counts[over[0]], 'times')}")


def _check_lengths(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    words = _bare_words(answer)
    wrong = [word for word in words if constraint.bound.grade(sum(map(str.isalnum, word))) < 1]
    if not words:
        return Reading(None, "no words to look at")
    if not wrong:
        return holds(True, f"all {counted(len(words), 'words')} keep to it")
    return Reading(UNDER * (1 - len(wrong) / len(words)), f"{wrong[0]!r} does not")


_NUMBER_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion)s?\b",
    re.IGNORECASE,
)
"""Spelled numbers; "one" is left out, as it is a pronoun too."""


def _check_numerals(constraint: Constraint, answer: Answer) -> Reading:
    pattern = _NUMBER_WORDS if constraint.texts[0] == "digits" else re.compile(r"\d[\d,.]*(?![.)]\s)")
    match = pattern.search(answer.text)
    if match is None:
        return holds(True, f"no number that is not in {constraint.texts[0]}")
    return holds(False, f"found {match[0]!r}", Span(start=match.start(), end=match.end(), text=match[0]))


def _check_numbers(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = len(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", answer.text))
    return Reading(constraint.bound.grade(found), f"found {counted(found, 'numbers')}")


_SMALL = FUNCTION_WORDS | {"vs", "via", "per"}


def _check_title_case(_: Constraint, answer: Answer) -> Reading:
    words = [word.strip(_BARE) for word in answer.spoken_words]
    cased = [word for word in words if word[:1].isalpha() and word.lower() not in _SMALL]
    wrong = [word for word in cased if not word[0].isupper()]
    if not cased:
        return Reading(None, "no words with case")
    return Reading(1.0 if not wrong else UNDER * (1 - len(wrong) / len(cased)), f"{len(wrong)} of {len(cased)} do not")


def _check_spaces(_: Constraint, answer: Answer) -> Reading:
    at = next((i for i, char in enumerate(answer.text.strip()) if char.isspace()), None)
    return holds(at is None, "found white space" if at is not None else "no white space")


_SHORTENED = re.compile(
    r"\b\w+n['’]t\b|\b(?:i|you|we|they|he|she|it|that|there|here|what|who|how|let)['’](?:s|m|re|ve|ll|d)\b"
    r"|\b(?:gonna|wanna|gotta)\b",
    re.IGNORECASE,
)


def _check_contractions(_: Constraint, answer: Answer) -> Reading:
    match = _SHORTENED.search(answer.text)
    if match is None:
        return holds(True, "no contraction")
    return holds(False, f"found {match[0]!r}", Span(start=match.start(), end=match.end(), text=match[0]))


def _check_stopwords(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    words = _bare_words(answer)
    if not words:
        return Reading(None, "no words to look at")
    share = 100 * sum(word in FUNCTION_WORDS for word in words) / len(words)
    limit = constraint.bound.high or 0
    return Reading(1.0 if share <= limit else max(0.0, UNDER - (share - limit) / 100), f"{share:.0f}% are stop words")


def _check_multiple(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    unit, n = constraint.texts[0], constraint.bound.low or 1
    counts = {
        "words": len(answer.spoken_words),
        "sentences": len(answer.sentences),
        "lines": len(answer.lines),
        "paragraphs": len(answer.paragraphs),
    }
    found = counts.get(unit, 0)
    return holds(found > 0 and found % n == 0, f"found {counted(found, unit)}")


_CHECKS: dict[Kind, Check] = {
    "unique_words": _check_unique,
    "word_uses": _check_uses,
    "word_length": _check_lengths,
    "numerals": _check_numerals,
    "numbers": _check_numbers,
    "title_case": _check_title_case,
    "no_spaces": _check_spaces,
    "no_contractions": _check_contractions,
    "stopword_share": _check_stopwords,
    "multiple": _check_multiple,
}
FAMILY = Family("wording", _find, _CHECKS)
