"""Build the WebAssembly component that holds the Python interpreter: `python -m rubrica.tools.sandbox.build`.

componentize-py links CPython for WASI with the sources of `wasm_guest/`, imports them once and freezes the memory. The
result is portable; its name carries the digest of those sources, so that a stale one is never found. Standard library
only, because the wheel's build hook loads this file before the package is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GUEST = Path(__file__).parent / "wasm_guest"
KNOWN = Path(__file__).parent / "guest.py"
"""Code that many jobs bring with them; the component holds it compiled."""


def component_name() -> str:
    """Return the file name that belongs to the guest's present sources."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return f"box-{digest.hexdigest()[:16]}.wasm"


def cache_dir() -> Path:
    """Return the user's own cache directory for the sandbox, which may not exist yet."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "rubrica" / "sandbox"


def places() -> list[Path]:
    """Return where the component is looked for: beside this file (wheel, editable install), then the user's cache."""
    return [Path(__file__).parent / component_name(), cache_dir() / component_name()]


def build(target: Path) -> Path:
    """Build the component into `target` (its folder must exist) and return it; takes about 15 seconds.

    Raises:
        subprocess.CalledProcessError: componentize-py failed; its output is in the exception.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".box-") as scratch:
        guest = Path(scratch) / "wasm_guest"
        guest.mkdir()
        for path in _sources():
            shutil.copy(path, guest / path.name)
        command = [sys.executable, "-I", "-c", "import componentize_py; componentize_py.script()"]
        command += ["--quiet", "--wit-path", "wasm_guest/box.wit", "--world", "box"]
        command += ["componentize", "wasm_guest.app", "--python-path", ".", "--output", "box.wasm"]
        environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        subprocess.run(command, cwd=scratch, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - our own command
        (Path(scratch) / "box.wasm").replace(target)
    return target


def ensure() -> Path:
    """Return the component, building it into the first place that can be written if there is none."""
    for place in places():
        if place.is_file():
            return place
    beside, cached = places()
    for stale in beside.parent.glob("box-*.wasm"):
        stale.unlink(missing_ok=True)
    if os.access(beside.parent, os.W_OK):
        return build(beside)
    cached.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return build(cached)


def _sources() -> list[Path]:
    return [*sorted(path for path in GUEST.iterdir() if path.suffix in {".py", ".wit"}), KNOWN]


def main() -> int:
    """Build what is missing and compile it for this processor, so that the first run is fast."""
    try:
        component = ensure()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"the sandbox component could not be built:\n{error.stdout}{error.stderr}\n")
        return 1
    from rubrica.tools.sandbox.compiled import Compiled

    Compiled.of(component).close()
    sys.stdout.write(f"sandbox component: {component.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
