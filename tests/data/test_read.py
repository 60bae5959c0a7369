"""Reading: containers, bad input of every kind, and what a caller is told."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.data import BadRow, Limits, Row, read, rows
from rubrica.data.formats import FORMATS
from rubrica.data.read import read_row
from rubrica.errors import InputError

GOOD = {"prompt": "Name a fruit.", "chosen": "Plum", "rejected": "Car"}
LINE = json.dumps(GOOD).encode() + b"\n"


def write(tmp_path: Path, data: bytes, name: str = "in.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def only_bad(tmp_path: Path, line: bytes, **options: Any) -> BadRow:
    found = list(rows(write(tmp_path, LINE + line + b"\n" + LINE), **options))
    assert [type(each) for each in found] == [Row, BadRow, Row], "the rows around a bad one are read"
    bad = found[1]
    assert isinstance(bad, BadRow)
    assert (bad.index, bad.line) == (1, 2)
    assert bad.problem
    assert bad.fix
    assert "\n" not in str(bad.error("f"))
    return bad


# Containers


def test_lines_and_positions(tmp_path: Path) -> None:
    path = write(tmp_path, LINE + b"\n  \r\n" + LINE.replace(b"\n", b"\r\n") + LINE.strip())
    assert [(row.index, row.line) for row in read(path)] == [(0, 1), (1, 4), (2, 5)]


def test_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert len(list(read(write(tmp_path, b"\xef\xbb\xbf" + LINE)))) == 1


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    assert len(list(read(write(tmp_path, gzip.compress(LINE * 3), "in.data")))) == 3


def test_truncated_gzip_says_so(tmp_path: Path) -> None:
    path = write(
        tmp_path, gzip.compress(b"".join(json.dumps({**GOOD, "id": i}).encode() + b"\n" for i in range(2000)))[:-20]
    )
    with pytest.raises(InputError, match="gzip stream is damaged"):
        list(read(path))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE * 2)))
    assert len(list(read("-"))) == 2


def test_rows_come_one_at_a_time() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            data = (LINE * (len(buffer) // len(LINE) + 1))[: len(buffer)]
            buffer[: len(data)] = data
            return len(data)

    from rubrica.data.sources import json_rows

    stream = json_rows(io.BufferedReader(Endless(), buffer_size=len(LINE) * 8), Limits(), "-")
    assert [next(stream)[0] for _ in range(100)] == list(range(1, 101))


def test_parquet_rows(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pa.Table.from_pylist([{**GOOD, "margin": 0.5}, {**GOOD, "margin": float("nan")}, {**GOOD, "chosen": None}])
    parquet.write_table(table, tmp_path / "in.parquet")
    found = list(rows(tmp_path / "in.parquet"))
    assert [type(each) for each in found] == [Row, Row, BadRow]
    first, second, third = found
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.label is not None
    assert second.label is not None
    assert (first.label.strength, second.label.strength) == (0.5, None)
    assert (third.index, third.line) == (2, 3)


def test_parquet_pictures_with_bytes(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    row = {"question": "What?", "chosen": "a", "rejected": "b", "image": {"bytes": b"\x89PNG1", "path": None}}
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "in.parquet")
    (found,) = read(tmp_path / "in.parquet")
    part = found.case.task.messages[0].parts[0]
    assert part.type == "image"
    assert part.uri == "data:image/png;base64,iVBORzE="
    assert part.sha256 is not None


def test_damaged_parquet_says_so(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="damaged"):
        list(read(write(tmp_path, b"PAR1 not really")))


def test_parquet_without_pyarrow_names_the_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'rubrica\[parquet\]'"):
        list(read(write(tmp_path, b"PAR1....PAR1")))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the input is empty"),
        (b"\n \n", "the input is empty"),
        (b"PK\x03\x04...", "zip archive"),
        (b"\x28\xb5\x2f\xfd...", "zstd"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b"[]", "the input is empty"),
        (b"[" + LINE, "no comma and no end of the list after item 1"),
        (b"[" + LINE + b', {"prompt": ]', "item 2 of the list is not JSON"),
        (b"[" + LINE + b"]\n[" + LINE + b"]", "something follows the list"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{\n "prompt": 1\n}', "one JSON document, not one object per line; convert it with `jq -c . in.json"),
        (b"prompt,response_a,response_b\nx,y,z", "this is a table as text"),
        (b'"id"\t"prompt"\t"answer"\n1\tx\ty', r"DictReader\(sys.stdin, delimiter='\\t'\)"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(read(write(tmp_path, data)))


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_list_is_read_item_by_item(tmp_path: Path, indent: int | None) -> None:
    listed = [{**GOOD, "id": "a"}, {"prompt": "no answer"}, {**GOOD, "id": "b"}]
    bad: list[BadRow] = []
    path = write(tmp_path, json.dumps(listed, indent=indent).encode())
    assert [(row.line, row.case.id) for row in read(path, on_bad=bad.append)] == [(1, "a"), (3, "b")]
    assert [row.line for row in bad] == [2]


def test_an_item_that_breaks_a_rule_leaves_the_others(tmp_path: Path) -> None:
    items = [json.dumps(GOOD), '{"prompt": "x", "prompt": "y"}', "3", '{"prompt": NaN}', json.dumps(GOOD)]
    bad: list[BadRow] = []
    path = write(tmp_path, f"[{', '.join(items)}]".encode())
    assert [row.line for row in read(path, on_bad=bad.append)] == [1, 5]
    assert [row.line for row in bad] == [2, 3, 4]


def test_a_list_beyond_the_bound_says_how_to_convert_it(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps([GOOD, GOOD]).encode())
    with pytest.raises(InputError, match="too long to be held in memory; convert it with `jq"):
        list(read(path, limits=Limits(document_bytes=40)))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be opened") as caught:
            list(read(path))
        assert caught.value.path == str(path)


@pytest.mark.parametrize(("name", "says"), [("a.csv", "a table as text"), ("a.parquet", "no Parquet file")])
def test_a_name_that_says_what_the_content_is_not(tmp_path: Path, name: str, says: str) -> None:
    path = tmp_path / name
    path.write_text("not what it seems\n")
    with pytest.raises(InputError, match=says):
        list(read(path))
    path.write_text('{"prompt": "q", "response": "a"}\n')
    assert len(list(read(path))) == 1


def test_the_conversion_that_is_named_works(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text('prompt,response_a,response_b,winner\n"What, now?","line\none",two,A\n')
    with pytest.raises(InputError) as caught:
        list(read(table))
    command = str(caught.value).partition("`")[2].partition("`")[0].replace("python", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    (row,) = read(tmp_path / "out.jsonl")
    assert [candidate.text for candidate in row.case.candidates] == ["line\none", "two"]
    assert row.preference is not None


# Bad rows


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"prompt": "caf\xe9"}', "byte 0xe9 at column 16 is not UTF-8"),
        (b'{"prompt": "x"', "not JSON"),
        (b'{"prompt": "x\x00"}', "not JSON: Invalid control character at column 14"),
        (b"prompt,chosen,rejected", "not JSON"),
        (b'"just text"', "not an object"),
        (b"[1, 2]", "not an object"),
        (b'{"prompt": "x", "prompt": "y"}', "the key 'prompt' occurs twice"),
        (b'{"prompt": "q", "responses": ["a"], "scores": [NaN]}', "NaN is not JSON"),
        (b'{"prompt": "q", "responses": ["a"], "scores": [-Infinity]}', "-Infinity is not JSON"),
        (b'{"prompt": "q", "responses": ["a"], "scores": [1e999]}', "too large"),
        (b'{"prompt": "\\ud800", "response": "a"}', "surrogate"),
        (b'{"a": ' * 100_000, "nested too deeply"),
        (b'{"prompt": "q", "n": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"{}", "no known format has these columns: none that is not null"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_lines_that_cannot_be_parsed(tmp_path: Path, line: bytes, problem: str) -> None:
    assert problem in only_bad(tmp_path, line).problem


def test_a_line_beyond_the_bound_is_skipped_whole(tmp_path: Path) -> None:
    bad = only_bad(tmp_path, b'{"prompt": "' + b"x" * 200_000 + b'"}', limits=Limits(line_bytes=1000))
    assert bad.problem == "the line is longer than 1000 bytes"


def test_too_many_candidates(tmp_path: Path) -> None:
    line = json.dumps({"prompt": "q", "responses": ["a"] * 6}).encode()
    assert only_bad(tmp_path, line, limits=Limits(candidates=5)).field == "candidates"


OWN = {"prompt": "q", "candidates": ["a", "b"]}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({**GOOD, "prompt": ""}, "prompt"),
        ({**GOOD, "prompt": 3}, "prompt"),
        ({**GOOD, "prompt": []}, "prompt"),
        ({**GOOD, "prompt": [{"role": "king", "content": "x"}]}, "prompt[0].role"),
        ({**GOOD, "prompt": [{"content": "x"}]}, "prompt[0].role"),
        ({**GOOD, "prompt": [{"role": "user", "content": None}]}, "prompt[0].content"),
        ({**GOOD, "prompt": [{"role": "user", "content": [{"type": "video"}]}]}, "prompt[0].content[0]"),
        ({**GOOD, "chosen": 3}, "chosen"),
        ({**GOOD, "margin": "much"}, "margin"),
        ({**GOOD, "id": ""}, "id"),
        ({**GOOD, "id": [1]}, "id"),
        ({**GOOD, "reference": 3}, "reference"),
        ({**OWN, "candidates": []}, "candidates"),
        ({**OWN, "candidates": "a"}, "candidates"),
        ({**OWN, "candidates": [{"id": "x", "content": "a"}, {"id": "x", "content": "b"}]}, "candidates"),
        ({**OWN, "candidates": [{"id": "x", "content": None}]}, "candidates[0].content"),
        ({**OWN, "preference": {"best": 2}}, "preference.best"),
        ({**OWN, "preference": {"best": -1}}, "preference.best"),
        ({**OWN, "preference": {"best": 0.5}}, "preference.best"),
        ({**OWN, "preference": {"best": True}}, "preference.best"),
        ({**OWN, "preference": {"scores": [1]}}, "preference.scores"),
        ({**OWN, "preference": {"scores": [1, "2"]}}, "preference.scores[1]"),
        ({**OWN, "preference": {"scores": [10**400, 1]}}, "preference.scores[0]"),
        ({**OWN, "preference": {"best": 1, "scores": [1, 2]}}, "preference"),
        ({**OWN, "preference": {"bset": 1}}, "preference"),
        ({**OWN, "preference": "first"}, "preference"),
        ({**OWN, "preference": {"best": 1, "source": "me"}}, "preference.source"),
        ({**OWN, "preference": {"best": 1, "votes": [1]}}, "preference.votes"),
        ({**OWN, "preference": {"best": 1}, "tie": True}, "tie"),
        ({**OWN, "meta": [1]}, "meta"),
        ({**OWN, "context": [3]}, "context[0]"),
        ({**OWN, "tests": [{"kind": "magic", "code": "x"}]}, "tests[0].kind"),
        ({"prompt": "q", "candidates": ["a"], "preference": {"scores": [7]}}, "label"),
        ({"prompt": "q", "candidates": ["a"], "preference": {"best": 0}}, "label"),
        ({"prompt": "q", "responses": ["a", "b"], "scores": [1]}, "scores"),
        ({"prompt": "q", "completions": ["a"], "labels": [True, False]}, "labels"),
        ({"prompt": "q", "completion": "a", "label": "yes"}, "label"),
        ({"prompt": "q", "response_a": "a", "response_b": "b", "winner": "c"}, "winner"),
        ({"prompt": "q", "response_a": "a", "response_b": "b", "label": 3}, "label"),
        ({"prompt": "q", "response_a": "a", "output_2": "b"}, "response_a"),
        (
            {"instruction": "q", "completions": [{"response": "a", "overall_score": "N/A"}]},
            "completions[0].annotations",
        ),
        ({"prompt": "q", "answers": [{"answer": "a", "rank": "first"}]}, "answers[0].rank"),
        ({"messages": [{"role": "user", "content": "x"}]}, "messages"),
        ({"chosen": [{"role": "user", "content": "x"}], "rejected": [{"role": "user", "content": "y"}]}, "rejected"),
        (
            {"prompt": '["a"]', "response_a": '["b"]', "response_b": "b", "winner_model_a": 1},
            "response_b",
        ),
        (
            {"prompt": '["a"]', "response_a": '["b"]', "response_b": '["c"]', "winner_model_a": 1, "winner_tie": 1},
            "winner_model_a",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_rows_that_break_their_format_name_the_field(tmp_path: Path, row: dict[str, Any], field: str) -> None:
    assert only_bad(tmp_path, json.dumps(row).encode()).field == field


def test_unknown_shape_lists_columns_and_nearest_formats(tmp_path: Path) -> None:
    bad = only_bad(tmp_path, b'{"prompt": "q", "chosen": "a", "rejcted": "b"}')
    assert bad.problem == "no known format has these columns: chosen, prompt, rejcted"
    assert "trl (lacks rejected)" in bad.fix


def test_a_forced_format_says_what_it_needs(tmp_path: Path) -> None:
    path = write(tmp_path, LINE)
    with pytest.raises(InputError, match="the format nectar needs answers"):
        list(read(path, format="nectar"))


def test_unknown_format_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown format 'trll'; use auto or one of .*trl"):
        list(read(write(tmp_path, LINE), format="trll"))


def test_values_nested_beyond_what_can_be_written_are_refused() -> None:
    value: Any = 1
    for _ in range(200):
        value = {"a": value}
    found = read_row({**OWN, "meta": value})
    assert isinstance(found, BadRow)
    assert (found.field, found.problem) == ("meta", "nested deeper than 64 levels")


# What a caller is told


def test_bad_rows_go_to_the_callback(tmp_path: Path) -> None:
    bad: list[BadRow] = []
    path = write(tmp_path, LINE + b"oops\n" + LINE)
    assert [row.index for row in read(path, on_bad=bad.append)] == [0, 2]
    assert [row.line for row in bad] == [2]


@pytest.mark.parametrize("options", [{}, {"strict": True, "on_bad": lambda _: None}])
def test_no_bad_row_is_lost_silently(tmp_path: Path, options: dict[str, Any]) -> None:
    path = write(tmp_path, LINE + b"oops\n")
    with pytest.raises(InputError) as caught:
        list(read(path, **options))
    assert str(caught.value).startswith(f"{path}:2: not JSON")
    assert caught.value.line == 2


def test_an_id_that_repeats_gets_a_suffix(tmp_path: Path) -> None:
    ids = ["a", "a~2", "a", "a", "b"]
    path = write(tmp_path, b"".join(json.dumps({**GOOD, "id": id_}).encode() + b"\n" for id_ in ids))
    found = list(read(path))
    assert [row.case.id for row in found] == ["a", "a~2", "a~3", "a~4", "b"]
    assert [row.renamed_from for row in found] == [None, None, "a", "a", None]


COLUMNS = sorted(
    {part for each in FORMATS for path in each.columns for part in path.replace("[]", "").split("|")} - {""}
)
NAMES = sorted(
    {part for path in COLUMNS for part in path.split(".")} | {"id", "tie", "preference", "meta", "images", "tests"}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "role", "content", "type", "best", "scores"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), JSON, max_size=6))
def test_any_object_is_a_row_or_a_bad_row(value: dict[str, Any]) -> None:
    found = read_row(value)
    assert isinstance(found, Row | BadRow)
    if isinstance(found, Row):
        assert found.label is None or len(found.label.ranks) == len(found.case.candidates)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_any_values_in_a_formats_own_columns(chosen: Any, data: st.DataObject) -> None:
    names = {path.split("|")[0].split(".")[0].removesuffix("[]") for path in chosen.columns}
    value = {name: data.draw(JSON, label=name) for name in sorted(names)}
    assert isinstance(read_row(value, chosen), Row | BadRow)
