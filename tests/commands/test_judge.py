import gzip
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import Result

from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill
from rubrica.types import Verdict

ROW = {"id": "sum", "prompt": "What is 17 + 25? Give the number.", "candidates": ["17 + 25 = 42", "17 + 25 = 41"]}
Run = Callable[..., Result]
Rows = Callable[..., Path]
QUIET = ("--sandbox", "none", "--no-progress")


def results(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def one_line_and_exit_2(result: Result, says: str) -> None:
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("rubrica: ")
    assert says in lines[0]
    assert result.stdout == ""


# what it does


def test_the_right_sum_ranks_first(judge: Run, rows: Rows) -> None:
    result = judge(rows(ROW), "--json")
    verdict = Verdict.model_validate_json(result.stdout)
    assert result.exit_code == 0
    assert verdict.ranking == (0, 1)
    assert all(0 < reward < 1 for reward in verdict.rewards)


def test_a_table_names_what_sets_the_candidates_apart(judge: Run, rows: Rows) -> None:
    result = judge(rows(ROW))
    assert "what decided" in result.stdout
    assert "calculations-hold" in result.stdout


def test_explain_shows_findings_and_what_was_not_graded(judge: Run, rows: Rows) -> None:
    result = judge(rows(ROW), "--explain")
    for shown in ("17 + 25 = 41", "findings", "not graded", "confidence", "library"):
        assert shown in result.stdout


def test_eight_candidates_are_explained_in_eighty_columns(judge: Run, rows: Rows) -> None:
    result = judge(rows({**ROW, "candidates": [f"17 + 25 = {42 - n % 2}" for n in range(8)]}), "--explain")
    lines = result.stdout[result.stdout.index("findings") :].splitlines()
    assert max(map(len, lines)) <= 80
    table = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert ["matches-computation (rule)", "1.00", "A, C, E, G"] in [row[:3] for row in table]
    assert ["", "0.00", "B, D, F, H"] in [row[:3] for row in table]
    assert ["is-an-answer", "1.00", "all", "answers"] in table


def test_labels_are_compared_with_baselines(judge: Run, rows: Rows) -> None:
    result = judge(rows({**ROW, "preference": {"best": 0}}))
    assert "accuracy 100.0%" in result.stderr
    assert "n=1" in result.stderr
    assert "baselines: first 100.0%" in result.stderr


def test_results_keep_the_order_of_the_input(judge: Run, many: Callable[[int], Path]) -> None:
    assert [row["case"] for row in results(judge(many(70), "--json"))] == [f"r{i}" for i in range(70)]


def test_worker_processes_change_no_byte(judge: Run, rubrica: Run, many: Callable[[int], Path]) -> None:
    path = many(140)
    alone = judge(path, "--json").stdout
    assert rubrica("judge", path, "--json", "--sandbox", "none", "--workers", "2").stdout == alone


def test_standard_input_is_read(judge: Run) -> None:
    result = judge("-", "--json", stdin=json.dumps(ROW) + "\n")
    assert [row["case"] for row in results(result)] == ["sum"]


def test_gzip_is_read(judge: Run, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(json.dumps(ROW).encode()))
    assert len(results(judge(tmp_path / "in.jsonl.gz", "--json"))) == 1


def test_parquet_is_read(judge: Run, tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"prompt": ["What is 2 + 3?"] * 3, "chosen": ["2 + 3 = 5"] * 3, "rejected": ["2 + 3 = 6"] * 3})
    parquet.write_table(table, tmp_path / "in.parquet")
    result = judge(tmp_path / "in.parquet", "--json")
    assert len(results(result)) == 3
    assert "accuracy 100.0%" in result.stderr


def test_limit_judges_the_first_rows(judge: Run, many: Callable[[int], Path]) -> None:
    assert [row["case"] for row in results(judge(many(5), "--json", "--limit", "2"))] == ["r0", "r1"]


def test_pointwise_mode_is_in_the_provenance(judge: Run, rows: Rows) -> None:
    verdict = Verdict.model_validate_json(judge(rows(ROW), "--json", "--mode", "pointwise").stdout)
    assert verdict.provenance.mode == "pointwise"


def test_one_candidate_gets_a_reward_of_its_own(judge: Run, rows: Rows) -> None:
    verdict = Verdict.model_validate_json(
        judge(rows({"prompt": "What is 2 + 3?", "response": "2 + 3 = 5"}), "--json").stdout
    )
    assert len(verdict.scores) == 1


