"""A folder that hostile code filled is measured and emptied."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rubrica.tools.sandbox.linux.scratch import TooMuchError, measure, wipe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="by descriptor, as Linux has it")


ROOT = Path(__file__).parents[4]


def dig(folder: Path, depth: int) -> None:
    """Make folders deeper than any path can say."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        deeper = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)


def test_a_tree_deeper_than_any_path_is_wiped(tmp_path: Path) -> None:
    dig(tmp_path, 2100)
    wipe(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch/link").symlink_to(tmp_path / "kept")
    wipe(str(tmp_path / "scratch"))
    assert (tmp_path / "kept/file").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500])
def test_folders_that_are_shut_are_wiped(tmp_path: Path, mode: int) -> None:
    """As an ordinary user: root would not notice."""
    (tmp_path / "scratch").mkdir()
    tmp_path.chmod(0o755)
    (tmp_path / "scratch").chmod(0o777)
    program = (
        "import os, sys\nfrom rubrica.tools.sandbox.linux.scratch import TooMuchError, measure, wipe\n"
        "path, mode = sys.argv[1], int(sys.argv[2])\n"
        "if os.getuid() == 0: os.chdir(path); os.setgroups([]); os.setresgid(65534, 65534, 65534); "
        "os.setresuid(65534, 65534, 65534); path = '.'\n"
        "os.makedirs(path + '/a/b/c'); open(path + '/a/b/f', 'w').close()\n"
        "for name in ('/a/b/c', '/a/b', '/a'): os.chmod(path + name, mode)\n"
        "try: measure(path, bytes_allowed=1 << 20); print('measured')\n"
        "except TooMuchError: print('refused')\n"
        "wipe(path); print(os.listdir(path))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "scratch"), str(mode)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.stdout == ("measured" if mode & 0o400 else "refused") + "\n[]\n", run.stderr


def test_bytes_are_counted_through_folders(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/f").write_bytes(bytes(100_000))
    assert measure(str(tmp_path), bytes_allowed=1 << 20) >= 100_000
    with pytest.raises(TooMuchError):
        measure(str(tmp_path), bytes_allowed=50_000)


def test_too_many_entries_are_too_much(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / str(number)).touch()
    with pytest.raises(TooMuchError):
        measure(str(tmp_path), bytes_allowed=1 << 20, entries_allowed=5)


def test_too_deep_is_too_much(tmp_path: Path) -> None:
    dig(tmp_path, 50)
    with pytest.raises(TooMuchError):
        measure(str(tmp_path), bytes_allowed=1 << 30)
