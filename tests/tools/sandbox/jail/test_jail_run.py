"""Whatever a program writes to the answer's channel, the parent reads it without an error and without being fooled."""

import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.jail_run import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sealed memory files are Linux's")

JOB = Job(code="", entry="f", limits=Limits(disk_mb=1, value_bytes=500, out_bytes=100))
EXITED, KILLED = 0, 9


@contextlib.contextmanager
def running(job: Job = JOB) -> Iterator[tuple[Run, socket.socket]]:
    """A run, and the program's end of its channel."""
    with contextlib.closing(Run(job)) as run, socket.socket(fileno=os.dup(run.given[3])) as theirs:
        run.release()
        yield run, theirs


def frame(head: object, body: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return struct.pack(">II", len(text), len(body)) + text + body


def answer(**fields: object) -> dict[str, object]:
    return {"status": "ok", "value": "1", "report": "", "files": [], **fields}


def hear(run: Run) -> None:
    while run.ending is None and run.take(run.channel.fileno()) and run.ending is None:
        import select

        if not select.select([run.channel], [], [], 0)[0]:
            return


def exchanged(data: bytes, *, echo: bool) -> Outcome:
    with running() as (run, theirs):
        theirs.sendall(data)
        hear(run)
        if echo and run.ending is None:
            theirs.sendall(theirs.recv(16))
            hear(run)
        return run.outcome(EXITED if run.ending is None else KILLED, 0.0)


def test_a_whole_answer_that_gives_the_token_back_counts() -> None:
    outcome = exchanged(frame(answer(files=[["a", 2]]), b"xy"), echo=True)
    assert (outcome.status, outcome.value_json, dict(outcome.files)) == ("ok", "1", {"a": b"xy"})


def test_a_whole_answer_without_the_token_is_an_early_exit() -> None:
    assert exchanged(frame(answer()), echo=False).status == "exited_early"


@given(noise=st.binary(max_size=200))
def test_noise_is_never_a_result(noise: bytes) -> None:
    assert exchanged(noise, echo=False).status in {"exited_early", "crashed"}


@given(noise=st.binary(min_size=16, max_size=64))
def test_a_guessed_token_is_never_right(noise: bytes) -> None:
    assert exchanged(frame(answer()) + noise, echo=False).status in {"exited_early", "crashed"}


@given(at=st.integers(0, 60), byte=st.integers(0, 255))
def test_a_damaged_answer_is_never_more_than_an_answer_in_form(at: int, byte: int) -> None:
    data = bytearray(frame(answer()))
    data[at % len(data)] = byte
    outcome = exchanged(bytes(data), echo=False)
    assert outcome.status in {"exited_early", "crashed"}
    assert outcome.value_json is None


@given(value=st.text(max_size=150) | st.integers().map(str) | st.just("x" * 501))
def test_a_value_is_json_within_its_limit(value: str) -> None:
    outcome = exchanged(frame(answer(value=value)), echo=True)
    if outcome.status == "ok":
        assert outcome.value_json == value
        assert len(value) <= JOB.limits.value_bytes
        json.loads(value)
    else:
        assert (outcome.status in {"crashed", "error"}, outcome.value_json) == (True, None)


@pytest.mark.parametrize("value", ["NaN", "{", "[1e999]", "[" * 201 + "]" * 201])
def test_a_value_that_is_not_json_is_an_error(value: str) -> None:
    outcome = exchanged(frame(answer(value=value)), echo=True)
    assert (outcome.status, outcome.value_json) == ("error", None)


@given(name=st.text(alphabet="ab./\0", max_size=8))
def test_a_file_of_the_answer_stays_inside(name: str) -> None:
    outcome = exchanged(frame(answer(files=[[name, 0]])), echo=True)
    for path in outcome.files:
        assert not path.startswith("/")
        assert ".." not in path.split("/")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "a\0b", "\ud800", "x" * 256])
def test_an_input_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(SandboxInfraError, match="not a relative path"):
        Run(Job(code="", inputs={name: b""}))


def test_inputs_beyond_the_disk_limit_are_refused() -> None:
    with pytest.raises(SandboxInfraError, match="disk limit"):
        Run(Job(code="", inputs={"a": bytes(2 << 20)}, limits=Limits(disk_mb=1)))


def test_what_the_program_is_given_cannot_be_changed_by_it() -> None:
    with contextlib.closing(Run(Job(code="x", stdin="text"))) as run:
        for descriptor in (run.given[0], run.given[-1]):
            with pytest.raises(PermissionError):
                os.write(descriptor, b"y")
            with pytest.raises(PermissionError):
                os.ftruncate(descriptor, 0)
