"""Look at labels before learning from them: what repeats, contradicts, says nothing, or looks flipped."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from rubrica.data.hashes import case_hash, normalise, prompt_hash
from rubrica.types import Candidate, Label, Preference

Problem = Literal["duplicate", "contradiction", "near_identical", "style_only", "ambiguous", "suspected_flip"]
Margin = Callable[[Preference], float | None]
"""Log-odds that a model which has not seen this case agrees with its label; None = it cannot tell."""

SAME_WORDS = 0.95
"""Share of words in common from which two candidates with the same numbers are nearly identical."""
DISAGREE = 2.0
"""Log-odds against the label (12% for it) from which a flip is suspected."""

_WORD = re.compile(r"\w+")
_LIST_NUMBER = re.compile(r"(?m)^[ \t]*\d{1,3}[.)][ \t]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to look at: the cases concerned and why."""

    problem: Problem
    cases: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What a look at the labels found, in input order within each problem."""

    cases: int
    flags: tuple[Flag, ...]

    def ids(self, problem: Problem) -> tuple[str, ...]:
        """Return the cases with this problem, each once."""
        return tuple(dict.fromkeys(id_ for flag in self.flags if flag.problem == problem for id_ in flag.cases))

    def counts(self) -> Mapping[Problem, int]:
        return Counter(flag.problem for flag in self.flags)

    def told(self) -> str:
        """Return the counts in words: "1 duplicate, 5 suspected flips"."""
        return ", ".join(_said(problem, count) for problem, count in sorted(self.counts().items()))


def _said(problem: Problem, count: int) -> str:
    words = {"near_identical": "nearly identical"}.get(problem, problem.replace("_", " "))
    counts = problem in ("duplicate", "contradiction", "suspected_flip") and count != 1
    return f"{count} {words}{'s' if counts else ''}"


def audit(preferences: Sequence[Preference], *, margin: Margin | None = None) -> Audit:
    """Report on the labels; nothing is changed or removed.

    With `margin` (cross-fitted: no case judged by a model that learned from it) suspected flips are reported too.
    """
    flags = [*_repeats(preferences), *_contradictions(preferences)]
    for preference in preferences:
        flags += _alike(preference)
        flags += _says_nothing(preference)
        if margin is not None:
            flags += _flip(preference, margin(preference))
    order: tuple[Problem, ...] = (
        "duplicate",
        "contradiction",
        "near_identical",
        "style_only",
        "ambiguous",
        "suspected_flip",
    )
    return Audit(len(preferences), tuple(sorted(flags, key=lambda flag: order.index(flag.problem))))


def _repeats(preferences: Sequence[Preference]) -> Iterator[Flag]:
    """Flag cases with the same prompt, the same candidates and the same outcome."""
    seen: defaultdict[tuple[str, frozenset[tuple[str, float]]], list[str]] = defaultdict(list)
    for each in preferences:
        single = each.label.scores if len(each.label.ranks) == 1 else None
        outcome = frozenset(zip(map(_words, each.case.candidates), single or each.label.ranks, strict=True))
        seen[case_hash(each.case), outcome].append(each.case.id)
    for ids in seen.values():
        if len(ids) > 1:
            yield Flag("duplicate", tuple(ids), f"{len(ids)} cases are the same, with the same label")


def _contradictions(preferences: Sequence[Preference]) -> Iterator[Flag]:
    """Two answers to the same prompt that one case ranks one way and another case another way."""
    outcomes: defaultdict[tuple[str, str, str], dict[float, list[str]]] = defaultdict(dict)
    for each in preferences:
        prompt = prompt_hash(each.case)
        texts = [_words(candidate) for candidate in each.case.candidates]
        for i, j, outcome in each.label.pairs():
            if texts[i] == texts[j]:
                continue
            low, high = sorted((texts[i], texts[j]))
            outcome = outcome if texts[i] == low else 1 - outcome
            ids = outcomes[prompt, low, high].setdefault(outcome, [])
            if each.case.id not in ids:
                ids.append(each.case.id)
        if len(each.label.ranks) == 1 and each.label.scores:
            outcomes[prompt, texts[0], ""].setdefault(each.label.scores[0], []).append(each.case.id)
    told: set[tuple[str, ...]] = set()
    for by_outcome in outcomes.values():
        concerned = tuple(dict.fromkeys(id_ for group in by_outcome.values() for id_ in group))
        if len(by_outcome) > 1 and concerned not in told:
            told.add(concerned)
            yield Flag("contradiction", concerned, "the same answers to the same prompt have different labels")


def _alike(preference: Preference) -> Iterator[Flag]:
    """Candidates that are ranked apart, though hardly anything tells them apart."""
    candidates, ranks = preference.case.candidates, preference.label.ranks
    for i, j in combinations(range(len(candidates)), 2):
        if ranks[i] == ranks[j] or not candidates[i].text or not candidates[j].text:
            continue
        names = f"candidates {candidates[i].id} and {candidates[j].id}"
        first, second = candidates[i].text, candidates[j].text
        if normalise(first) == normalise(second):
            yield Flag("near_identical", (preference.case.id,), f"{names} are ranked apart, but have the same text")
        elif _bare(first) == _bare(second):
            yield Flag("style_only", (preference.case.id,), f"{names} have the same words; only formatting differs")
        elif _nearly(first, second):
            yield Flag("near_identical", (preference.case.id,), f"{names} share {SAME_WORDS:.0%} of their words")


def _says_nothing(preference: Preference) -> Iterator[Flag]:
    label, ids = preference.label, (preference.case.id,)
    if len(label.ranks) > 1 and len(set(label.ranks)) == 1:
        yield Flag("ambiguous", ids, "all candidates are tied")
    elif label.strength == 0:
        yield Flag("ambiguous", ids, "the preference has strength 0")
    elif label.votes is not None and len(label.votes) > 1 and _split_vote(label):
        yield Flag("ambiguous", ids, "the votes are split evenly at the top")


def _split_vote(label: Label) -> bool:
    top = sorted(label.votes or (), reverse=True)[:2]
    return top[0] == top[1]


def _flip(preference: Preference, margin: float | None) -> Iterator[Flag]:
    if margin is not None and margin <= -DISAGREE:
        reason = f"a model that has not seen this case disagrees with its label by {-margin:.1f} in log-odds"
        yield Flag("suspected_flip", (preference.case.id,), reason)


def _words(candidate: Candidate) -> str:
    """Return a candidate as far as equality goes; pictures count by handle."""
    pictures = " ".join(part.sha256 or part.uri for part in candidate.parts if part.type == "image")
    return normalise(f"{candidate.text} {pictures}")


def _bare(text: str) -> list[str]:
    return _WORD.findall(normalise(_LIST_NUMBER.sub(" ", text)))


def _nearly(first: str, second: str) -> bool:
    """Compare as bags of words, but let a differing number count: it is often the whole point."""
    if _NUMBER.findall(first) != _NUMBER.findall(second):
        return False
    a, b = Counter(_bare(first)), Counter(_bare(second))
    return (a & b).total() >= SAME_WORDS * max(a.total(), b.total())
