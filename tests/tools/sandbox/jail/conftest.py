"""A worker behind each wall; what one wall cannot do on this machine is skipped with the kernel's reason."""

import sys
from collections.abc import Callable, Iterator

import pytest

from rubrica.errors import RubricaError
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.jail import JailIsolation, installed
from rubrica.tools.sandbox.jail_worker import JailWorker


@pytest.fixture(scope="module", params=["os-ns", "os-landlock"])
def worker(request: pytest.FixtureRequest) -> Iterator[JailWorker]:
    if sys.platform != "linux":
        pytest.skip("the jail is made of Linux walls")
    isolation: JailIsolation = request.param
    jail = JailWorker(isolation, installed()[1])
    try:
        jail.start()
    except RubricaError as error:
        pytest.skip(str(error))
    yield jail
    jail.kill()


QUICK = Limits(wall_s=2, cpu_s=2, mem_mb=128, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)


@pytest.fixture
def attack(worker: JailWorker) -> Callable[..., Outcome]:
    """Run a program."""
    return lambda code, limits=QUICK: worker.execute(Job(code=code, limits=limits))


@pytest.fixture
def tried(attack: Callable[..., Outcome]) -> Callable[[str], str]:
    """Evaluate an expression and return "refused", or what it gave."""

    def run(attempt: str) -> str:
        outcome = attack(
            "import fcntl, multiprocessing, os, pathlib, resource, signal, socket, subprocess, sys\n"
            f"try:\n    got = {attempt}\n"
            "except (OSError, ImportError, ValueError):\n    print('refused')\nelse:\n    print('GOT', got)\n"
        )
        return outcome.stdout.strip() or outcome.stderr

    return run
