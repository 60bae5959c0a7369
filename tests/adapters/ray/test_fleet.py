"""Judges on Ray from Python: the case that kills is found, and another rubrica is refused."""

from collections.abc import Iterator

import pytest
from deadly import POISON, Deadly, Stillborn
from ray_cluster import Cluster

import rubrica.adapters.ray.judge
import rubrica.reasoners.embedded
from rubrica.adapters.ray.cluster import ray_judges
from rubrica.errors import UserError
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan, killed
from rubrica.parallel import judge_rows as judge_rows_here
from rubrica.types import Candidate, Case, Message, Task, TextPart

PLAN = Plan(library=seed_library(), sandbox="none")


def cases(count: int, poisoned: frozenset[int] = frozenset()) -> Iterator[Case]:
    for number in range(count):
        text = POISON if number in poisoned else f"What is {number} + 2?"
        message = Message(role="user", parts=(TextPart(text=text),))
        answers = (f"{number} + 2 = {number + 2}", f"{number} + 2 = {number}")
        candidates = tuple(Candidate(id=f"{i}", parts=(TextPart(text=answer),)) for i, answer in enumerate(answers))
        yield Case(task=Task(id=f"c{number}", messages=(message,)), candidates=candidates)


@pytest.fixture
def address(ray_cluster: Cluster) -> str:
    return ray_cluster.address


def test_no_case_no_row(address: str) -> None:
    with ray_judges(PLAN, address, workers=2) as judges:
        assert list(judges([])) == []


def test_the_input_is_read_as_it_is_needed(address: str) -> None:
    taken = 0

    def counted() -> Iterator[Case]:
        nonlocal taken
        for case in cases(20_000):
            taken += 1
            yield case

    with ray_judges(PLAN, address, workers=2) as judges:
        results = judges(counted())
        next(results)
        results.close()
    assert taken < 2_000


def test_the_cases_that_kill_are_found_and_the_others_are_judged(address: str) -> None:
    poisoned = frozenset({5, 300})
    plan = Plan(library=PLAN.library, sandbox="none", reasoner=Deadly())
    with ray_judges(plan, address, workers=2) as judges:
        rows = list(judges(cases(400, poisoned)))
    clean = list(judge_rows_here(PLAN, cases(400), workers=1))
    assert [i for i, (row, fine) in enumerate(zip(rows, clean, strict=True)) if row.json != fine.json] == [5, 300]
    assert [rows[i] for i in sorted(poisoned)] == [
        killed(case) for case in cases(400, poisoned) if POISON in prompt(case)
    ]


def prompt(case: Case) -> str:
    return case.task.messages[0].text


def test_a_cluster_on_which_nothing_survives_is_an_error_and_no_verdict(address: str) -> None:
    plan = Plan(library=PLAN.library, sandbox="none", reasoner=Deadly())
    with (
        ray_judges(plan, address, workers=2) as judges,
        pytest.raises(UserError, match="end at once, whatever the case"),
    ):
        list(judges(cases(8, frozenset(range(8)))))


def test_judges_that_never_start_are_an_error_and_not_started_for_ever(address: str) -> None:
    plan = Plan(library=PLAN.library, sandbox="none", reasoner=Stillborn())
    with (
        ray_judges(plan, address, workers=2) as judges,
        pytest.raises(UserError, match="end at once, whatever the case"),
    ):
        list(judges(cases(300)))


def test_another_version_on_the_nodes_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rubrica.adapters.ray.judge, "__version__", "9.9.9")
    with (
        ray_judges(PLAN, address, workers=2) as judges,
        pytest.raises(UserError, match=r"rubrica is 0\.\d+\.\d+, here it is 9\.9\.9"),
    ):
        list(judges(cases(3)))


def test_other_sources_on_the_nodes_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rubrica.reasoners.embedded, "source_digest", lambda: "0123456789ab")
    with (
        ray_judges(PLAN, address, workers=2) as judges,
        pytest.raises(UserError, match="here it is embedded:0123456789ab"),
    ):
        list(judges(cases(3)))
