"""One run as the parent sees it: what goes in on descriptors, what comes out of them, and what that amounts to.

The program's process is believed in nothing but its answer, and in that only when it is complete, acknowledged with the
token that the parent then sends, and well-formed. All else follows from what the parent did and from the wait status.
"""

import os
import secrets
import signal
import socket
import struct
from typing import Any, Literal

from rubrica.tools.sandbox.base import Job, Outcome, Status
from rubrica.tools.sandbox.values import clean
from rubrica.tools.sandbox.wire import NOT_JSON, check_inputs, is_json, is_plain, parse_answer, to_json

Ending = Literal["answer", "deadline", "output", "nonsense"]
"""Why the parent ended the run: it answered, ran too long, said or wrote too much, or answered what is no answer."""

_HEAD = struct.Struct(">II")
_TOKEN_BYTES = 16
_REPORT_BYTES = 1 << 16
_CHUNK = 1 << 16
_SAID: frozenset[str] = frozenset({"ok", "error", "exited_early", "memory", "output_limit"})
_BY_PARENT: dict[str, Status] = {"deadline": "timeout", "output": "output_limit", "nonsense": "crashed"}


class Run:
    """The descriptors of one run and what has been read from them. Close it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ending: Ending | None = None
        self._output: dict[int, bytearray] = {}
        self._said = bytearray()
        self._token = secrets.token_bytes(_TOKEN_BYTES)
        self._answer: dict[str, Any] | None = None
        self._files: dict[str, bytes] = {}
        blob = _encode(job)
        self.given = [_memory("stdin", job.stdin.encode("utf-8", "surrogatepass"))]
        for _ in ("stdout", "stderr"):
            read_end, write_end = os.pipe()
            os.set_blocking(read_end, False)
            self._output[read_end] = bytearray()
            self.given.append(write_end)
        self.channel, theirs = socket.socketpair()
        self.channel.setblocking(False)
        self.given += [theirs.detach(), _memory("job", blob)]

    @property
    def outputs(self) -> list[int]:
        """The read ends of standard output and error that are still open for reading."""
        return list(self._output)

    def release(self) -> None:
        """Close our copies of what the program has been given."""
        given, self.given = self.given, []
        for descriptor in given:
            os.close(descriptor)

    def close(self) -> None:
        """Close all."""
        self.release()
        self.channel.close()
        for descriptor in self._output:
            os.close(descriptor)

    def take(self, descriptor: int) -> bool:
        """Take what has come on one of our descriptors; False = nothing more will come."""
        return self._listen() if descriptor == self.channel.fileno() else self._read(descriptor)

    def _read(self, descriptor: int) -> bool:
        held = self._output[descriptor]
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        room = self.job.limits.out_bytes - len(held)
        held += data[:room]
        if len(data) > room and self.ending in {None, "answer"}:
            self.ending = "output"
        return bool(data) and len(data) <= room

    def _listen(self) -> bool:
        try:
            data = self.channel.recv(1 << 20)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._said += data
        if self.ending is None and data:
            if self._answer is None:
                self._parse()
            elif len(self._said) >= _TOKEN_BYTES:
                self.ending = "answer" if self._said[:_TOKEN_BYTES] == self._token else "nonsense"
        return bool(data)

    def _parse(self) -> None:
        """Once the answer is whole, keep it and send the token that must come back."""
        if len(self._said) < _HEAD.size:
            return
        head, body = _HEAD.unpack_from(self._said)
        limits = self.job.limits
        if head > 6 * (limits.value_bytes + 4 * _REPORT_BYTES) or body > limits.disk_mb << 20:
            self.ending = "nonsense"
            return
        if len(self._said) < _HEAD.size + head + body:
            return
        text, rest = bytes(self._said[_HEAD.size : _HEAD.size + head]), self._said[_HEAD.size + head :]
        try:
            self._answer = _checked(parse_answer(text), limits.value_bytes)
            self._files = _split(self._answer["files"], bytes(rest[:body]))
            self.channel.send(self._token)
        except (ValueError, KeyError, TypeError, RecursionError, OSError):
            self.ending = "nonsense"
        self._said = rest[body:]

    def outcome(self, wait_status: int, cpu_s: float) -> Outcome:
        """Decide what the run was, once its process is gone."""
        for descriptor in self._output:
            while self._read(descriptor):
                pass
        out, err = (bytes(held).decode("utf-8", "replace") for held in self._output.values())
        over = self.ending == "output"
        if self.ending == "answer" and self._answer is not None:
            return Outcome(
                status=self._answer["status"],
                value_json=self._answer["value"],
                stdout=out,
                stderr=err + self._answer["report"],
                files=self._files,
            )
        status, note = self._without_answer(wait_status, cpu_s)
        return Outcome(status=status, stdout=out, stderr=err + note, truncated=over)

    def _without_answer(self, wait_status: int, cpu_s: float) -> tuple[Status, str]:
        if self.ending is not None and self.ending != "answer":
            return _BY_PARENT[self.ending], f"ended by the sandbox: {self.ending}\n"
        code = os.waitstatus_to_exitcode(wait_status)
        if code >= 0:
            return "exited_early", f"the process ended with status {code} before the program did\n"
        name = signal.Signals(-code).name
        limit = max(1.0, self.job.limits.cpu_s)
        # The first limit's signal can be ignored; then comes the second's, and the kernel counts both in coarse ticks.
        if -code == signal.SIGXCPU or (-code == signal.SIGKILL and cpu_s > limit / 2):
            return "timeout", "processor time limit exceeded\n"
        return "crashed", f"the process was ended by {name}\n"


def _memory(name: str, data: bytes) -> int:
    """Return a descriptor of an anonymous file that holds `data` and can never be changed."""
    import fcntl

    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "wb", closefd=False) as stream:
        stream.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    everything = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, everything)
    return descriptor


def _encode(job: Job) -> bytes:
    check_inputs(job)
    head = {
        "code": job.code,
        "entry": job.entry,
        "args": job.args,
        "seed": job.seed,
        "value_bytes": job.limits.value_bytes,
        "disk_bytes": job.limits.disk_mb << 20,
        "inputs": [(name, len(data)) for name, data in job.inputs.items()],
    }
    text = to_json(head)
    return struct.pack(">I", len(text)) + text + b"".join(job.inputs.values())


def _checked(answer: dict[str, Any], value_bytes: int) -> dict[str, Any]:
    """Return the answer when every field is what it must be.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: it is not.
    """
    status, value, report = answer["status"], answer["value"], answer["report"]
    if status not in _SAID or not isinstance(report, str) or len(report) > _REPORT_BYTES:
        raise ValueError("status or report")
    if value is not None:
        if status != "ok" or not isinstance(value, str) or len(value) > value_bytes:
            raise ValueError("value")
        if not is_json(value):
            answer.update(status="error", value=None)
            report += NOT_JSON
    answer["report"] = clean(report)
    return answer


def _split(sizes: list[tuple[str, int]], body: bytes) -> dict[str, bytes]:
    """Cut the files' bytes apart.

    Raises:
        ValueError: the sizes do not add up, or a name is no name. A name that leads elsewhere is left out.
    """
    files, at = {}, 0
    for name, size in sizes:
        if not isinstance(name, str) or not isinstance(size, int) or size < 0:
            raise ValueError("file")
        if is_plain(name):
            files[name] = body[at : at + size]
        at += size
    if at != len(body):
        raise ValueError("sizes")
    return dict(sorted(files.items()))
