import asyncio

import pytest
from casting import ByRole

from rubrica.agents.chain import run_chain
from rubrica.errors import ReplyError
from rubrica.requests.chain import MAX_CALLS, ChainRequest, ChainTurn, ChainVerdict
from rubrica.requests.verify import ToolCall
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.toolbox import Toolbox
from rubrica.types import Message, TaskView, TextPart

VERDICT = ChainVerdict(preference="A", following_a=4, following_b=2, quality_a=3, quality_b=3)
CALL = ToolCall(tool="arithmetic")
REQUEST = ChainRequest(
    task=TaskView(messages=(Message(role="user", parts=(TextPart(text="What is 2 + 2?"),)),)),
    answer_a="2 + 2 = 4",
    answer_b="2 + 2 = 5",
)


def run(*turns):
    reasoner = ByRole({"rewardharness": list(turns)})
    toolbox = Toolbox({"arithmetic": load_builtins()["arithmetic"]})
    return asyncio.run(run_chain(reasoner, toolbox, REQUEST)), reasoner


def test_it_thinks_calls_observes_and_answers():
    (verdict, usage), reasoner = run(ChainTurn(think="check", tool=CALL), ChainTurn(think="so", answer=VERDICT))
    assert verdict.preference == "A"
    assert usage.calls == 2
    (step,) = reasoner.requests[-1].steps
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
