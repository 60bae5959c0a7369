"""The chain as a judge of labelled pairs, over HTTP: summed up by the metrics of every other judge."""

import asyncio

import pytest
from casting import a_case, a_library, a_skill
from openai_compatible import Knower, ModelServer

from rubrica.evals.chained import assess_pairs, judge_pairs
from rubrica.evals.summary import report
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.types import Label, Preference

GOOD, BAD = "A good answer.", "A bad answer."
QUICK = Retry(failures=2, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)


def quality(task, text):
    return 1.0 if "good" in text else 0.0


def pair(number, *texts, best=0):
    case = a_case(*texts, prompt=f"Question {number}?")
    case = case.model_copy(update={"task": case.task.model_copy(update={"id": f"c{number}"})})
    return Preference(case=case, label=Label.best(best, len(texts)))


def assessed(preferences, library=None, **server):
    async def main():
        async with ModelServer(mind=server.pop("mind", Knower(quality)), **server) as serving:
            model = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False), retry=QUICK)
            plan = Plan(library or a_library(), sandbox="none", reasoner=model, in_flight=4)
            given = [("set", preference) for preference in preferences]
            return await asyncio.to_thread(lambda: list(assess_pairs(given, plan))), serving

    return asyncio.run(main())


def test_pairs_are_judged_in_order_and_in_both_orders() -> None:
    told, server = assessed([pair(0, GOOD, BAD), pair(1, BAD, GOOD, best=1), pair(2, GOOD, BAD, best=1)])
    assert [item.outcome.credit for item in told] == [1.0, 1.0, 0.0]
    assert [item.rewards for item in told] == [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0)]
    assert all(item.swap_consistent for item in told)
    assert all(item.outcome.probability is None for item in told)
    assert server.counts["calls"] == 2 * 2 * 3  # the selector and one turn, both orders
    assert report("set", "v", told).pairs.accuracy.value == pytest.approx(2 / 3)


def test_a_judge_that_prefers_what_is_first_is_seen_by_the_swap() -> None:
    told, _ = assessed([pair(n, GOOD, BAD) for n in range(5)], mind=Knower(quality, biased=1.0))
    assert not any(item.swap_consistent for item in told)


def test_a_tool_is_called_before_the_answer() -> None:
    _, server = assessed([pair(0, GOOD, BAD)], library=a_library(a_skill(), tools=["guard", "arithmetic"]))
    assert server.counts["calls"] == 2 * 3  # the selector, a call, the answer, in both orders


def test_a_turn_outside_the_protocol_is_unscored_with_its_reason() -> None:
    told, _ = assessed([pair(n, GOOD, BAD) for n in range(4)], rates={"both-at-once": 1.0})
    assert {item.unscored for item in told} == {"parse"}
    assert {item.rewards for item in told} == {()}
    summary = report("set", "v", told).pairs
    assert (summary.unscored, summary.coverage, summary.ties) == (4, 0.0, 0)


def test_a_group_is_no_pair() -> None:
    async def main():
        async with ModelServer() as serving:
            model = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False))
            plan = Plan(a_library(), sandbox="none", reasoner=model)
            case = pair(0, GOOD, BAD, "a third").case
            return await asyncio.to_thread(lambda: list(judge_pairs(plan, [case]))), serving

    (judged,), server = asyncio.run(main())
    assert (judged.result.reason, judged.ranking) == ("unsupported", ())
    assert not server.counts["calls"]
