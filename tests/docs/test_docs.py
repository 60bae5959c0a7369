"""Every fenced block of README and docs runs, parses or is checked; every link and table agrees with the code."""

import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from rubrica.cli import COMMANDS, main
from rubrica.config import load
from rubrica.data.formats import NAMES
from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.types import Criterion

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page, line, match[2].strip(), match[3]))
    return [block for block in found if not languages or block.language in languages]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_block_names_a_language_that_is_checked() -> None:
    known = {"python", "console", "sh", "jsonl", "json", "yaml", "toml", "text"}
    assert {str(block): block.language for block in blocks() if block.language not in known} == {}


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_runs(block: Block) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile("\n" * block.line + block.text, str(block.page), "exec"), {"__name__": "__docs__"})


def command_lines() -> Iterator[tuple[str, str]]:
    for block in blocks("console", "sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield str(block), line.removeprefix("$ ").strip()


@pytest.mark.parametrize(("where", "line"), list(command_lines()))
def test_a_command_line_is_one_that_exists(where: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "export" or "=" in words[0]:
        assert re.fullmatch(r"[A-Z_]+=.*", words[-1]) or "=" in words[0]
        return
    words = [word.replace("$RUBRICA_DATA", ".").replace("*", "all") for word in words if word != "&"]
    for name in words:
        if name.endswith((".jsonl", ".parquet")):
            Path(name).touch()
    program = Path(words[0]).name
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    elif program == "rubrica":
        parse(main, words[1:])
    else:
        assert program in {"python", "python3", "pip", "git", "curl", "ray", "serve"}, (
            f"{where}: how is {program} checked?"
        )


def parse(command: click.Command, words: list[str]) -> None:
    """Parse a command line as click would, without running it."""
    if not isinstance(command, click.Group):
        command.make_context(command.name, list(words))
        return
    name = next(word for word in words if not word.startswith("-"))
    below = command.get_command(click.Context(command), name)
    assert below is not None, f"there is no command {name}"
    parse(below, words[words.index(name) + 1 :])


@pytest.mark.parametrize("block", blocks("jsonl"), ids=str)
def test_rows_are_read(block: Block) -> None:
    for line in block.text.splitlines():
        assert isinstance(read_row(json.loads(line)), Row), line


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_parses(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_settings_are_known(block: Block, tmp_path: Path) -> None:
    (tmp_path / "rubrica.toml").write_text(block.text)
    load({}, environ={}, folder=tmp_path)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_criteria_are_valid(block: Block) -> None:
    for each in yaml.safe_load(block.text):
        Criterion.model_validate(each)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_the_readme_lists_every_command() -> None:
    told = re.findall(r"^\| `rubrica ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


def test_the_readme_shows_every_package_of_the_tree() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("## The tree")[1]
    packages = {path.parent.name for path in (ROOT / "rubrica").glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in tree} == set()


def format_rows() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([^`]+)` \| .*? \| `(\{.*\})` \|$", text, re.MULTILINE)


def test_every_format_is_in_the_table_in_its_order() -> None:
    assert tuple(name for name, _ in format_rows()) == NAMES


@pytest.mark.parametrize(("name", "row"), format_rows())
def test_the_row_in_the_table_is_read_as_that_format(name: str, row: str) -> None:
    found = read_row(json.loads(row))
    assert isinstance(found, Row)
    assert found.format == name


def test_the_readme_counts_the_formats_and_the_demo_cases() -> None:
    from rubrica.data.demo import demo_path

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{len(NAMES)} " in text
    assert f"judges {len(demo_path().read_text(encoding='utf-8').splitlines())} preference cases" in text


def cells(line: str) -> list[str]:
    return [cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")]


def test_the_results_in_the_readme_are_those_of_the_results_page() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").splitlines()
    head = next(cells(line) for line in page if line.startswith("| set | n | K |"))
    measured = {
        cells(line)[0]: dict(zip(head, cells(line), strict=False)) for line in reversed(page) if line[:2] == "| "
    }
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("## Results")[1].split("## ")[0]
    rows = [cells(line) for line in shown.splitlines() if line.startswith("| ")][1:]
    assert rows
    for name, n, accuracy, decided, baseline in rows:
        found = measured[name]
        best = max(float(found[column]) for column in ("first", "longer", "shorter", "random"))
        assert (n, accuracy, decided) == (found["n"], found["accuracy"], found["coverage"]), name
        assert float(baseline.split()[0]) == best, name


def test_the_tool_of_the_page_passes_its_own_examples(tmp_path: Path) -> None:
    told, source, cases = (
        next(block.text for block in blocks(language) if block.page.name == "library.md" and mark in block.text)
        for language, mark in (("text", "kind: python"), ("python", "def check("), ("text", '"value": 0.0'))
    )
    assert CliRunner().invoke(main, ["library", "init", "--empty", "--library", "lib"]).exit_code == 0
    place = tmp_path / "lib" / "tools" / yaml.safe_load(told.strip("-\n"))["name"]
    place.mkdir(parents=True)
    (place / "TOOL.md").write_text(told)
    (place / "tool.py").write_text(source)
    (place / "cases.jsonl").write_text(cases)
    linted = CliRunner().invoke(main, ["library", "lint", "--library", "lib"])
    assert (linted.exit_code, linted.stdout) == (0, "nothing found\n")
