"""`rubrica evolve` from the command line."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from rubrica.cli import main
from rubrica.data.demo import demo_path

DATA = str(demo_path())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evolve", *arguments])


def test_it_makes_the_library_and_says_what_came_of_it(tmp_path: Path) -> None:
    told = run(
        DATA, "--library", str(tmp_path / "lib"), "--train", "20", "--rounds", "1", "--sandbox", "none", "--json",
        "--workers", "1", "--draws", "19",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [lines[0]["step"], lines[1]["step"]] == ["split", "baseline"]
    report = lines[-1]["report"]
    assert report["train"] == 20
    assert set(report["baseline"]["baselines"]) == {"first", "longer", "shorter", "random"}
    assert (tmp_path / "lib" / ".rubrica/runs/0001/report.md").exists()
    again = run("--resume", str(tmp_path / "lib" / ".rubrica/runs/0001"), "--workers", "1")
    assert again.exit_code == 0  # without --sandbox: it is taken over
    assert "test, read once" in again.stdout
    other = run("--resume", str(tmp_path / "lib" / ".rubrica/runs/0001"), "--sandbox", "wasm")
    assert other.exit_code == 2
    assert "go on with the model, effort and sandbox that it began with" in " ".join(other.output.split())


def test_an_unknown_gate_is_refused_before_anything_is_judged(tmp_path: Path) -> None:
    for policy in ("greedy", "margin:much"):
        told = run(DATA, "--library", str(tmp_path / "lib"), "--gate", policy)
        assert told.exit_code == 2
        assert f"unknown gate policy '{policy}'" in told.output
    assert not (tmp_path / "lib").exists()


def test_data_that_nothing_can_be_learned_from_leaves_no_library_behind(
    rubrica: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    few = rows(*({"prompt": f"Name {n} fruits.", "candidates": ["a", "b"], "preference": {"best": 0}} for n in "234"))
    one_prompt = rows(
        *({"id": str(n), "prompt": "x", "candidates": [str(n), "b"], "preference": {"best": 0}} for n in range(40)),
        name="one.jsonl",
    )
    for data, test, says in (
        (few, (), "at least 10 are needed"),
        (one_prompt, (), "the same prompt"),
        (DATA, ("--test", DATA), "0 cases to learn from of 65, as the prompts of the others are kept for the test"),
    ):
        told = rubrica("evolve", data, "--library", tmp_path / "lib", *test)
        assert (told.exit_code, says in told.stderr) == (2, True), told.stderr
        assert not (tmp_path / "lib").exists()


def test_an_interrupted_run_says_how_to_go_on(spawn: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = spawn("evolve", DATA, "--library", tmp_path / "lib", "--sandbox", "none", "--workers", "1")
    assert process.stderr is not None
    folder = tmp_path / "lib" / ".rubrica/runs/0001"
    assert process.stderr.readline().rstrip().endswith(f"kept for the test; run {folder}")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert f"`rubrica evolve --resume {folder}`" in process.stderr.read()


def test_the_audit_names_rows_that_cannot_be_read(rubrica: Callable[..., Result], rows: Callable[..., Path]) -> None:
    data = rows({"prompt": "x", "candidates": ["a", "b"], "preference": {"best": 0}}, {"prompt": ""})
    told = rubrica("evolve", data, "--audit-only")
    assert told.exit_code == 0
    assert told.stderr.startswith(f"skipped {data}:2: ")


def test_a_format_can_be_forced(rubrica: Callable[..., Result], rows: Callable[..., Path]) -> None:
    row = {
        "prompt": "Name a fruit.",
        "chosen": "Plum.",
        "rejected": "Car.",
        "response_a": "Car.",
        "response_b": "Plum.",
    }
    data = rows({**row, "winner": "B"})
    for name in ("trl", "pairwise"):
        told = rubrica("evolve", data, "--audit-only", "--format", name)
        assert told.stdout.startswith("1 labelled case")
    unknown = rubrica("evolve", data, "--audit-only", "--format", "nope")
    assert (unknown.exit_code, "unknown format 'nope'" in unknown.stderr) == (2, True)


def test_the_audit_needs_no_library() -> None:
    told = run(DATA, "--audit-only", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["cases"] == 65


def test_it_wants_a_file_or_a_run(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(DATA, "--resume", str(tmp_path)).exit_code == 2


def test_it_wants_a_library() -> None:
    assert "--library" in run(DATA).output
