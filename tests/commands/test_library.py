"""`rubrica library` from the outside: what it prints, what it leaves, how it exits."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rubrica.cli import main
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Scoring

UNITS = Skill(
    name="units",
    description="Quantities keep their units.",
    body="Look.\n\x1b[2Jhidden",
    criteria=(Criterion(id="present", text="Every quantity carries a unit."),),
    when="asks_math",
)
ADD = CommitMessage(subject="Add units", body="Seen in 7 cases.", trailers={"Helped": "7"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = LibraryStore.init(tmp_path / "mine", Library())
    store.commit(Library.of([UNITS], scoring=Scoring(temperature=2.0)), ADD)
    return store.path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["library", *arguments, "--library", str(folder)], catch_exceptions=False)


def output(folder: Path, *arguments: str) -> Any:
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_init_makes_a_library_once(tmp_path: Path) -> None:
    facts = output(tmp_path / "new", "init", "--empty")
    assert facts == {"path": str(tmp_path / "new"), "version": Library().version, "skills": 0, "tools": 0}
    assert LibraryStore.open(tmp_path / "new").load() == Library()
    again = run(tmp_path / "new", "init")
    assert again.exit_code == 2
    assert again.stderr.count("\n") == 1
    assert "is not an empty folder" in again.stderr


def test_list_shows_entries(folder: Path) -> None:
    assert [entry["name"] for entry in output(folder, "list")["skills"]] == ["units"]
    assert output(folder, "list", "--version", "HEAD~1")["skills"] == []
    assert "asks_math" in run(folder, "list").stdout


def test_show_prints_files_that_cannot_drive_the_terminal(folder: Path) -> None:
    assert output(folder, "show", "units")["skills/units/SKILL.md"].startswith("---\nname: units")
    shown = run(folder, "show", "units")
    assert "==> skills/units/criteria.yaml" in shown.stdout
    assert "\x1b" not in shown.stdout
    missing = run(folder, "show", "unit")
    assert missing.exit_code == 2
    assert "has no entry 'unit'; `rubrica library list` shows them" in missing.stderr


def test_log_reads_like_a_lab_book(folder: Path) -> None:
    entries = output(folder, "log")
    assert [entry["message"]["subject"] for entry in entries] == ["Add units", "First version"]
    assert entries[0]["message"]["trailers"] == {"Helped": "7"}
    text = run(folder, "log", "-n", "1").stdout
    assert "    Add units\n    Seen in 7 cases.\n    Helped: 7\n" in text
    assert "First version" not in text


def test_diff_shows_what_changed(folder: Path) -> None:
    assert [entry["name"] for entry in output(folder, "diff", "HEAD~1")["entries"]] == ["units"]
    text = run(folder, "diff", "HEAD~1", "HEAD").stdout
    assert "weight units/present: none -> 1\n" in text
    assert "scoring temperature: 1 -> 2\n" in text


def test_rollback_goes_back_by_a_new_version(folder: Path) -> None:
    assert output(folder, "rollback", "HEAD~1")["version"] == Library().version
    assert len(output(folder, "log")) == 3


def test_rollback_discards_edits_only_when_told_to(folder: Path) -> None:
    (folder / "skills/units/SKILL.md").write_text("x")
    refused = run(folder, "rollback", "HEAD")
    assert refused.exit_code == 2
    assert "uncommitted changes in skills/units/SKILL.md" in refused.stderr
    assert output(folder, "rollback", "HEAD", "--discard")["discarded"] == ["skills/units/SKILL.md"]
    assert LibraryStore.open(folder).load().skills == {"units": UNITS}


def test_a_version_travels_by_export_and_import(folder: Path, tmp_path: Path) -> None:
    assert run(folder, "export", str(tmp_path / "a.zip")).exit_code == 0
    facts = output(tmp_path / "copy", "import", str(tmp_path / "a.zip"))
    assert facts["version"] == LibraryStore.open(folder).load().version
    assert run(tmp_path / "copy", "import", str(tmp_path / "missing.zip")).exit_code == 2


def test_import_replaces_or_merges(folder: Path, tmp_path: Path) -> None:
    other = LibraryStore.init(tmp_path / "other", Library.of([Skill(name="other", description="d")]))
    assert output(folder, "import", str(other.path), "--merge")["skills"] == 2
    assert output(folder, "import", str(other.path))["skills"] == 1
    assert len(output(folder, "log")) == 4


def test_lint_exits_1_when_something_is_found(folder: Path) -> None:
    assert output(folder, "lint") == []
    assert run(folder, "lint").stdout == "nothing found\n"
    (folder / "notes.txt").touch()
    found = run(folder, "lint", "--json")
    assert found.exit_code == 1
    assert [finding["path"] for finding in json.loads(found.stdout)] == ["notes.txt"]
    table = run(folder, "lint")
    assert table.exit_code == 1
    assert "notes.txt" in table.stdout


TOOL = "---\nname: polite\ndescription: Whether it says please.\nkind: python\n---\n"
CHECK = "def check(task, candidate):\n    return {'value': float('please' in candidate.lower())}\n"


def tool_by_hand(folder: Path, *, should_be: float) -> None:
    place = folder / "tools" / "polite"
    place.mkdir(parents=True)
    (place / "TOOL.md").write_text(TOOL)
    (place / "tool.py").write_text(CHECK)
    (place / "cases.jsonl").write_text(json.dumps({"prompt": "Ask.", "candidate": "Salt, please.", "value": should_be}))


def test_lint_runs_the_examples_of_python_tools(folder: Path) -> None:
    tool_by_hand(folder, should_be=1.0)
    assert output(folder, "lint") == []


def test_an_example_that_fails_is_a_finding(folder: Path) -> None:
    tool_by_hand(folder, should_be=0.0)
    found = run(folder, "lint", "--json")
    assert found.exit_code == 1
    assert [(f["path"], f["problem"]) for f in json.loads(found.stdout)] == [
        ("tools/polite/tool.py", "case 1: answered 1.0, should be 0.0")
    ]
    assert output(folder, "lint", "--sandbox", "none") == []
    told = run(folder, "commit", "-m", "Add it")
    assert told.exit_code == 0
    assert told.stderr == "remark: 1 finding; `rubrica library lint` shows them\n"


def test_a_commit_of_nothing_says_so(folder: Path) -> None:
    assert run(folder, "commit", "-m", "Again").stdout.startswith("nothing was changed; still at ")
    assert len(output(folder, "log")) == 2


def test_git_sees_no_change_in_what_runs_leave_behind(folder: Path) -> None:
    from dulwich import porcelain

    (folder / ".rubrica").mkdir()
    (folder / ".rubrica" / "seen.jsonl").write_text("{}")
    assert porcelain.status(str(folder)).untracked == []


def test_files_without_their_repository_can_be_imported(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder / "skills", copy / "skills")
    refused = run(copy, "list")
    assert refused.exit_code == 2
    assert f"`rubrica library import {copy} --library ANOTHER`" in refused.stderr
    assert output(tmp_path / "made", "import", str(copy))["skills"] == 1


def test_a_folder_of_something_else_is_not_offered_for_init(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert "no library at" in (told := run(tmp_path, "list").stderr)
    assert "but something else" in told


def test_a_library_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run(tmp_path / "file" / "lib", "init")
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"rubrica: cannot make a library at {tmp_path / 'file' / 'lib'}: ")


def test_the_list_of_subcommands_is_not_cut() -> None:
    assert "..." not in CliRunner().invoke(main, ["library", "--help"]).stdout.replace("[ARGS]...", "")


def test_commit_takes_edits_by_hand(folder: Path) -> None:
    path = folder / "skills/units/SKILL.md"
    path.write_text(path.read_text().replace("Quantities keep", "All quantities keep"))
    facts = output(folder, "commit", "-m", "Say all\n\nIt was unclear.")
    assert LibraryStore.open(folder).load().version == facts["version"]
    message = output(folder, "log")[0]["message"]
    assert (message["subject"], message["body"]) == ("Say all", "It was unclear.")
    path.write_text("x")
    refused = run(folder, "commit", "-m", "Break it")
    assert refused.exit_code == 2
    assert "skills/units/SKILL.md: no front matter" in refused.stderr


@pytest.mark.parametrize("arguments", [["list"], ["lint"], ["log"], ["rollback", "HEAD"], ["commit", "-m", "x"]])
def test_no_library_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str]) -> None:
    result = run(tmp_path / "missing", *arguments)
    assert result.exit_code == 2
    assert "no library at" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_folder_comes_from_the_settings(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = CliRunner().invoke(main, ["library", "list"])
    assert f"no library at {tmp_path / 'rubrica-library'};" in here.stderr
    named = CliRunner().invoke(main, ["library", "list", "--json"], env={"RUBRICA_LIBRARY": str(folder)})
    assert [entry["name"] for entry in json.loads(named.stdout)["skills"]] == ["units"]
    (tmp_path / "rubrica.toml").write_text('library = "mine"')
    assert CliRunner().invoke(main, ["library", "list", "--json"]).stdout == named.stdout
