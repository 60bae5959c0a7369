import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rubrica.errors import UserError
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan, judge_rows
from rubrica.types import Candidate, Case, Message, Task, TextPart

PLAN = Plan(library=seed_library(), sandbox="none")


def cases(count: int) -> Iterator[Case]:
    for number in range(count):
        message = Message(role="user", parts=(TextPart(text=f"What is {number} + 2?"),))
        answers = (f"{number} + 2 = {number + 2}", f"{number} + 2 = {number}")
        candidates = tuple(Candidate(id=f"{i}", parts=(TextPart(text=text),)) for i, text in enumerate(answers))
        yield Case(task=Task(id=f"c{number}", messages=(message,)), candidates=candidates)


def test_no_case_no_row() -> None:
    assert list(judge_rows(PLAN, [])) == []


def test_results_come_in_input_order_and_do_not_depend_on_the_processes() -> None:
    alone = [row.json for row in judge_rows(PLAN, cases(200), workers=1)]
    spread = [row.json for row in judge_rows(PLAN, cases(200), workers=2)]
    assert spread == alone
    assert len(alone) == 200


def test_the_input_is_read_as_it_is_needed() -> None:
    taken = 0

    def counted() -> Iterator[Case]:
        nonlocal taken
        for case in cases(10_000):
            taken += 1
            yield case

    results = judge_rows(PLAN, counted(), workers=2)
    next(results)
    results.close()
    assert taken < 1_000


def test_a_worker_that_dies_loses_no_result() -> None:
    clean = [row.json for row in judge_rows(PLAN, cases(200), workers=1)]
    results = judge_rows(PLAN, cases(200), workers=2)
    first = next(results).json
    killed = multiprocessing.active_children()
    for child in killed:
        child.kill()
    assert killed
    assert [first, *(row.json for row in results)] == clean


def test_nothing_is_left_running() -> None:
    before = threading.active_count()
    results = judge_rows(PLAN, cases(300), workers=2)
    next(results)
    results.close()
    assert multiprocessing.active_children() == []
    assert threading.active_count() == before


def test_processes_that_never_start_end_the_run_and_blame_no_case() -> None:
    never = replace(PLAN, sandbox="no-such-tier")  # found out where the judge is made, in the worker
    with pytest.raises(UserError, match="end before they have judged anything"):
        list(judge_rows(never, cases(200), workers=2))
