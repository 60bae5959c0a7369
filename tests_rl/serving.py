"""The judge as a service, in an environment of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
JUDGE = os.environ.get("JUDGE_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
"""Python of the environment that judges."""


@contextmanager
def serving(*options: str, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run `rubrica serve` and yield its address and process."""
    command = [JUDGE, "-m", "rubrica.cli", "serve", "--port", str(port), "--sandbox", "none", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=clean())
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("serving library"), line
        yield line[line.index("http") :].split()[0], process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


def clean() -> dict[str, str]:
    """Return the environment without what a test has set for its trainer."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REWARD_")}
