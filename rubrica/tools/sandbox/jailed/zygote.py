"""The zygote: a Python that has put up the walls and imported what programs use, and forks a clean copy for each run.

It never sees a program, its inputs or its output: those travel on descriptors that it hands to the fork unread, so a
fork has nothing of an earlier run in its memory. Of three processes, the first stays outside the process namespace and
ends the others when the parent is gone; the second is the zygote; the third is one run.
"""

import contextlib
import fcntl
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

from rubrica.tools.sandbox.jailed import program, walls
from rubrica.tools.sandbox.linux import caps, libc, namespaces, seccomp
from rubrica.tools.sandbox.linux.rules import PRETENDED, UNSUPPORTED, jail_rules

DESCRIPTORS = 5
"""A run gets these: standard input, output and error, the answer's channel, and the job."""
_CHANNEL = 3
_SPARE_BYTES = 32 << 20  # address space beyond the limit, for saying how the run ended
_FREE_BYTES = 2 << 20  # of a zygote's heap, which a run may fill beyond its limit
_OPEN_FILES, _PROCESSES = 64, 20
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
_PID = 0x7E577E57  # stands for the fork's process id in the filter, which is assembled once


def main(config: dict[str, Any]) -> None:
    """Put up the walls, fork the zygote and guard it; a wall that is refused is told on the control socket."""
    control = socket.socket(fileno=fcntl.fcntl(int(config["control"]), fcntl.F_DUPFD_CLOEXEC, 100))
    os.close(int(config["control"]))
    packages = [Path(path) for path in config["packages"]]
    scratch = walls.SCRATCH
    try:
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        walls.load_system_libraries(packages)
        if config["isolation"] == "os-ns":
            walls.enter_namespaces(packages)
        else:
            scratch = walls.make_scratch(packages)
        if child := os.fork():
            _guard(child, int(config["lifeline"]))
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(int(config["lifeline"]))
        walls.import_common(arrays=config["arrays"])
        space = os.open("self/statm", os.O_RDONLY, dir_fd=proc)
        os.close(proc)
        if config["isolation"] != "os-ns":
            walls.enter_landlock(packages, scratch)
        Zygote(control, scratch=scratch, space=space, own_tree=config["isolation"] == "os-ns").serve()
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever it is
        control.send(json.dumps({"refused": str(error)}).encode())
        os._exit(1)


def _guard(child: int, lifeline: int) -> NoReturn:
    """Wait until the parent lets go of the lifeline or the zygote ends, then end and reap all below."""
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    watched = select.poll()
    watched.register(lifeline, 0)
    watched.register(os.pidfd_open(child), select.POLLIN)
    watched.poll()
    os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    os._exit(0)


def _address_space(statm: int) -> int:
    """Return the bytes of address space in use; `statm` was opened before /proc went out of sight."""
    with open(statm, encoding="ascii") as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()


