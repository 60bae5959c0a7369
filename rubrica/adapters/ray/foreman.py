"""The foreman: an actor that takes numbered chunks of cases in, has them judged by Ray Data, and gives results out.

The pipeline is a data set of tickets, one number a chunk, mapped in order by a pool of judges; a judge fetches the
chunk of its ticket here. So the input streams through, however long it is, and Ray Data places, balances and orders the
work. The foreman runs in the cluster because Ray Data cannot be driven through `ray://`.

A judge that dies is started again by Ray, and asks for its chunk once more: any number of times, which a case that
kills its judge would use. So a chunk is handed out twice; after that it is judged here, by processes of its own, halved
until the case that kills is alone.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pickle import dumps, loads
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from rubrica.adapters.ray.judge import Judge, Order
from rubrica.parallel import Row, killed
from rubrica.types import Case

TICKETS = 1024
"""Chunks that one pipeline judges; on a longer input another follows."""
ATTEMPTS = 2
"""Times that a chunk is handed out."""
STARTS = 3
"""Times that the judges may all start without one result between them."""
LOST = "the processes that judge end at once, whatever the case; is there memory enough on the nodes?"
GIVEN_UP = b""
"""Handed out in the place of a chunk that was handed out often enough."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a chunk: its rows, pickled, or why nobody could judge it."""

    rows: bytes = b""
    refusal: str = ""


class TicketJudge:
    """What Ray Data's actors run: a ticket in, the reply to its chunk out."""

    def __init__(self, foreman: Any, order: Order) -> None:
        ray.get(foreman.arrive.remote())
        self._foreman, self._judge = foreman, Judge(order)

    def __call__(self, tickets: dict[str, Any]) -> dict[str, list[object]]:
        number = int(tickets["number"][0])
        chunk: bytes | None = ray.get(self._foreman.chunk.remote(number))
        return {"number": [number], "reply": [dumps(_reply(self._judge, chunk) if chunk else chunk)]}


@ray.remote(num_cpus=0, max_restarts=0)
class Foreman:
    """Keeps what is in flight; see the module. Its caller bounds that, by fetching replies before it gives more."""

    def __init__(self, order: Order, judges: int) -> None:
        self._order, self._judges = order, judges
        self._chunks: dict[int, bytes] = {}
        self._attempts: Counter[int] = Counter()
        self._starts = 0
        self._replies: dict[int, Reply] = {}
        self._end: int | None = None
        self._failure: str | None = None
        self._changed = asyncio.Condition()

    async def give(self, number: int, chunk: bytes) -> None:
        """Take a chunk in."""
        await self._change(lambda: self._chunks.update({number: chunk}))

    async def end(self, count: int) -> None:
        """Learn how many chunks there are."""
        await self._change(lambda: setattr(self, "_end", count))

    async def arrive(self) -> None:
        """Note that a judge starts, or starts again; when nothing else happens, that is an end."""
        self._starts += 1
        if self._starts > STARTS * self._judges:
            await self._change(lambda: setattr(self, "_failure", LOST))

    async def chunk(self, number: int) -> bytes | None:
        """Return a chunk once it is there; None when the input ended before it."""
        async with self._changed:
            await self._changed.wait_for(lambda: number in self._chunks or self._ends_before(number))
            self._attempts[number] += 1
            return self._chunks.get(number) if self._attempts[number] <= ATTEMPTS else GIVEN_UP

    async def reply(self, number: int) -> Reply:
        """Return what came of a chunk, and forget it."""
        async with self._changed:
            await self._changed.wait_for(lambda: number in self._replies or self._failure is not None)
            return self._replies.pop(number) if number in self._replies else Reply(refusal=self._failure or "")

    async def work(self) -> None:
        """Judge until the input has ended; what makes that impossible becomes the reply to every chunk."""
        here, loop = ray.get_runtime_context().current_actor, asyncio.get_running_loop()

        def told(change: Coroutine[Any, Any, None]) -> None:
            asyncio.run_coroutine_threadsafe(change, loop).result()

        try:
            await asyncio.to_thread(self._work, here, told)
        except Exception as error:  # noqa: BLE001 - the caller waits for replies, and is told there
            failure = _last_line(error)
            await self._change(lambda: setattr(self, "_failure", failure))

    def _work(self, here: Any, told: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        begin = 0
        while not self._ends_before(begin):
            for number, reply in self._judged(here, begin):
                if reply is None:
                    break
                found = reply if isinstance(reply, Reply) else self._searched(self._chunks[number])
                told(self._deliver(number, found))
                begin = number + 1

    def _judged(self, here: Any, begin: int) -> Iterator[tuple[int, Reply | bytes | None]]:
        """Run one pipeline, and yield what it replies in the order of the tickets."""
        from ray.data import ActorPoolStrategy, DataContext, from_items

        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        count = TICKETS if self._end is None else min(TICKETS, self._end - begin)
        tickets = from_items([{"number": begin + i} for i in range(count)], override_num_blocks=count)
        replies = tickets.map_batches(
            TicketJudge,
            fn_constructor_args=(here, self._order),
            batch_size=1,
            compute=ActorPoolStrategy(size=self._judges),
            num_cpus=1,
        )
        for batch in replies.iter_batches(batch_size=None, prefetch_batches=0):
            for number, reply in zip(batch["number"], batch["reply"], strict=True):
                yield int(number), loads(reply)

    def _searched(self, chunk: bytes) -> Reply:
        """Judge a chunk in a process that nothing else depends on; if that dies too, halve it."""
        cases: list[Case] = loads(chunk)
        rows = self._survivors(cases)
        if len(rows) > 1 and rows == [killed(case) for case in cases]:
            raise RuntimeError(LOST)
        return Reply(rows=dumps(rows))

    def _survivors(self, cases: list[Case]) -> list[Row]:
        try:
            reply: Reply = ray.get(_judge_alone.remote(self._order, dumps(cases)))
        except RayTaskError:  # not the end of a process, but an error of ours
            raise
        except RayError:
            if len(cases) == 1:
                return [killed(cases[0])]
            half = len(cases) // 2
            return self._survivors(cases[:half]) + self._survivors(cases[half:])
        if reply.refusal:
            raise RuntimeError(reply.refusal)
        found: list[Row] = loads(reply.rows)
        return found

    async def _deliver(self, number: int, reply: Reply) -> None:
        def delivered() -> None:
            del self._chunks[number]
            self._replies[number] = reply
            self._starts = 0

        await self._change(delivered)

    async def _change(self, change: Callable[[], None]) -> None:
        async with self._changed:
            change()
            self._changed.notify_all()

    def _ends_before(self, number: int) -> bool:
        return self._end is not None and number >= self._end


def _alone(order: Order, chunk: bytes) -> Reply:
    return _reply(Judge(order), chunk)


_judge_alone = ray.remote(num_cpus=0, max_retries=0)(_alone)
"""In a process of its own; the judges hold the processors."""


def _reply(judge: Judge, chunk: bytes) -> Reply:
    return Reply(refusal=judge.refusal) if judge.refusal else Reply(rows=dumps(judge.rows(loads(chunk))))


def _last_line(error: Exception) -> str:
    """Return what a traceback ends with, where the text of an error is one."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
