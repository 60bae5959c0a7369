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

from .memory_files import Files

FILE = "program.py"
"""The name that tracebacks give to the code."""
_ERROR_BYTES = 1 << 16


class OutputLimitError(BaseException):
    """More was printed than the job allows; not an `Exception`, so that ordinary handlers let it pass."""


class _Capture(io.BytesIO):
    """Standard output or error with a ceiling."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left, self.over = limit, False

    def write(self, data: Any, /) -> int:
        data = bytes(data)
        if len(data) > self._left:
            super().write(data[: self._left])
            self._left, self.over = 0, True
            raise OutputLimitError("output limit exceeded")
        self._left -= len(data)
        return super().write(data)

    def close(self) -> None:
        """Stay open: what a program printed is read after it closed its streams."""


class Streams:
    """The three standard streams of one run."""

    def __init__(self, stdin: str, limit: int) -> None:
        self.out, self.err = _Capture(limit), _Capture(limit)
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogatepass")), "utf-8", "replace")
        sys.stdout = _text(self.out)
        sys.stderr = _text(self.err)
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
        self._texts = (sys.stdout, sys.stderr)

    @property
    def over(self) -> bool:
        return self.out.over or self.err.over

    def texts(self) -> tuple[str, str]:
        """Return what was printed; text still buffered in the wrappers counts as printed."""
        for text in self._texts:
            try:
                text.flush()
            except (OutputLimitError, ValueError):
                continue
        out, err = (stream.getvalue().decode("utf-8", "replace") for stream in (self.out, self.err))
        return out, err


def _text(raw: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", newline="", write_through=True)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in this interpreter, which is thrown away afterwards."""
    limits = job["limits"]
    streams = Streams(job["stdin"], limits["out_bytes"])
    inputs = {name: base64.b64decode(data) for name, data in job["inputs"].items()}
    files = Files(inputs, limits["disk_mb"] << 20)
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
    out, err = streams.texts()
    if streams.over:
        status = "output_limit"
    if value is not None and len(value) > limits["value_bytes"]:
        status, value, report = "output_limit", None, "the returned value is too large\n"
    if status != "ok":
        value = None
    return {
        "status": status,
        "value": value,
        "stdout": out,
        "stderr": err + report,
        "truncated": streams.over,
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
    exec(compile(code, FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - this is the sandbox
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
    if isinstance(error, OutputLimitError):
        return "output_limit", ""
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
