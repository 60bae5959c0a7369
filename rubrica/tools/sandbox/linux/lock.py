"""The lock of a compute-only worker: after it, the process can use its memory, its descriptors and time, no more."""

import os
import resource
from pathlib import Path

from rubrica.errors import SandboxUnavailable

from . import caps, landlock, libc, seccomp


def lock_worker() -> str:
    """Lock the calling process, for good, into computing; made for a worker that runs wasm.

    It covers: opening or changing any file, sockets, exec, fork, ptrace, io_uring, memfd, signals to others, privileges
    (root is left for a user that owns nothing). It does not cover: what the open descriptors lead to, memory
    (the caller sets limits), CPU time (the caller's parent kills), and side channels. Threads may be made, executable
    memory too: a compiler needs both. Import and load all that is needed before, while there is one thread.

    Returns:
        The walls in force: "seccomp+landlock", or "seccomp" where the kernel has no Landlock.

    Raises:
        SandboxUnavailable: a wall could not be put up; the process must then not run anything untrusted.
    """
    if not libc.supported():
        raise SandboxUnavailable("the worker lock needs Linux")
    if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) != 1:
        raise SandboxUnavailable(f"the worker lock needs a single thread, there are {threads}")
    try:
        program = seccomp.assemble(seccomp.compute_rules(os.getpid()))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        walls = "seccomp"
        if landlock.abi() >= 1:
            landlock.restrict()
            walls = "seccomp+landlock"
        caps.drop_all()
        caps.hide_from_peers()
        seccomp.install(program)
    except OSError as error:
        raise SandboxUnavailable(f"the worker could not be locked: {error}") from error
    return walls