class Zygote:
    """Forks one process per run, one at a time."""

    def __init__(self, control: socket.socket, *, scratch: str, space: int, own_tree: bool) -> None:
        """`space` is the descriptor of this process's /proc/self/statm."""
        self._control, self._scratch, self._own_tree = control, scratch, own_tree
        self._pid = os.getpid()
        rules = jail_rules(_PID, own_tree=own_tree)
        self._filter = seccomp.assemble(rules, pretended=PRETENDED, unsupported=UNSUPPORTED)
        caps.renounce()
        libc.prctl(_PR_SET_DUMPABLE, 0)
        for name in [name for name in sys.modules if name.split(".")[0] == "rubrica"]:
            del sys.modules[name]
        sys.argv[:], sys.orig_argv[:] = [""], ["python"]
        self._processes = _PROCESSES if _counts_own_processes() else resource.RLIM_INFINITY
        gc.collect()
        gc.freeze()  # or the first collection of each fork would touch, and so copy, every page
        self._base = _address_space(space)

    def serve(self) -> NoReturn:
        """Fork for each message until the parent closes the control socket."""
        self._tell({"ready": self._scratch})
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
            if not message or len(descriptors) != DESCRIPTORS:
                os._exit(0)
            if (child := os.fork()) == 0:
                self._run(json.loads(message), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            handle = os.pidfd_open(child)
            socket.send_fds(self._control, [b'{"started": true}'], [handle])
            os.close(handle)
            _, status, usage = os.wait4(child, 0)
            self._tell({"ended": status, "cpu_s": usage.ru_utime + usage.ru_stime})

    def _tell(self, message: dict[str, Any]) -> None:
        self._control.send(json.dumps(message).encode())

    def _run(self, limits: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """Turn this fork into one run and never come back."""
        try:
            job, channel = self._prepare(limits, descriptors)
        except Exception as error:  # noqa: BLE001 - our own fault, and the program has not begun
            self._tell({"broken": repr(error)})
            os._exit(1)
        self._control.close()
        program.run(job, channel)
        os._exit(0)

    def _prepare(self, limits: dict[str, Any], descriptors: list[int]) -> tuple[dict[str, Any], socket.socket]:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._pid:  # it ended before it could have been noticed
            os._exit(1)
        if self._own_tree:
            namespaces.unshare(namespaces.NEW_MOUNTS)
            namespaces.mount_scratch(self._scratch, megabytes=limits["disk_mb"])
        os.chdir(self._scratch)
        os.environ.update(HOME=self._scratch, TMPDIR=self._scratch)
        for target, descriptor in enumerate(descriptors[:_CHANNEL]):
            os.dup2(descriptor, target)
        job = _read_job(descriptors[-1])
        os.dup2(descriptors[_CHANNEL], _CHANNEL, inheritable=False)
        os.closerange(_CHANNEL + 1, self._control.fileno())
        os.closerange(self._control.fileno() + 1, 1 << 16)
        caps.empty()
        self._limit(limits)
        pid = struct.pack("=I", os.getpid())
        seccomp.install(self._filter.replace(struct.pack("=I", _PID), pid))
        for name, data in job["inputs"].items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(data)
        return job, socket.socket(fileno=_CHANNEL)

    def _limit(self, limits: dict[str, Any]) -> None:
        memory = self._base + (limits["mem_mb"] << 20) - _FREE_BYTES
        disk = limits["disk_mb"] << 20
        for what, soft, hard in (
            (resource.RLIMIT_AS, memory, memory + _SPARE_BYTES),
            (resource.RLIMIT_CPU, limits["cpu_s"], limits["cpu_s"] + 1),  # SIGXCPU tells why; then SIGKILL
            (resource.RLIMIT_FSIZE, disk, disk),
            (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
            (resource.RLIMIT_NPROC, self._processes, self._processes),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_MSGQUEUE, 0, 0),
            (resource.RLIMIT_MEMLOCK, 0, 0),
        ):
            with contextlib.suppress(ValueError):  # already lower, and may not be raised
                resource.setrlimit(what, (soft, hard))


def _read_job(descriptor: int) -> dict[str, Any]:
    """Read a job: the length of its JSON head in four bytes, the head, then the bytes of the input files."""
    with open(descriptor, "rb", closefd=False) as stream:
        (length,) = struct.unpack(">I", stream.read(4))
        job: dict[str, Any] = json.loads(stream.read(length))
        job["inputs"] = {name: stream.read(size) for name, size in job["inputs"]}
    return job


def _counts_own_processes() -> bool:
    """Whether the kernel counts only our own processes against RLIMIT_NPROC, so that a low limit is of use.

    Before Linux 5.14, and without a namespace, all processes of the user count, wherever they run.
    """
    if (child := os.fork()) == 0:
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES // 2, _PROCESSES // 2))
        caps.empty()
        try:
            grandchild = os.fork()
        except OSError:
            os._exit(1)
        if grandchild:
            os.waitpid(grandchild, 0)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
