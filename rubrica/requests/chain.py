"""RewardHarness's judging protocol (arXiv 2605.08703) as a request: think, call a tool, observe, answer in the end.

Two answers A and B, in the order of the case; at most five tool calls; the verdict is A, B or tie with four integers
from 1 to 4. What breaks the protocol is an error here, where the original makes it a tie with four twos.
"""

from typing import ClassVar, Literal

from pydantic import Field

from rubrica.errors import ReplyError
from rubrica.requests.base import Request
from rubrica.requests.verify import ToolCall, ToolCard
from rubrica.types import TaskView, Value

MAX_CALLS = 5
LOWEST, HIGHEST = 1, 4


class ChainVerdict(Value):
    """Which answer is preferred, and how good each is."""

    preference: Literal["A", "B", "tie"]
    following_a: int = Field(ge=LOWEST, le=HIGHEST)
    following_b: int = Field(ge=LOWEST, le=HIGHEST)
    quality_a: int = Field(ge=LOWEST, le=HIGHEST)
    quality_b: int = Field(ge=LOWEST, le=HIGHEST)


class ChainTurn(Value):
    """One turn: a thought, and then either a tool call or the answer."""

    think: str = ""
    tool: ToolCall | None = None
    answer: ChainVerdict | None = None


class ChainStep(Value):
    """A turn that is over: what was thought, called and observed."""

    think: str
    tool: ToolCall
    obs: str


class ChainGuide(Value):
    """A skill in full; the protocol hands all bodies to the judge."""

    name: str
    body: str


class ChainRequest(Request[ChainTurn]):
    """The next turn of the chain about one pair."""

    role: ClassVar[str] = "rewardharness"
    reply: ClassVar[type[Value]] = ChainTurn

    task: TaskView
    answer_a: str
    answer_b: str
    skills: tuple[ChainGuide, ...] = ()
    tools: tuple[ToolCard, ...] = ()
    steps: tuple[ChainStep, ...] = ()
    most: int = MAX_CALLS
    """Tool calls in all."""

    @property
    def calls_left(self) -> int:
        return max(0, self.most - len(self.steps))


def outcome(turn: ChainTurn, *, calls_left: int) -> ToolCall | ChainVerdict:
    """Return what a turn comes to.

    Raises:
        ReplyError: it holds neither a call nor an answer, or both, or a call when none is left.
    """
    if turn.tool is not None and turn.answer is not None:
        raise ReplyError("a turn holds either a tool call or an answer, not both")
    if turn.answer is not None:
        return turn.answer
    if turn.tool is None:
        raise ReplyError("a turn holds neither a tool call nor an answer")
    if not calls_left:
        raise ReplyError(f"a sixth tool call: the protocol allows {MAX_CALLS}")
    return turn.tool