def test_pictures_are_unsupported_not_bad(judge: Run, rows: Rows) -> None:
    content = [{"type": "image_url", "image_url": {"url": "a.png"}}, {"type": "text", "text": "What is this?"}]
    row = {"prompt": [{"role": "user", "content": content}], "candidates": ["a cat", "a dog"]}
    (result,) = results(judge(rows(row), "--json"))
    assert (result["kind"], result["reason"]) == ("unscored", "unsupported")


# bad input


def test_a_missing_file_is_one_line(judge: Run) -> None:
    one_line_and_exit_2(judge("nowhere.jsonl"), "No such file")


def test_a_missing_file_with_out_is_one_line_and_leaves_nothing(judge: Run, tmp_path: Path) -> None:
    one_line_and_exit_2(judge("nowhere.jsonl", "--out", "out.jsonl"), "No such file")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_one_line(judge: Run, tmp_path: Path) -> None:
    one_line_and_exit_2(judge(tmp_path), "directory")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (json.dumps(ROW).encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04zip", "zip archive"),
        (b'[{"prompt": ', "not JSON"),
        (json.dumps(ROW, indent=2).encode(), "one JSON document"),
        (b"PAR1" + bytes(64), "Parquet"),
    ],
    ids=["empty", "blank", "utf-16", "zip", "broken list", "indented", "not really parquet"],
)
def test_another_kind_of_file_is_one_line(judge: Run, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(content)
    one_line_and_exit_2(judge("in.jsonl"), says)


BAD_ROWS = {
    "truncated": '{"prompt": "x", "candida',
    "not an object": "3",
    "not utf-8": b'{"prompt": "\xff"}',
    "wrong type": {"prompt": "x", "candidates": "ab"},
    "number for text": {"prompt": "x", "candidates": [1, 2]},
    "no candidates": {"prompt": "x", "candidates": []},
    "no prompt": {"candidates": ["a", "b"]},
    "unknown columns": {"spam": 1},
    "NaN": '{"prompt": "x", "candidates": ["a", "b"], "preference": {"scores": [NaN, 1]}}',
    "best out of range": {"prompt": "x", "candidates": ["a", "b"], "preference": {"best": 7}},
    "same id twice": {"prompt": "x", "candidates": [{"id": "a", "content": "1"}, {"id": "a", "content": "2"}]},
    "key twice": '{"prompt": "x", "prompt": "y", "candidates": ["a", "b"]}',
    "half a surrogate": '{"prompt": "\\ud800", "candidates": ["a", "b"]}',
    "deep": '{"prompt": "x", "candidates": ["a"], "meta": ' + "[" * 9000 + "]" * 9000 + "}",
    "too many": {"prompt": "x", "candidates": ["a"] * 1001},
    "digits": '{"prompt": "x", "candidates": ["a"], "preference": {"best": ' + "9" * 6000 + "}}",
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_named_and_counted_and_the_others_go_on(judge: Run, rows: Rows, bad: object) -> None:
    result = judge(rows(ROW, bad, {**ROW, "id": "next"}), "--json")
    assert result.exit_code == 0
    assert [row["case"] for row in results(result)] == ["sum", "line:2", "next"]
    assert [row["kind"] for row in results(result)] == ["verdict", "unscored", "verdict"]
    assert "in.jsonl:2: " in result.stderr
    assert "bad_input 1" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_strict_stops_at_a_bad_row(judge: Run, rows: Rows, bad: object) -> None:
    result = judge(rows(ROW, bad), "--strict", "--json")
    assert result.exit_code == 2
    assert "in.jsonl:2: " in result.stderr.splitlines()[-1]


def test_a_file_of_bad_rows_only_is_an_error(judge: Run, rows: Rows) -> None:
    result = judge(rows("<html>", "<body>"))
    assert result.exit_code == 2
    assert "none of the 2 rows could be read" in result.stderr


def test_many_bad_rows_are_counted_but_not_all_listed(judge: Run, rows: Rows) -> None:
    result = judge(rows(ROW, *["{"] * 50))
    assert result.stderr.count("in.jsonl:") == 20
    assert "skipped 50 rows in all" in result.stderr


def test_endless_bad_rows_end(judge: Run, rows: Rows) -> None:
    result = judge(rows(ROW, *["x"] * 12_000), "--json")
    assert result.exit_code == 2
    assert "10000 rows in a row cannot be read" in result.stderr.splitlines()[-1]
    assert len(results(result)) == 10_001


def test_a_line_over_the_limit_is_a_bad_row(judge: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUBRICA_MAX_LINE_MB", "1")
    result = judge(rows({**ROW, "candidates": ["a" * 1_100_000, "b"]}, ROW), "--json")
    assert [row["kind"] for row in results(result)] == ["unscored", "verdict"]


def test_the_rows_before_a_damaged_end_are_judged(judge: Run, tmp_path: Path, many: Callable[[int], Path]) -> None:
    whole = gzip.compress(many(500).read_bytes(), mtime=0)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    result = judge(tmp_path / "cut.jsonl.gz", "--json")
    assert result.exit_code == 2
    assert "damaged" in result.stderr.splitlines()[-1]
    assert len(results(result)) > 10


def test_equal_ids_stay_apart(judge: Run, rows: Rows) -> None:
    assert [row["case"] for row in results(judge(rows(ROW, ROW), "--json"))] == ["sum", "sum~2"]


def test_an_unknown_format_is_one_line(judge: Run, rows: Rows) -> None:
    one_line_and_exit_2(judge(rows(ROW), "--format", "nope"), "unknown format 'nope'")


def test_a_library_that_is_none_is_one_line(judge: Run, rows: Rows, tmp_path: Path) -> None:
    one_line_and_exit_2(judge(rows(ROW), "--library", tmp_path / "nowhere"), "no library at")


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed here")
def test_ray_without_the_extra_is_one_line_and_leaves_nothing(judge: Run, rows: Rows, tmp_path: Path) -> None:
    path = rows(ROW)
    one_line_and_exit_2(judge(path, "--ray", "auto", "--out", "out.jsonl"), "pip install 'rubrica[ray]'")
    assert list(tmp_path.iterdir()) == [path]


def test_a_wrong_setting_is_one_line(judge: Run, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUBRICA_SEED", "x")
    one_line_and_exit_2(judge(rows(ROW)), "RUBRICA_SEED")


def test_what_a_file_says_does_not_drive_the_terminal(judge: Run, rows: Rows) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\u202e[bold]x[/] [/nope]"
    row = {"id": evil, "prompt": evil, "candidates": [{"id": evil, "content": evil}, {"id": "b", "content": "[/]"}]}
    for flags in ((), ("--explain",)):
        result = judge(rows(row, '{"\x1b[31m": 1}', {"\x1b[31m": 1}), *flags)
        assert result.exit_code == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(result.output)
        assert "[bold]x[/]" in result.stdout


# the verdict file


def test_out_holds_one_result_a_line_and_the_costs_stand_beside_it(judge: Run, rows: Rows, tmp_path: Path) -> None:
    assert judge(rows(ROW, "{"), "--out", "new/out.jsonl").exit_code == 0
    lines = (tmp_path / "new/out.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["verdict", "unscored"]
    costs = (tmp_path / "new/out.jsonl.usage.jsonl").read_text().splitlines()
    assert [json.loads(line)["case"] for line in costs] == ["sum", "line:2"]


def test_the_same_input_twice_gives_the_same_bytes(judge: Run, many: Callable[[int], Path], tmp_path: Path) -> None:
    path = many(20)
    judge(path, "--out", "a.jsonl")
    judge(path, "--out", "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_finished_run_is_left_as_it_is(judge: Run, many: Callable[[int], Path], tmp_path: Path) -> None:
    path = many(5)
    judge(path, "--out", "out.jsonl")
    before = (tmp_path / "out.jsonl").read_bytes()
    result = judge(path, "--out", "out.jsonl")
    assert "0 rows after 5 from before" in result.stderr
    assert (tmp_path / "out.jsonl").read_bytes() == before


@pytest.mark.parametrize("kept", [0, 1, 700, -30, -1])
def test_a_cut_file_is_completed_to_the_same_bytes(
    judge: Run, many: Callable[[int], Path], tmp_path: Path, kept: int
) -> None:
    path = many(6)
    judge(path, "--out", "out.jsonl")
    whole = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl").write_bytes(whole[:kept])
    assert judge(path, "--out", "out.jsonl").exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_resumed_run_counts_the_labels_of_all_rows(judge: Run, rows: Rows, tmp_path: Path) -> None:
    path = rows(*({**ROW, "id": f"r{i}", "preference": {"best": 0}} for i in range(4)))
    judge(path, "--out", "out.jsonl", "--limit", "3")
    assert "n=4" in judge(path, "--out", "out.jsonl").stderr


def test_another_run_is_not_appended(judge: Run, rows: Rows) -> None:
    judge(rows(ROW), "--out", "out.jsonl")
    one_line_and_exit_2(judge(rows(ROW), "--out", "out.jsonl", "--mode", "pointwise"), "mode differ")
    one_line_and_exit_2(judge(rows({**ROW, "id": "z"}), "--out", "out.jsonl"), "input differ")
    assert judge(rows({**ROW, "id": "z"}), "--out", "out.jsonl", "--force").exit_code == 0


def test_a_file_of_somebody_else_is_not_touched(judge: Run, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("dear diary")
    assert judge(rows(ROW), "--out", "mine.txt").exit_code == 2
    assert (tmp_path / "mine.txt").read_text() == "dear diary"


def test_the_input_is_never_the_output(judge: Run, rows: Rows) -> None:
    path = rows(ROW)
    before = path.read_bytes()
    one_line_and_exit_2(judge(path, "--out", path, "--force"), "is the input itself")
    assert path.read_bytes() == before


@pytest.mark.parametrize("out", ["-", ".", "/dev/null", "in.jsonl/below"])
def test_an_out_that_cannot_be_written_is_one_line(judge: Run, rows: Rows, out: str) -> None:
    result = judge(rows(ROW), "--out", out)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_stream_is_not_gone_on_with(judge: Run) -> None:
    line = json.dumps(ROW) + "\n"
    assert judge("-", "--out", "out.jsonl", stdin=line).exit_code == 0
    one_line_and_exit_2(judge("-", "--out", "out.jsonl", stdin=line), "a stream cannot be gone on with")
    assert judge("-", "--out", "out.jsonl", "--force", stdin=line).exit_code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_once(spawn: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = spawn("judge", tmp_path / "pipe", "--out", tmp_path / "out.jsonl", "--sandbox", "none")
    (tmp_path / "pipe").write_text(json.dumps(ROW) + "\n")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1


# interruptions


def wait_for_bytes(path: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None and not (path.exists() and path.stat().st_size):
        time.sleep(0.02)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_killed_in_the_middle_goes_on_to_the_same_bytes(
    judge: Run, spawn: Callable[..., subprocess.Popen[str]], many: Callable[[int], Path], tmp_path: Path, workers: str
) -> None:
    path = many(300)
    whole = judge(path, "--json").stdout
    process = spawn("judge", path, "--out", tmp_path / "out.jsonl", "--sandbox", "none", "--workers", workers)
    wait_for_bytes(tmp_path / "out.jsonl", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert judge(path, "--out", "out.jsonl").exit_code == 0
    assert (tmp_path / "out.jsonl").read_text() == whole


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_says_what_is_kept(
    spawn: Callable[..., subprocess.Popen[str]], many: Callable[[int], Path], tmp_path: Path, workers: str
) -> None:
    process = spawn("judge", many(8000), "--out", tmp_path / "out.jsonl", *QUIET, "--workers", workers)
    wait_for_bytes(tmp_path / "out.jsonl", process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    files = [tmp_path / "out.jsonl", tmp_path / "out.jsonl.usage.jsonl"]
    kept = min(file.read_text().count("\n") for file in files)
    assert kept
    assert said.splitlines() == [
        f"interrupted; {tmp_path / 'out.jsonl'} keeps {kept} results, and the same command goes on from there"
    ]


def test_a_reader_that_goes_away_is_no_error(
    spawn: Callable[..., subprocess.Popen[str]], many: Callable[[int], Path]
) -> None:
    for flags in (("--json",), ()):
        process = spawn("judge", many(200), *QUIET, "--workers", "1", *flags)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


def test_a_narrow_terminal_still_names_the_candidates(
    judge: Callable[..., Result], rows: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    told = judge(rows(ROW)).stdout
    assert max(map(len, told.splitlines())) <= 40
    assert all(f"│ {name} " in told for name in "AB")
    assert "reward" in told
    assert "interval" not in told


def test_counts_of_one_are_singular(judge: Callable[..., Result], rows: Callable[..., Path]) -> None:
    told = judge(rows(ROW)).stderr
    assert told.startswith("1 row in ")
    assert "(0/s)" not in told


def test_a_file_of_something_else_is_no_earlier_run(
    judge: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")
    refused = judge(rows(ROW), "--out", tmp_path / "notes.txt")
    assert refused.exit_code == 2
    assert "no notes.txt.run.json says what it is from" in refused.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine\n"


def test_a_version_of_a_library_judges(judge: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path) -> None:
    store = LibraryStore.init(tmp_path / "lib", seed_library())
    store.commit(Library.of([Skill(name="other", description="d")]), CommitMessage(subject="Another"))
    by = {}
    for given in ("lib", "lib@HEAD~1"):
        told = judge(rows(ROW), "--library", tmp_path / given, "--json")
        by[given] = json.loads(told.stdout)
    assert by["lib@HEAD~1"]["provenance"]["library"] == seed_library().version
    assert by["lib"]["provenance"]["library"] != seed_library().version
    unknown = judge(rows(ROW), "--library", tmp_path / "lib@nowhere")
    assert (unknown.exit_code, "no version 'nowhere'" in unknown.stderr) == (2, True)
