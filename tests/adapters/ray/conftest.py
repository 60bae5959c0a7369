"""One cluster for all of these tests, and a command line that is let in."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from ray_cluster import Cluster

ROOT = Path(__file__).parents[3]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is in this folder, for all to see, where there is no Ray."""
    if find_spec("ray") is None:
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.skip(reason="Ray is not installed here: make test-ray"))


@pytest.fixture
def start(ray_cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `rubrica judge` on the demo of many rows; `ray=None` = on this machine."""
    started = []

    def run(*arguments: object, ray: str | None = ray_cluster.address) -> subprocess.Popen[str]:
        where = ("--workers", "1") if ray is None else ("--ray", ray, "--workers", "2")
        command = [sys.executable, "-m", "rubrica.cli", "judge", *map(str, arguments), "--sandbox", "none", *where]
        process = subprocess.Popen(
            [*command, "--no-progress"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one safe call, no lock
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def judge(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str, str]]:
    """Run it to its end: exit code, standard output and standard error."""

    def run(*arguments: object, ray: str | None = ..., code: int = 0) -> tuple[str, str]:  # type: ignore[assignment]
        process = start(*arguments) if ray is ... else start(*arguments, ray=ray)
        out, said = process.communicate(timeout=100)
        assert process.returncode == code, said
        return out, said

    return run
