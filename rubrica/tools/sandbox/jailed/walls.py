"""What a jailed program can see: the standard library, NumPy and Pillow, read-only, and one folder to write in."""

import contextlib
import ctypes
import importlib.abc
import os
import site
import sys
import sysconfig
import tempfile
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

from rubrica.tools.sandbox.linux import caps, landlock, namespaces

PACKAGES = "/packages"
"""Where NumPy and Pillow are seen inside the namespaces."""
SCRATCH = "/tmp"  # noqa: S108 - inside the namespaces, where it is a file system of the run's own
_ZONES, _NULL = Path("/usr/share/zoneinfo"), Path("/dev/null")
_OTHERS = ("site-packages", "dist-packages")
_NO_EXTENSION = ("_tkinter", "readline", "_curses", "_dbm", "_gdbm", "nis", "ossaudiodev", "_test", "xx")
_COMMON = """
abc bisect collections collections.abc contextlib copy dataclasses datetime decimal enum fractions functools heapq
inspect io itertools json linecache math operator os random re signal socket statistics string struct textwrap
threading time traceback types typing
"""
_ARRAYS = "numpy numpy.random PIL.Image PIL.ImageDraw PIL.PngImagePlugin"


def library() -> Path:
    """Return the folder of the standard library."""
    return Path(sysconfig.get_path("platstdlib"))


def load_system_libraries(packages: list[Path]) -> None:
    """Load what extension modules need of the system, while it has paths; inside, the linker finds it in memory.

    Which libraries these are is found out in a process of its own, so that the extensions themselves stay unloaded:
    every mapping makes every fork slower.
    """
    read_end, write_end = os.pipe()
    if (child := os.fork()) == 0:
        before = _mapped()
        extensions = (file for home in (library() / "lib-dynload", *packages) for file in home.rglob("*.so"))
        for extension in extensions:
            if not extension.name.startswith(_NO_EXTENSION):
                with contextlib.suppress(OSError):  # its library is not installed: nobody can import this module
                    ctypes.CDLL(str(extension))
        inside = tuple(str(path.resolve()) for path in (library(), *packages))
        found = sorted(path for path in _mapped() - before if not path.startswith(inside))
        os.write(write_end, "\n".join(found).encode())
        os._exit(0)
    os.close(write_end)
    with open(read_end, encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, not a path
        for line in stream.read().splitlines():
            ctypes.CDLL(line)
    os.waitpid(child, 0)


def _mapped() -> set[str]:
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return {fields[5] for line in lines if len(fields := line.split(None, 5)) == 6 and ".so" in fields[5]}


def enter_namespaces(packages: list[Path]) -> None:
    """Move into a root that holds nothing else; the paths of the standard library stay what they were.

    Raises:
        OSError: namespaces are refused here.
    """
    homes = sorted({library(), Path(sysconfig.get_path("stdlib"))})
    bindings = [namespaces.Binding(path, str(path)) for path in homes]
    bindings += [namespaces.Binding(path, f"{PACKAGES}/{path.name}") for path in packages]
    bindings.append(namespaces.Binding(_NULL, str(_NULL)))  # read-only holds for its times and mode, not for the device
    if _ZONES.is_dir():
        bindings.append(namespaces.Binding(_ZONES, str(_ZONES)))
    namespaces.enter(bindings, covered=[f"{path}/{name}" for path in homes for name in _OTHERS])
    sys.path[:] = [*map(str, homes), str(library() / "lib-dynload"), PACKAGES]


def make_scratch(packages: list[Path]) -> str:
    """Leave root for a user that owns nothing but a new folder, and return that folder.

    Raises:
        OSError: root cannot be left, or that user cannot read the interpreter's own files.
    """
    needed = [library(), *packages]
    scratch = tempfile.tempdir = tempfile.mkdtemp(prefix="rubrica-jail-")
    if os.geteuid() == 0:
        os.chown(scratch, caps.unprivileged_id(), caps.unprivileged_id())
    caps.drop_all()
    for path in needed:
        if not os.access(path, os.R_OK | os.X_OK):
            Path(scratch).rmdir()
            raise OSError(f"{path} cannot be read by an unprivileged user, and root must be left")
    sys.path[:] = [str(needed[0]), str(needed[0] / "lib-dynload"), *sorted({str(path.parent) for path in packages})]
    return scratch


class PackageFinder(importlib.abc.MetaPathFinder):
    """Finds the packages that a jail offers where their folder may not be listed: others lie beside them."""

    def __init__(self, packages: list[Path]) -> None:
        self._homes = {path.name: path for path in packages if (path / "__init__.py").is_file()}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        del path, target
        if (home := self._homes.get(fullname)) is None:
            return None
        return spec_from_file_location(fullname, home / "__init__.py", submodule_search_locations=[str(home)])


def enter_landlock(packages: list[Path], scratch: str) -> None:
    """Deny every other path. The folders that `packages` lie in leave the search path; a finder knows the packages.

    The standard library's own folder may not be listed, since another package may live below it; the import system
    works from the listing that it has made before.
    """
    sys.path[2:] = []
    sys.meta_path.append(PackageFinder(packages))
    visible = [path for path in library().iterdir() if path.name not in _OTHERS] + packages
    readable = [*visible, *(path for path in (_ZONES, _NULL) if path.exists())]
    landlock.restrict(readable=readable, scratch=[Path(scratch)])


def import_common(*, arrays: bool) -> None:
    """Import what programs often use, so that a run finds it in memory; with `arrays` also NumPy and Pillow.

    The rest is imported by the runs that want it: each page and mapping here makes every fork slower.
    """
    site.setquit()  # the built-ins that a plain interpreter has from here
    site.sethelper()
    for name in f"{_COMMON} {_ARRAYS if arrays else ''}".split():
        with contextlib.suppress(ImportError):  # not installed
            importlib.import_module(name)
