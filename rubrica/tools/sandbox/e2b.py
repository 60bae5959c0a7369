"""The `e2b` tier: a virtual machine of E2B's cloud for every job, for what the embedded tiers refuse.

It covers, by E2B's word and not by our test: this machine's files, processes and network, because the code runs
elsewhere. A machine is made for one job and killed after it; it has no environment variables of ours, and no internet
unless the job needs NETWORK or PACKAGES (then while it runs, too). It offers packages from PyPI, subprocesses, bash,
JavaScript and R.

It does not cover: privacy (code and inputs leave this machine), cost, and speed (E2B makes 1 to 5 machines a second).
An answer that does not come is an error of ours and never the code's fault: time is kept inside the machine.
"""

import ast
import asyncio
import base64
import contextlib
import math
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, get_args

from rubrica.errors import RubricaError, SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Limits, Need, Outcome, Report, Status
from rubrica.tools.sandbox.door import Door
from rubrica.tools.sandbox.once import Once
from rubrica.tools.sandbox.values import clean, parse_json
from rubrica.tools.sandbox.wire import NOT_JSON, check_inputs, is_json, to_json

if TYPE_CHECKING:
    from e2b_code_interpreter import AsyncSandbox  # type: ignore[import-untyped]  # it ships no types

LANGUAGES = frozenset({"python", "bash", "javascript", "r"})
NO_KEY = "E2B was asked for, but E2B_API_KEY is not set"
FIX = "set E2B_API_KEY (https://e2b.dev), or choose another sandbox"
_STATUSES: tuple[Status, ...] = get_args(Status)
_ONLINE = Need.NETWORK | Need.PACKAGES


@dataclass(frozen=True, slots=True)
class E2BSettings:
    """How to reach E2B. The defaults are E2B's own cloud and the key from the environment."""

    api_key: str | None = field(default=None, repr=False)
    template: str = "code-interpreter-v1"
    concurrent: int = 4
    """Machines at the same time."""
    grace_s: float = 30.0
    """Seconds that a machine may take beyond the job's own limit before it is given up."""
    endpoint: Mapping[str, str] = field(default_factory=dict)
    """`domain`, or `api_url` and `sandbox_url`, of a self-hosted E2B."""


class E2BSandbox:
    """Runs jobs in E2B's cloud; the module says what that covers."""

    name = "e2b"
    isolation: Isolation = "vm"
    offers = ~Need.PURE

    def __init__(self, settings: E2BSettings | None = None) -> None:
        self._settings = settings or E2BSettings()
        self._slots = Door(self._settings.concurrent)
        self._live: dict[str, AsyncSandbox] = {}
        self._probed = Once(self._probe)

    async def probe(self) -> Report:
        """Try what a machine without internet must not reach; the result is kept as long as this object."""
        return await self._probed.get()

    async def _probe(self) -> Report:
        report = Report(self.name, self.isolation, self.offers, available=False)
        if not self._key():
            return replace(report, reason=NO_KEY, fix=FIX)
        try:
            held: dict[str, bool] = {}
            for name in _ATTACKS:
                held[name] = await self._holds(name)
                if not held[name]:
                    break
        except RubricaError as error:
            return replace(report, reason=str(error), fix=FIX)
        through = [name for name, kept in held.items() if not kept]
        reason = f"attacks that got through: {', '.join(through)}" if through else ""
        return replace(report, available=not through, reason=reason, attacks=held)

    async def _holds(self, attack: str) -> bool:
        outcome = await self._run(Job(_ATTACKS[attack], limits=_PROBE_LIMITS))
        return outcome.status != "ok"

    async def run(self, job: Job) -> Outcome:
        if not self._key():
            raise SandboxUnavailable(f"{NO_KEY}; {FIX}")
        if job.language not in LANGUAGES:
            raise SandboxUnavailable(f"e2b runs {', '.join(sorted(LANGUAGES))}, not {job.language}")
        report = await self.probe()
        if not report.available:
            raise SandboxUnavailable(f"e2b is not available: {report.reason}; {report.fix}")
        return await self._run(job)

    async def close(self) -> None:
        """Kill the machines that still live; those that cannot be reached end at their own time limit."""
        await asyncio.gather(*(self._kill(machine) for machine in list(self._live.values())))

    async def _run(self, job: Job) -> Outcome:
        nonce = secrets.token_hex(16)
        budget = job.limits.wall_s + self._settings.grace_s
        check_inputs(job)
        cell = _cell(job, nonce)
        await self._slots.enter()
        try:
            async with self._machine(job, budget) as machine:
                try:
                    async with asyncio.timeout(budget):
                        execution = await machine.run_code(cell, timeout=budget, envs={})
                except Exception as error:
                    raise _mapped(error) from error
        finally:
            self._slots.leave()
        if execution.error is not None:
            raise SandboxInfraError(f"e2b: the machine's own code failed: {execution.error.name}")
        return _outcome(job, nonce, "".join(execution.logs.stdout))

    @contextlib.asynccontextmanager
    async def _machine(self, job: Job, budget: float) -> AsyncIterator["AsyncSandbox"]:
        from e2b_code_interpreter import AsyncSandbox

        try:
            async with asyncio.timeout(self._settings.grace_s):
                machine = await AsyncSandbox.create(
                    template=self._settings.template,
                    timeout=math.ceil(budget + self._settings.grace_s),
                    metadata={"made-by": "rubrica"},
                    envs={},
                    allow_internet_access=bool(job.need & _ONLINE),
                    **self._options(),
                )
        except Exception as error:
            raise _refusal(error) or _mapped(error) from error
        self._live[machine.sandbox_id] = machine
        try:
            yield machine
        finally:
            await asyncio.shield(self._kill(machine))

    async def _kill(self, machine: "AsyncSandbox") -> None:
        """Kill a machine; when that fails it lives on until its own time limit, which E2B enforces."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._settings.grace_s):
                await machine.kill()
        self._live.pop(machine.sandbox_id, None)

    def _key(self) -> str:
        return self._settings.api_key or os.environ.get("E2B_API_KEY", "")

    def _options(self) -> dict[str, object]:
        return {"api_key": self._key(), "request_timeout": self._settings.grace_s, **self._settings.endpoint}


@cache
def _guest() -> str:
    return (files("rubrica.tools.sandbox") / "e2b_guest.py").read_text(encoding="utf-8")


def _cell(job: Job, nonce: str) -> str:
    """Return the code for the machine's kernel: the guest, and one call with the job as data."""
    payload = {
        "code": job.code,
        "entry": job.entry,
        "args": list(job.args),
        "stdin": job.stdin,
        "inputs": {name: base64.b64encode(data).decode() for name, data in job.inputs.items()},
        "packages": packages_of(job) if job.need & Need.PACKAGES else [],
        "limits": asdict(job.limits),
        "seed": job.seed,
        "language": job.language,
        "child": f"{_guest()}\nchild(json.loads(sys.argv[1]))",
    }
    data = base64.b64encode(to_json(payload)).decode()
    return f"{_guest()}\nprint({nonce!r} + json.dumps(drive(json.loads(base64.b64decode({data!r})))))"


