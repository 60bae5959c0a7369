"""Read preferences and cases from a file of any known format, row by row."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from rubrica.data.formats import detect, named
from rubrica.data.formats.base import Format, finish, invalid
from rubrica.data.record import Record, Unreadable
from rubrica.data.rows import BadRow, Row
from rubrica.data.sources import Limits, raw_rows
from rubrica.data.votes import settled


def read(
    source: str | Path,
    *,
    format: str = "auto",  # noqa: A002 - the name of the command-line flag
    strict: bool = False,
    on_bad: Callable[[BadRow], None] | None = None,
    limits: Limits | None = None,
) -> Iterator[Row]:
    """Yield the readable rows of a JSONL (also gzipped) or Parquet file, or of standard input ("-").

    Bad rows go to `on_bad`. Without it, or with `strict`, the first bad row raises, so that no row is lost silently.
    The file is never held in memory; only the ids seen are.

    Raises:
        InputError: the source cannot be read, the format is unknown, or a bad row stops it.
    """
    for row in rows(source, format=format, limits=limits):
        if isinstance(row, Row):
            yield row
        elif strict or on_bad is None:
            raise row.error(str(source))
        else:
            on_bad(row)


def rows(source: str | Path, *, format: str = "auto", limits: Limits | None = None) -> Iterator[Row | BadRow]:  # noqa: A002
    """Yield every row in the order of the file, the bad ones in their place.

    An id that an earlier row has taken gets the suffix `~2`, `~3` ...: verdicts are addressed by id, and none is lost.

    Raises:
        InputError: the source cannot be read, or the format is unknown.
    """
    chosen = None if format == "auto" else named(format)
    limits = limits or Limits()
    taken: set[str] = set()
    for index, (line, raw) in enumerate(settled(raw_rows(source, limits), chosen)):
        row = read_row(raw, chosen, index=index, line=line) if isinstance(raw, Mapping) else _bad(raw, index, line)
        if isinstance(row, Row):
            if len(row.case.candidates) > limits.candidates:
                size = len(row.case.candidates)
                row = _bad(
                    Unreadable(f"{size} candidates", field="candidates", fix=f"at most {limits.candidates}"),
                    index,
                    line,
                )
            else:
                row = _distinct(row, taken)
        yield row


def read_row(raw: Mapping[str, object], chosen: Format | None = None, *, index: int = 0, line: int = 1) -> Row | BadRow:
    """Read one raw row as `chosen`, or as the format that its columns show."""
    record = Record(raw)
    try:
        found = chosen or detect(record.columns)
        found.require(record.columns)
        case, label, subset = finish(record, found.convert(record))
    except Unreadable as error:
        return _bad(error, index, line)
    except ValidationError as error:
        return _bad(invalid(error), index, line)
    except RecursionError:
        return _bad(Unreadable("nested too deeply", fix="flatten it"), index, line)
    return Row(index=index, line=line, case=case, label=label, subset=subset, format=found.name)


def _bad(error: Unreadable, index: int, line: int) -> BadRow:
    return BadRow(index=index, line=line, field=error.field, problem=error.problem, fix=error.fix)


def _distinct(row: Row, taken: set[str]) -> Row:
    id_, count = row.case.id, 1
    while id_ in taken:
        count += 1
        id_ = f"{row.case.id}~{count}"
    taken.add(id_)
    if count == 1:
        return row
    case = row.case.model_copy(update={"task": row.case.task.model_copy(update={"id": id_})})
    return Row(row.index, row.line, case, row.label, row.subset, row.format, renamed_from=row.case.id)
