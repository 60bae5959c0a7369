"""Several processes and sudden death: the library is always one version or the next, never something between."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rubrica
from rubrica.errors import LibraryError
from rubrica.library.library import Library
from rubrica.library.lock import writer_lock
from rubrica.library.store import LibraryStore

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rubrica.__file__).parent.parent)}


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / script), *arguments]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the script forks")
def test_a_commit_killed_at_any_point_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    output, errors = start("die_while_committing.py", str(tmp_path)).communicate(timeout=100)
    assert errors == ""
    states = [json.loads(line) for line in output.splitlines()]
    new = states[-1]["version"]
    old = states[0]["version"]
    versions = [state["version"] for state in states]
    moved = versions.index(new)
    assert [state["died"] for state in states] == [True] * (len(states) - 1) + [False]
    assert versions == [old] * moved + [new] * (len(states) - moved)
    assert 0 < moved < len(states) - 5
    for state in states:
        assert state["leftovers"] == []
        assert state["log"] == [new, old]
        assert state["changes"] == ["skills/first/SKILL.md"]
        assert state["kept"]


def test_writers_and_readers_at_once_lose_nothing(tmp_path: Path) -> None:
    store = LibraryStore.init(tmp_path / "library", Library())
    jobs = [
        start("write_and_read.py", str(store.path), name, count)
        for name, count in (("ann", "8"), ("bob", "8"), ("reader", "0"))
    ]
    assert [job.communicate(timeout=100)[1] for job in jobs] == ["", "", ""]
    assert sorted(store.load().skills) == sorted(f"{name}-{i}" for name in ("ann", "bob") for i in range(8))
    assert len(store.log()) == 17


def test_a_writer_that_does_not_finish_is_named(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path / "lock"),
        pytest.raises(LibraryError, match="another process has been writing"),
        writer_lock(tmp_path / "lock", wait_s=0),
    ):
        pass
