"""What reading yields: a `Row` that can be judged, or a `BadRow` that says what to do about it."""

from dataclasses import dataclass

from rubrica.errors import InputError
from rubrica.types import Case, Label, Preference


@dataclass(frozen=True, slots=True)
class Row:
    """One case of an input file, with its label when the file has one."""

    index: int
    """0-based position among the rows of the file, bad ones counted."""
    line: int
    """1-based line (JSONL) or row (Parquet)."""
    case: Case
    label: Label | None
    subset: str
    format: str
    """Name of the format that it was read as."""
    renamed_from: str | None = None
    """The id that the file gave, when an earlier row had already taken it."""

    @property
    def preference(self) -> Preference | None:
        return None if self.label is None else Preference(case=self.case, label=self.label, subset=self.subset)


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be read; it is counted, and the others go on."""

    index: int
    line: int
    field: str
    """Dotted path of the field at fault; empty when the whole row is."""
    problem: str
    fix: str
    """What to do about it."""

    def error(self, path: str = "") -> InputError:
        return InputError(f"{self.problem}; {self.fix}", path=path, line=self.line, field=self.field)
