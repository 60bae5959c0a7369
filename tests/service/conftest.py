"""A real service on loopback, with the seed library and no sandbox: on a thread of the test, or as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.service.desk import Limits
from rubrica.service.running import running

ROOT = Path(__file__).parents[2]
PLAN = Plan(library=seed_library(), sandbox="none")


@dataclass(frozen=True)
class Served:
    """A `rubrica serve` of its own."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path

    def stop(self, how: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)


@pytest.fixture(scope="session")
def reward() -> Iterator[RewardFunction]:
    with RewardFunction(PLAN) as function:
        yield function


@pytest.fixture(scope="session")
def url(reward: RewardFunction) -> Iterator[str]:
    with running(reward, limits=Limits(window=0.2, batch=64, body_mb=1)) as address:
        yield address


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `rubrica serve` in a process group of its own; it is killed at the end."""
    started: list[Served] = []

    def start(*options: str, port: int = 0) -> Served:
        command = [sys.executable, "-m", "rubrica.cli", "serve", "--port", str(port), "--sandbox", "none", *options]
        log = tmp_path / f"log{len(started)}"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=tmp_path,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving library"), log.read_text()
        started.append(Served(process, line[line.index("http") :].split()[0], log))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.communicate()
