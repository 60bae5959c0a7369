"""The front door: wires library, tools, sandbox and reasoner together, and judges cases in order.

`Harness.judge` is the asynchronous stream; `Harness.judge_all` is the same for people without an event loop.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from pydantic import JsonValue

from rubrica.agents.graph import Chunk, run_chunk
from rubrica.agents.work import Crew, Recall, Work
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.embedded import Embedded
from rubrica.tools.base import Tool
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.python_tool import PythonTool
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.toolbox import Toolbox
from rubrica.types import Case, ImagePart, Provenance, TaskView, Unscored, Usage, Verdict

Effort = Literal["low", "medium", "high"]
Mode = Literal["pointwise", "group"]

CHUNK = 64
"""Cases per graph run for a reasoner that needs no network."""


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

    def crew(self) -> Crew:
        """Who works on each case."""
        return Crew(
            library=self.library,
            toolbox=toolbox(self.library, self.sandbox),
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

    async def judge(self, cases: Iterable[Case]) -> AsyncIterator[Judged]:
        """Judge a stream of cases in input order; memory stays flat whatever its length."""
        crew = self.crew()
        stream = iter(cases)
        while batch := list(islice(stream, self.chunk)):
            for judged in await judge_chunk(batch, crew):
                yield judged

    def judge_all(self, cases: Iterable[Case]) -> Iterator[Judged]:
        """`judge` for callers without an event loop."""
        crew = self.crew()
        stream = iter(cases)
        with asyncio.Runner() as runner:
            while batch := list(islice(stream, self.chunk)):
                yield from runner.run(judge_chunk(batch, crew))


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


def toolbox(library: Library, sandbox: Sandbox | None) -> Toolbox:
    """Make the library's tools callable; code runs in `sandbox`, or answers null when there is none."""
    builtins = load_builtins()
    tools: dict[str, Tool] = {}
    for name, entry in library.tools.items():
        if entry.kind == "builtin" and name in builtins:
            tools[name] = replace(builtins[name], sandbox=sandbox)
        elif entry.kind == "python":
            tools[name] = PythonTool.of(entry, sandbox)
    return Toolbox(tools)
