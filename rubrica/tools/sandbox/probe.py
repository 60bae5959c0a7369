"""Real attacks against a tier, once per boot: a wall is believed when it has held, not when it is configured."""

import asyncio
import contextlib
import hashlib
import json
import os
import platform
import secrets
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from rubrica.errors import RubricaError
from rubrica.tools.sandbox.base import Isolation, Job, Limits, Need, Outcome, Report
from rubrica.tools.sandbox.build import cache_dir
from rubrica.tools.sandbox.compiled import private_dir

Run = Callable[[Job], Awaitable[Outcome]]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LIMITS = Limits(mem_mb=128, disk_mb=1, out_bytes=1 << 14, value_bytes=1 << 14)
_PLAIN = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "TERM", "TZ"})
"""Variables whose values are no secret and may be the same inside by chance."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A program that tries something, and what may be seen when it fails."""

    code: str
    """Defines `attack(folder, port, known)`; a true result, or a trace on the host, means that it got through."""
    ends: tuple[str, ...] = ()
    """The statuses that only a held attack ends with; empty = any, because the traces decide."""
    wall_s: float = 5.0

    def job(self, arguments: tuple[JsonValue, ...]) -> Job:
        return Job(code=self.code, entry="attack", args=arguments, limits=replace(_LIMITS, wall_s=self.wall_s))

    def failed(self, outcome: Outcome, secret: str) -> bool:
        """Whether what came out shows that the attack did not get through."""
        said = f"{outcome.value_json}{outcome.stdout}{outcome.stderr}"
        admitted = outcome.value_json not in {None, "null", "false", "[]"}
        ended = not self.ends or outcome.status in self.ends
        return ended and not admitted and secret not in said


ATTACKS: Mapping[str, Attack] = {
    "read a file of the host": Attack("""
def attack(folder, port, known):
    return open(folder + "/secret").read()
"""),
    "write a file on the host": Attack("""
import os
def attack(folder, port, known):
    try:
        open(folder + "/written", "w").write("x")
    except OSError:
        os.symlink("/etc/passwd", folder + "/written")
"""),
    "read the host's environment": Attack("""
import hashlib, os
def attack(folder, port, known):
    return [key for key, value in os.environ.items() if hashlib.sha256(value.encode()).hexdigest() in known]
"""),
    "use an inherited descriptor": Attack("""
import os
def attack(folder, port, known):
    found = []
    for fd in range(3, 64):
        try:
            found.append(os.pread(fd, 16, 0).hex())
        except OSError:
            pass
    return found
"""),
    "connect to the loopback network": Attack("""
import socket
def attack(folder, port, known):
    socket.create_connection(("127.0.0.1", port), timeout=0.5).sendall(b"x")
    return True
"""),
    "start a process": Attack("""
import os
def attack(folder, port, known):
    if os.fork() == 0:
        os._exit(0)
    return True
"""),
    "load native code": Attack("""
import ctypes
def attack(folder, port, known):
    return ctypes.CDLL(None).getpid() > 0 and ctypes.CDLL(None).execv(b"/bin/true", None) != -1
"""),
    "take all memory": Attack(
        """
def attack(folder, port, known):
    hoard = []
    while len(hoard) < 64:
        hoard.append(bytearray(b"x") * (16 << 20))
    return True
""",
        ends=("memory", "error", "crashed"),
    ),
    "never end": Attack(
        """
def attack(folder, port, known):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
""",
        ends=("timeout",),
        wall_s=0.5,
    ),
    "print without end": Attack(
        """
def attack(folder, port, known):
    while True:
        print("x" * 1024)
""",
        ends=("output_limit",),
    ),
}


async def probe(run: Run, *, name: str, offers: Need, key: str, isolation: Callable[[], Isolation]) -> Report:
    """Attack a tier through `run` and report; within one boot the first result stands for equal `key` and versions.

    Args:
        run: the tier's own way to run a job, before any check of this report.
        name: the tier.
        offers: what the tier offers.
        key: whatever else the tier's walls depend on, such as the digest of what it runs.
        isolation: asked once a worker has run.
    """
    place = _place(name, key)
    held = _recall(place)
    try:
        if held is None:
            held = await _attack(run)
            if all(held.values()):
                _remember(place, held)
        else:
            await run(Job(code="pass", limits=_LIMITS))
    except RubricaError as error:
        reason = f"the probe could not run: {error}"
        return Report(name, isolation(), offers, available=False, reason=reason, fix="run `rubrica doctor`")
    failed = [attack for attack, held_back in held.items() if not held_back]
    reason = f"attacks that got through: {', '.join(failed)}" if failed else ""
    fix = "report this, and use another tier until it is understood" if failed else ""
    return Report(name, isolation(), offers, available=not failed, reason=reason, fix=fix, attacks=held)


async def _attack(run: Run) -> dict[str, bool]:
    """Run every attack against traps on this side, and return which held."""
    secret = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        Path(folder).chmod(0o777)  # the wall is to hold, not the owner's mode
        (Path(folder) / "secret").write_text(secret, encoding="ascii")
        known: list[JsonValue] = [
            _digest(value) for key, value in os.environ.items() if len(value) >= 8 and key not in _PLAIN
        ]
        arguments = (folder, server.getsockname()[1], known)
        outcomes = await asyncio.gather(*(run(attack.job(arguments)) for attack in ATTACKS.values()))
        held = {
            name: attack.failed(outcome, secret)
            for (name, attack), outcome in zip(ATTACKS.items(), outcomes, strict=True)
        }
        held["write a file on the host"] &= [path.name for path in Path(folder).iterdir()] == ["secret"]
        with contextlib.suppress(BlockingIOError):
            server.accept()[0].close()
            held["connect to the loopback network"] = False
    return held


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _place(name: str, key: str) -> Path | None:
    """Return where this boot's result is kept; None = this system does not tell one boot from another."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return None
    user = os.getuid() if hasattr(os, "getuid") else 0
    code = _digest_of_sources()
    parts = [boot, name, key, code, platform.release(), platform.python_version(), _version("wasmtime"), user]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return private_dir(cache_dir()) / f"probe-{digest}.json"


def _digest_of_sources() -> str:
    """Return what changes with any line of the walls, the workers or the attacks."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(distribution: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _recall(place: Path | None) -> dict[str, bool] | None:
    if place is None:
        return None
    try:
        held = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) and set(held) == set(ATTACKS) else None


def _remember(place: Path | None, held: dict[str, bool]) -> None:
    if place is None:
        return
    for old in place.parent.glob("probe-*.json"):
        with contextlib.suppress(OSError):
            if old.stat().st_mtime < _BOOT_ID.stat().st_mtime - 1:
                old.unlink()
    scratch = place.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):  # a full disk: the next process probes again
        scratch.write_text(json.dumps(held), encoding="utf-8")
        scratch.replace(place)
