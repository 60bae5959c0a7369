"""`rubrica export` from the outside."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

ROOT = Path(__file__).parents[2]
ROWS = [
    {"id": "sum", "prompt": "What is 12 * 13?", "candidates": ["It is 157.", "It is 156."]},
    {"id": "blank", "prompt": "", "candidates": ["a", "b"]},
]


@pytest.mark.parametrize(("kind", "count"), [("sft", 1), ("dpo", 1), ("scored", 2)])
def test_rows_come_out_and_unscored_cases_are_counted(kind: str, count: int, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(map(json.dumps, ROWS)))
    command = [sys.executable, "-m", "rubrica.cli", "export", str(source), "--as", kind, "--out", str(out), "--json"]
    run = subprocess.run([*command, "--sandbox", "none"], capture_output=True, text=True, check=True, cwd=ROOT)
    told = json.loads(run.stdout)
    assert (told["cases"], told["rows"], told["unscored: bad_input"]) == (2, count, 1)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0].get("chosen", rows[-1].get("completion"))[0]["content"] == "It is 156."
    assert all(row["provenance"]["case"] == "sum" for row in rows)
    again = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_the_input_is_never_overwritten(rubrica: Callable[..., Result], rows: Callable[..., Path]) -> None:
    source = rows(*ROWS)
    before = source.read_bytes()
    refused = rubrica("export", source, "--as", "sft", "--out", source, "--force")
    assert refused.exit_code == 2
    assert refused.stderr == f"rubrica: --out {source} is the input itself; choose another --out\n"
    assert source.read_bytes() == before


def test_the_dash_is_refused_as_output(rubrica: Callable[..., Result], rows: Callable[..., Path]) -> None:
    refused = rubrica("export", rows(*ROWS), "--as", "sft", "--out", "-")
    assert (refused.exit_code, Path("-").exists()) == (2, False)
    assert "--out needs a file" in refused.stderr


def test_a_row_that_cannot_be_read_is_named(
    rubrica: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    source = rows(*ROWS)
    done = rubrica("export", source, "--as", "sft", "--out", tmp_path / "out.jsonl", "--sandbox", "none")
    assert f"skipped {source}:2: field 'prompt': the prompt is empty" in done.stderr
    assert "1 row from 2 cases" in done.stdout
    assert "without a verdict: 1 (bad_input 1)" in done.stdout


def test_an_output_that_cannot_be_written_is_named(
    rubrica: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    source = rows(*ROWS)
    refused = rubrica("export", source, "--as", "sft", "--out", source / "out.jsonl")
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"rubrica: cannot write --out {source / 'out.jsonl'}: ")


def test_the_folder_of_the_output_is_made(
    rubrica: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "new" / "folder" / "out.jsonl"
    assert rubrica("export", rows(*ROWS), "--as", "sft", "--out", out, "--sandbox", "none").exit_code == 0
    assert out.is_file()
