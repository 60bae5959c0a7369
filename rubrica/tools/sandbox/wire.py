"""What crosses between parent and worker: a job as JSON going in, an outcome as checked JSON coming out."""

import base64
import json
import re
from dataclasses import asdict
from typing import Any, get_args

from rubrica.tools.sandbox.base import Job, Outcome, Status
from rubrica.tools.sandbox.frames import ENDED

_STATUS: dict[str, Status] = {status: status for status in get_args(Status)}


def encode_job(job: Job) -> bytes:
    """Return the frame that carries a job to a worker."""
    plain = {
        "code": job.code,
        "entry": job.entry,
        "args": job.args,
        "stdin": job.stdin,
        "inputs": {name: base64.b64encode(data).decode("ascii") for name, data in job.inputs.items()},
        "limits": asdict(job.limits),
        "seed": job.seed,
    }
    return json.dumps(plain).encode()


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
        files = {name: base64.b64decode(data) for name, data in plain["files"].items() if _is_plain(name)}
        value = plain["value"] if status == "ok" else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Outcome(status="crashed", stderr=f"the run left no readable result ({type(error).__name__})")
    if value is not None and not isinstance(value, str):
        value = ""  # which is not JSON
    if sum(map(len, files.values())) > limits.disk_mb << 20 or len(value or "") > limits.value_bytes:
        return Outcome(status="output_limit", stdout=out, stderr=err, truncated=True)
    if value is not None and not _is_json(value):
        return Outcome(status="error", stdout=out, stderr=f"{err}ValueError: the returned value is not JSON\n")
    return Outcome(
        status=status, value_json=value, stdout=out, stderr=err, truncated=bool(plain["truncated"]), files=files
    )


def _is_plain(name: str) -> bool:
    """Whether a file name stays below any folder that it is joined to."""
    return 0 < len(name) <= 255 and "\0" not in name and not {"", ".", ".."} & set(re.split(r"[/\\]", name))


def _cut(text: Any, limit: int) -> str:
    if not isinstance(text, str):
        raise TypeError("not text")
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "replace")


def _is_json(text: Any) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, TypeError, RecursionError):
        return False
    return True
