"""The tiers under attack: every test of this folder that takes `execute` runs once per tier that can exist here."""

import asyncio
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Limits, Outcome, Sandbox
from rubrica.tools.sandbox.jail import JailSandbox
from rubrica.tools.sandbox.router import open_sandbox

SECRET = f"secret-{secrets.token_hex(16)}"
LIMITS = Limits(wall_s=2.0, cpu_s=2.0, mem_mb=192, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)

Execute = Callable[..., Outcome]


@pytest.fixture(scope="session")
def secret() -> str:
    """A word that stands in this process's environment, in a file and behind an inheritable descriptor."""
    return SECRET


TIERS: dict[str, Callable[[], Sandbox]] = {
    "wasm": partial(open_sandbox, "wasm"),
    "jail": partial(open_sandbox, "jail"),
    "landlock": partial(JailSandbox, isolation="os-landlock"),
}


@pytest.fixture(scope="session", params=["wasm", "jail", pytest.param("landlock", marks=pytest.mark.slow)])
def tier(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    name = request.param
    os.environ["TEST_SECRET_OF_THE_HOST"] = SECRET
    with tempfile.TemporaryFile() as file:
        file.write(SECRET.encode())
        file.flush()
        os.set_inheritable(file.fileno(), True)
        try:
            sandbox = TIERS[name]()
            report = asyncio.run(sandbox.probe())
        except SandboxUnavailable as error:
            pytest.skip(f"{name}: {error}")
        if not report.available:
            assert name != "wasm", report.reason
            asyncio.run(sandbox.close())
            pytest.skip(f"{name}: {report.reason}")
        yield sandbox
        asyncio.run(sandbox.close())
    del os.environ["TEST_SECRET_OF_THE_HOST"]


@pytest.fixture
def execute(tier: Sandbox) -> Execute:
    """Run code; with `entry` (by default `attack`, if the code defines it) call it with the arguments."""

    def run(code: str, *args: Any, **fields: Any) -> Outcome:
        entry = fields.pop("entry", "attack" if "def attack(" in code else None)
        fields.setdefault("limits", LIMITS)
        return asyncio.run(tier.run(Job(code=code, entry=entry, args=args, **fields)))

    return run


@pytest.fixture
def repulse(execute: Execute) -> Execute:
    """Run an attack that returns something true when it gets through, and assert that it did not."""

    def run(code: str, *args: Any, **fields: Any) -> Outcome:
        outcome = execute(code, *args, **fields)
        admitted = outcome.value_json not in {None, "null", "false", "[]", "{}", '""', "0"}
        assert not admitted, f"got through: {outcome}"
        assert SECRET not in f"{outcome}"
        assert execute("def f(): return 42", entry="f").value_json == "42", "the tier no longer answers"
        return outcome

    return run
