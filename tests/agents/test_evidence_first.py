"""What was checked exactly stands against a model that says the opposite; asked over HTTP on loopback."""

import asyncio

import pytest
from casting import ByRole, a_case, grading, judged
from openai_compatible import Knower, ModelServer

from rubrica.harness import Harness
from rubrica.library.seed import seed_library
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.requests.judge import Dispute
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Case, CodeTest

QUICK = Retry(failures=4, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)
SUM = "What is 17 + 25?"
RIGHT, WRONG = "17 + 25 is 42.", "The sum of 17 and 25 is 41."
ADD = "Write a function add(a, b) in Python that returns the sum.\n\nExample: `add(2, 3) == 5`"
WORKS = "```python\ndef add(a, b):\n    return a + b\n```"
FAILS = "```python\ndef add(a, b):\n    return a - b\n```"


def opposed(task, text):
    """Think the opposite of what is so."""
    return 0.0 if text in (RIGHT, WORKS) or text.endswith("4]`.") else 1.0


def judge(case: Case, *, effort: str, mode: str = "group"):
    async def main():
        async with ModelServer(mind=Knower(opposed)) as serving:
            model = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False), retry=QUICK)
            sandbox = open_sandbox("wasm")
            harness = Harness(seed_library(), reasoner=model, effort=effort, mode=mode, sandbox=sandbox)
            try:
                return await anext(one.result async for one in harness.judge([case]))
            finally:
                await sandbox.close()

    return asyncio.run(main())


@pytest.mark.parametrize("mode", ["group", "pointwise"])
@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_a_computation_stands_against_a_model_that_says_the_opposite(effort, mode):
    verdict = judge(a_case(WRONG, RIGHT, prompt=SUM), effort=effort, mode=mode)
    assert verdict.ranking == (1, 0)
    assert verdict.rewards[0] < 0.1 < verdict.rewards[1]
    assert verdict.scores[0].capped_by == "final-answer/matches-computation"


def test_a_known_answer_stands_against_a_model_that_says_the_opposite():
    case = a_case(WRONG, RIGHT, prompt="How many apples do Ann and Bob have?", reference="42")
    assert judge(case, effort="low").ranking == (1, 0)


def test_what_code_returns_stands_against_a_model_that_says_the_opposite():
    prompt = "What does this code return?\n\n```python\ndef f(x):\n    return sorted(x)\n\nf([4, 1])\n```"
    verdict = judge(a_case("It returns `[4, 1]`.", "It returns `[1, 4]`.", prompt=prompt), effort="low")
    assert verdict.ranking == (1, 0)


def test_a_program_that_fails_a_test_is_limited_whatever_a_model_thinks_of_it():
    verdict = judge(a_case(FAILS, WORKS, prompt=ADD), effort="low")
    assert verdict.scores[0].capped_by == "working-code/fails-no-test"
    assert verdict.rewards[0] < 0.1


def test_one_failed_test_of_many_breaks_the_rule_and_the_share_still_counts():
    tests = tuple(CodeTest(kind="call", code=f"add({n}, 1)", expected=n + 1) for n in range(4))
    almost = "```python\ndef add(a, b):\n    return a + b if a else 7\n```"
    verdict = judge(a_case(almost, FAILS, prompt=ADD, tests=tests), effort="low")
    grades = {f.candidate: f.grade for f in verdict.findings if f.criterion == "working-code/fails-no-test"}
    shares = {f.candidate: f.grade for f in verdict.findings if f.criterion == "working-code/passes-stated-examples"}
    assert grades == {"A": 0.0, "B": 0.0}
    assert 0 <= shares["B"] < shares["A"] < 1
    assert verdict.ranking == (0, 1)


def test_a_computation_is_not_disputed_away():
    def disputing(request):
        told = grading(lambda text, place, asked: 4 if text == WRONG else 0)(request)
        against = tuple(
            Dispute(evidence=item.id, reason="I count otherwise.", quotes=("17 + 25",))
            for item in request.evidence
            if item.tool == "solve"
        )
        assert against
        return told.model_copy(update={"disputes": against})

    told = judged(a_case(WRONG, RIGHT, prompt=SUM), ByRole({"judge": disputing}), seed_library())
    assert told.result.ranking == (1, 0)


@pytest.mark.parametrize("effort", ["medium", "high"])
def test_what_is_computed_takes_no_second_solution_and_no_deliberation(effort):
    reasoner = ByRole({"judge": grading(lambda text, place, request: 4 if text == WRONG else 0)})
    told = judged(a_case(WRONG, RIGHT, prompt=SUM), reasoner, seed_library(), effort=effort)
    assert told.result.ranking == (1, 0)
    assert not reasoner.asked("solver")
    assert len(reasoner.asked("judge")) == 2
