"""What runs inside an E2B virtual machine: it starts the job as a process of its own and tells how that ended.

Sent as source text. `drive` runs in the machine's kernel, `child` in the process that it starts. Deadlines are kept in
here, so that a time-out is something the machine says, and silence is never taken for one.
"""

import asyncio
import base64
import contextlib
import importlib.util
import inspect
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from typing import Any

COMMANDS = {
    "bash": ("main.sh", ["bash", "main.sh"]),
    "javascript": ("main.js", ["node", "main.js"]),
    "r": ("main.r", ["Rscript", "main.r"]),
}
"""Language -> file and command, for what the machine's template has beside Python."""


TOLD = ("ok", "error", "exited_early", "memory", "output_limit")
"""How a process may say that it ended; it shares its directory with the code, so nothing else is believed."""


def drive(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job in a fresh directory and report: status, value, output, new files."""
    with tempfile.TemporaryDirectory() as home:
        for name, data in job["inputs"].items():
            path = os.path.join(home, name)  # noqa: PTH118  must run on whatever Python the machine has
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120  as above
            _write(path, base64.b64decode(data))
        if job["packages"] and (problem := _install(job["packages"])):
            return {"status": "infra", "stderr": problem}
        return _run(job, home)


def _install(packages: list[str]) -> str:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *missing]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  inside the machine
    return done.stderr[-1000:] if done.returncode else ""


def _run(job: dict[str, Any], home: str) -> dict[str, Any]:
    limits = job["limits"]
    result = os.path.join(home, ".result")  # noqa: PTH118  as above
    if job["language"] == "python":
        payload = {key: job[key] for key in ("code", "entry", "args", "seed")}
        payload.update(result=result, limit=limits["value_bytes"])
        command = [sys.executable, "-c", job["child"], json.dumps(payload)]
    else:
        name, command = COMMANDS[job["language"]]
        _write(os.path.join(home, name), job["code"].encode())  # noqa: PTH118  as above
    out, err = os.path.join(home, ".out"), os.path.join(home, ".err")  # noqa: PTH118  as above
    with open(out, "wb") as stdout, open(err, "wb") as stderr:  # noqa: PTH123  as above
        process = subprocess.Popen(  # noqa: S603  inside the machine
            command,
            cwd=home,
            env={"PATH": os.environ.get("PATH", ""), "HOME": home, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=lambda: _confine(limits, native=job["language"] == "python"),  # noqa: PLW1509  one thread here
        )
        timed_out = _wait(process, job["stdin"].encode(), limits["wall_s"])
    report = {"stdout": _read(out, limits["out_bytes"]), "stderr": _read(err, limits["out_bytes"])}
    report["truncated"] = max(os.path.getsize(out), os.path.getsize(err)) > limits["out_bytes"]  # noqa: PTH202  as above
    ended = _read(result, limits["value_bytes"] + 64)
    report.update(_verdict(process.returncode, ended, timed_out=timed_out, job=job))
    if report["truncated"] and report["status"] in ("ok", "error", "crashed"):
        report["status"] = "output_limit"
    return report


def _confine(limits: dict[str, Any], *, native: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(limits["cpu_s"]) + 1,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["disk_mb"] << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if native:
        resource.setrlimit(resource.RLIMIT_AS, ((limits["mem_mb"] + 128) << 20,) * 2)


def _wait(process: "subprocess.Popen[bytes]", stdin: bytes, wall_s: float) -> bool:
    try:
        process.communicate(stdin, timeout=wall_s)
    except subprocess.TimeoutExpired:
        timed_out = True
    else:
        timed_out = False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return timed_out


def _verdict(code: int, ended: str, *, timed_out: bool, job: dict[str, Any]) -> dict[str, Any]:
    if timed_out or code == -signal.SIGXCPU:
        return {"status": "timeout"}
    if job["language"] != "python":
        return {"status": "ok" if code == 0 else "crashed" if code < 0 else "error"}
    try:
        told = json.loads(ended)
        status, value = told["status"], told.get("value_json")
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"status": "crashed" if code < 0 else "exited_early"}
    return {"status": status if status in TOLD else "crashed", "value_json": value}


def child(payload: dict[str, Any]) -> None:
    """Run the code as a module, call its entry, and leave how it ended in the result file."""
    import random

    random.seed(payload["seed"])
    names: dict[str, Any] = {"__name__": "__main__" if payload["entry"] is None else "candidate"}
    told: dict[str, Any] = {"status": "ok", "value_json": None}
    try:
        exec(compile(payload["code"], "<candidate>", "exec"), names)  # noqa: S102  inside the machine
        if payload["entry"] is not None:
            value = json.dumps(_call(names, payload["entry"], payload["args"]), allow_nan=False)
            told = (
                {"status": "output_limit"} if len(value) > payload["limit"] else {"status": "ok", "value_json": value}
            )
    except SystemExit as exit_:
        told = {"status": "ok" if payload["entry"] is None and exit_.code in (None, 0) else "exited_early"}
    except MemoryError:
        told = {"status": "memory"}
    except BaseException:  # noqa: BLE001  whatever a candidate raises is a result
        traceback.print_exc()
        told = {"status": "error"}
    sys.stdout.flush()
    _write(payload["result"], json.dumps(told).encode())


def _call(names: dict[str, Any], entry: str, args: list[Any]) -> Any:
    first, *rest = entry.split(".")
    function = names[first]
    for part in rest:
        function = getattr(function, part)
    value = function(*args)
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123  as above
        file.write(data)


def _read(path: str, limit: int) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  as above
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""
