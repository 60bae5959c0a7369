import asyncio

import pytest
from casting import ByRole, a_case, a_library, a_skill

from rubrica.agents.chain import judge_pair, run_chain
from rubrica.agents.work import Work
from rubrica.errors import ReplyError
from rubrica.harness import Harness
from rubrica.requests.chain import MAX_CALLS, ChainRequest, ChainTurn, ChainVerdict
from rubrica.requests.select import Choice, Selection
from rubrica.requests.verify import ToolCall
from rubrica.types import Message, TaskView, TextPart

VERDICT = ChainVerdict(preference="A", following_a=4, following_b=2, quality_a=3, quality_b=3)
CALL = ToolCall(tool="arithmetic")
REQUEST = ChainRequest(
    task=TaskView(messages=(Message(role="user", parts=(TextPart(text="What is 2 + 2?"),)),)),
    answer_a="2 + 2 = 4",
    answer_b="2 + 2 = 5",
)


CASE = a_case(REQUEST.answer_a, REQUEST.answer_b, prompt="What is 2 + 2?")


def at_work(role, *turns, case=CASE, library=None, **answers):
    reasoner = ByRole({"rewardharness": list(turns), **answers})
    crew = Harness(library=library or a_library(tools=["arithmetic"]), reasoner=reasoner).crew()
    work = Work(case=case, view=TaskView.of(case.task))
    return asyncio.run(role(work, crew)), reasoner, work


def run(*turns):
    return at_work(lambda work, crew: run_chain(work, crew, REQUEST), *turns)


def test_it_thinks_calls_observes_and_answers():
    told, reasoner, work = run(ChainTurn(think="check", tool=CALL), ChainTurn(think="so", answer=VERDICT))
    assert (told.verdict.preference, told.think) == ("A", "so")
    assert work.usage.calls == 2
    (step,) = reasoner.requests[-1].steps
    assert told.steps == (step,)
    assert "A: " in step.obs
    assert "B: " in step.obs
    assert step.obs in reasoner.requests[-1].messages()[1].content


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (ChainTurn(think="hm"), "neither"),
        (ChainTurn(tool=CALL, answer=VERDICT), "not both"),
    ],
)
def test_a_turn_outside_the_protocol_is_an_error_and_no_tie(turn, words):
    with pytest.raises(ReplyError, match=words):
        run(turn)


def test_a_sixth_call_is_an_error():
    with pytest.raises(ReplyError, match="allows 5"):
        run(*[ChainTurn(tool=CALL)] * (MAX_CALLS + 1))


def test_five_calls_are_allowed_and_the_fifth_leaves_none():
    told, reasoner, _ = run(*[ChainTurn(tool=CALL)] * MAX_CALLS, ChainTurn(answer=VERDICT))
    assert len(told.steps) == MAX_CALLS
    assert [request.calls_left for request in reasoner.requests] == [5, 4, 3, 2, 1, 0]


def test_a_tool_that_does_not_exist_is_observed_as_such():
    told, _, _ = run(ChainTurn(tool=ToolCall(tool="oracle")), ChainTurn(answer=VERDICT))
    assert "no such tool" in told.steps[0].obs


def test_skills_are_routed_to_the_case():
    skills = [a_skill(name="wanted"), a_skill(name="other"), a_skill(name="elsewhere", when="asks_code")]
    chosen = Selection(skills=(Choice(name="wanted"),))
    _, reasoner, work = at_work(
        judge_pair, ChainTurn(answer=VERDICT), library=a_library(*skills, tools=["arithmetic"]), selector=chosen
    )
    (offered,) = reasoner.asked("selector")
    assert [card.name for card in offered.skills] == ["other", "wanted"]
    (asked,) = reasoner.asked("rewardharness")
    assert [guide.name for guide in asked.skills] == ["wanted"]
    assert [tool.name for tool in asked.tools] == ["arithmetic"]
    assert (asked.answer_a, asked.answer_b) == ("2 + 2 = 4", "2 + 2 = 5")
    assert work.usage.calls == 2
