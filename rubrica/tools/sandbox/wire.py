"""What crosses between parent and worker: a job as JSON going in, an outcome as checked JSON coming out."""

import base64
import json
import re
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import Any, get_args

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Limits, Outcome, Status
from rubrica.tools.sandbox.frames import ENDED, unpack_answer
from rubrica.tools.sandbox.values import clean, parse_json

_UNUSABLE = re.compile(r"[\x00-\x1f\x7f]|^[A-Za-z]:")
"""Control characters, which a terminal obeys, and a drive, which leaves the folder on Windows."""
NOT_JSON = "ValueError: the returned value is not JSON\n"
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_MAX_STRUCTURE = 1 << 17
"""Characters of an answer outside its texts, and one for each text; that of a thousand files has six thousand."""
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
            raise SandboxInfraError(f"input {name[:99]!a} is not a relative path inside the run's folder")
        if any(parent.as_posix() in job.inputs for parent in PurePosixPath(name).parents):
            raise SandboxInfraError(f"input {name!r} lies below another input")


def decode_outcome(answer: bytes, job: Job) -> Outcome:
    """Read a worker's answer; what the guest wrote is untrusted: each field is checked and held to the limits.

    Raises:
        ValueError: it is not what a worker sends.
    """
    *streams, ending = unpack_answer(answer)
    out, err = (stream.decode("utf-8", "replace") for stream in streams)
    if ending[:1] == ENDED:
        said = json.loads(ending[1:])
        over = said["status"] == "output_limit"
        return Outcome(status=said["status"], stdout=out, stderr=err + clean(said["detail"]), truncated=over)
    return replace(_returned(ending[1:], job.limits, err), stdout=out)


def _returned(text: bytes, limits: Limits, err: str) -> Outcome:
    """Read what the guest wrote; `err` is what went to standard error before."""
    try:
        plain = parse_answer(text)
        status, value = _STATUS[plain["status"]], plain["value"]
        err += clean(plain["report"])[: 1 << 16]
        files = {name: base64.b64decode(data) for name, data in sorted(plain["files"].items()) if is_plain(name)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Outcome(status="crashed", stderr=f"{err}the run left no readable result ({type(error).__name__})\n")
    if status != "ok" or value is None:
        value = None
    elif not isinstance(value, str):
        value = ""  # which is not JSON
    if sum(map(len, files.values())) > limits.disk_mb << 20 or len(value or "") > limits.value_bytes:
        return Outcome(status="output_limit", stderr=err, truncated=True)
    if value is not None and not is_json(value):
        return Outcome(status="error", stderr=err + NOT_JSON, files=files)
    return Outcome(status=status, value_json=value, stderr=err, files=files)


def parse_answer(text: bytes) -> dict[str, Any]:
    """Parse what a guest wrote as its answer: a few fields, whose texts may be long.

    What it returned is a text inside, so anything else of size was made to fill the memory of whoever parses it.

    Raises:
        ValueError, RecursionError: it is no JSON, or has too much around its texts.
    """
    around = end = 0
    for found in _TEXTS.finditer(text):
        around += found.start() - end + 1
        end = found.end()
        if around > _MAX_STRUCTURE:
            break
    if around + len(text) - end > _MAX_STRUCTURE:
        raise ValueError("no answer has so many parts")
    answer: dict[str, Any] = json.loads(text)
    return answer


def is_plain(name: str) -> bool:
    """Whether a file name stays below any folder that it is joined to, on every system."""
    parts = re.split(r"[/\\]", name)
    usable = name == clean(name) and not _UNUSABLE.search(name) and max(len(part.encode()) for part in parts) <= 255
    return usable and len(name) <= 1024 and not {"", ".", ".."} & set(parts)


def is_json(text: str) -> bool:
    """Whether a value that came out is JSON as `parse_json` reads it."""
    try:
        parse_json(text)
    except ValueError:
        return False
    return True
