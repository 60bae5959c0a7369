import asyncio
from collections.abc import Iterator

from rubrica.harness import CHUNK, Harness
from rubrica.library.seed import seed_library
from rubrica.types import Candidate, Case, ImagePart, Message, Task, TextPart, Unscored

HARNESS = Harness(library=seed_library())


def case(number: int) -> Case:
    message = Message(role="user", parts=(TextPart(text=f"What is {number} + 2?"),))
    answers = (f"{number} + 2 = {number + 2}", f"{number} + 2 = {number}")
    candidates = tuple(Candidate(id=f"{i}", parts=(TextPart(text=text),)) for i, text in enumerate(answers))
    return Case(task=Task(id=f"c{number}", messages=(message,)), candidates=candidates)


def test_both_doors_give_the_same_results() -> None:
    numbers = range(CHUNK + 3)

    async def streamed() -> list[object]:
        return [judged.result async for judged in HARNESS.judge(map(case, numbers))]

    assert [judged.result for judged in HARNESS.judge_all(map(case, numbers))] == asyncio.run(streamed())


def test_a_case_is_judged_alike_in_any_company() -> None:
    (alone,) = HARNESS.judge_all([case(7)])
    among = list(HARNESS.judge_all([case(number) for number in range(20)]))
    assert among[7].result == alone.result


def test_the_input_is_a_stream() -> None:
    def endless() -> Iterator[Case]:
        number = 0
        while True:
            yield case(number)
            number += 1

    results = HARNESS.judge_all(endless())
    assert [next(results).case.id for _ in range(3)] == ["c0", "c1", "c2"]
    results.close()  # type: ignore[attr-defined]


def test_a_picture_is_unsupported() -> None:
    message = Message(role="user", parts=(ImagePart(uri="a.png"), TextPart(text="What is this?")))
    pictured = Case(task=Task(id="p", messages=(message,)), candidates=case(1).candidates)
    (judged,) = HARNESS.judge_all([pictured])
    assert isinstance(judged.result, Unscored)
    assert judged.result.reason == "unsupported"


def test_a_trace_keeps_every_request_and_reply() -> None:
    (judged,) = Harness(library=seed_library(), traced=True).judge_all([case(1)])
    assert {"selector", "rubricist"} <= {str(step["role"]) for step in judged.trace}
    assert all({"request", "reply", "by"} <= set(step) for step in judged.trace)


def test_the_verdict_names_what_made_it() -> None:
    (judged,) = Harness(library=seed_library(), effort="high", seed=3).judge_all([case(1)])
    made_by = judged.result.provenance
    assert made_by is not None
    assert made_by.library == seed_library().version
    assert made_by.reasoner.startswith("embedded:")
    assert (made_by.effort, made_by.seed) == ("high", 3)
