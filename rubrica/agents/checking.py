"""A judge's reply is held against what it was shown: labels, quotes, evidence, and its own ranking.

What raises a score needs support that exists. What was made up does not count, and is counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rubrica.agents.disputes import founded
from rubrica.agents.naming import as_shown
from rubrica.agents.own import OVERALL
from rubrica.agents.showing import Shown
from rubrica.requests.judge import TOP_GRADE, Grade, Grades
from rubrica.rewards.aggregate import criterion_key
from rubrica.tools.quoting import find_quote
from rubrica.types import Candidate, Evidence, Finding, Span

NEUTRAL = TOP_GRADE // 2
"""A grade above this needs a quote or evidence."""
TOLERANCE = 0.1
"""Share of the criteria's weight by which a ranking may go against the sum of its grades."""
FLAWED = 0.2
"""Share of grades that may be missing or unsound before the judge is asked again."""
GROUNDED = 0.5
"""Share of grades that must be sound before the ranking counts: a preference without reasons raises nobody."""
TOLD = 5
"""Objections that a judge is shown of each kind."""

Key = tuple[str, str]
"""Criterion key and candidate id."""


@dataclass
class Checked:
    """What stands of a reply."""

    grades: dict[Key, float] = field(default_factory=dict)
    remarks: dict[Key, Finding] = field(default_factory=dict)
    answered: set[Key] = field(default_factory=set)
    """Pairs that were graded soundly or, for a reason, with null."""
    disputes: dict[str, str] = field(default_factory=dict)
    """Evidence id of the case -> why it is false."""
    objections: list[str] = field(default_factory=list)
    expected: int = 0
    ranking_stands: bool = False

    @property
    def soundness(self) -> float:
        """Share of the grades asked for that survived checking."""
        return len(self.answered) / self.expected if self.expected else 0.0

    @property
    def acceptable(self) -> bool:
        return self.ranking_stands and 1.0 - self.soundness <= FLAWED


def check(reply: Grades, shown: Shown, *, by: str, refused: Counter[str]) -> Checked:
    """Keep the grades that stand, add the ranking as a finding of its own, and say what is wrong with the rest."""
    reply = as_shown(reply, shown)
    checked = Checked(expected=len(shown.criteria) * len(shown.candidates))
    seen: set[tuple[str, str]] = set()
    for grade in reply.grades:
        if grade.criterion not in shown.criteria or grade.candidate not in shown.candidates:
            refused["judge: grade for a criterion or candidate that was not shown"] += 1
            checked.objections.append(f"{grade.criterion} for {grade.candidate}: one of them was not shown")
        elif (grade.criterion, grade.candidate) in seen:
            refused["judge: second grade for the same"] += 1
        else:
            seen.add((grade.criterion, grade.candidate))
            _weigh(grade, shown, checked, by, refused)
    missing = [(c, label) for c in shown.criteria for label in shown.candidates if (c, label) not in seen]
    checked.objections += [f"{criterion} for {label}: no grade" for criterion, label in missing[:TOLD]]
    _check_ranking(reply, shown, checked, by, refused)
    checked.disputes = founded(reply.disputes, shown, refused)
    return checked


def _weigh(grade: Grade, shown: Shown, checked: Checked, by: str, refused: Counter[str]) -> None:
    criterion, candidate = shown.criteria[grade.criterion], shown.candidates[grade.candidate]
    key = (criterion_key(criterion), candidate.id)
    if grade.grade is None:
        checked.answered.add(key)
        return
    spans = [span for quote in grade.quotes if (span := find_quote(candidate.text, quote))]
    evidence = [name for name in grade.evidence if _is_about(shown.evidence.get(name), candidate)]
    fault = _fault(grade, spans, [shown.evidence[name] for name in evidence])
    if fault:
        refused[f"judge: {fault}"] += 1
        checked.objections.append(f"{grade.criterion} for {grade.candidate}: {fault}")
    else:
        checked.answered.add(key)
    supported = bool(spans or evidence)
    if not supported and (grade.quotes or grade.evidence):
        return  # all that it rests on was made up
    value = grade.grade / TOP_GRADE
    checked.grades[key] = value if supported else min(value, criterion.baseline)
    checked.remarks[key] = Finding(
        criterion=key[0],
        candidate=key[1],
        grade=checked.grades[key],
        rationale=grade.critique,
        evidence=tuple(shown.evidence[name].id for name in evidence),
        quotes=tuple(spans),
        by=by,
    )


def _is_about(item: Evidence | None, candidate: Candidate) -> bool:
    return item is not None and item.candidate == candidate.id


def _fault(grade: Grade, spans: list[Span], evidence: list[Evidence]) -> str:
    if len(spans) < len(grade.quotes):
        return "a quote that is not in the answer"
    if len(evidence) < len(grade.evidence):
        return "evidence that was not shown for this answer"
    if grade.grade is not None and grade.grade > NEUTRAL and not spans and not evidence:
        return f"a grade above {NEUTRAL} without a quote or evidence"
    values = [item.value for item in evidence if item.value is not None]
    if not values:
        return ""
    if (grade.grade == TOP_GRADE and max(values) < 0.5) or (grade.grade == 0 and min(values) == 1.0):
        return "a grade that goes against the evidence it names"
    return ""


def _check_ranking(reply: Grades, shown: Shown, checked: Checked, by: str, refused: Counter[str]) -> None:
    labels = [label for group in reply.ranking for label in group]
    if len(shown.candidates) == 1:
        checked.ranking_stands = True
        return
    if sorted(labels) != sorted(shown.candidates):
        refused["judge: ranking that does not name every candidate once"] += 1
        checked.objections.append("the ranking must name every answer shown exactly once")
        return
    if against := _contradiction(reply, shown, checked.grades):
        refused["judge: ranking against its own grades"] += 1
        checked.objections.append(f"the ranking puts {against[0]} before {against[1]}, the grades say otherwise")
        return
    checked.ranking_stands = True
    if checked.soundness < GROUNDED:
        return
    places = _places(reply)
    for label, candidate in shown.candidates.items():
        key = (criterion_key(OVERALL), candidate.id)
        checked.grades[key] = places[label]
        checked.remarks[key] = Finding(
            criterion=key[0], candidate=key[1], grade=places[label], rationale="by the judge's ranking", by=by
        )


def _contradiction(reply: Grades, shown: Shown, grades: Mapping[Key, float]) -> tuple[str, str] | None:
    for above, better in enumerate(reply.ranking):
        for worse in reply.ranking[above + 1 :]:
            for first in better:
                for second in worse:
                    if _behind(shown, grades, first, second):
                        return first, second
    return None


def _behind(shown: Shown, grades: Mapping[Key, float], first: str, second: str) -> bool:
    """Whether the grades put `first` clearly behind `second`, over the criteria that both have grades on."""
    one, other = shown.candidates[first].id, shown.candidates[second].id
    lead = weight = 0.0
    for criterion in shown.criteria.values():
        name = criterion_key(criterion)
        if (name, one) in grades and (name, other) in grades:
            lead += criterion.weight * (grades[name, one] - grades[name, other])
            weight += criterion.weight
    return lead < -TOLERANCE * weight


def _places(reply: Grades) -> dict[str, float]:
    """Return each label's place as a grade: 1 = best, 0 = last, equals share the mean of their places."""
    last = sum(len(group) for group in reply.ranking) - 1
    places, ahead = {}, 0
    for group in reply.ranking:
        for label in group:
            places[label] = 1.0 - (ahead + (len(group) - 1) / 2) / last
        ahead += len(group)
    return places
