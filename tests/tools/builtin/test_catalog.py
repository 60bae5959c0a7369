"""The catalog holds every built-in tool of the package."""

import pkgutil
import sys

from rubrica.tools import builtin
from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.catalog import load_builtins


def test_every_module_is_imported_and_every_tool_listed_in_order() -> None:
    found = load_builtins()
    for module in pkgutil.iter_modules(builtin.__path__):
        assert f"rubrica.tools.builtin.{module.name}" in sys.modules
    assert list(found) == sorted(BUILTINS)
    assert all(name == tool.spec.name for name, tool in found.items())
