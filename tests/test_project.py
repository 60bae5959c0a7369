"""The project's own files agree with each other: locks, declared dependencies, Makefile."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
RL = ROOT / "requirements-rl"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CORE = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts] for name, texts in PROJECT["project"]["optional-dependencies"].items()
}
LIGHT = [requirement for name, extra in EXTRAS.items() if name != "ray" for requirement in extra]
"""Ray is 240 MB: it has a lock and an environment of its own, for `make test-ray`."""
OWN = ["requirements.lock", "requirements-dev.lock", "requirements-ray.lock"]
LOCKS = [*OWN, "requirements-model.lock", *(f"requirements-rl/{path.name}" for path in sorted(RL.glob("*.lock")))]
DEV = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"]]
BUILD = [
    Requirement(line) for line in (ROOT / "build.in").read_text().splitlines() if line and not line.startswith("#")
]
ELSEWHERE = {"rubrica", "trl", "verl", "verifiers", "inspect_ai", "swift", "openrlhf"} | {"wit_world"} | {"ray"}
"""Found in a trainer's own environment, inside the sandbox component, or by `make test-ray`."""


def locked(name: str) -> dict[str, set[Version]]:
    """Map each name to its versions: a universal lock may hold one per Python version."""
    found: dict[str, set[Version]] = {}
    for package, version in re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE
    ):
        found.setdefault(canonicalize_name(package), set()).add(Version(version))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_path(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith(("#", "--hash="))]
    assert all(re.match(r"[a-z0-9._-]+==[^/]+$", entry) for entry in entries)


def test_no_file_that_stands_on_the_path_has_the_name_of_a_package() -> None:
    """`bench/ray.py` was Ray to every trainer that imports it; tests_rl/pytest.ini puts these folders first."""
    packages = {package.replace("-", "_") for name in LOCKS for package in locked(name)} | sys.stdlib_module_names
    folders = ("bench", "examples", "tests_rl", "tests_model", "tests/servers", "tests/agents", "tests/evolution")
    assert {path.stem for folder in folders for path in (ROOT / folder).glob("*.py")} & packages == set()


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_has_hashes(name: str) -> None:
    entries = re.split(r"^(?=\S+==)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", [*CORE, *BUILD]),
        ("requirements-dev.lock", [*CORE, *BUILD, *LIGHT, *DEV]),
        ("requirements-ray.lock", [*CORE, *BUILD, *LIGHT, *DEV, *EXTRAS["ray"]]),
    ],
)
def test_a_lock_satisfies_what_the_project_asks_for(name: str, wanted: list[Requirement]) -> None:
    versions = locked(name)
    for requirement in wanted:
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in {name}: make lock"
        assert all(map(requirement.specifier.contains, found)), f"{name} has {requirement.name} {found}: make lock"


@pytest.mark.parametrize("path", sorted(RL.glob("*.in")), ids=lambda path: path.stem)
def test_a_trainers_lock_holds_its_trainer_and_leaves_torch_to_the_machine(path: Path) -> None:
    wanted = [Requirement(line) for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    versions = locked(f"requirements-rl/{path.stem}.lock")
    assert "torch" not in versions
    for requirement in wanted:
        if requirement.name != "torch":
            assert all(map(requirement.specifier.contains, versions[canonicalize_name(requirement.name)])), requirement


def test_rewards_are_judged_beside_trl_as_they_are_without_it() -> None:
    core, beside = locked("requirements.lock"), locked("requirements-rl/trl.lock")
    assert {canonicalize_name(requirement.name) for requirement in CORE} <= set(beside)
    assert {name: beside[name] for name in core if name in beside} == {
        name: core[name] for name in core if name in beside
    }


def test_a_larger_lock_pins_what_the_smaller_pins() -> None:
    core, dev, ray = map(locked, OWN)
    assert {name: dev.get(name) for name in core} == core
    assert {name: ray.get(name) for name in dev} == dev


def test_every_import_of_the_package_is_declared() -> None:
    asked = (*CORE, *LIGHT, *(Requirement(text) for text in PROJECT["build-system"]["requires"]))
    declared = {canonicalize_name(requirement.name) for requirement in asked}
    owners = metadata.packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "rubrica").rglob("*.py")
        for module in imported(path) - sys.stdlib_module_names - ELSEWHERE
        if not {canonicalize_name(owner) for owner in owners.get(module, ())} & declared
    }
    assert undeclared == set()


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_installed_versions_are_the_locked_ones() -> None:
    versions = locked("requirements-dev.lock")
    environment = {key: str(value) for key, value in default_environment().items()}
    for requirement in (*CORE, *DEV):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            installed = Version(metadata.version(requirement.name))
            assert installed in versions[canonicalize_name(requirement.name)], requirement.name


def test_every_make_target_says_what_it_does() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    targets = {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:", line)}
    told = {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:.*## \w", line)}
    assert targets == told
    assert {"setup", "demo", "test", "check", "bench", "docs"} <= told


def test_the_version_stands_in_one_place_more_and_agrees() -> None:
    import rubrica

    assert PROJECT["project"]["version"] == rubrica.__version__
