"""The parent's end of one zygote: start it, hand it one job at a time, keep the clock, and end it."""

import contextlib
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Outcome
from rubrica.tools.sandbox.jail_run import Run
from rubrica.tools.sandbox.linux import scratch
from rubrica.tools.sandbox.worker import WorkerLostError

_ROOT = Path(__file__).resolve().parents[3]
_START = (
    "import json, sys; sys.path.insert(0, sys.argv[2]); "
    "from rubrica.tools.sandbox.jailed.zygote import main; main(json.loads(sys.argv[1]))"
)
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - inside the jail
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # or each thread would reserve 64 MB of the run's address space
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "USER": "jail",
}
_START_S = 60.0
_END_S = 10.0
"""From the kill of a run to the zygote's word that it is over."""
_WATCH_MS = 20.0
"""How often the folder of a Landlock run is measured."""


class JailWorker:
    """One zygote and the run that it has under way.

    With `arrays` the zygote has NumPy and Pillow imported: their programs start 100 ms earlier, all others 1 ms later.
    """

    def __init__(self, isolation: Isolation, packages: Sequence[Path], *, arrays: bool = True) -> None:
        self.isolation: Isolation = isolation
        self._packages, self._arrays = packages, arrays
        self._guard, self._talking = threading.Lock(), threading.Lock()
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lifeline = -1
        self._folder = ""

    def start(self) -> None:
        with self._guard:
            if self._killed:
                raise SandboxInfraError("the jail was stopped before it started")
            self._spawn()
        try:
            with self._talking:
                hello, _ = self._hear(time.monotonic() + _START_S)
        except WorkerLostError as error:
            self.kill()
            raise SandboxInfraError(f"the jail did not start: {error}") from None
        if "refused" in hello:
            self.kill()
            raise SandboxUnavailable(f"this machine refuses the walls of {self.isolation}: {hello['refused']}")
        if self.isolation == "os-landlock":
            self._folder = str(hello["ready"])

    def execute(self, job: Job) -> Outcome:
        with self._talking, contextlib.closing(Run(job)) as run:
            begin = time.monotonic()
            limits = {
                "mem_mb": job.limits.mem_mb,
                "disk_mb": max(1, job.limits.disk_mb),
                "cpu_s": max(1, math.ceil(job.limits.cpu_s)),
            }
            try:
                socket.send_fds(self._socket(), [json.dumps(limits).encode()], run.given)
                run.release()
                end = self._follow(run, begin + job.limits.wall_s)
            except OSError as error:
                raise WorkerLostError(repr(error)) from None
            outcome = run.outcome(int(end["ended"]), float(end["cpu_s"]))
            if self._folder:
                scratch.wipe(self._folder)
        return replace(outcome, isolation=self.isolation, wall_ms=(time.monotonic() - begin) * 1e3)

    def kill(self) -> None:
        with self._guard:
            self._killed = True
            process, self._process = self._process, None
        if process is None:
            return
        os.close(self._lifeline)  # the guard ends the zygote and with it the run, then itself
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._talking:
            if self._control is not None:
                self._control.close()
                self._control = None
        if self._folder:
            with contextlib.suppress(OSError):
                scratch.wipe(self._folder)
                Path(self._folder).rmdir()

    def _spawn(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_end, self._lifeline = os.pipe()
        config = {
            "isolation": self.isolation,
            "arrays": self._arrays,
            "packages": [str(path) for path in self._packages],
            "control": theirs.fileno(),
            "lifeline": read_end,
        }
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-S", "-P", "-c", _START, json.dumps(config), str(_ROOT)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            pass_fds=(theirs.fileno(), read_end),
            start_new_session=True,
        )
        theirs.close()
        os.close(read_end)

    def _socket(self) -> socket.socket:
        if self._control is None:
            raise WorkerLostError("the jail is not running")
        return self._control

    def _hear(self, until: float) -> tuple[dict[str, Any], list[int]]:
        """Wait for one message of the zygote and the descriptors that come with it."""
        control = self._socket()
        control.settimeout(max(0.0, until - time.monotonic()))
        try:
            text, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError as error:
            raise WorkerLostError(repr(error)) from None
        if not text:
            raise WorkerLostError("its process ended")
        message: dict[str, Any] = json.loads(text)
        return message, descriptors

    def _follow(self, run: Run, deadline: float) -> dict[str, Any]:
        """Read what comes until the run is over, and end it when it must be; return the zygote's last word on it."""
        control, handle, killed = self._socket().fileno(), -1, False
        said: dict[str, Any] = {}
        watched = select.poll()
        for descriptor in (control, run.channel.fileno(), *run.outputs):
            watched.register(descriptor, select.POLLIN)
        try:
            while "ended" not in said:
                pause = 1e3 * max(0.0, deadline - time.monotonic()) + 1
                for descriptor, _ in watched.poll(min(pause, _WATCH_MS) if self._folder else pause):
                    if descriptor == control:
                        message, handles = self._hear(deadline)
                        said |= message
                        handle = handles[0] if handles else handle
                    elif not run.take(descriptor):
                        watched.unregister(descriptor)
                if killed and time.monotonic() > deadline:
                    raise WorkerLostError("a killed run did not end")
                self._check(run, deadline)
                if run.ending is not None and handle >= 0 and not killed:
                    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                    killed, deadline = True, time.monotonic() + _END_S
        finally:
            if handle >= 0:
                os.close(handle)
        if "broken" in said:
            raise SandboxInfraError(f"the jail could not prepare the run: {said['broken']}")
        return said

    def _check(self, run: Run, deadline: float) -> None:
        if run.ending is not None:
            return
        if time.monotonic() >= deadline:
            run.ending = "deadline"
        elif self._folder:
            try:
                scratch.measure(self._folder, bytes_allowed=run.job.limits.disk_mb << 20)
            except scratch.TooMuchError:
                run.ending = "output"
