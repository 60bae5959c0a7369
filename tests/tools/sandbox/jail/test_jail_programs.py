"""Ordinary programs run in the jail as they do outside, behind either wall."""

from pathlib import Path

import pytest

from rubrica.tools.sandbox.base import Job, Limits
from rubrica.tools.sandbox.jail import installed
from rubrica.tools.sandbox.jail_worker import JailWorker


def programs() -> dict[str, tuple[str, str]]:
    """Read the kinds of program: `=== kind`, the code, `---`, what it prints."""
    text = (Path(__file__).parent / "jail_programs.txt").read_text(encoding="utf-8")
    parts = (part.split("\n", 1) for part in text.removeprefix("=== ").split("\n=== "))
    return {kind: tuple(half.strip() for half in body.split("\n---\n")) for kind, body in parts}


PROGRAMS = programs()


@pytest.mark.parametrize("kind", PROGRAMS)
def test_runs(worker: JailWorker, kind: str) -> None:
    code, printed = PROGRAMS[kind]
    outcome = worker.execute(Job(code=code, stdin="1\n2\n3\n", limits=Limits(wall_s=20)))
    assert (outcome.status, outcome.stdout.rstrip("\n")) == ("ok", printed), outcome.stderr


def test_calls_an_entry_with_arguments(worker: JailWorker) -> None:
    job = Job(code="def f(a, b): return {'sum': a + b, 'list': (1, None)}", entry="f", args=(1, 2))
    assert worker.execute(job).value_json == '{"sum": 3, "list": [1, null]}'


def test_awaits_an_entry_that_is_a_coroutine(worker: JailWorker) -> None:
    assert worker.execute(Job(code="async def f(): return 3", entry="f")).value_json == "3"


def test_gives_inputs_as_files_and_returns_what_was_written(worker: JailWorker) -> None:
    code = "import os; os.mkdir('out'); open('out/b', 'wb').write(open('in/a', 'rb').read() * 2)"
    outcome = worker.execute(Job(code=code, inputs={"in/a": b"\0\xff"}))
    assert dict(outcome.files) == {"out/b": b"\0\xff\0\xff"}


def test_randomness_follows_the_seed(worker: JailWorker) -> None:
    code = (
        "import numpy, os, random, secrets, uuid\n"
        "def f(): return [random.random(), numpy.random.rand(), numpy.random.default_rng().random(), "
        "os.urandom(4).hex(), secrets.token_hex(4), str(uuid.uuid4()), hash('text'), sorted('abc', key=hash)]"
    )
    first, again, other = (worker.execute(Job(code=code, entry="f", seed=seed)).value_json for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("arrays", [False, True])
def test_numpy_and_pillow_are_found_whether_imported_before_or_not(worker: JailWorker, arrays: bool) -> None:
    jail = JailWorker(worker.isolation, installed()[1], arrays=arrays)
    jail.start()
    try:
        outcome = jail.execute(Job(code="import numpy, PIL.Image\nprint(numpy.arange(3).sum())"))
    finally:
        jail.kill()
    assert (outcome.status, outcome.stdout) == ("ok", "3\n"), outcome.stderr


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError: invalid syntax"),
        ("import requests", "ModuleNotFoundError: No module named 'requests'"),
        ("def f(): return f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("assert 1 == 2, 'no'", "AssertionError: no"),
    ],
)
def test_an_error_ends_with_its_type_and_message(worker: JailWorker, code: str, last: str) -> None:
    outcome = worker.execute(Job(code=code))
    assert outcome.status == "error"
    assert outcome.stderr.splitlines()[-1].startswith(last)


@pytest.mark.parametrize("value", ["float('nan')", "{1, 2}", "object()", "b'x'"])
def test_a_value_that_is_not_json_is_an_error(worker: JailWorker, value: str) -> None:
    assert worker.execute(Job(code=f"def f(): return {value}", entry="f")).status == "error"
