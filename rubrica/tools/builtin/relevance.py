"""Whether the answer is about what was asked, answers the kind of question, and takes up every part of it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from rubrica.tools import lexicon
from rubrica.tools.acts import shows
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.constraints import extract
from rubrica.tools.commanded import asks_content
from rubrica.tools.facts import dates, names, numbers, spelled
from rubrica.tools.passage import split_prompt
from rubrica.tools.text import Text, read, stem
from rubrica.types import Candidate, TaskView, Value

Expected = Literal["person", "time", "place", "quantity", "yes-no", "reason", "option"]
_COMMANDS = frozenset(map(stem, lexicon.words("words")["command"]))
_QUESTION = lexicon.patterns("questions")
_OPTION = re.compile(r"(?:^|\s)\(?([A-H])[).:]\s+([^\n]{1,200}?)(?=\s+\(?[A-H][).:]\s|\n|$)")
_PART = re.compile(
    r"(?<=\?)\s|[;\n]+|(?<=[.!])\s|,? and (?=(?:then |also )?(?:what|why|how|who|when|where|explain|describe|give|list|"
    r"write|name|tell|suggest|provide|compare|summari[sz]e|include|mention)\b)",
    re.IGNORECASE,
)
_POLAR = frozenset(
    ("yes", "no", "not", "yeah", "nope", "true", "false", "correct", "incorrect", "can", "cannot", "can't")
)
_REASON = frozenset(
    ("because", "since", "due", "reason", "reasons", "so", "to", "cause", "causes", "caused", "therefore")
)
_QUESTION_TIME = re.compile(
    r"\b(?:century|decade|ago|morning|evening|night|noon|midnight|spring|summer|autumn|winter)\b", re.IGNORECASE
)
_OPEN_QUESTION = re.compile(r"\W{0,8}(?:and |also |then )?(?:what|why|how|who|where|which)\b", re.IGNORECASE)
_ALTERNATIVE = re.compile(
    r"\W{0,8}(?:or|else)\b|\W*(?:do you )?(?:understand|got it|ok(?:ay)?|right|agreed|ready)\W*$", re.IGNORECASE
)
"""Another way to ask the same, or a question that wants no answer."""

_STATES = re.compile(
    r"\W*(?:you(?:['’]re| are| will be| have been) (?:given|provided|presented|shown)|there (?:is|are|was|were|['’]s)"
    r"|here (?:is|are)|i (?:have|had|was|am|love|like|will))\b",
    re.IGNORECASE,
)
"""What a prompt tells rather than asks."""
_SHUNS = re.compile(
    r"\W*(?:please |also |then |and |but )*(?:do not|don['’]t|never|no|avoid|without|refrain|exclude|omit)\b",
    re.IGNORECASE,
)


_CLAIMS = {"focus": "its sentences take up words of what was asked"}
STRAYING = 8
"""Words that an answer must have to be able to leave its subject."""


class RelevanceArguments(Value):
    """Which overlap."""

    of: Literal["recall", "focus", "opening", "rarest"] = "recall"
    """`recall`: share of the question's content words that the answer takes up; `focus`: of the answer's sentences,
    the share that take up at least one; `opening`: recall by the first sentence alone; `rarest`: recall of names,
    numbers and words of seven letters and more, which tell one question from another like it."""


@lru_cache(maxsize=512)
def subject(prompt: str) -> frozenset[str]:
    """Collect the content stems that the prompt asks about, without words of command ("write", "list")."""
    return frozenset(part for part in read(split_prompt(prompt).instruction).content if part not in _COMMANDS)


@builtin(
    "relevance",
    "How far the answer takes up the content words of what was asked; null when the prompt names no subject.",
    arguments=RelevanceArguments,
)
def relevance(task: TaskView, candidate: Candidate, arguments: RelevanceArguments) -> Iterator[Observation]:
    """Measure one overlap; the words that are not taken up are in the data."""
    claim = _CLAIMS.get(arguments.of, f"the answer is about what was asked ({arguments.of})")
    asked, answer = subject(task.prompt), read(candidate.text)
    if arguments.of == "rarest":
        asked = _telling(task.prompt) & asked
    if not asked or not answer.words:
        yield Observation(claim, None, "the answer is empty" if asked else "the prompt names no subject")
        return
    missing = sorted(asked - answer.content)
    value, detail = 1 - len(missing) / len(asked), f"{len(asked) - len(missing)} of {len(asked)} words taken up"
    if arguments.of == "opening":
        value = len(answer.sentence_content[0] & asked) / len(asked)
    elif arguments.of == "focus":
        if len(answer.words) < STRAYING:
            yield Observation(claim, None, "too short to stray")
            return
        touched = [not content.isdisjoint(asked) for content in answer.sentence_content]
        value, detail = sum(touched) / len(touched), f"{sum(touched)} of {len(touched)} sentences do"
    yield Observation(claim, value, detail, data={"missing": list(missing[:20])})


def _telling(prompt: str) -> frozenset[str]:
    instruction = split_prompt(prompt).instruction
    marked = {word for part in names(instruction) for word in read(part.key).stems} | {
        part.key for part in numbers(instruction)
    }
    long = {part for word in read(instruction).words if len(word) >= 7 for part in read(word).stems}
    return frozenset(marked | long)


@lru_cache(maxsize=256)
def expected(prompt: str) -> Expected | None:
    """Say what kind of thing the last question of the prompt wants; None when it is open or there is none."""
    asking = [s for s in read(split_prompt(prompt).instruction).sentence_texts if s.rstrip().endswith(("?", "？"))]
    if len(asking) != 1:
        return None
    if len(_OPTION.findall(prompt)) >= 2:
        return "option"
    for kind, pattern in _QUESTION.items():
        if pattern.search(asking[0]):
            return kind  # type: ignore[return-value]  # the sections of the file are the kinds
    return None


@builtin(
    "answers-question",
    "The answer holds the kind of thing asked for: person, time, place, quantity, option, yes or no, reason.",
)
def answers_question(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Look for something of the kind that the question wants; null when the question is open."""
    kind = expected(task.prompt)
    claim = "the answer holds the kind of thing asked for" + (f" ({kind})" if kind else "")
    answer = read(candidate.text)
    if kind is None or not answer.words:
        yield Observation(claim, None, "the question is open" if kind is None else "the answer is empty")
        return
    found = _holds(kind, answer, task.prompt)
    if found is None:
        yield Observation(claim, None, "cannot tell")
        return
    yield Observation(claim, float(found), f"{'found' if found else 'found no'} {kind}")


