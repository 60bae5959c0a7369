"""`consensus`: how many of the other candidates give the same final answer."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import decimal_numerals
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.final_answer import FinalAnswer, asked, extract, same
from rubrica.tools.builtin.numbers.working import working
from rubrica.types import Candidate, TaskView, Value


class ConsensusArguments(Value):
    """How candidates vote."""

    weighted: bool = True
    """Whether a vote counts less the more of the candidate's own equations are wrong."""


@builtin(
    "consensus",
    "The share of the other candidates, of three or more, whose final answer is the same; a vote counts less when the "
    "voter's own arithmetic is wrong. Null when answers cannot be read, and for two candidates.",
    arguments=ConsensusArguments,
    scope="group",
)
def consensus(
    task: TaskView, candidates: Sequence[Candidate], arguments: ConsensusArguments
) -> Iterator[list[Observation]]:
    """Give each candidate the weighted share of the others that agree with it."""
    kind = asked(task.prompt)
    answers = [extract(candidate.text, kind) for candidate in candidates]
    claim = "the other candidates give the same final answer"
    if sum(answer is not None and (answer.marked or kind == "quantity") for answer in answers) < 2:
        yield from ([] for _ in candidates)
        return
    weights = [_weight(candidate.text) if arguments.weighted else 1.0 for candidate in candidates]
    for index, answer in enumerate(answers):
        if answer is None:
            yield [Observation(claim=claim, value=None, detail="no final answer found")]
            continue
        others = [i for i in range(len(candidates)) if i != index]
        agreeing = [i for i in others if _agree(answer, answers[i])]
        detail = f"{len(agreeing)} of {len(others)} others answer {answer.text}"
        total = sum(weights[i] for i in others)
        share = sum(weights[i] for i in agreeing) / total if total and len(candidates) > 2 else None
        yield [Observation(claim=claim, value=share, detail=detail, span=answer.span)]


def _agree(answer: FinalAnswer, other: FinalAnswer | None) -> bool:
    if other is None:
        return False
    return answer.normal == other.normal or (
        answer.value is not None and other.value is not None and bool(same(answer, other))
    )


def _weight(text: str) -> float:
    """Return the share of a text's equations that are right, with one right and one wrong equation assumed unseen."""
    if not decimal_numerals(text):
        return 0.5
    judged = [item.right for item in working(text).equations if item.right is not None]
    return float(Fraction(1 + sum(judged), 2 + len(judged)))
