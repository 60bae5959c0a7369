"""RewardHarness's chain as a role: one pair, at most five tool calls, a verdict or an error, never a made-up tie."""

from dataclasses import dataclass

from rubrica.agents.ask import ask
from rubrica.agents.observe import settling_cards
from rubrica.agents.selector import read_task, select
from rubrica.agents.work import Crew, Work
from rubrica.requests.chain import ChainGuide, ChainRequest, ChainStep, ChainVerdict, outcome
from rubrica.types import Candidate, Evidence, TextPart


@dataclass(frozen=True, slots=True)
class ChainRun:
    """A chain that came to its answer."""

    verdict: ChainVerdict
    think: str
    """The thought before the answer."""
    steps: tuple[ChainStep, ...]


async def judge_pair(work: Work, crew: Crew) -> ChainRun:
    """Route skills to the case, and let the chain compare its two answers.

    Raises:
        ReasonerError: the selector or a turn got no valid answer, or a turn broke the protocol.
    """
    read_task(work)
    await select(work, crew)
    answer_a, answer_b = (candidate.text for candidate in work.candidates)
    request = ChainRequest(
        task=work.view,
        answer_a=answer_a,
        answer_b=answer_b,
        skills=tuple(ChainGuide(name=skill.name, body=skill.body) for skill in work.skills),
        tools=settling_cards(crew, work.features),
    )
    return await run_chain(work, crew, request)


async def run_chain(work: Work, crew: Crew, request: ChainRequest) -> ChainRun:
    """Take turns until the chain answers; a tool looks at both answers.

    Raises:
        ReasonerError: a turn got no valid answer, or broke the protocol.
    """
    texts = {"A": request.answer_a, "B": request.answer_b}
    both = tuple(Candidate(id=name, parts=(TextPart(text=text),)) for name, text in texts.items())
    while True:
        turn = await ask(work, crew, request)
        came_to = outcome(turn, calls_left=request.calls_left)
        if isinstance(came_to, ChainVerdict):
            return ChainRun(came_to, turn.think, request.steps)
        found = await crew.toolbox.check(request.task, both, came_to.tool, came_to.arguments)
        step = ChainStep(think=turn.think, tool=came_to, obs="\n".join(map(_told, found)))
        request = request.model_copy(update={"steps": (*request.steps, step)})


def _told(item: Evidence) -> str:
    value = "cannot tell" if item.value is None else f"{item.value:.2f}"
    return f"{item.candidate}: {item.claim}: {value}. {item.detail}".strip()