def _holds(kind: Expected, answer: Text, prompt: str) -> bool | None:
    text = answer.raw
    if len(answer.words) <= 40 and split_prompt(prompt).passage and _ABSTAINS.search(text):
        return None
    if kind == "quantity":
        return bool(numbers(text) or spelled(text))
    if kind == "time":
        return bool(dates(text) or _QUESTION_TIME.search(text) or numbers(text))
    if kind in {"person", "place"}:
        new = [part for part in names(text) if part.key not in prompt.lower()]
        return True if new else None if answer.cased[:1] and len(answer.words) > 12 else len(answer.words) <= 6
    if kind == "yes-no":
        return not answer.vocabulary.isdisjoint(_POLAR) or None
    if kind == "reason":
        return not answer.vocabulary.isdisjoint(_REASON) or len(answer.words) > 25 or None
    options = _OPTION.findall(prompt)
    lettered = re.search(r"(?:^|[\s(*])([A-H])(?:[).:,*]|$)|\boption ([A-H])\b", text)
    return bool(lettered) or any(option.strip().lower().rstrip(".") in answer.lower for _, option in options)


@lru_cache(maxsize=256)
def parts(prompt: str) -> tuple[str, ...]:
    """Split what is asked into its parts: questions, commands and numbered items that each have a subject."""
    instruction = split_prompt(prompt).instruction
    pieces = [piece.strip() for piece in _PART.split(instruction[:4000]) if piece and piece.strip()]
    asking = [piece for piece in pieces if _asks(piece) and len(subject(piece)) >= 1 and not _is_ban(piece)]
    return tuple(dict.fromkeys(asking))[:12]


def _is_ban(piece: str) -> bool:
    """Whether a piece only forbids something checkable: its words have no place in the answer."""
    return _SHUNS.match(piece) is not None and bool(extract(piece))


_CONDITION = re.compile(r"\W*(?:if|when|unless|in case)\b.{0,80}?(?:\b(?:not|cannot|no)\b|n['’]t\b)", re.IGNORECASE)
"""What to do where the answer is not to be had."""
_ABSTAINS = re.compile(
    r"\b(?:does not|doesn['’]t|do not|don['’]t|is not|isn['’]t|are not|was not|not) (?:explicitly )?"
    r"(?:say|state[ds]?|mention(?:ed)?|specif(?:y|ied)|contain|include|give|given|provided?|know|clear)\b"
    r"|\bunknown\b|\bno information\b|\b(?:says?|said|gives?|states?) (?:nothing|neither)\b",
    re.IGNORECASE,
)
"""An answer that says that the text does not hold the thing asked for."""


def _asks(piece: str) -> bool:
    if _CONDITION.match(piece) and "?" not in piece:
        return False
    if _ALTERNATIVE.match(piece) or (_STATES.match(piece) and "?" not in piece):
        return False
    words = read(piece).stems[:3]
    return "?" in piece or _OPEN_QUESTION.match(piece) is not None or any(word in _COMMANDS for word in words)


@builtin("parts", "Share of the parts of a request that the answer takes up; null when it has a single part.")
def every_part(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Hold each part's own words against the answer: a part counts when half of them occur, or its act is shown.

    Only a question or a command about content is named as open; of the rest the words count, without a finding.
    """
    claim = "words of every part of the request occur"
    asked = parts(task.prompt)
    answer = read(candidate.text)
    if len(asked) < 2 or not answer.words:
        yield Observation(claim, None, "a single part" if answer.words else "the answer is empty")
        return
    shares = []
    for part in asked:
        others: frozenset[str] = frozenset().union(*(subject(other) for other in asked if other != part))
        own = (subject(part) - others) or subject(part)
        share = len(own & answer.content) / len(own)
        shares.append(1.0 if share < 0.5 and shows(part, own, answer) else share)
    told = [(part, share) for part, share in zip(asked, shares, strict=True) if asks_content(part)]
    abstains = _ABSTAINS.search(answer.raw) is not None
    left = [part for part, share in told if share < 0.5 and not (abstains and "?" in part)]
    value = sum(min(1.0, 2 * share) for share in shares) / len(shares)
    if left:
        detail = f"{len(told) - len(left)} of {len(told)} parts; open: {left[0][:80]}"
    else:
        detail = f"{value:.0%} of the words of the request's parts are met; no part is open"
    yield Observation(claim, value, detail)