def packages_of(job: Job) -> list[str]:
    """Return the top-level modules outside the standard library that a Python job imports, in its code or arguments.

    The name of a module is taken for the name of its package; where they differ, the import fails inside.
    """
    found = set()
    for source in (job.code, *(argument for argument in job.args if isinstance(argument, str))):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return sorted(found - sys.stdlib_module_names) if job.language == "python" else []


def _outcome(job: Job, nonce: str, printed: str) -> Outcome:
    _, found, text = printed.rpartition(nonce)
    try:
        report = parse_json(text) if found else None
    except ValueError as error:
        raise SandboxInfraError(f"e2b: the machine's report cannot be read: {error}") from None
    if not isinstance(report, dict):
        raise SandboxInfraError("e2b: the machine ended without a report")
    status = next((known for known in _STATUSES if known == report.get("status")), None)
    if status is None:
        raise SandboxInfraError(f"e2b: {str(report.get('stderr', ''))[:300] or 'no status in the report'}")
    out, err = (clean(str(report.get(name, "")))[: job.limits.out_bytes] for name in ("stdout", "stderr"))
    value = report.get("value_json") if status == "ok" else None
    if value is not None and not (isinstance(value, str) and len(value) <= job.limits.value_bytes and is_json(value)):
        status, value, err = "error", None, err + NOT_JSON
    return Outcome(
        status=status,
        value_json=value,
        stdout=out,
        stderr=err,
        truncated=bool(report.get("truncated")),
        backend="e2b",
        isolation="vm",
    )


def _refusal(error: Exception) -> SandboxUnavailable | None:
    """Tell what the user can fix when no machine was made: the key, the template, the settings."""
    from e2b import AuthenticationException, InvalidArgumentException, TemplateException

    said = f"{type(error).__name__}: {str(error)[:300]}"
    status = getattr(error, "status_code", None)
    if isinstance(error, AuthenticationException) or status in (401, 403):
        return SandboxUnavailable(f"E2B refuses the key ({said}); {FIX}")
    if isinstance(error, InvalidArgumentException | TemplateException) or status in (400, 404):
        return SandboxUnavailable(f"E2B cannot make this machine ({said}); check its template and endpoint")
    return None


def _mapped(error: Exception) -> SandboxInfraError:
    """Everything else that the SDK, httpx or json raise: it says nothing about the code."""
    return SandboxInfraError(f"e2b: {type(error).__name__}: {str(error)[:300]}")


_PROBE_LIMITS = Limits(wall_s=5.0, cpu_s=5.0)
_ATTACKS: Mapping[str, str] = {
    "read this machine's name": f"import os\nassert os.uname().nodename == {os.uname().nodename!r}"
    if hasattr(os, "uname")
    else "assert False",
    "reach the internet": "import socket\nsocket.create_connection(('1.1.1.1', 443), timeout=3)",
    "reach the cloud's metadata": "import socket\nsocket.create_connection(('169.254.169.254', 80), timeout=3)",
    "find a key": "import os\nassert any('KEY' in n or 'TOKEN' in n or 'SECRET' in n for n in os.environ)",
    "take all memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(16 << 20))",
    "never end": "while True:\n    pass",
}
"""Programs that must not end well in a machine without internet; the first that does ends the probe."""
