"""Parquet rows, a batch at a time; the only place that knows pyarrow (extra `parquet`)."""

import math
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from io import BufferedReader
from typing import IO, Any

from rubrica.data.sources import RawRow
from rubrica.errors import InputError

_BATCH = 64
"""Rows decoded at once: enough to amortise a call, little enough for rows of a megabyte."""


def parquet_rows(stream: BufferedReader, path: str) -> Iterator[RawRow]:
    """Yield the rows of a Parquet file. A NaN is a missing value, as pandas writes it.

    Raises:
        InputError: pyarrow is not installed, or the file is damaged.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InputError("Parquet needs pyarrow: pip install 'rubrica[parquet]'", path=path) from None
    with tempfile.TemporaryFile() as spool:
        number = 0
        try:
            for batch in parquet.ParquetFile(_seekable(stream, spool)).iter_batches(batch_size=_BATCH):
                for row in plain_rows(batch):
                    number += 1
                    yield number, row
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            problem = f"the Parquet file is damaged after row {number}: {str(error).splitlines()[0][:200]}"
            raise InputError(problem, path=path) from None


def plain_rows(table: Any) -> Iterator[dict[str, object]]:
    """Yield the rows of an Arrow table, or batch, as JSON would hold them."""
    for row in table.to_pylist():
        yield {str(name): _plain(value) for name, value in row.items()}


def _seekable(stream: BufferedReader, spool: IO[bytes]) -> IO[bytes]:
    """Parquet keeps its index at the end, so a pipe is copied to a temporary file first."""
    if stream.seekable():
        return stream
    shutil.copyfileobj(stream, spool)
    spool.seek(0)
    return spool


def _plain(value: object) -> object:
    """Bring Arrow's Python values to the types of JSON; bytes stay, for pictures."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value
