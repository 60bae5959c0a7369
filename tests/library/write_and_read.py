"""One of several processes at work on the same library: `python write_and_read.py FOLDER NAME COUNT`.

Adds COUNT skills, one commit each, loading again whenever another process was faster. With COUNT 0 it only reads, a
hundred times.
"""

import sys
from pathlib import Path

from rubrica.errors import LibraryError
from rubrica.library.message import CommitMessage
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill


def add(store: LibraryStore, skill: Skill) -> None:
    while True:
        try:
            store.commit(store.load().with_skill(skill), CommitMessage(subject=f"Add {skill.name}"))
        except LibraryError as error:
            if "moved on" not in str(error):
                raise
        else:
            return


def main() -> None:
    store, name, count = LibraryStore.open(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
    for number in range(count):
        add(store, Skill(name=f"{name}-{number}", description=f"Skill {number} of {name}."))
    for _ in range(0 if count else 100):
        store.load()


if __name__ == "__main__":
    main()
