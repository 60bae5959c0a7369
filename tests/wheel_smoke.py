"""What an installed wheel must do from an empty folder, run by `.ci/run` in an environment without this checkout."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import rubrica
from rubrica.tools.sandbox.compiled import find_component

ROWS = [
    {"id": "sum", "prompt": "What is 17 + 25?", "candidates": ["17 + 25 = 42", "17 + 25 = 41"]},
    {
        "id": "code",
        "prompt": "Write a Python function `double(x)`. For example, double(2) should return 4.",
        "candidates": [
            "```python\ndef double(x):\n    return x ** 3\n```",
            "```python\ndef double(x):\n    return 2 * x\n```",
        ],
    },
]
COMMAND = [str(Path(sys.executable).with_name("rubrica"))]


def run(*arguments: str) -> str:
    return subprocess.run([*COMMAND, *arguments], check=True, capture_output=True, text=True).stdout


def main() -> None:
    installed = Path(rubrica.__file__).parent
    assert Path(sys.prefix) in installed.parents, f"rubrica comes from {installed}, not from the wheel"
    assert installed in find_component().parents, "the wheel carries no sandbox component"
    assert (installed / "py.typed").exists()
    assert any(str(file).endswith("licenses/LICENSE") for file in metadata.files("rubrica") or ())
    assert "judge candidate outputs" in run("--help")
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    verdicts = [json.loads(line) for line in run("judge", "in.jsonl", "--json").splitlines()]
    best = [min(verdict["scores"], key=lambda score: score["rank"])["candidate"] for verdict in verdicts]
    assert best == ["A", "B"], best
    assert "no benchmark" in run("demo")
    sys.stdout.write("wheel: judged, ran code and the demo from an empty folder\n")


if __name__ == "__main__":
    main()
