"""`rubrica judge --ray` on a real cluster: the bytes of a local run, whatever dies."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ray_cluster import Cluster, cluster

Judge = Callable[..., tuple[str, str]]
Start = Callable[..., subprocess.Popen[str]]


def row(number: int) -> dict[str, object]:
    total = number * 8
    answers = [f"{number} + {number * 7} = {total}", f"It is {total + 1}. " * (number % 9 + 1)]
    question = f"What is {number} + {number * 7}? Explain in at least 12 words."
    return {"id": f"r{number % 150}", "prompt": question, "candidates": answers, "preference": {"best": 0}}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Rows with labels; some ids come twice, and some lines are no rows."""
    path = tmp_path / "in.jsonl"
    lines = [json.dumps(row(number)) for number in range(400)]
    path.write_text("\n".join([*lines[:100], "{", *lines[100:], '{"prompt": 1}']) + "\n")
    return path


def test_the_cluster_gives_the_bytes_of_the_local_run(judge: Judge, many: Path, tmp_path: Path) -> None:
    _, said_here = judge(many, "--out", "here.jsonl", ray=None)
    _, said_there = judge(many, "--out", "there.jsonl")
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    assert (tmp_path / "there.jsonl").read_text().count("\n") == 402
    assert (tmp_path / "there.jsonl.run.json").read_text() == (tmp_path / "here.jsonl.run.json").read_text()
    labels = [line for line in said_there.splitlines() if line.startswith(("labels", "without a verdict", "skipped"))]
    assert labels == [line for line in said_here.splitlines() if line in labels]
    assert len(labels) == 4


def test_a_run_goes_on_where_another_stopped_here_or_there(judge: Judge, many: Path, tmp_path: Path) -> None:
    whole = judge(many, "--json", ray=None)[0]
    judge(many, "--out", "out.jsonl", "--limit", "40", ray=None)
    judge(many, "--out", "out.jsonl", "--limit", "300")
    judge(many, "--out", "out.jsonl", ray=None)
    assert (tmp_path / "out.jsonl").read_text() == whole


def test_parquet_is_read_and_standard_output_holds_results_alone(judge: Judge, tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist([row(number) for number in range(70)]), tmp_path / "in.parquet")
    out, _ = judge("in.parquet", "--json")
    assert out == judge("in.parquet", "--json", ray=None)[0]
    assert out.count("\n") == 70


def test_a_client_outside_the_cluster_gets_the_same(judge: Judge, many: Path, ray_cluster: Cluster) -> None:
    out, _ = judge(many, "--json", ray=ray_cluster.client)
    assert out == judge(many, "--json", ray=None)[0]


def wait_for_bytes(path: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None and not (path.exists() and path.stat().st_size):
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be disturbed"


@pytest.fixture
def longer(tmp_path: Path) -> Path:
    path = tmp_path / "longer.jsonl"
    path.write_text("\n".join(json.dumps(row(number)) for number in range(3000)) + "\n")
    return path


def test_a_driver_killed_in_the_middle_goes_on_to_the_same_bytes(
    judge: Judge, start: Start, longer: Path, tmp_path: Path, ray_cluster: Cluster
) -> None:
    process = start(longer, "--out", "out.jsonl")
    wait_for_bytes(tmp_path / "out.jsonl.usage.jsonl", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = (tmp_path / "out.jsonl").read_text().count("\n")
    assert kept < 3000
    _, said = judge(longer, "--out", "out.jsonl")
    assert "going on after the" in said
    assert (tmp_path / "out.jsonl").read_text() == judge(longer, "--json", ray=None)[0]
    assert ray_cluster.processes("TicketJudge") == []


def test_a_judge_that_dies_loses_no_result(
    judge: Judge, start: Start, longer: Path, tmp_path: Path, ray_cluster: Cluster
) -> None:
    process = start(longer, "--out", "out.jsonl")
    wait_for_bytes(tmp_path / "out.jsonl.usage.jsonl", process)
    killed = ray_cluster.processes("TicketJudge")[:1]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    out, said = process.communicate(timeout=100)
    assert killed
    assert (process.returncode, out) == (0, "")
    assert "without a verdict" not in said
    assert (tmp_path / "out.jsonl").read_text() == judge(longer, "--json", ray=None)[0]


def test_a_foreman_that_dies_ends_the_run_in_one_line_and_it_goes_on(
    judge: Judge, start: Start, longer: Path, tmp_path: Path, ray_cluster: Cluster
) -> None:
    process = start(longer, "--out", "out.jsonl")
    wait_for_bytes(tmp_path / "out.jsonl.usage.jsonl", process)
    for pid in ray_cluster.processes("ray::Foreman"):
        os.kill(pid, signal.SIGKILL)
    out, said = process.communicate(timeout=100)
    assert (process.returncode, out) == (2, "")
    assert said.splitlines()[-1].startswith("rubrica: judging on Ray broke off: ")
    judge(longer, "--out", "out.jsonl", ray=None)
    assert (tmp_path / "out.jsonl").read_text() == judge(longer, "--json", ray=None)[0]


def test_an_interrupt_says_what_is_kept(start: Start, longer: Path, tmp_path: Path) -> None:
    process = start(longer, "--out", "out.jsonl")
    wait_for_bytes(tmp_path / "out.jsonl.usage.jsonl", process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 130, said
    files = [tmp_path / "out.jsonl", tmp_path / "out.jsonl.usage.jsonl"]
    kept = min(file.read_text().count("\n") for file in files)
    assert said == f"interrupted; out.jsonl keeps {kept} results, and the same command goes on from there\n"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense", "http://127.0.0.1:1", ""])
def test_no_cluster_is_one_line(judge: Judge, many: Path, address: str) -> None:
    out, said = judge(many, ray=address, code=2)
    assert out == ""
    assert len(said.splitlines()) == 1
    assert said.startswith("rubrica: no Ray cluster ")


def test_a_wrong_token_is_one_line(judge: Judge, many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 32)
    out, said = judge(many, code=2)
    assert out == ""
    assert len(said.splitlines()) == 1
    assert "token" in said


@pytest.mark.usefixtures("ray_cluster")
def test_a_cluster_with_another_rubrica_is_one_line(
    judge: Judge, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old" / "rubrica").mkdir(parents=True)
    (tmp_path / "old" / "rubrica" / "__init__.py").write_text("")
    with cluster(str(tmp_path / "old")) as other:
        for name, value in other.environ.items():
            monkeypatch.setenv(name, value)
        out, said = judge(many, ray=other.client, code=2)
    assert out == ""
    told = "judging on Ray broke off: No module named 'rubrica.adapters'; install the same rubrica on every node"
    assert said.splitlines()[-1] == f"rubrica: {told}"


def test_a_cluster_of_our_own_starts_and_ends_with_the_run(judge: Judge, many: Path) -> None:
    assert judge(many, "--json", ray="local")[0] == judge(many, "--json", ray=None)[0]
