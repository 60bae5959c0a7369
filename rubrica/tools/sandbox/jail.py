"""The `jail` tier (Linux): native Python with NumPy, Pillow and files, forked per run from a clean, walled zygote.

With namespaces ("os-ns") it covers: every path of the machine but the standard library, NumPy and Pillow, all read-only
(not this package, not graders, not tests); environment and descriptors; network of every family; other processes, their
signals and memory; privileges (root is left first); fork, exec, threads beyond about fifteen; memory (address space,
held to within 2 MB below the limit), processor time (in whole seconds), duration, output, and a private sized /tmp that
is gone after the run; anything left for a later run.

Without user namespaces ("os-landlock") the same walls but for these: paths are closed by Landlock, so whether a path
exists and how large it is can still be asked, and so can the machine's name; the run writes in its working folder only,
/tmp is closed; the size of that folder is watched, so for some milliseconds it can grow past its limit, and a file
deleted but still open is not seen; chmod, links and setting times are refused; for an ordinary user threads are bounded
by memory alone. Root must be able to leave: an interpreter that only root can read is refused here (with namespaces it
is not).

It does not cover: defects of the kernel behind the system calls on the list; timing side channels; what a program tells
about itself. A value is the program's own claim, made in the process that ran it: grade on the host. The whole does not
protect a program from itself: native code may crash, and is then "crashed".
"""

import asyncio
import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from rubrica.errors import RubricaError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Need, Outcome, Report
from rubrica.tools.sandbox.jail_worker import JailWorker
from rubrica.tools.sandbox.linux import libc
from rubrica.tools.sandbox.once import Once
from rubrica.tools.sandbox.pool import Pool
from rubrica.tools.sandbox.probe import probe

JailIsolation = Literal["os-ns", "os-landlock"]
_PACKAGES = {"numpy": Need.NUMPY, "PIL": Need.IMAGE}
_BUNDLED = {"numpy": "numpy.libs", "PIL": "pillow.libs"}
_FIX = "allow user namespaces (sysctl, AppArmor, container options), or run a kernel with Landlock (5.13)"


class JailSandbox:
    """Runs Python jobs that need NumPy, Pillow or files; the module says what it covers.

    A job that says that it needs NumPy or Pillow finds them imported; one that does not say so imports them itself.

    Args:
        isolation: one of the two walls, never replaced by the other; None = the stronger one that works here.
        workers: zygotes of each kind at work at the same time; None = one per processor.
        max_runs: runs after which a zygote is replaced.
    """

    name = "jail"

    def __init__(
        self, *, isolation: JailIsolation | None = None, workers: int | None = None, max_runs: int = 2000
    ) -> None:
        self._asked = isolation
        self._found: JailIsolation | None = None
        self._opening = threading.Lock()
        self._offers, self._packages = installed()
        self._probed = Once(self._probe)
        size = workers or os.cpu_count() or 1
        self._plain, self._arrays = (
            Pool(partial(self._make, arrays=arrays), size=size, max_runs=max_runs) for arrays in (False, True)
        )

    @property
    def isolation(self) -> Isolation:
        """The wall in force, or the one that would be tried first."""
        return self._found or self._asked or "os-ns"

    @property
    def offers(self) -> Need:
        """Files, and what of NumPy and Pillow is installed."""
        return self._offers

    async def run(self, job: Job) -> Outcome:
        if job.language != "python" or job.need & ~self.offers:
            raise SandboxUnavailable(
                f"the jail runs Python with {self.offers}; this job needs {job.need} ({job.language})"
            )
        report = await self.probe()
        if not report.available:
            raise SandboxUnavailable(f"the jail is not safe here: {report.reason}; {report.fix}")
        return await self._run(job)

    async def probe(self) -> Report:
        return await self._probed.get()

    async def _probe(self) -> Report:
        try:
            found = await asyncio.to_thread(self._choose)
        except SandboxUnavailable as error:
            return Report(self.name, self.isolation, self.offers, available=False, reason=str(error), fix=_FIX)
        return await probe(self._run, name=self.name, offers=self.offers, key=found, isolation=lambda: self.isolation)

    async def close(self) -> None:
        await asyncio.gather(self._plain.close(), self._arrays.close())

    async def _run(self, job: Job) -> Outcome:
        pool = self._arrays if job.need & (Need.NUMPY | Need.IMAGE) else self._plain
        outcome = await pool.run(job)
        return replace(outcome, backend=self.name, isolation=outcome.isolation or self.isolation)

    def _make(self, *, arrays: bool) -> JailWorker:
        return JailWorker(self._choose(), self._packages, arrays=arrays)

    def _choose(self) -> JailIsolation:
        """Return the wall to use, by starting and ending a worker behind it.

        Raises:
            SandboxUnavailable: none works; says why, for each.
        """
        with self._opening:
            if self._found is not None:
                return self._found
            if not libc.supported():
                raise SandboxUnavailable("the jail needs Linux")
            reasons = []
            walls: Sequence[JailIsolation] = (self._asked,) if self._asked else ("os-ns", "os-landlock")
            for wall in walls:
                worker = JailWorker(wall, self._packages, arrays=False)
                try:
                    worker.start()
                except RubricaError as error:
                    reasons.append(str(error))
                else:
                    self._found = wall
                    return wall
                finally:
                    worker.kill()
            raise SandboxUnavailable("; ".join(reasons))


def installed() -> tuple[Need, list[Path]]:
    """Return which of NumPy and Pillow this Python has, and the folders that they live in."""
    offers, folders = Need.FILES, []
    for name, need in _PACKAGES.items():
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue
        home = Path(spec.submodule_search_locations[0])
        offers |= need
        folders += [path for path in (home, home.parent / _BUNDLED[name]) if path.is_dir()]
    return offers, folders
