"""Adapters live in the trainer's environment: the standard library is all they may count on."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROBE = """
import importlib, pkgutil, sys
sys.path.insert(0, {root!r})
import rubrica.adapters
names = sorted(module.name for module in pkgutil.iter_modules(rubrica.adapters.__path__))
for name in names:
    importlib.import_module("rubrica.adapters." + name)
known = {{*sys.stdlib_module_names, "rubrica", "__main__"}}
foreign = sorted({{name.partition(".")[0] for name in sys.modules}} - known)
print(",".join(names), "|", ",".join(name for name in foreign if not name.startswith("_")))
"""


def test_every_adapter_imports_with_the_standard_library_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", PROBE.format(root=str(ROOT))]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    names, foreign = (part.strip() for part in run.stdout.split("|"))
    assert {"client", "trl", "verl", "openrlhf", "verifiers"} <= set(names.split(","))
    assert foreign == ""


def test_an_adapter_scores_with_the_standard_library_alone(url: str, tmp_path: Path) -> None:
    probe = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from rubrica.adapters.trl import reward\n"
        "print(reward(['What is 12 * 13?'], ['It is 156.']))"
    )
    command = [sys.executable, "-S", "-c", probe]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env={"REWARD_URL": url})
    assert 0 < float(run.stdout.strip("[]\n")) < 1
