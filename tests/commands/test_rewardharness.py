"""RewardHarness's protocol from the command line, against a server in another process."""

import json
import random

import pytest

from rubrica.library.store import LibraryStore


@pytest.fixture
def data(rows):
    rng = random.Random(0)
    words = ["harbour", "copper", "window", "ladder", "river", "candle", "market", "orchard", "signal", "blanket"]
    texts = [" ".join(rng.choices(words, k=9)) for _ in range(60)]
    return rows(*({"prompt": f"{a}?", "chosen": b, "rejected": c} for a, b, c in zip(*[iter(texts)] * 3, strict=True)))


def test_the_preset_runs_and_goes_on(rubrica, url, data, tmp_path):
    library = tmp_path / "library"
    means = ("--model", "m", "--api-base", url, "--sandbox", "none", "--cache", tmp_path / "cache.sqlite", "--json")
    told = rubrica("evolve", data, "--preset", "rewardharness", "--library", library, "--rounds", "1", *means)
    assert told.exit_code == 0, told.output
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line.get("step") for line in lines[:-1]] == ["split", "baseline", "diagnose", "test", "report"]
    assert "unscored pair were a tie" in lines[3]["text"]
    report = lines[-1]["report"]
    assert (report["train"], report["test"], report["decisions"]) == (12, 8, [])  # this server's author is silent
    assert report["examination"]["before"]["accuracy"] == report["examination"]["after"]["accuracy"]
    assert report["usage"]["calls"] > 0
    again = rubrica("evolve", "--resume", library / ".rubrica/runs/0001", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout.splitlines()[-1])["report"] == report
    assert len(LibraryStore.open(library).log()) == 1


def test_the_preset_needs_a_model_and_its_own_gate(rubrica, data, tmp_path):
    asked = ("evolve", data, "--preset", "rewardharness", "--library", tmp_path / "library")
    assert "--model NAME" in rubrica(*asked).output
    refused = rubrica(*asked, "--model", "m", "--api-base", "http://127.0.0.1:9/v1", "--gate", "sequential")
    assert refused.exit_code == 2
    assert "strict or margin:X" in refused.output
    assert not (tmp_path / "library").exists()


def test_both_judges_stand_in_one_table(rubrica, url, data, tmp_path):
    means = (
        "--model",
        "m",
        "--api-base",
        url,
        "--sandbox",
        "none",
        "--cache",
        tmp_path / "cache.sqlite",
        "--limit",
        "6",
    )
    told = rubrica("eval", data, "--library", "seed", "--chain", "seed", "--json", "--no-progress", *means)
    assert told.exit_code == 0, told.output
    evaluation = json.loads(told.stdout)
    ours, chain = evaluation["reports"]
    assert (ours["library"][:5], chain["library"][:12]) == ("seed@", "chain: seed@")
    assert ours["pairs"]["accuracy"]["n"] == chain["pairs"]["accuracy"]["n"] == 6
    assert chain["pairs"]["ece"] is None
    assert evaluation["pairs"][0]["n"] == 6
    shown = rubrica("eval", data, "--chain", "seed", "--markdown", "--no-progress", *means)
    assert shown.stdout.count("| in |") == 1


def test_the_chain_needs_a_model(rubrica, data):
    assert "--model NAME" in rubrica("eval", data, "--chain", "seed").output
