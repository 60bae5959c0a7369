"""Run one program in this process, which is thrown away afterwards, and say what it did."""

import asyncio
import inspect
import json
import linecache
import os
import random
import resource
import socket
import struct
import sys
import threading
import traceback
import types
from typing import Any

FILE = "program.py"
"""The name that tracebacks give to the code."""
_ERROR_BYTES = 1 << 16
_FILES = 1024
_LENGTH = struct.Struct(">II")
_TOKEN_BYTES = 16


def run(job: dict[str, Any], channel: socket.socket) -> None:
    """Run the job, whose inputs lie in this folder, answer on `channel`, and hold still.

    A process that ends by itself has ended early.
    The answer counts only when the token that the parent sends upon it comes back, so one write and an exit, wherever
    in the program, do not make a result.
    """
    streams = _streams()
    _seed(int(job["seed"]))
    text, report = "", ""
    try:
        module = _load(job["code"], name="program" if job["entry"] else "__main__")
        if job["entry"]:
            text = json.dumps(_call(module, job["entry"], job["args"]), allow_nan=False)
        else:
            _finish_threads()
        status = "ok"
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its outcome
        status, report = _classify(error, entry=bool(job["entry"]))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))  # what is spared for saying how it ended
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    if len(text) > job["value_bytes"]:
        status, text, report = "output_limit", "", "the returned value is too large\n"
    files = _written(job["inputs"], int(job["disk_bytes"]))
    _answer(
        channel, {"status": status, "value": text if job["entry"] and status == "ok" else None, "report": report}, files
    )


def _streams() -> tuple[Any, Any]:
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - for the whole run
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]  # as at start
    return sys.stdout, sys.stderr


def _seed(seed: int) -> None:
    """Make every source of randomness a function of the job's seed."""
    source = random.Random(seed)
    os.urandom = source.randbytes
    random._urandom = source.randbytes  # type: ignore[attr-defined]  # what SystemRandom and `secrets` draw from
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % (1 << 32))


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


def _finish_threads() -> None:
    """Wait for the threads that keep an interpreter alive, as it does at its end."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()


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


def _written(inputs: dict[str, bytes], limit: int) -> dict[str, bytes]:
    """Return the plain files that the run made or changed, as far as they fit."""
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(os.curdir):
        folders.sort()
        for name in sorted(names):
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118 - os.walk speaks in strings
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
                    data = stream.read(limit + 1)
                path.encode()
            except (OSError, UnicodeEncodeError):
                continue
            if inputs.get(path) != data and len(data) <= limit and len(found) < _FILES:
                limit -= len(data)
                found[path] = data
    return found


def _answer(channel: socket.socket, head: dict[str, Any], files: dict[str, bytes]) -> None:
    head["files"] = [[name, len(data)] for name, data in files.items()]
    text = json.dumps(head).encode("utf-8", "replace")
    body = b"".join(files.values())
    channel.sendall(_LENGTH.pack(len(text), len(body)) + text + body)
    token = b""
    while len(token) < _TOKEN_BYTES and (more := channel.recv(_TOKEN_BYTES - len(token))):
        token += more
    channel.sendall(token)
    while channel.recv(1):  # until the parent kills
        pass
