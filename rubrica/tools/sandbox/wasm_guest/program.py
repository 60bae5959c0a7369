"""Run one program and say what it did, in values that JSON can carry."""

import asyncio
import base64
import importlib
import inspect
import io
import linecache
import os
import random
import sys
import traceback
import types
from json import dumps
from typing import Any

from .memory_files import Files, Stdin

FILE = "program.py"
"""The name that tracebacks give to the code."""
_ERROR_BYTES = 1 << 16


_known: dict[str, types.CodeType] = {}


def know(code: str) -> None:
    """Compile code that many jobs will bring, once and for all of them."""
    _known[code] = compile(code, FILE, "exec", dont_inherit=True)


def _streams(stdin: Stdin) -> tuple[io.TextIOWrapper, io.TextIOWrapper]:
    """Put up the three standard streams; what is written to descriptors 1 and 2 is with the host at once."""
    sys.stdin = io.TextIOWrapper(stdin, "utf-8", "replace")
    out, err = (io.BufferedWriter(io.FileIO(number, "w", closefd=False)) for number in (1, 2))
    sys.stdout = io.TextIOWrapper(out, "utf-8", "backslashreplace", newline="")
    sys.stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace", newline="", line_buffering=True)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    return sys.stdout, sys.stderr


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in this interpreter, which is thrown away afterwards."""
    limits = job["limits"]
    stdin = Stdin(job["stdin"].encode("utf-8", "surrogatepass"))
    streams = _streams(stdin)
    inputs = {name: base64.b64decode(data) for name, data in job["inputs"].items()}
    files = Files(inputs, stdin, limit=limits["disk_mb"] << 20)
    files.install()
    _seed(job["seed"])
    value: str | None = None
    try:
        module = _load(job["code"], name="program" if job["entry"] else "__main__")
        if job["entry"]:
            value = _encode(_call(module, job["entry"], job["args"]))
        status, report = "ok", ""
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its outcome
        status, report = _classify(error, entry=bool(job["entry"]))
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    if value is not None and len(value) > limits["value_bytes"]:
        status, value, report = "output_limit", None, "the returned value is too large\n"
    if status != "ok":
        value = None
    return {
        "status": status,
        "value": value,
        "report": report,
        "files": {name: base64.b64encode(data).decode("ascii") for name, data in files.made().items()},
    }


def _seed(seed: int) -> None:
    """Make every source of randomness a function of the job's seed."""
    source = random.Random(seed)
    os.urandom = source.randbytes
    random._urandom = source.randbytes  # type: ignore[attr-defined]  # what SystemRandom and `secrets` draw from
    random.seed(seed)


def _load(code: str, *, name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__file__ = FILE
    sys.modules[name] = module
    sys.argv[:] = [FILE]
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    exec(_known.get(code) or compile(code, FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the sandbox
    return module


def _call(module: types.ModuleType, entry: str, args: list[Any]) -> Any:
    function: Any = module
    for part in entry.split("."):
        function = getattr(function, part)
    value = function(*args)
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def _encode(value: Any) -> str:
    return dumps(value, allow_nan=False)


def _classify(error: BaseException, *, entry: bool) -> tuple[str, str]:
    if isinstance(error, SystemExit):
        if not entry and error.code in (None, 0):
            return "ok", ""
        return "exited_early", "" if isinstance(error.code, int | None) else f"{error.code}\n"
    if isinstance(error, MemoryError):
        return "memory", "MemoryError\n"
    return "error", _report(error)


def _report(error: BaseException) -> str:
    """Return the traceback of the program alone, without the frames that called it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != FILE:
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace, limit=-20)
    except Exception:  # noqa: BLE001 - an exception whose text cannot be made still has a type
        return f"{type(error).__name__}\n"
    return "".join(lines)[-_ERROR_BYTES:]


importlib.invalidate_caches()
