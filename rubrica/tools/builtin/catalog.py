"""All built-in tools by name: imports every module of this package once, in name order."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from rubrica.tools import builtin
from rubrica.tools.builtin.base import BUILTINS, Builtin


@cache
def load_builtins() -> Mapping[str, Builtin]:
    """Return the built-in tools in name order; their heavy libraries stay unloaded until a tool is called."""
    for module in sorted(info.name for info in pkgutil.iter_modules(builtin.__path__)):
        import_module(f"{builtin.__name__}.{module}")
    return MappingProxyType(dict(sorted(BUILTINS.items())))
