"""The seam behind which untrusted code runs: jobs go in, outcomes come out, and no tier may be weaker than it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import Literal, Protocol

from pydantic import JsonValue

Status = Literal["ok", "error", "exited_early", "timeout", "memory", "output_limit", "crashed"]
Isolation = Literal["vm", "wasm+os", "wasm", "os-ns", "os-landlock"]


class Need(Flag):
    """What a job needs beyond the pure language; declared by the tool or found by scanning imports."""

    PURE = 0
    NUMPY = auto()
    IMAGE = auto()
    FILES = auto()
    SUBPROCESS = auto()
    NETWORK = auto()
    PACKAGES = auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one execution; the parent enforces the wall clock."""

    wall_s: float = 5.0
    cpu_s: float = 5.0
    mem_mb: int = 256
    disk_mb: int = 16
    out_bytes: int = 1 << 20
    value_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One execution: `code` runs as a module; with `entry`, that function is then called with `args`."""

    code: str
    entry: str | None = None
    args: tuple[JsonValue, ...] = ()
    stdin: str = ""
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    """Files by relative name, readable through `open()` inside."""
    need: Need = Need.PURE
    limits: Limits = Limits()
    seed: int = 0
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the code did. Every status but "ok" is the code's own fault and may be scored."""

    status: Status
    value_json: str | None = None
    """JSON text of what the entry returned; never a pickle."""
    stdout: str = ""
    stderr: str = ""
    """Standard error; for status "error" it ends with the exception's type and message."""
    truncated: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    wall_ms: float = 0.0
    backend: str = ""
    isolation: Isolation | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a tier can do on this machine, and how it was found out."""

    name: str
    isolation: Isolation
    offers: Need
    available: bool
    reason: str = ""
    """Why it is not available."""
    fix: str = ""
    """What the user can do about it."""
    attacks: Mapping[str, bool] = field(default_factory=dict)
    """Attack name -> held."""


class Sandbox(Protocol):
    """A place where untrusted code may run."""

    @property
    def name(self) -> str: ...

    @property
    def isolation(self) -> Isolation: ...

    @property
    def offers(self) -> Need: ...

    async def probe(self) -> Report:
        """Run about eight real attacks against this tier; the result is cached for this boot."""
        ...

    async def run(self, job: Job) -> Outcome:
        """Run one job.

        Raises:
            SandboxUnavailable: this tier does not offer what the job needs, or failed its probe.
            SandboxInfraError: the sandbox itself failed; the job may be tried again, and is never scored.
        """
        ...

    async def close(self) -> None:
        """End all workers; nothing outlives this call."""
        ...
