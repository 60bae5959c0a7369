"""From a trainer's flat list of completions to cases: what shares a task is a group, wherever it stands in the list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rubrica.data.formats.base import letters
from rubrica.data.hashes import case_hash
from rubrica.data.read import read_row
from rubrica.data.rows import BadRow
from rubrica.harness import Mode
from rubrica.types import Case, TaskView, Unscored, content_hash

Choice = Literal["pointwise", "group", "auto"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion as a trainer has it."""

    prompt: object
    """Text, or chat messages."""
    completion: object
    """Text, one message, or the messages that the policy added."""
    reference: object = None
    """A known right answer."""
    context: object = None
    """Sources that the answer is held to."""
    tests: object = None
    """Tests of a code task."""


@dataclass(frozen=True, slots=True)
class Group:
    """The completions of one task."""

    mode: Mode
    indices: tuple[int, ...]
    """Where they stand in the batch."""
    cases: tuple[Case, ...]
    """One case of them all in group mode, one each when judged alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Every sample of a call is in one group, or refused with a reason."""

    groups: tuple[Group, ...]
    refused: tuple[Unscored | None, ...]
    """By place in the batch; None = it is in a group."""


def batch_of(samples: Iterable[Sample], *, mode: Choice, size: int | None = None) -> Batch:
    """Read the samples and form the groups; with `size`, a group is that many completions of one task."""
    refused: list[Unscored | None] = []
    by_task: dict[str, list[tuple[int, Case]]] = {}
    for index, sample in enumerate(samples):
        case = case_of(sample)
        refused.append(case if isinstance(case, Unscored) else None)
        if isinstance(case, Case):
            by_task.setdefault(task_key(case), []).append((index, case))
    groups: list[Group] = []
    for alike in by_task.values():
        for members in _parts(alike, size):
            complete = size is None or len(members) == size
            if mode == "group" and not complete:
                for index, _ in members:
                    refused[index] = incomplete(len(members), size)
            else:
                beside = mode == "group" or (mode == "auto" and complete and len(members) > 1)
                groups.append(_group(members, together=beside))
    return Batch(tuple(groups), tuple(refused))


def case_of(sample: Sample) -> Case | Unscored:
    """Read one sample as a row of our own format, or say why it cannot be."""
    if sample.prompt is None:
        return Unscored(case="", reason="bad_input", detail="field 'prompt': expected text or messages, found null")
    row: Mapping[str, object] = {
        "prompt": sample.prompt,
        "candidates": [{"content": sample.completion}],
        "reference": sample.reference,
        "context": sample.context,
        "tests": sample.tests,
    }
    read = read_row(row)
    if isinstance(read, BadRow):
        field = read.field.replace("candidates[0].content", "completion")
        return Unscored(case="", reason="bad_input", detail=f"field '{field}': {read.problem}; {read.fix}")
    return read.case


def task_key(case: Case) -> str:
    """Return the content hash of the task: equal prompts, references and sources make a group."""
    return content_hash(TaskView.of(case.task))


def joined(cases: Sequence[Case]) -> Case:
    """Make one case of the candidates of one task."""
    candidates = [case.candidates[0].model_copy(update={"id": letters(i)}) for i, case in enumerate(cases)]
    case = Case(task=cases[0].task, candidates=tuple(candidates))
    return case.model_copy(update={"task": case.task.model_copy(update={"id": case_hash(case)[:16]})})


def incomplete(count: int, size: int | None) -> Unscored:
    """Say that a group is not whole; it may be when asked again."""
    return Unscored(case="", reason="timeout", detail=f"{count} of the {size} completions of this prompt came")


def _parts(members: list[tuple[int, Case]], size: int | None) -> list[list[tuple[int, Case]]]:
    step = size or len(members)
    return [members[start : start + step] for start in range(0, len(members), step)]


def _group(members: list[tuple[int, Case]], *, together: bool) -> Group:
    cases = [case for _, case in members]
    indices = tuple(index for index, _ in members)
    return Group("group", indices, (joined(cases),)) if together else Group("pointwise", indices, tuple(cases))
