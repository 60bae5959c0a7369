"""`final-answer`: the final answer held against the task's known right answer."""

import asyncio
from collections.abc import Iterable

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.final_answer.compare import same
from rubrica.tools.builtin.final_answer.extract import FinalAnswer, extract
from rubrica.tools.builtin.final_answer.question import Asked, asked
from rubrica.types import Candidate, TaskView

MAX_REFERENCE = 4000


@builtin(
    "final-answer",
    "Compares the final answer with the task's reference answer: 1 = the same number, formula, letter or words, "
    "0 = another. Null without a reference, and when the two cannot be compared.",
)
async def final_answer(task: TaskView, candidate: Candidate, _arguments: NoArguments) -> Iterable[Observation]:
    """Compare exactly; formulas that are not numbers go to computer algebra in a confined process."""
    claim = "the final answer is the reference answer"
    if task.reference is None:
        return [Observation(claim=claim, value=None, detail="the task has no reference answer")]
    kind = _kind(task)
    gold = extract(task.reference[-MAX_REFERENCE:], kind)
    if gold is None:
        return [Observation(claim=claim, value=None, detail="the reference holds no short answer")]
    answer = extract(candidate.text, kind)
    if answer is None:
        return [Observation(claim=claim, value=None, detail="no final answer found in the text")]
    equal = await asyncio.to_thread(same, gold, answer)
    relation = {True: "the same", False: "another", None: "not comparable"}[equal]
    detail = f"the answer is {answer.text}; the reference is {relation}"
    return [Observation(claim=claim, value=None if equal is None else float(equal), detail=detail, span=answer.span)]


def _kind(task: TaskView) -> Asked:
    """Read the kind from the reference where the prompt does not say: a bare number asks for a number."""
    kind = asked(task.prompt)
    if kind != "other" or task.reference is None:
        return kind
    gold: FinalAnswer | None = extract(task.reference[-MAX_REFERENCE:], "other")
    return "quantity" if gold is not None and gold.value is not None else "other"
