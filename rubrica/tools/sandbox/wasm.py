"""The `wasm` tier: CPython compiled to WebAssembly, a fresh instance for every run, in a process that locks itself.

It covers: reading and writing files, environment, descriptors and memory of this machine; network of every kind;
processes and threads; memory, processor time, output and duration beyond the job's limits; anything left behind for a
later run. Two independent walls on Linux ("wasm+os": the instance's own memory, then seccomp and Landlock around the
process); one elsewhere ("wasm").

It does not cover: defects of wasmtime together with those of the kernel; timing side channels between processes of one
machine; what a program tells about itself (results are data, to be compared on the host); and programs that need
NumPy, Pillow, threads, subprocesses or a real file system, which do not run here. `open()` works on files in memory.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Need, Outcome, Report
from rubrica.tools.sandbox.compiled import Compiled, find_component
from rubrica.tools.sandbox.frames import read_frame, write_frame
from rubrica.tools.sandbox.once import Once
from rubrica.tools.sandbox.pool import Pool
from rubrica.tools.sandbox.probe import probe
from rubrica.tools.sandbox.wire import decode_outcome, encode_job
from rubrica.tools.sandbox.worker import WorkerLostError

_ROOT = Path(__file__).resolve().parents[3]
_START_S, _END_S = 120.0, 5.0
"""How long a worker may take to come up, and to be gone once its pipe is closed."""


class WasmWorker:
    """One worker process; speaks frames over its standard input and output and inherits nothing else."""

    def __init__(self, compiled: Compiled, *, unlocked: Callable[[str], None]) -> None:
        """`unlocked` is told why the process has no lock, or "" when it has one."""
        self._compiled, self._unlocked = compiled, unlocked
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._killed = False
        self.isolation: Isolation = "wasm"

    def start(self) -> None:
        with tempfile.TemporaryFile() as complaints:
            with self._guard:
                if self._killed:
                    raise SandboxInfraError("the wasm worker was stopped before it started")
                self._process = process = self._spawn(complaints)
            assert process.stdout is not None
            clock = threading.Timer(_START_S, process.kill)
            clock.daemon = True
            clock.start()
            try:
                hello = json.loads(read_frame(process.stdout) or b"{}")
                self.isolation = "wasm+os" if hello["walls"] else "wasm"
                self._unlocked(hello["reason"])
            except (OSError, ValueError, KeyError):
                self.kill()
                complaints.seek(0)
                said = complaints.read(2000).decode("utf-8", "replace").strip()
                raise SandboxInfraError(f"the wasm worker did not start: {said or 'it said nothing'}") from None
            finally:
                clock.cancel()

    def _spawn(self, complaints: IO[bytes]) -> "subprocess.Popen[bytes]":
        posix = os.name == "posix"
        component = f"/dev/fd/{self._compiled.descriptor}" if posix else str(self._compiled.path)
        paths = os.pathsep.join([str(_ROOT), *(path for path in sys.path if path.endswith("site-packages"))])
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-s", "-B", "-m", "rubrica.tools.sandbox.wasm_worker", "serve", component],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={"PYTHONPATH": paths, **({} if posix else {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")})},
            cwd="/" if posix else None,
            pass_fds=(self._compiled.descriptor,) if posix else (),
            start_new_session=posix,
        )

    def execute(self, job: Job) -> Outcome:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise WorkerLostError("the worker is not running")
        frame = encode_job(job)
        begin = time.monotonic()
        try:
            write_frame(process.stdin, frame)
            answer = read_frame(process.stdout)
        except ValueError as error:
            raise WorkerLostError(repr(error)) from None
        except OSError:
            raise _lost(process) from None
        if not answer:
            raise _lost(process)
        try:
            outcome = decode_outcome(answer, job)
        except ValueError as error:
            raise WorkerLostError(f"the worker's answer: {error}") from None
        return replace(outcome, isolation=self.isolation, wall_ms=(time.monotonic() - begin) * 1e3)

    def kill(self) -> None:
        with self._guard:
            self._killed = True
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _lost(process: "subprocess.Popen[bytes]") -> WorkerLostError:
    """Say how a worker ended that closed its pipe, and whose doing it was.

    SIGKILL and SIGTERM come from outside; a fault or an abort comes from what ran.
    """
    try:
        status = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        return WorkerLostError("the worker closed its pipe")
    outside = {-signal.SIGTERM, -getattr(signal, "SIGKILL", signal.SIGTERM)}
    return WorkerLostError(f"the worker ended with status {status}", by_job=status < 0 and status not in outside)


class WasmSandbox:
    """Runs pure Python jobs; the module says what it covers."""

    name = "wasm"
    offers = Need.PURE

    def __init__(self, *, workers: int | None = None, max_runs: int = 500) -> None:
        self._opening = threading.Lock()
        self._compiled: Compiled | None = None
        self._isolation: Isolation = "wasm"
        self._unlocked = ""
        self._probed = Once(self._probe)
        self._pool = Pool(self._make, size=workers or os.cpu_count() or 1, max_runs=max_runs)

    @property
    def isolation(self) -> Isolation:
        """The walls around the last run; "wasm" until a worker has shown more."""
        return self._isolation

    async def run(self, job: Job) -> Outcome:
        if job.language != "python" or job.need != Need.PURE:
            raise SandboxUnavailable(f"the wasm sandbox runs pure Python; this job needs {job.need} ({job.language})")
        report = await self.probe()
        if not report.available:
            raise SandboxUnavailable(f"the wasm sandbox is not safe here: {report.reason}; {report.fix}")
        return await self._run(job)

    async def probe(self) -> Report:
        return await self._probed.get()

    async def _probe(self) -> Report:
        try:
            compiled = await asyncio.to_thread(self._open)
        except SandboxUnavailable as error:
            return self._unavailable(str(error))
        report = await probe(
            self._run, name=self.name, offers=self.offers, key=compiled.component, isolation=lambda: self.isolation
        )
        return replace(report, reason=report.reason or self._unlocked)

    async def close(self) -> None:
        await self._pool.close()
        with self._opening:
            if self._compiled is not None:
                self._compiled.close()
                self._compiled = None

    async def _run(self, job: Job) -> Outcome:
        outcome = await self._pool.run(job)
        self._isolation = outcome.isolation or self._isolation
        return replace(outcome, backend=self.name, isolation=self._isolation)

    def _open(self) -> Compiled:
        with self._opening:
            if self._compiled is None:
                self._compiled = Compiled.of(find_component())
            return self._compiled

    def _make(self) -> WasmWorker:
        return WasmWorker(self._open(), unlocked=self._note)

    def _note(self, reason: str) -> None:
        self._unlocked = reason

    def _unavailable(self, reason: str) -> Report:
        fix = "run `make setup`"
        return Report(self.name, isolation="wasm", offers=self.offers, available=False, reason=reason, fix=fix)
