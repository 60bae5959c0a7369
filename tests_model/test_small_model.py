"""What a real language model says, however little it understands, breaks no run and becomes no made-up number."""

import json
from pathlib import Path

import pytest

NAME = "smollm2"
CASES = (
    ("sum", "What is 17 + 25? Answer with the number.", "42", "17 + 25 = 43"),
    ("capital", "What is the capital of France?", "Paris.", "The capital of France is Lyon."),
    ("code", "Write a Python function `double(x)` that returns twice x.", "def double(x):\n    return 2 * x", "x * x"),
)
REASONS = {"parse", "refusal", "timeout", "outage", "unsupported"}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [
        {"id": name, "prompt": prompt, "candidates": [{"id": "g", "content": good}, {"id": "b", "content": bad}]}
        for name, prompt, good, bad in CASES
    ]
    return written(tmp_path / "pairs.jsonl", rows)


def written(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def judged(rubrica, file: Path, url: str, *options: str) -> list[dict[str, object]]:
    out = file.with_suffix(".verdicts.jsonl")
    asked = ["judge", file.name, "--out", out.name, "--model", NAME, "--api-base", url, "--concurrency", "2", "--force"]
    told = rubrica(*asked, "--no-progress", *options)
    assert told.returncode == 0, told.stderr
    assert "Traceback" not in told.stderr
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def sound(row: dict[str, object]) -> bool:
    """Whether a row is a whole verdict, or says why there is none."""
    if row["kind"] == "unscored":
        return row["reason"] in REASONS and bool(row["detail"])
    known = {criterion["skill"] + "/" + criterion["id"] for criterion in row["rubric"]["criteria"]}
    grades = [finding["grade"] for finding in row["findings"] if finding["grade"] is not None]
    return (
        all(0.0 < score["reward"] < 1.0 for score in row["scores"])
        and all(0.0 <= grade <= 1.0 for grade in grades)
        and {finding["criterion"] for finding in row["findings"]} <= known
    )


def test_every_row_is_a_verdict_or_says_why_not(rubrica, pairs, model):
    rows = judged(rubrica, pairs, model, "--effort", "low", "--cache", "off")
    assert [row["case"] for row in rows] == [name for name, *_ in CASES]
    assert all(map(sound, rows))


def test_what_was_asked_is_booked_whatever_came_of_it(rubrica, pairs, model):
    judged(rubrica, pairs, model, "--effort", "low", "--cache", "off", "--limit", "1")
    (used,) = pairs.with_suffix(".verdicts.jsonl.usage.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(used)
    assert told["calls"] > 0
    assert told["tokens_in"] > 1000
    assert 0 < told["tokens_out"] <= 200 * told["calls"]


def test_the_whole_graph_runs(rubrica, pairs, model):
    rows = judged(rubrica, pairs, model, "--effort", "medium", "--cache", "off", "--limit", "1")
    assert len(rows) == 1
    assert sound(rows[0])


def test_a_model_that_is_asked_in_words_alone(rubrica, pairs, plain):
    rows = judged(rubrica, pairs, plain, "--effort", "low", "--cache", "off", "--limit", "2")
    assert len(rows) == 2
    assert all(map(sound, rows))


def test_what_does_not_fit_the_context_is_unscored(rubrica, tmp_path, model):
    long = " ".join(f"item {n} of the list" for n in range(4000))
    row = {
        "id": "long",
        "prompt": "Write a list.",
        "candidates": [{"id": "a", "content": long}, {"id": "b", "content": "- a"}],
    }
    (told,) = judged(rubrica, written(tmp_path / "long.jsonl", [row]), model, "--effort", "low", "--cache", "off")
    assert told["kind"] == "unscored"
    assert told["reason"] == "unsupported"
