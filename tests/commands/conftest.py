import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rubrica.cli import main

ROW = {"prompt": "What is 17 + 25? Give the number.", "candidates": ["17 + 25 = 42", "The sum is 41, I think."]}
SERVER = Path(__file__).parents[1] / "servers" / "openai_compatible.py"
FAST = ("--sandbox", "none", "--workers", "1", "--no-progress")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Away from any `rubrica.toml` and from settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RUBRICA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def rubrica() -> Callable[..., Result]:
    """Run a command in this process."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def judge(rubrica: Callable[..., Result]) -> Callable[..., Result]:
    """Run `rubrica judge` in this process, without the sandbox and on one core."""
    return lambda *arguments, stdin=None: rubrica("judge", *arguments, *FAST, stdin=stdin)


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as JSON Lines; a string or bytes goes in as it is."""

    def write(*lines: Mapping[str, object] | str | bytes, name: str = "in.jsonl") -> Path:
        path = tmp_path / name
        texts = [line if isinstance(line, bytes | str) else json.dumps(line) for line in lines]
        path.write_bytes(b"\n".join(text.encode() if isinstance(text, str) else text for text in texts) + b"\n")
        return path

    return write


@pytest.fixture
def many(rows: Callable[..., Path]) -> Callable[[int], Path]:
    """Write so many different readable rows."""

    def write(count: int) -> Path:
        return rows(
            *(
                {
                    "id": f"r{i}",
                    "prompt": f"What is {i} + {i * 7}? Explain in at least 12 words.",
                    "candidates": [f"{i} + {i * 7} = {i * 8}", f"It is {i * 8 + 1}. " * (i % 9 + 1)],
                }
                for i in range(count)
            )
        )

    return write


@pytest.fixture
def url() -> Iterator[str]:
    """A model server in another process."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
