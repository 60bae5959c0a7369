"""Build hook: the wheel carries the sandbox component; an editable install builds it later, by `make setup`."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SandboxComponent(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is the builder's own config class
    """Puts `box-<digest>.wasm` beside the module that looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        builder = _builder(Path(self.root))
        component = Path(builder.ensure())
        build_data["force_include"][str(component)] = f"rubrica/tools/sandbox/{component.name}"


def _builder(root: Path) -> ModuleType:
    """Load the build module by its path: the package it belongs to is not installed yet."""
    path = root / "rubrica" / "tools" / "sandbox" / "build.py"
    spec = importlib.util.spec_from_file_location("sandbox_build", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
