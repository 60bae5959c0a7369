"""What a jailed program can see: the standard library, NumPy and Pillow, read-only, and one folder to write in."""

import ctypes
import importlib
import os
import site
import sys
import sysconfig
import tempfile
from pathlib import Path

from rubrica.tools.sandbox.linux import caps, landlock, namespaces

PACKAGES = "/packages"
"""Where NumPy and Pillow are seen inside the namespaces."""
SCRATCH = "/tmp"  # noqa: S108 - inside the namespaces, where it is a file system of the run's own
_ZONES, _NULL = Path("/usr/share/zoneinfo"), Path("/dev/null")
_OTHERS = ("site-packages", "dist-packages")
_NO_EXTENSION = ("_tkinter", "readline", "_curses", "_dbm", "_gdbm", "nis", "ossaudiodev", "_test", "xx")
_COMMON = """
abc array ast asyncio base64 bisect calendar cmath collections collections.abc concurrent.futures contextlib copy csv
ctypes dataclasses datetime decimal difflib doctest enum fractions functools hashlib heapq html inspect io itertools
json linecache logging math numbers operator os pathlib pickle platform pprint queue random re secrets shutil signal
sqlite3 statistics string struct tempfile textwrap threading time timeit traceback types typing unicodedata unittest
urllib.parse uuid warnings weakref xml.etree.ElementTree zlib zoneinfo _strptime encodings.idna encodings.latin_1
numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random
PIL PIL.Image PIL.ImageChops PIL.ImageDraw PIL.ImageFilter PIL.ImageFont PIL.ImageOps PIL.ImageStat
PIL.BmpImagePlugin PIL.GifImagePlugin PIL.JpegImagePlugin PIL.PngImagePlugin PIL.PpmImagePlugin PIL.WebPImagePlugin
"""


def library() -> Path:
    """Return the folder of the standard library."""
    return Path(sysconfig.get_path("platstdlib"))


def load_extensions(packages: list[Path]) -> None:
    """Load every extension module once, while the system's libraries have paths; inside, they are found in memory."""
    extensions = [*(library() / "lib-dynload").glob("*.so")]
    for path in packages:
        extensions += path.rglob("*.so")
    for path in extensions:
        if not path.name.startswith(_NO_EXTENSION):
            try:
                ctypes.CDLL(str(path))
            except OSError:  # its library is not installed: the module cannot be imported outside either
                continue


def enter_namespaces(packages: list[Path]) -> None:
    """Move into a root that holds nothing else; the paths of the standard library stay what they were.

    Raises:
        OSError: namespaces are refused here.
    """
    homes = sorted({library(), Path(sysconfig.get_path("stdlib"))})
    bindings = [namespaces.Binding(path, str(path)) for path in homes]
    bindings += [namespaces.Binding(path, f"{PACKAGES}/{path.name}") for path in packages]
    bindings.append(namespaces.Binding(_NULL, str(_NULL), writable=True))
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


def enter_landlock(packages: list[Path], scratch: str) -> None:
    """Deny every other path. The folders of `packages` leave the search path: what they hold beside is not for sale.

    The standard library's own folder may not be listed, since another package may live below it; the import system
    works from the listing that it has made before.
    """
    sys.path[2:] = []
    visible = [path for path in library().iterdir() if path.name not in _OTHERS] + packages
    readable = [*visible, *(path for path in (_ZONES, _NULL) if path.exists())]
    landlock.restrict(readable=readable, scratch=[Path(scratch)])


def import_common() -> None:
    """Import what programs often use, so that a run finds it in memory; what is not installed is skipped."""
    site.setquit()  # the built-ins that a plain interpreter has from here
    site.sethelper()
    for name in _COMMON.split():
        try:
            importlib.import_module(name)
        except ImportError:
            continue
