"""`rubrica judge --model` end to end, against a server in another process."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from rubrica.commands.judge import command

ROOT = Path(__file__).parents[2]


def calls(url):
    with urllib.request.urlopen(url.removesuffix("/v1") + "/counts") as answer:
        return json.load(answer).get("calls", 0)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [
        {"prompt": f"Name a colour that is not number {n}.", "chosen": f"Blue {n}.", "rejected": "I like dogs."}
        for n in range(5)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judged(pairs, url, tmp_path, *extra):
    arguments = [str(pairs), "--json", "--model", "test-model", "--api-base", url, "--sandbox", "none"]
    arguments += ["--cache", str(tmp_path / "cache.sqlite"), *extra]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_verdicts_come_from_the_model_in_input_order(pairs, url, tmp_path):
    rows, told = judged(pairs, url, tmp_path)
    assert len(rows) == 5
    assert {row["kind"] for row in rows} == {"verdict"}
    assert all(row["provenance"]["reasoner"].startswith("test-model@") for row in rows)
    assert f"{calls(url)} calls" in told


def test_a_second_run_asks_nothing_and_says_the_same(pairs, url, tmp_path):
    first, _ = judged(pairs, url, tmp_path)
    asked = calls(url)
    second, told = judged(pairs, url, tmp_path)
    assert first == second
    assert calls(url) == asked
    assert ": 0 calls" in told


def test_a_budget_ends_the_run_with_verdicts_and_counted_rest(pairs, url, tmp_path):
    rows, told = judged(pairs, url, tmp_path, "--max-calls", "12")
    assert calls(url) <= 12
    assert rows[0]["kind"] == "verdict"
    assert (rows[-1]["kind"], rows[-1]["reason"]) == ("unscored", "budget")
    assert "without a verdict" in told


def test_a_money_budget_without_a_price_is_a_user_error(pairs, url, tmp_path):
    from rubrica.errors import ConfigError

    with pytest.raises(ConfigError, match="price of test-model"):
        judged(pairs, url, tmp_path, "--max-cost", "1")


@pytest.mark.parametrize("address", ["auto", "local", "127.0.0.1:1"])
def test_a_model_on_ray_is_refused_before_anything_is_asked_or_begun(rubrica, pairs, url, tmp_path, address):
    """With Ray installed or not: it would be one process that asks, and one cache, limiter and budget."""
    result = rubrica(
        "judge", pairs, "--model", "test-model", "--api-base", url, "--sandbox", "none", "--cache", "off",
        "--ray", address, "--out", tmp_path / "out.jsonl",
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (2, "")
    told = "a language model is asked from one process, many cases at once; leave out --ray or --model"
    assert result.stderr == f"rubrica: {told}\n"
    assert calls(url) == 0
    assert list(tmp_path.iterdir()) == [pairs]


def test_a_killed_run_asks_nothing_again_that_it_had_stored(pairs, url, tmp_path):
    judged(pairs, url, tmp_path, "--cache", str(tmp_path / "other.sqlite"))
    whole = calls(url)
    line = [sys.executable, "-m", "rubrica.cli", "judge", str(pairs), "--json", "--model", "test-model"]
    line += ["--api-base", url, "--sandbox", "none", "--cache", str(tmp_path / "cache.sqlite"), "--concurrency", "2"]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and calls(url) < whole + whole // 2:
            pass
        process.kill()
    assert calls(url) > whole
    judged(pairs, url, tmp_path)
    assert calls(url) <= 2 * whole + 2  # what two calls in flight had not stored when the run was killed


def test_a_model_that_cannot_be_reached_ends_the_run_in_one_line(pairs, url, rubrica):
    result = rubrica("judge", pairs, "--json", "--model", "m", "--api-base", f"{url}/nowhere", "--sandbox", "none")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("rubrica: no call of m gets through: status 404: ")
    assert result.stderr.count("\n") == 1
