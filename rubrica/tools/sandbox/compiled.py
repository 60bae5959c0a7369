"""The component compiled for this processor: made once, kept in a private directory, checked before every use.

A compiled component is native code, so whoever can write the file can run code in the worker. Hence: a directory that
only its owner may enter, a digest beside the file, and workers that load the very descriptor that was checked.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.build import cache_dir, places

_KEPT = 4
"""How many compiled components stay in the cache (46 MB each); one per processor and version in use."""


def find_component() -> Path:
    """Return the portable component.

    Raises:
        SandboxUnavailable: it has not been built.
    """
    for place in places():
        if place.is_file():
            return place
    raise SandboxUnavailable(
        "the wasm sandbox is not built; run `make setup` (or `python -m rubrica.tools.sandbox.build`)"
    )


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked compiled component: `descriptor` is what was checked, `path` is for systems without /dev/fd."""

    path: Path
    descriptor: int
    component: str
    """SHA-256 of the portable component that it came from."""

    @classmethod
    def of(cls, component: Path) -> "Compiled":
        """Open the compiled form of a component, compiling it (about 5 s) when it is missing or damaged.

        Raises:
            SandboxInfraError: it cannot be compiled, or no private directory can be made.
        """
        digest = _digest(component)
        directory = private_dir(cache_dir())
        path = directory / f"{_key(digest)}.cwasm"
        for attempt in range(2):
            descriptor = _open_checked(path)
            if descriptor is not None:
                return cls(path, descriptor, digest)
            if attempt == 0:
                _compile(component, path)
        raise SandboxInfraError(f"the compiled sandbox {path} does not match its digest right after it was written")

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


def private_dir(path: Path) -> Path:
    """Return a directory that belongs to this user alone: `path`, or one under the temporary directory."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    for candidate in (path, Path(tempfile.gettempdir()) / f"rubrica-{user}"):
        try:
            candidate.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not hasattr(os, "getuid"):
                return candidate
            found = candidate.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == user:
                candidate.chmod(0o700)
                return candidate
        except OSError:
            continue
    raise SandboxInfraError(f"no private directory for the compiled sandbox: {path} cannot be written by this user")


def _key(component: str) -> str:
    parts = [component, importlib.metadata.version("wasmtime"), sys.platform, platform.machine(), _cpu_features()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _cpu_features() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())


def _open_checked(path: Path) -> int | None:
    """Open the file if it is ours, plain, and what its digest says; None = make it again."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        wanted = path.with_suffix(".sha256").read_text(encoding="ascii").strip()
        descriptor = os.open(path, flags)
    except OSError:
        return None
    found = os.fstat(descriptor)
    ours = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)
    with open(descriptor, "rb", closefd=False) as file:
        if ours and stat.S_ISREG(found.st_mode) and hashlib.file_digest(file, "sha256").hexdigest() == wanted:
            return descriptor
    os.close(descriptor)
    return None


def _compile(component: Path, path: Path) -> None:
    """Compile in a process of its own (it takes 500 MB) and move the result into place."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".compile-") as scratch:
        made = Path(scratch) / "box.cwasm"
        command = [sys.executable, "-m", "rubrica.tools.sandbox.wasm_worker", "compile", str(component), str(made)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)  # noqa: S603 - our own command
        if done.returncode != 0:
            raise SandboxInfraError(f"the sandbox component could not be compiled: {done.stderr.strip()[-500:]}")
        made.chmod(0o600)
        path.with_suffix(".sha256").unlink(missing_ok=True)
        note = Path(scratch) / "sha256"
        note.write_text(_digest(made), encoding="ascii")
        made.replace(path)
        note.replace(path.with_suffix(".sha256"))
    by_age = sorted(path.parent.glob("*.cwasm"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in by_age[_KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".sha256").unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
