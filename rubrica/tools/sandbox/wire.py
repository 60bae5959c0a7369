"""What crosses between parent and worker: a job as JSON going in, an outcome as checked JSON coming out."""

import base64
import json
import re
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, get_args

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Outcome, Status
from rubrica.tools.sandbox.frames import ENDED
from rubrica.tools.sandbox.values import clean, parse_json

_UNUSABLE = re.compile(r"[\x00-\x1f\x7f]|^[A-Za-z]:")
"""Control characters, which a terminal obeys, and a drive, which leaves the folder on Windows."""
NOT_JSON = "ValueError: the returned value is not JSON\n"
_STATUS: dict[str, Status] = {status: status for status in get_args(Status)}


def encode_job(job: Job) -> bytes:
    """Return the frame that carries a job to a worker.

    Raises:
        SandboxInfraError: as `check_inputs` and `to_json`.
    """
    check_inputs(job)
    plain = {
        "code": job.code,
        "entry": job.entry,
        "args": job.args,
        "stdin": job.stdin,
        "inputs": {name: base64.b64encode(data).decode("ascii") for name, data in job.inputs.items()},
        "limits": asdict(job.limits),
        "seed": job.seed,
    }
    return to_json(plain)


def to_json(job: dict[str, Any]) -> bytes:
    """Return a job's parts as JSON text.

    Raises:
        SandboxInfraError: an argument is not JSON, or is an integer of more digits than JSON text may have here.
    """
    try:
        return json.dumps(job).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SandboxInfraError(f"the job cannot be sent: {error}") from None


def check_inputs(job: Job) -> None:
    """Hold a job's files to names that every tier can give them.

    Raises:
        SandboxInfraError: a name leads outside or cannot exist, two names clash, or all is more than the disk limit.
    """
    if sum(map(len, job.inputs.values())) > job.limits.disk_mb << 20:
        raise SandboxInfraError(f"the job's inputs are larger than its disk limit of {job.limits.disk_mb} MB")
    for name in job.inputs:
        if not is_plain(name):
            raise SandboxInfraError(f"input {ascii(name[:99])} is not a relative path inside the run's folder")
        if any(parent.as_posix() in job.inputs for parent in PurePosixPath(name).parents):
            raise SandboxInfraError(f"input {name!r} lies below another input")


def decode_outcome(answer: bytes, job: Job) -> Outcome:
    """Read a worker's answer; what the guest wrote is untrusted: each field is checked and held to the limits."""
    kind, body = answer[:1], answer[1:]
    try:
        plain: dict[str, Any] = json.loads(body)
        if kind == ENDED:
            return Outcome(status=plain["status"], stderr=plain["detail"])
        status = _STATUS[plain["status"]]
        limits = job.limits
        out, err = (_cut(plain[name], limits.out_bytes + (1 << 16)) for name in ("stdout", "stderr"))
        files = {name: base64.b64decode(data) for name, data in plain["files"].items() if is_plain(name)}
        value = plain["value"] if status == "ok" else None
        files = dict(sorted(files.items()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Outcome(status="crashed", stderr=f"the run left no readable result ({type(error).__name__})")
    if value is not None and not isinstance(value, str):
        value = ""  # which is not JSON
    if sum(map(len, files.values())) > limits.disk_mb << 20 or len(value or "") > limits.value_bytes:
        return Outcome(status="output_limit", stdout=out, stderr=err, truncated=True)
    if value is not None and not is_json(value):
        return Outcome(status="error", stdout=out, stderr=err + NOT_JSON)
    return Outcome(
        status=status, value_json=value, stdout=out, stderr=err, truncated=bool(plain["truncated"]), files=files
    )


def is_plain(name: str) -> bool:
    """Whether a file name stays below any folder that it is joined to, on every system."""
    parts = re.split(r"[/\\]", name)
    usable = name == clean(name) and not _UNUSABLE.search(name) and max(len(part.encode()) for part in parts) <= 255
    return usable and len(name) <= 1024 and not {"", ".", ".."} & set(parts)


def _cut(text: Any, limit: int) -> str:
    if not isinstance(text, str):
        raise TypeError("not text")
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "replace")


def is_json(text: str) -> bool:
    """Whether a value that came out is JSON as `parse_json` reads it."""
    try:
        parse_json(text)
    except ValueError:
        return False
    return True
