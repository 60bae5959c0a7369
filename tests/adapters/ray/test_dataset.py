"""Columns for somebody's own Ray Data pipeline: the lines of a local run, row by row."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rubrica.adapters.ray import judge_dataset
from rubrica.errors import ConfigError
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reasoners.scripted import Scripted

pytestmark = pytest.mark.usefixtures("in_cluster")
PLAN = Plan(library=seed_library(), sandbox="none")
ROWS = [
    {"id": f"r{i}", "prompt": f"What is {i} + 2?", "candidates": [f"{i} + 2 = {i + 2}", f"{i} + 2 = {i}"]}
    for i in range(150)
]


@pytest.fixture
def local(tmp_path: Path) -> list[str]:
    """The results of `rubrica judge`, and its input beside it."""
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + "\n")
    command = [sys.executable, "-m", "rubrica.cli", "judge", str(tmp_path / "in.jsonl"), "--json", "--sandbox", "none"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.splitlines()


def test_jsonl_in_parquet_out(local: list[str], tmp_path: Path) -> None:
    import ray.data
    from pyarrow import parquet

    judge_dataset(ray.data.read_json(str(tmp_path / "in.jsonl")), PLAN).write_parquet(str(tmp_path / "out"))
    judged = [
        row for part in sorted((tmp_path / "out").glob("*.parquet")) for row in parquet.read_table(part).to_pylist()
    ]
    assert [row["verdict"] for row in judged] == local
    assert [row["rewards"] for row in judged] == [[s["reward"] for s in json.loads(line)["scores"]] for line in local]
    assert {row["unscored"] for row in judged} == {None}
    assert [row["id"] for row in judged] == [row["id"] for row in ROWS]


def test_parquet_in_jsonl_out(local: list[str], tmp_path: Path) -> None:
    import ray.data
    from pyarrow import Table, parquet

    parquet.write_table(Table.from_pylist(ROWS), tmp_path / "in.parquet")
    judge_dataset(ray.data.read_parquet(str(tmp_path / "in.parquet")), PLAN).write_json(str(tmp_path / "out"))
    texts = [part.read_text() for part in sorted((tmp_path / "out").glob("*.json"))]
    assert [json.loads(line)["verdict"] for text in texts for line in text.splitlines()] == local


def test_a_row_that_cannot_be_read_has_no_reward(in_cluster: None) -> None:
    import ray.data

    rows = [{"prompt": "What is 2 + 2?", "candidates": ["4"]}, {"prompt": " ", "candidates": ["4"]}]
    good, bad = judge_dataset(ray.data.from_items(rows), PLAN).take_all()
    assert (good["unscored"], len(good["rewards"])) == (None, 1)
    assert (bad["unscored"], bad["rewards"]) == ("bad_input", None)
    assert json.loads(bad["verdict"])["kind"] == "unscored"


def test_a_column_of_the_same_name_is_not_overwritten(in_cluster: None) -> None:
    import ray.data

    rows = [{"prompt": "What is 2 + 2?", "candidates": ["4"], "rewards": "mine"}]
    with pytest.raises(Exception, match="has a column 'rewards' already"):
        judge_dataset(ray.data.from_items(rows), PLAN).take_all()


def test_a_language_model_is_refused_before_anything_runs() -> None:
    import ray.data

    plan = Plan(library=PLAN.library, sandbox="none", reasoner=Scripted([]))
    with pytest.raises(ConfigError, match="a language model is asked from one process"):
        judge_dataset(ray.data.from_items([{"prompt": "What is 2 + 2?", "candidates": ["4"]}]), plan)


def test_ray_data_resumes_by_its_own_checkpoint(local: list[str], tmp_path: Path) -> None:
    import ray.data
    from ray.data.checkpoint import CheckpointConfig

    context = ray.data.DataContext.get_current()
    context.checkpoint_config = CheckpointConfig("id", str(tmp_path / "done"), delete_checkpoint_on_success=False)
    try:
        source = str(tmp_path / "in.jsonl")
        whole = Path(source).read_text()
        Path(source).write_text("\n".join(whole.splitlines()[:60]) + "\n")
        judge_dataset(ray.data.read_json(source), PLAN, judges=1).write_parquet(str(tmp_path / "out"))
        first = set((tmp_path / "out").glob("*.parquet"))
        Path(source).write_text(whole)
        judge_dataset(ray.data.read_json(source), PLAN, judges=1).write_parquet(str(tmp_path / "out"))
    finally:
        context.checkpoint_config = None
    again = [row for part in (tmp_path / "out").glob("*.parquet") for row in read(part)]
    assert first
    assert sorted(row["verdict"] for row in again) == sorted(local)


def read(part: Path) -> list[dict[str, str]]:
    from pyarrow import parquet

    rows: list[dict[str, str]] = parquet.read_table(part).to_pylist()
    return rows
