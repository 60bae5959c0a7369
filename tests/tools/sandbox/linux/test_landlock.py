"""Each test restricts a fresh process and has it try one thing."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.sandbox.linux import landlock

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or landlock.abi() < 1, reason="this kernel has no Landlock (5.13 and lsm= list)"
)

ROOT = Path(__file__).parents[4]


def restricted(folder: Path, attempt: str) -> str:
    """Run `attempt` where `folder/open` is readable and `folder/scratch` writable; return what it printed."""
    for name in ("open", "scratch", "shut"):
        (folder / name).mkdir()
        (folder / name / "file").write_text(name)
    program = (
        "import os, socket, sys\n"
        "from pathlib import Path\n"
        "from rubrica.tools.sandbox.linux import landlock\n"
        "folder = Path(sys.argv[1])\n"
        "landlock.restrict(readable=[folder / 'open'], scratch=[folder / 'scratch'])\n"
        f"try:\n    print({attempt})\nexcept PermissionError:\n    print('refused')\n"
    )
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@pytest.mark.parametrize(
    "attempt",
    [
        "(folder / 'shut/file').read_text()",
        "(folder / 'shut/file').write_text('')",
        "(folder / 'shut/new').mkdir()",
        "(folder / 'shut/file').unlink()",
        "os.listdir(folder / 'shut')",
        "os.listdir(folder)",
        "os.listdir('/proc')",
        "(folder / 'open/file').write_text('')",
        "(folder / 'open/new').write_text('')",
        "os.rename(folder / 'scratch/file', folder / 'open/moved')",
        "os.symlink('/etc/passwd', folder / 'scratch/link')",
        "os.mkfifo(folder / 'scratch/fifo')",
    ],
)
def test_refuses(tmp_path: Path, attempt: str) -> None:
    assert restricted(tmp_path, attempt) == "refused"


@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        ("(folder / 'open/file').read_text()", "open"),
        ("os.listdir(folder / 'open')", "['file']"),
        ("(folder / 'scratch/new').write_text('four')", "4"),
        ("(folder / 'scratch/file').unlink()", "None"),
        ("os.rename(folder / 'scratch/file', folder / 'scratch/moved')", "None"),
    ],
)
def test_leaves_what_was_named(tmp_path: Path, attempt: str, answer: str) -> None:
    assert restricted(tmp_path, attempt) == answer


@given(version=st.integers(1, 4))
def test_a_later_abi_never_handles_fewer_rights(version: int) -> None:
    assert landlock.handled(version) & landlock.handled(version + 1) == landlock.handled(version)
