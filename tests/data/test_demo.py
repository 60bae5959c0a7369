"""The demo preferences are what their docstring says."""

import re
from collections import Counter

import pytest

from rubrica.data import Row, read
from rubrica.data.audit import audit
from rubrica.data.demo import demo_path
from rubrica.data.near import clusters
from rubrica.types import Preference

FAMILIES = {
    "code",
    "concision",
    "constraints",
    "faithfulness",
    "final-answer",
    "format",
    "gaming",
    "harm",
    "honesty",
    "language",
    "reasoning",
    "refusal",
}


@pytest.fixture(scope="module")
def cases() -> list[Preference]:
    preferences = [row.preference for row in read(demo_path(), strict=True) if isinstance(row, Row)]
    assert None not in preferences
    return [preference for preference in preferences if preference]


def pairs(cases: list[Preference]) -> list[Preference]:
    return [p for p in cases if len(p.label.ranks) == 2 and len(p.label.winners) == 1]


def test_every_family_has_at_least_five_cases(cases: list[Preference]) -> None:
    counts = Counter(p.subset for p in cases)
    assert set(counts) == FAMILIES
    assert min(counts.values()) >= 5
    assert len(cases) == 65


def test_every_case_says_why(cases: list[Preference]) -> None:
    assert all(len(str(p.case.task.meta["note"]).split()) >= 10 for p in cases)


def test_neither_position_nor_length_gives_the_answer_away(cases: list[Preference]) -> None:
    found = pairs(cases)
    first = sum(0 in p.label.winners for p in found) / len(found)
    longer = sum(
        len(p.case.candidates[min(p.label.winners)].text) == max(len(c.text) for c in p.case.candidates) for p in found
    ) / len(found)
    assert 0.45 <= first <= 0.55
    assert 0.45 <= longer <= 0.55


def test_there_are_lists_ties_several_turns_and_other_languages(cases: list[Preference]) -> None:
    assert sum(len(p.case.candidates) > 2 for p in cases) >= 3
    assert sum(len(p.label.winners) == len(p.label.ranks) for p in cases) == 2
    assert sum(len(p.case.task.messages) > 1 for p in cases) >= 4
    assert sum("ñ" in p.case.task.messages[0].text or "ä" in p.case.task.messages[0].text for p in cases) >= 2


def test_prompts_are_distinct_and_the_audit_flags_only_the_ties(cases: list[Preference]) -> None:
    prompts = ["\n".join(m.text for m in p.case.task.messages) for p in cases]
    assert len(set(clusters(prompts))) == len(cases)
    assert dict(audit(cases).counts()) == {"ambiguous": 2}


def test_code_cases_are_decided_by_their_tests(cases: list[Preference]) -> None:
    """These few programs are our own and part of the package, so they may run here."""
    tested = [p for p in cases if p.case.task.tests]
    assert len(tested) == 5
    for p in tested:
        passed = [_passes(c.text, p.case.task.tests[0].code) for c in p.case.candidates]
        assert {i for i, ok in enumerate(passed) if ok} == p.label.winners, p.case.id


def _passes(answer: str, test: str) -> bool:
    source = "\n".join(re.findall(r"```python\n(.*?)```", answer, re.DOTALL))
    scope: dict[str, object] = {}
    try:
        exec(f"{source}\n{test}", scope)
    except (AssertionError, IndexError):
        return False
    return True
