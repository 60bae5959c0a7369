"""The front door: wires library, tools, sandbox and reasoner together, and judges cases in order.

`Harness.judge` is the asynchronous stream; `Harness.judge_all` is the same for people without an event loop.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal, TypeVar

from pydantic import JsonValue

from rubrica.agents.ask import ToolAsk
from rubrica.agents.graph import Chunk, run_chunk
from rubrica.agents.work import Crew, Recall, Work
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.embedded import Embedded
from rubrica.tools.base import Tool
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.prompt_tool import Ask, PromptTool
from rubrica.tools.python_tool import PythonTool
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.toolbox import Toolbox
from rubrica.types import Case, ImagePart, Provenance, TaskView, Unscored, Usage, Verdict

Effort = Literal["low", "medium", "high"]
Mode = Literal["pointwise", "group"]
T = TypeVar("T")

CHUNK = 64
"""Cases per graph run for a reasoner that needs no network."""
AHEAD = 4
"""Results that may wait for one before them, for each that is worked on."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A case's result with what it cost; the cost is kept out of the verdict, which must be reproducible."""

    case: Case
    result: Verdict | Unscored
    usage: Usage
    seconds: float
    trace: tuple[Mapping[str, JsonValue], ...] = ()


@dataclass(frozen=True)
class Harness:
    """Everything that a judgement needs. Equal harnesses give equal verdicts."""

    library: Library
    reasoner: Reasoner = field(default_factory=Embedded)
    sandbox: Sandbox | None = None
    recall: Recall | None = None
    mode: Mode = "group"
    effort: Effort = "medium"
    seed: int = 0
    traced: bool = False
    chunk: int = CHUNK
    """Cases per graph run."""
    in_flight: int = 1
    """Graph runs at once."""

    def crew(self) -> Crew:
        """Who works on each case."""
        return Crew(
            library=self.library,
            toolbox=toolbox(self.library, self.sandbox, ToolAsk(self.reasoner)),
            reasoner=self.reasoner,
            recall=self.recall,
            traced=self.traced,
            provenance=Provenance(
                library=self.library.version,
                precedents=self.recall.snapshot if self.recall else "",
                reasoner=self.reasoner.id,
                mode=self.mode,
                effort=self.effort,
                seed=self.seed,
            ),
        )

    async def judge(self, cases: Iterable[Case]) -> AsyncGenerator[Judged]:
        """Judge a stream of cases in input order; memory stays flat whatever its length."""
        crew = self.crew()
        stream = iter(cases)
        chunks = iter(lambda: list(islice(stream, self.chunk)), [])
        async with aclosing(in_order((judge_chunk(chunk, crew) for chunk in chunks), limit=self.in_flight)) as results:
            async for chunk in results:
                for judged in chunk:
                    yield judged

    def judge_all(self, cases: Iterable[Case]) -> Iterator[Judged]:
        """`judge` for callers without an event loop."""
        yield from followed(self.judge(cases))


def followed(results: AsyncGenerator[T]) -> Iterator[T]:
    """Yield what a stream yields, for callers without an event loop."""
    latest: T | None = None

    async def following() -> bool:  # asyncio writes out what a main task returns, twice: let that be short
        nonlocal latest
        latest = await anext(results, None)
        return latest is not None

    with asyncio.Runner() as runner:
        try:
            while runner.run(following()) and latest is not None:
                yield latest
        finally:
            runner.run(results.aclose())


async def in_order(work: Iterable[Coroutine[Any, Any, T]], *, limit: int) -> AsyncGenerator[T]:
    """Run at most `limit` coroutines at once, begun as places come free, and yield their results in input order.

    One that takes long holds up the results after it, and the work only when `AHEAD` times as many wait for it.
    """
    ahead = iter(work)
    begun: deque[asyncio.Task[T]] = deque()
    running, changed = 0, asyncio.Event()

    def ended(_: asyncio.Task[T]) -> None:
        nonlocal running
        running -= 1
        changed.set()

    try:
        while True:
            if begun and begun[0].done():
                yield await begun.popleft()
                continue
            while running < limit and len(begun) < AHEAD * limit and (coroutine := next(ahead, None)) is not None:
                begun.append(asyncio.ensure_future(coroutine))
                begun[-1].add_done_callback(ended)
                running += 1
            if not begun:
                return
            changed.clear()
            await changed.wait()
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


async def judge_chunk(cases: list[Case], crew: Crew) -> list[Judged]:
    """Judge one chunk; every case gets a result."""
    started = time.perf_counter()
    works = tuple(Work(case=case, view=TaskView.of(case.task)) for case in cases)
    for work in works:
        if reason := unsupported(work.case):
            work.result = Unscored(case=work.case.id, reason="unsupported", detail=reason, provenance=crew.provenance)
    await run_chunk(Chunk(works=works, crew=crew))
    seconds = (time.perf_counter() - started) / len(works)
    return [
        Judged(case=work.case, result=_result(work), usage=work.usage, seconds=seconds, trace=tuple(work.trace))
        for work in works
    ]


def _result(work: Work) -> Verdict | Unscored:
    return work.result or Unscored(case=work.case.id, reason="error", detail="the graph ended without a result")


def unsupported(case: Case) -> str:
    """Say why a case cannot be judged at all, or "" when it can."""
    pictures = any(
        isinstance(part, ImagePart)
        for parts in (*(m.parts for m in case.task.messages), *(c.parts for c in case.candidates))
        for part in parts
    )
    return "pictures cannot be judged yet; remove the image parts to judge the text alone" if pictures else ""


def toolbox(library: Library, sandbox: Sandbox | None, ask: Ask) -> Toolbox:
    """Make the library's tools callable; code runs in `sandbox`, or answers null when there is none.

    Prompt tools put their questions through `ask`.
    """
    builtins = load_builtins()
    tools: dict[str, Tool] = {}
    for name, entry in library.tools.items():
        if entry.kind == "builtin" and name in builtins:
            tools[name] = replace(builtins[name], sandbox=sandbox)
        elif entry.kind == "prompt":
            tools[name] = PromptTool(entry, ask)
        elif entry.kind == "python":
            tools[name] = PythonTool.of(entry, sandbox)
    return Toolbox(tools)
