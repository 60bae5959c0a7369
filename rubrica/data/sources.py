"""Bytes to raw rows: JSON Lines or a JSON list (also gzipped) and Parquet, from a file or standard input."""

import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rubrica.data.array import array_rows
from rubrica.data.record import Unreadable
from rubrica.errors import InputError

STDIN = "-"

_FOREIGN = (
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed; unpack it first with `zstd -d`"),
    (b"BZh", "bzip2-compressed; unpack it first with `bunzip2`"),
    (b"\xfd7zXZ", "xz-compressed; unpack it first with `unxz`"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
)

_CSV_HEAD = re.compile(rb'"?[A-Za-z][\w .-]{0,40}"?(?:[,;\t]"?[A-Za-z][\w .-]{0,40}"?)+')
"""A first line with nothing but column names."""
_COLUMN = re.compile(rb"prompt|question|instruction|query|messages|response|answer|chosen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one row may take; a row beyond them is a bad row."""

    line_bytes: int = 32 * 1024 * 1024
    candidates: int = 1000
    document_bytes: int = 256 * 1024 * 1024
    """A JSON list is held in memory as a whole; a longer one is refused."""


RawRow = tuple[int, "Mapping[str, object] | Unreadable"]
"""1-based line and what it holds."""


def raw_rows(source: str | Path, limits: Limits) -> Iterator[RawRow]:
    """Yield the rows of a file or of standard input ("-"), whatever of the known containers it is.

    Raises:
        InputError: the source cannot be opened, is not one of these containers, or holds no row.
    """
    path = str(source)
    with _opened(path) as stream:
        head = stream.peek(8)[:8]
        for magic, what in _FOREIGN:
            if head.startswith(magic):
                raise InputError(f"this is {what}", path=path)
        if head.startswith(b"PAR1"):
            from rubrica.data.parquet import parquet_rows

            yield from _some(parquet_rows(stream, path), path)
        elif head.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield from _some(_guarded(json_rows(io.BufferedReader(unpacked), limits, path), path), path)
        else:
            yield from _some(json_rows(stream, limits, path), path)


def count_rows(source: str | Path) -> int | None:
    """Count the lines of a plain JSON Lines file, blank ones too: what a progress bar needs. None = not cheap to know.

    Standard input, packed files and Parquet are left alone: counting them costs as much as reading them.
    """
    path = Path(source)
    if str(source) == STDIN or not path.is_file():
        return None
    with path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
        file.seek(0)
        lines, last = 0, b""
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block
    return lines + (not last.endswith(b"\n"))


def json_rows(stream: io.BufferedReader, limits: Limits, path: str) -> Iterator[RawRow]:
    """Yield one row per line, or per item of a JSON list; of lines, no more than one is held in memory."""
    number = 0
    while line := stream.readline(limits.line_bytes + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if line.lstrip().startswith(b"["):
                yield from array_rows(_whole(line, stream, limits, path), _parse, path)
                return
            _refuse_documents(line, path)
        if len(line) > limits.line_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(65536)):
                pass
            yield (
                number,
                Unreadable(f"the line is longer than {limits.line_bytes} bytes", fix="shorten or split the row"),
            )
        elif line.strip():
            yield number, _parse(line)


def _parse(line: bytes) -> "Mapping[str, object] | Unreadable":
    try:
        text = line.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_constant, parse_float=_finite)
        if b"\\u" in line:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except Unreadable as error:
        return error
    except UnicodeDecodeError as error:
        problem = f"byte 0x{line[error.start]:02x} at column {error.start + 1} is not UTF-8"
        return Unreadable(problem, fix="save the file as UTF-8 (iconv -t utf-8)")
    except UnicodeEncodeError:
        return Unreadable("a \\u escape is half of a surrogate pair", fix="write the character itself, or U+FFFD")
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" at")
        return Unreadable(f"not JSON: {problem} at column {error.colno}", fix="write one JSON object per line")
    except RecursionError:
        return Unreadable("nested too deeply", fix="flatten it")
    except ValueError as error:  # an integer of thousands of digits
        return Unreadable(f"not JSON: {error}"[:120], fix="write it as text")
    if not isinstance(value, dict):
        return Unreadable("the line is JSON, but not an object", fix='write one object per line: {"prompt": ...}')
    return value


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise Unreadable(f"the key {twice[:40]!r} occurs twice", field=twice[:40], fix="keep one of them")
    return found


def _constant(name: str) -> object:
    raise Unreadable(f"{name} is not JSON", fix="write null, or a finite number")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise Unreadable(f"the number {digits[:20]} is too large", fix="write a finite number")
    return value


def _whole(line: bytes, stream: io.BufferedReader, limits: Limits, path: str) -> bytes:
    rest = stream.read(max(0, limits.document_bytes - len(line)) + 1)
    if len(line) + len(rest) > limits.document_bytes:
        convert = "jq -c '.[]' in.json > out.jsonl"
        raise InputError(f"this JSON list is too long to be held in memory; convert it with `{convert}`", path=path)
    return line + rest


def _refuse_documents(line: bytes, path: str) -> None:
    """Say once what would otherwise be an error on every line."""
    start = line.strip()
    if start == b"{":
        convert = "jq -c . in.json > out.jsonl"
        raise InputError(f"this is one JSON document, not one object per line; convert it with `{convert}`", path=path)
    if start.startswith(b"{"):
        return
    name = path.lower()
    if name.endswith((".csv", ".tsv")) or (_CSV_HEAD.fullmatch(start) and _COLUMN.search(start)):
        delimiter = ", delimiter='\\t'" if b"\t" in start else ""
        rows = f"[print(json.dumps(r)) for r in csv.DictReader(sys.stdin{delimiter})]"
        convert = f'python -c "import csv, json, sys; {rows}" < in.csv > out.jsonl'
        raise InputError(f"this is a table as text, not JSON Lines; convert it with `{convert}`", path=path)
    if name.endswith(".parquet"):
        raise InputError("this is no Parquet file, whatever its name says; write it again", path=path)


def _some(rows: Iterator[RawRow], path: str) -> Iterator[RawRow]:
    first = next(rows, None)
    if first is None:
        raise InputError("there are no rows: the input is empty", path=path)
    yield first
    yield from rows


def _guarded(rows: Iterator[RawRow], path: str) -> Iterator[RawRow]:
    """Pass rows on; a gzip stream that breaks off ends with an error that says so."""
    try:
        yield from rows
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"the gzip stream is damaged: {error}", path=path) from None


@contextmanager
def _opened(path: str) -> Iterator[io.BufferedReader]:
    if path == STDIN:
        if sys.stdin is None:  # closed by whoever started us
            raise InputError("standard input is closed", path=path)
        raw = sys.stdin.buffer  # always buffered on a real stream; only a stand-in without `peek` is read whole
        yield raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(io.BytesIO(raw.read()))
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; only the opening may fail like this
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", path=path) from None
    with stream:
        yield stream
