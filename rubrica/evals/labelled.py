"""The labelled cases of several files, read anew for every version that is measured."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rubrica.data.read import rows
from rubrica.data.rows import BadRow
from rubrica.data.sources import count_rows
from rubrica.types import Preference


@dataclass
class LabelledFiles:
    """Files by the name of their data set; what a pass leaves out is counted in `skipped`."""

    files: dict[str, Path]
    format: str = "auto"
    limit: int | None = None
    """Rows taken of each file."""
    skipped: Counter[str] = field(default_factory=Counter)

    @classmethod
    def named(cls, paths: tuple[Path, ...], *, format: str = "auto", limit: int | None = None) -> "LabelledFiles":  # noqa: A002 - as `read`
        """Name each file by what stands before its first dot, or by its path where that is taken."""
        short = Counter(path.name.split(".")[0] for path in paths)
        names = [path.name.split(".")[0] for path in paths]
        files = {name if short[name] == 1 else str(path): path for name, path in zip(names, paths, strict=True)}
        return cls(files, format=format, limit=limit)

    @property
    def total(self) -> int | None:
        """Rows of all files, where they are cheap to count."""
        counts = [count_rows(path) for path in self.files.values()]
        known = [min(count, self.limit or count) for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def read(self, on_bad: Callable[[Path, BadRow], None]) -> Iterator[tuple[str, Preference]]:
        """Yield (data set, labelled case); a single candidate needs a score."""
        self.skipped.clear()
        for name, path in self.files.items():
            for row in islice(rows(path, format=self.format), self.limit):
                if isinstance(row, BadRow):
                    self.skipped["unreadable"] += 1
                    on_bad(path, row)
                elif row.preference is None or (len(row.case.candidates) == 1 and row.preference.label.scores is None):
                    self.skipped["unlabelled"] += 1
                else:
                    yield name, row.preference
