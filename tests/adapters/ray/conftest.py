"""One cluster for all of these tests, and a command line that is let in."""

import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from ray_cluster import Cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is in this folder, for all to see, where there is no Ray."""
    if find_spec("ray") is None:
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.skip(reason="Ray is not installed here: make test-ray"))


@pytest.fixture
def start(ray_cluster: Cluster, spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """Start `rubrica judge` without the sandbox; `ray=None` = on this machine."""

    def run(*arguments: object, ray: str | None = ray_cluster.address) -> subprocess.Popen[str]:
        where = ("--workers", "1") if ray is None else ("--ray", ray, "--workers", "2")
        return spawn("judge", *arguments, "--sandbox", "none", *where, "--no-progress")

    return run


@pytest.fixture
def judge(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str, str]]:
    """Run it to its end: exit code, standard output and standard error."""

    def run(*arguments: object, ray: str | None = ..., code: int = 0) -> tuple[str, str]:  # type: ignore[assignment]
        process = start(*arguments) if ray is ... else start(*arguments, ray=ray)
        out, said = process.communicate(timeout=100)
        assert process.returncode == code, said
        return out, said

    return run
