"""`rubrica eval` on the demo data: the real judge, the real library, a real repository."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rubrica.cli import main
from rubrica.data.demo import demo_path
from rubrica.evals.labelled import LabelledFiles
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore

FEW = ("--limit", "12", "--sandbox", "none", "--workers", "1", "--no-progress")


def evaluate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["eval", *map(str, arguments)])


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    """A library whose first version holds one skill, and its newest the seed library."""
    seed = seed_library()
    first = Library.of([seed.skills["explicit-constraints"]], tools=seed.tools.values())
    store = LibraryStore.init(tmp_path / "library", first)
    store.commit(seed, CommitMessage(subject="All of it"))
    return tmp_path / "library"


def test_versions_are_measured_and_compared(libraries: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = evaluate(
        demo_path(), "--library", f"{libraries}@HEAD~1", "--library", libraries, "--json", "--out", out, *FEW
    )
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    first, second = report["reports"]
    assert first["pairs"]["accuracy"]["n"] == second["pairs"]["accuracy"]["n"] == 12
    assert first["swap"]["value"] == second["swap"]["value"] == 1.0
    (pair,) = report["pairs"]
    assert pair["gained"] + pair["lost"] > 0
    assert set(second["baselines"]) >= {"first", "longer", "shorter", "random"}
    rows = [json.loads(line) for line in (out / "cases.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 24
    credit = sum(row["outcome"]["credit"] for row in rows[12:]) / 12
    assert second["pairs"]["accuracy"]["value"] == pytest.approx(credit)
    assert (out / "report.md").read_text("utf-8").startswith("| set | library |")


def test_markdown_gives_intervals_and_baselines_and_is_reproducible() -> None:
    told = evaluate(demo_path(), "--markdown", *FEW)
    assert told.stdout == evaluate(demo_path(), "--markdown", *FEW).stdout
    assert "| preferences | 12 | 2" in told.stdout
    assert "Reliability" in told.stdout


def test_rows_without_a_label_are_counted_and_bad_rows_named(tmp_path: Path) -> None:
    lines = demo_path().read_text("utf-8").splitlines()[:2]
    bare = {key: value for key, value in json.loads(lines[1]).items() if key not in {"preference", "tie"}}
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join([lines[0], json.dumps(bare), "{"]) + "\n", "utf-8")
    told = evaluate(path, "--json", *FEW)
    assert json.loads(told.stdout)["skipped"] == {"unlabelled": 1, "unreadable": 1}
    assert f"skipped {path}:3" in told.stderr.replace("\n", "")


def test_data_without_labels_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    path.write_text('{"prompt": "Say hello.", "candidates": [{"id": "a", "content": "Hello."}]}\n', "utf-8")
    told = evaluate(path, *FEW)
    assert told.exit_code == 2
    assert "has a label" in told.stderr


def test_an_unknown_version_is_an_error_of_one_line(libraries: Path) -> None:
    told = evaluate(demo_path(), "--library", f"{libraries}@ffffffff", *FEW)
    assert told.exit_code == 2
    assert told.stderr.startswith("rubrica: ")


def test_files_of_one_name_keep_their_paths() -> None:
    files = LabelledFiles.named((Path("a/x.jsonl"), Path("b/x.jsonl"), Path("y.dev.jsonl"))).files
    assert list(files) == ["a/x.jsonl", "b/x.jsonl", "y"]


def test_the_table_fits_eighty_columns_without_broken_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = evaluate(demo_path(), *FEW).stdout
    assert max(map(len, told.splitlines())) <= 80
    words = told.split()
    assert {"accuracy", "decided", "swap", "baseline"} <= set(words)
