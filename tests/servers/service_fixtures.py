"""A real service on loopback, with the seed library and no sandbox: on a thread of the tests, or as a process."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.service.desk import Limits
from rubrica.service.running import running

PLAN = Plan(library=seed_library(), sandbox="none")


@dataclass(frozen=True)
class Served:
    """A `rubrica serve` of its own."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

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
def serve(spawn: Callable[..., "subprocess.Popen[str]"], tmp_path: Path) -> Callable[..., Served]:
    """Start `rubrica serve`, and return once it listens."""
    numbers = count()

    def start(*options: str, port: int = 0) -> Served:
        log = tmp_path / f"log{next(numbers)}"
        with log.open("w") as stderr:
            process = spawn("serve", "--port", port, "--sandbox", "none", *options, stderr=stderr)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving library"), log.read_text()
        return Served(process, line[line.index("http") :].split()[0], log)

    return start
