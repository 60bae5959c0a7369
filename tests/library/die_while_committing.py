"""Kills a committing process at its n-th change of the disk, for every n, and prints what is found afterwards.

Run as `python die_while_committing.py FOLDER`. One JSON line per n: the exit, and the state when the library is opened
again, once untouched and once with a file edited by hand before anyone opens it.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill

OLD = Library.of(
    [Skill(name=name, description=f"The {name} one.", body="Old.") for name in ("first", "second", "third")]
)
NEW = (
    OLD.without_skill("third")
    .with_skill(Skill(name="second", description="The second one.", body="New."))
    .with_skill(Skill(name="fourth", description="The fourth one."))
)
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def die_at(touch: int) -> None:
    left = touch

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in CHANGES or (event == "open" and arguments[2] & WRITING):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def commit_and_die(folder: Path, touch: int) -> bool:
    """Return whether the child died of it."""
    child = os.fork()
    if child == 0:
        store = LibraryStore.open(folder)
        die_at(touch)
        store.commit(NEW, CommitMessage(subject="Make it new"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def state(folder: Path) -> dict[str, object]:
    store = LibraryStore.open(folder)
    version = store.load().version
    leftovers = sorted(path.name for path in (folder / ".git").rglob("*.lock"))
    store.commit(NEW, CommitMessage(subject="Make it new"))
    return {"version": version, "leftovers": leftovers, "log": [entry.version for entry in store.log()]}


def state_with_edit(folder: Path) -> dict[str, object]:
    edited = folder / "skills/first/SKILL.md"
    edited.write_text(edited.read_text() + "\nBy hand.\n")
    store = LibraryStore.open(folder)
    return {"changes": store.changes().paths, "kept": edited.read_text().endswith("By hand.\n")}


def main() -> None:
    scratch = Path(sys.argv[1])
    LibraryStore.init(scratch / "base", OLD)
    died, touch = True, 0
    while died:
        touch += 1
        one, two = scratch / f"one{touch}", scratch / f"two{touch}"
        shutil.copytree(scratch / "base", one)
        died = commit_and_die(one, touch)
        shutil.copytree(one, two)
        print(json.dumps({"died": died, **state(one), **state_with_edit(two)}))


if __name__ == "__main__":
    main()
