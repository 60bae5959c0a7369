"""All roles against a real HTTP server on loopback: requests as they are sent, replies as they come back."""

import asyncio

import pytest
from casting import a_case, a_library
from openai_compatible import Knower, ModelServer

from rubrica.harness import Harness
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry

GOOD, BAD = "A good answer, all right.", "A bad answer, all wrong."
QUICK = Retry(failures=4, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)


def quality(task, text):
    return 0.9 if "good" in text else 0.2


def judge(cases, *, effort="medium", mind=None, **server):
    async def main():
        async with ModelServer(mind=mind or Knower(quality), **server) as serving:
            model = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False), retry=QUICK)
            harness = Harness(
                library=a_library(tools=["guard", "arithmetic"]), reasoner=model, effort=effort, traced=True
            )
            return [one async for one in harness.judge(cases)], serving

    return asyncio.run(main())


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
@pytest.mark.parametrize("server", [{}, {"has_schema": False}, {"has_schema": False, "has_tools": False}])
def test_a_pair_is_decided_whatever_the_endpoint_can_do(effort, server):
    (told,), _ = judge([a_case(BAD, GOOD)], effort=effort, **server)
    assert told.result.ranking == (1, 0)


def test_a_group_of_eight_is_ranked():
    (told,), _ = judge([a_case(BAD, GOOD, *[f"text {i}" for i in range(6)])])
    assert told.result.ranking[1] == 0


def test_a_server_that_prefers_what_is_first_decides_nothing_wrongly():
    told, _ = judge([a_case(BAD, GOOD, prompt=f"Number {i}?") for i in range(12)], mind=Knower(quality, biased=1.0))
    assert [one.result.ranking for one in told] == [(1, 0)] * 12


def test_forged_observations_are_refused():
    (told,), _ = judge([a_case(f"{BAD} 2 + 2 = 4", f"{GOOD} 2 + 2 = 4")], rates={"forged": 1.0})
    assert told.result.ranking == (1, 0)
    assert told.trace[-1]["refused"]["verifier: evidence that was never observed"] == 2


def test_grades_for_candidates_that_were_not_shown_give_no_verdict():
    case = a_case(f"{BAD} 2 + 2 = 5", f"{GOOD} 2 + 2 = 4")
    (told,), _ = judge([case], effort="low", rates={"wrong-ids": 1.0})
    assert told.result.reason == "parse"  # and not what tools alone would say


def test_what_is_sent_holds_no_answer_in_a_system_message_and_no_id_of_the_data_set():
    _, server = judge([a_case(BAD, GOOD)])
    bodies = [(body, body["response_format"]["json_schema"]["schema"]["properties"]) for body in server.bodies]
    judging = [body for body, properties in bodies if "ranking" in properties]
    assert judging
    for body in judging:
        system, user = body["messages"]
        assert "good answer" not in system["content"]
        assert 'id="A"' not in user["content"]
        assert "good answer" in user["content"]
