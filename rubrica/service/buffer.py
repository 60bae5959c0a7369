"""Groups out of single requests: completions of one prompt that arrive apart are judged together once all are there.

A group is (run, task). It waits for its last member no longer than the window; then, in `auto` mode, its members are
judged each alone, and in `group` mode they are unscored. Scales never mix inside a group.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample, case_of, incomplete, task_key
from rubrica.types import Case, Unscored, content_hash

Result = Reward | Unscored
Answer = asyncio.Future[Result]
Key = tuple[str, str]

REMEMBERED = 8192
"""Answers kept by sample id, so that a repeated request is the same member and not another one."""


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

    def __init__(self, window: float) -> None:
        self.window = window
        self._groups: dict[Key, Waiting] = {}
        self._by_id: OrderedDict[Key, Answer] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, function: RewardFunction, samples: Sequence[Sample], *, run: str, ids: Sequence[str]) -> list[Answer]:
        """Add samples of a run; `function` knows the group size. A known id is the same sample, asked about again."""
        return [self._answer(function, sample, (run, id_)) for sample, id_ in zip(samples, ids, strict=True)]

    def leave(self, answers: Iterable[Answer]) -> None:
        """Take back samples whose caller has gone, as far as their groups still wait."""
        gone = set(answers)
        for key, group in list(self._groups.items()):
            group.members = [member for member in group.members if member.answer not in gone]
            if not group.members:
                group.timer.cancel()
                del self._groups[key]

    def flush(self) -> None:
        """End every wait now, as if the windows were over."""
        for key in list(self._groups):
            self._expire(key)

    def __len__(self) -> int:
        return sum(len(group.members) for group in self._groups.values())

    def _answer(self, function: RewardFunction, sample: Sample, id_: Key) -> Answer:
        if id_[1] and (known := self._by_id.get(id_)) is not None:
            return known
        answer: Answer = asyncio.get_running_loop().create_future()
        case = case_of(sample)
        if isinstance(case, Unscored):
            answer.set_result(case)
            return answer
        if id_[1]:
            self._remember(id_, answer)
        self._join(function, (id_[0], task_key(case)), Member(sample, _order(case), answer))
        return answer

    def _join(self, function: RewardFunction, key: Key, member: Member) -> None:
        group = self._groups.get(key)
        if group is None:
            timer = asyncio.get_running_loop().call_later(self.window, self._expire, key)
            group = self._groups[key] = Waiting(function, timer)
        group.members.append(member)
        if len(group.members) == function.group_size:
            group.timer.cancel()
            del self._groups[key]
            self._start(group.function.using(mode="group"), group.members)

    def _expire(self, key: Key) -> None:
        group = self._groups.pop(key)
        group.timer.cancel()
        if group.function.mode == "auto":
            self._start(group.function.using(mode="pointwise"), group.members)
            return
        for member in group.members:
            member.answer.set_result(incomplete(len(group.members), group.function.group_size))

    def _start(self, function: RewardFunction, members: list[Member]) -> None:
        task = asyncio.get_running_loop().create_task(_judge(function, members))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _remember(self, id_: Key, answer: Answer) -> None:
        self._by_id[id_] = answer
        answer.add_done_callback(lambda done: self._drop_unscored(id_, done))
        while len(self._by_id) > REMEMBERED:
            self._by_id.popitem(last=False)

    def _drop_unscored(self, id_: Key, answer: Answer) -> None:
        if answer.cancelled() or isinstance(answer.result(), Unscored):
            self._by_id.pop(id_, None)


async def _judge(function: RewardFunction, members: list[Member]) -> None:
    ordered = sorted(members, key=lambda member: member.order)
    try:
        results = await function.ascore_batch([member.sample for member in ordered])
    except Exception as error:
        for member in ordered:
            member.answer.set_result(Unscored(case="", reason="error", detail=f"{type(error).__name__}: {error}"))
        raise
    for member, result in zip(ordered, results, strict=True):
        member.answer.set_result(result)


def _order(case: Case) -> str:
    return content_hash([part.model_dump(mode="json") for part in case.candidates[0].parts])
