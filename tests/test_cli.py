"""The front of the command line: light, quiet, and its errors are one line."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rubrica import cli
from rubrica.errors import InputError, SandboxInfraError

HEAVY = {
    "aiohttp", "chromadb", "dulwich", "e2b", "e2b_code_interpreter", "fastapi", "jinja2", "jsonschema", "langgraph",
    "litellm", "numpy", "openai", "py3langid", "pyarrow", "pydantic", "rich", "sacrebleu", "sqlglot", "sympy",
    "tenacity", "tree_sitter", "wasmtime", "yaml",
}  # fmt: skip
"""What `import rubrica` and `rubrica --help` must not load."""


def loaded_by(code: str, tmp_path: Path) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded_by("import rubrica", tmp_path) & HEAVY


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "from rubrica.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not loaded_by(code, tmp_path) & HEAVY


def test_names_resolve_on_first_use(tmp_path: Path) -> None:
    assert "pydantic" in loaded_by("import rubrica; rubrica.Verdict", tmp_path)


def test_linear_algebra_is_told_to_use_one_thread() -> None:
    assert os.environ["OPENBLAS_NUM_THREADS"]


def test_every_command_exists_and_has_help() -> None:
    for name in cli.COMMANDS:
        result = CliRunner().invoke(cli.main, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert "Usage:" in result.stdout


def test_the_listed_line_of_a_command_is_its_own() -> None:
    result = CliRunner().invoke(cli.main, ["--help"])
    for name, says in cli.COMMANDS.items():
        assert name in result.stdout
        assert says in " ".join(result.stdout.split())


def test_an_unknown_command_is_an_error_of_use() -> None:
    assert CliRunner().invoke(cli.main, ["nope"]).exit_code == 2


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> "Failing":
    return Failing(monkeypatch)


class Failing:
    """A command of the real group that raises what it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def run(self, error: BaseException, *flags: str) -> "tuple[int, str, BaseException | None]":
        @click.command("fail")
        def command() -> None:
            raise error

        self._patch.setattr(cli.LazyGroup, "get_command", lambda *_: command)
        result = CliRunner().invoke(cli.main, [*flags, "fail"])
        return result.exit_code, result.stderr, result.exception


def test_an_error_of_the_user_is_one_line_and_exit_2(failing: Failing) -> None:
    code, said, _ = failing.run(InputError("bad", path="a.jsonl", line=3, field="prompt"))
    assert (code, said) == (2, "rubrica: a.jsonl:3: field 'prompt': bad\n")


def test_any_error_raised_on_purpose_is_one_line(failing: Failing) -> None:
    code, said, _ = failing.run(SandboxInfraError("first line\nsecond line"))
    assert (code, said) == (2, "rubrica: first line second line\n")


def test_a_message_cannot_drive_the_terminal(failing: Failing) -> None:
    _, said, _ = failing.run(InputError("\x1b[2J\x07\u202e evil\r\nrubrica: all is well"))
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(said)
    assert said.count("\n") == 1


def test_a_defect_is_one_line_that_says_what_to_report(failing: Failing) -> None:
    code, said, _ = failing.run(ZeroDivisionError("division by zero"))
    assert code == cli.DEFECT
    assert said.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in said
    assert "--debug" in said


def test_debug_shows_the_defect_whole(failing: Failing) -> None:
    _, _, error = failing.run(ZeroDivisionError("division by zero"), "--debug")
    assert isinstance(error, ZeroDivisionError)


def test_an_interrupt_is_130(failing: Failing) -> None:
    code, said, _ = failing.run(KeyboardInterrupt())
    assert (code, said) == (130, "")


def test_text_that_the_terminal_cannot_show_is_the_terminals_fault(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"prompt": "2 + 3?", "candidates": ["fünf ✓", "5"]}\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "rubrica.cli", "judge", "in.jsonl", "--explain", "--sandbox", "none"],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "PYTHONUTF8=1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_no_defect_of_ours(tmp_path: Path) -> None:
    done = shell("judge in.jsonl --json --sandbox none --no-progress > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "rubrica: output: No space left on device"


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell is needed")
def test_closed_streams_are_no_defect_of_ours(tmp_path: Path) -> None:
    assert shell("judge in.jsonl --json --sandbox none >&-", tmp_path).returncode == 0
    done = shell("judge - --json --sandbox none <&-", tmp_path)
    assert (done.returncode, done.stderr) == (2, "rubrica: -: standard input is closed\n")


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    (folder / "in.jsonl").write_text('{"prompt": "2 + 3?", "candidates": ["5", "6"]}\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = f"{sys.executable} -m rubrica.cli {line}"
    return subprocess.run(command, shell=True, check=False, capture_output=True, text=True, env=environment, cwd=folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--bogus"], "No such option '--bogus'; `rubrica --help` shows what there is"),
        (["jugde"], "No such command 'jugde'; did you mean 'judge'; `rubrica --help` shows what there is"),
        (["judge"], "Missing argument 'FILE'; `rubrica judge --help` shows what there is"),
        (["judge", "x", "--limit", "0"], "`rubrica judge --help`"),
        (
            ["export", "x", "--out", "y"],
            "Missing option '--as'. Choose from: sft, dpo, scored; `rubrica export --help`",
        ),
        (["eval", "nowhere.jsonl"], "'nowhere.jsonl' does not exist; `rubrica eval --help`"),
        (["library", "diff"], "`rubrica library diff --help`"),
        (["evolve"], "give FILE to start a run, or --resume RUN to go on with one; `rubrica evolve --help`"),
    ],
)
def test_an_error_of_use_is_one_line(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(cli.main, arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("rubrica: ")
    assert says in result.stderr


@pytest.mark.parametrize(
    "flags", [("--api-base", "http://localhost:1/v1"), ("--max-calls", "3"), ("--rpm", "5"), ("--max-cost", "1")]
)
def test_a_flag_about_a_model_needs_one(flags: tuple[str, str]) -> None:
    result = CliRunner().invoke(cli.main, ["judge", "-", *flags], input="{}")
    assert (result.exit_code, result.stderr) == (
        2,
        f"rubrica: {flags[0]} is about a language model; name one with --model\n",
    )


def test_a_flag_out_of_bounds_is_named_as_it_was_given() -> None:
    result = CliRunner().invoke(cli.main, ["judge", "-", "--workers", "-1"], input="{}")
    assert result.stderr == "rubrica: --workers: should be greater than or equal to 0 (got -1)\n"


def test_without_dependencies_it_says_what_still_works(tmp_path: Path) -> None:
    bare = "import sys; sys.modules.update(dict.fromkeys(('click', 'pydantic')))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    for code, exit_code, says in (
        ("import runpy; runpy.run_module('rubrica.cli', run_name='__main__')", 2, "only rubrica.adapters works"),
        ("import rubrica; rubrica.RewardFunction", 1, "rubrica.RewardFunction needs pydantic"),
        ("import rubrica.adapters.trl", 0, ""),
    ):
        done = subprocess.run(
            [sys.executable, "-c", f"{bare}\n{code}"],
            check=False, capture_output=True, text=True, env=environment, cwd=tmp_path,
        )  # fmt: skip
        assert (done.returncode, says in done.stderr) == (exit_code, True), done.stderr


def test_the_package_runs_as_a_module() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "rubrica", "judge", "nowhere.jsonl"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert told.stderr == "rubrica: nowhere.jsonl: cannot be opened: No such file or directory\n"
