"""`rubrica export` from the outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
