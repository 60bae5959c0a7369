"""RewardHarness's chain as a role: one pair, at most five tool calls, a verdict or an error, never a made-up tie."""

from rubrica.reasoners.base import Reasoner
from rubrica.requests.chain import ChainRequest, ChainStep, ChainVerdict, outcome
from rubrica.tools.toolbox import Toolbox
from rubrica.types import Candidate, Evidence, TextPart, Usage


async def run_chain(reasoner: Reasoner, toolbox: Toolbox, request: ChainRequest) -> tuple[ChainVerdict, Usage]:
    """Take turns until the chain answers; a tool looks at both answers.

    Raises:
        ReasonerError: a turn got no valid answer, or broke the protocol.
    """
    usage = Usage()
    texts = {"A": request.answer_a, "B": request.answer_b}
    both = tuple(Candidate(id=name, parts=(TextPart(text=text),)) for name, text in texts.items())
    while True:
        reply = await reasoner.complete(request)
        usage += reply.usage
        came_to = outcome(reply.value, calls_left=request.calls_left)
        if isinstance(came_to, ChainVerdict):
            return came_to, usage
        found = await toolbox.check(request.task, both, came_to.tool, came_to.arguments)
        step = ChainStep(think=reply.value.think, tool=came_to, obs="\n".join(map(_told, found)))
        request = request.model_copy(update={"steps": (*request.steps, step)})


def _told(item: Evidence) -> str:
    value = "cannot tell" if item.value is None else f"{item.value:.2f}"
    return f"{item.candidate}: {item.claim}: {value}. {item.detail}".strip()
