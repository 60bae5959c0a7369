"""Groups out of single requests: completions of one prompt that arrive apart are judged together once all are there.

A group is (run, task, mode, size): what was asked for in another way is another group, and no run's sample can get into
another's. It waits for its last member no longer than the window; then, in `auto` mode, its members are judged each
alone, and in `group` mode they are unscored. Scales never mix inside a group.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample, case_of, incomplete, task_key
from rubrica.types import Case, Unscored, content_hash

Result = Reward | Unscored
Answer = asyncio.Future[Result]
Key = tuple[str, str, str, int | None]
"""Run, hash of the task, mode and size of the group."""
Known = tuple[Key, str, str]
"""Group, id and content of a sample: an id that comes again with another text is another sample."""

REMEMBERED = 8192
"""Answers kept by sample, so that a repeated request is the same member and not another one."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """One sample that waits for its group."""

    sample: Sample
    order: str
    """Content hash: the order in a group does not depend on who came first."""
    answer: Answer


@dataclass(slots=True)
class Waiting:
    """A group that is not complete yet."""

    function: RewardFunction
    timer: asyncio.TimerHandle
    members: list[Member] = field(default_factory=list)


class GroupBuffer:
    """Holds samples until their groups are complete; lives in one event loop."""

    def __init__(self, window: float, *, deadline: float = 120.0, remembered: int = REMEMBERED) -> None:
        self.window, self.deadline, self._remembered = window, deadline, remembered
        self._groups: dict[Key, Waiting] = {}
        self._by_id: OrderedDict[Known, Answer] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    def add(self, function: RewardFunction, samples: Sequence[Sample], *, run: str, ids: Sequence[str]) -> list[Answer]:
        """Add samples of a run; `function` knows the group size. A known id is the same sample, asked about again."""
        return [self._answer(function, sample, run, id_) for sample, id_ in zip(samples, ids, strict=True)]

    def leave(self, answers: Iterable[Answer]) -> None:
        """Take back samples whose caller has gone, as far as their groups still wait."""
        gone = set(answers)
        if not gone:
            return
        for key, group in list(self._groups.items()):
            left = [member for member in group.members if member.answer not in gone]
            self._count -= len(group.members) - len(left)
            group.members = left
            if not group.members:
                group.timer.cancel()
                del self._groups[key]

    def flush(self) -> None:
        """End every wait now, as if the windows were over."""
        for key in list(self._groups):
            self._expire(key)

    def __len__(self) -> int:
        return self._count

    def _answer(self, function: RewardFunction, sample: Sample, run: str, id_: str) -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        case = case_of(sample)
        if isinstance(case, Unscored):
            answer.set_result(case)
            return answer
        key, order = (run, task_key(case), function.mode, function.group_size), _order(case)
        if id_:
            if (known := self._by_id.get((key, id_, order))) is not None:
                return known
            self._remember((key, id_, order), answer)
        self._join(function, key, Member(sample, order, answer))
        return answer

    def _join(self, function: RewardFunction, key: Key, member: Member) -> None:
        group = self._groups.get(key)
        if group is None:
            timer = asyncio.get_running_loop().call_later(self.window, self._expire, key)
            group = self._groups[key] = Waiting(function, timer)
        group.members.append(member)
        self._count += 1
        if len(group.members) == function.group_size:
            self._start(self._pop(key).function.using(mode="group"), group.members)

    def _expire(self, key: Key) -> None:
        group = self._pop(key)
        if group.function.mode == "auto":
            self._start(group.function.using(mode="pointwise"), group.members)
            return
        for member in group.members:
            member.answer.set_result(incomplete(len(group.members), group.function.group_size))

    def _pop(self, key: Key) -> Waiting:
        group = self._groups.pop(key)
        group.timer.cancel()
        self._count -= len(group.members)
        return group

    def _start(self, function: RewardFunction, members: list[Member]) -> None:
        patient = function.using(deadline=self.deadline)  # each caller keeps its own deadline, and none has another's
        task = asyncio.get_running_loop().create_task(_judge(patient, members))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _remember(self, known: Known, answer: Answer) -> None:
        self._by_id[known] = answer
        answer.add_done_callback(lambda done: self._drop_unscored(known, done))
        while len(self._by_id) > self._remembered:
            self._by_id.popitem(last=False)

    def _drop_unscored(self, known: Known, answer: Answer) -> None:
        if self._by_id.get(known) is answer and (answer.cancelled() or isinstance(answer.result(), Unscored)):
            del self._by_id[known]


async def _judge(function: RewardFunction, members: list[Member]) -> None:
    ordered = sorted(members, key=lambda member: member.order)
    results: list[Result]
    try:
        results = await function.ascore_batch([member.sample for member in ordered])
    except Exception as error:
        log.exception("a group of %d samples failed", len(ordered))
        results = [Unscored(case="", reason="error", detail=f"{type(error).__name__}: {error}")] * len(ordered)
    for member, result in zip(ordered, results, strict=True):
        member.answer.set_result(result)


def _order(case: Case) -> str:
    return content_hash([part.model_dump(mode="json") for part in case.candidates[0].parts])
