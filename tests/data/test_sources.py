"""What a progress bar may know before the file is read."""

from pathlib import Path

import pytest

from rubrica.data.sources import count_rows


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'{"a": 1}\n{"a": 2}\n', 2),
        (b'{"a": 1}\n{"a": 2}', 2),
        (b'\xef\xbb\xbf{"a": 1}', 1),
        (b"", None),
        (b"\x1f\x8b\x08packed", None),
        (b"PAR1....", None),
    ],
)
def test_lines_are_counted_where_that_is_cheap(tmp_path: Path, content: bytes, rows: int | None) -> None:
    path = tmp_path / "rows"
    path.write_bytes(content)
    assert count_rows(path) == rows


def test_standard_input_is_not_counted() -> None:
    assert count_rows("-") is None
