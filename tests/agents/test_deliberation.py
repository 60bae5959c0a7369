import re
from pathlib import Path

import pytest
from casting import ByRole, a_case, a_library, a_skill, grading, judged

from rubrica.agents.effort import call_bound
from rubrica.requests.solve import Solution
from rubrica.requests.verify import ToolCall, Verification
from rubrica.types import Criterion

GOOD, BAD = "A good answer, all right.", "A bad answer, all wrong."


def run(quality, *texts, prompt="Tell me about bees.", library=None, effort="medium", **answers):
    reasoner = ByRole({"judge": grading(quality), **answers})
    return judged(a_case(*(texts or (GOOD, BAD)), prompt=prompt), reasoner, library, effort=effort), reasoner


def first_shown(text, place, request):
    """Prefers what stands first among several; alone, sees what is there."""
    if len(request.candidates) > 1:
        return 4 if place == 0 else 1
    return 4 if "good" in text else 1


def always_first(text, place, request):
    return 4 if place == 0 else 1


@pytest.mark.parametrize("texts", [(GOOD, BAD), (BAD, GOOD)])
def test_a_judge_that_follows_position_is_asked_about_each_alone(texts):
    told, reasoner = run(first_shown, *texts)
    assert [len(r.candidates) for r in reasoner.asked("judge")] == [2, 2, 1, 1]
    assert told.result.ranking == ((0, 1) if texts[0] == GOOD else (1, 0))


def test_grades_that_only_followed_position_no_longer_count():
    told, _ = run(first_shown)
    graded = {f.candidate: f.grade for f in told.result.findings if f.criterion == "looks-good/good"}
    assert graded == {"A": 1.0, "B": 0.25}


@pytest.mark.parametrize("effort", ["medium", "high"])
def test_what_nothing_settles_is_undecided_rather_than_guessed(effort):
    told, _ = run(always_first, effort=effort)
    assert told.result.kind == "unscored"
    assert told.result.reason == "undecided"


def test_tools_settle_what_position_left_open():
    sums = Criterion(id="sums", text="Sums are right.", scored_by="tool", tool="arithmetic", weight=3.0)
    library = a_library(a_skill(sums, Criterion(id="good", text="It is good.")), tools=["arithmetic"])
    told, _ = run(always_first, "2 + 2 = 5", "2 + 2 = 4", library=library)
    assert told.result.ranking == (1, 0)


def test_a_sure_solution_settles_what_position_left_open():
    solution = Solution(working="17 * 24 = 408", answer="408", sure=True)
    told, _ = run(
        always_first,
        "The answer is 398.",
        "The answer is 408.",
        prompt="What is 17 * 24? Give the number.",
        library=a_library(tools=["final-answer"]),
        solver=solution,
    )
    assert told.result.ranking == (1, 0)


def test_two_orders_that_agree_clearly_are_enough():
    _, reasoner = run(lambda text, place, request: 4 if "good" in text else 1)
    assert len(reasoner.asked("judge")) == 2


def test_a_narrow_verdict_gets_two_further_orders_with_new_labels():
    library = a_library(a_skill(Criterion(id="good", text="It is good.", weight=0.5)))
    told, reasoner = run(lambda text, place, request: 3, library=library)
    asked = reasoner.asked("judge")
    assert [request.sample for request in asked] == [0, 0, 1, 1]
    assert len({c.id for request in asked for c in request.candidates}) == 8
    assert told.result.kind == "verdict"  # all looks agree that it is a tie


def test_grades_of_further_looks_are_averaged_not_added():
    levels = iter([3, 3, 3, 3, 3, 3, 2, 2])
    told, _ = run(lambda text, place, request: next(levels))
    findings = [f for f in told.result.findings if f.criterion == "looks-good/good"]
    assert len(findings) == 2
    assert all(f.grade == pytest.approx((3 + 3 + 3 + 2) / 16) for f in findings)


def test_a_case_that_is_done_is_not_judged_again_because_its_neighbour_is_contested():
    import asyncio

    from rubrica.harness import Harness

    reasoner = ByRole({"judge": grading(first_shown)})
    clear, contested = a_case("good", "good also", prompt="Clear"), a_case(GOOD, BAD, prompt="Contested")
    harness = Harness(library=a_library(), reasoner=reasoner)

    async def main():
        return [one async for one in harness.judge([clear, contested, contested])]

    alone = judged(contested, ByRole({"judge": grading(first_shown)}))
    assert [one.usage.calls for one in asyncio.run(main())][1:] == [alone.usage.calls] * 2


def test_three_candidates_with_one_clear_loser_keep_their_verdict():
    def noisy(text, place, request):
        return 0 if "bad" in text else 4 if place == 0 else 3

    told, _ = run(noisy, "good one", "good two", BAD)
    assert told.result.kind == "verdict"
    assert told.result.ranking[2] == max(told.result.ranking)


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_most_demanding_replies_stay_within_the_bound(effort, size):
    def restless(request):
        return Verification(calls=(ToolCall(tool=f"none-{request.calls_left}"),))

    def muddled(request):
        told = grading(always_first)(request)
        return told.model_copy(update={"ranking": ()})

    reasoner = ByRole(
        {
            "judge": muddled,
            "verifier": restless,
            "solver": Solution(working="x", calls=(ToolCall(tool="none"),)),
        }
    )
    texts = [f"number {i}" for i in range(size)]
    told = judged(a_case(*texts, prompt="What is 2 + 2?"), reasoner, effort=effort)
    bound = call_bound(effort, size)
    assert told.trace[-1]["bound"] == bound
    assert told.trace[-1]["asked"] == len(reasoner.requests) <= bound


def test_the_trace_says_why_it_looked_again():
    told, _ = run(first_shown)
    (step,) = [step for step in told.trace if step["role"] == "deliberation"]
    assert step["why"] == "orders disagree on the leader"
    assert step["plan"] == "each candidate alone"


@pytest.mark.parametrize(("effort", "most"), [("low", 2), ("medium", 26), ("high", 30)])
def test_two_answers_take_no_more_requests_than_the_documentation_says(effort, most):
    assert call_bound(effort, 2) == most
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    assert re.search(rf"\| {effort} \|.*\| {most} \|\n", page)
