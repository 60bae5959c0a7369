"""Tests that only make sense as programs, judged where the candidate is not.

A loop of assertions, a helper that compares or a table of results cannot run beside the candidate without being read
and deceived by it. So the script runs in an instance of its own (`replay.py`), which reports the calls that it wants to
make; the candidate is asked for these alone; and the script runs again on the answers, until none is missing.
"""

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import JsonValue

from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Limits, Sandbox
from rubrica.tools.sandbox.needs import need_of
from rubrica.tools.sandbox.values import Other, TooLarge, clean

if TYPE_CHECKING:
    from rubrica.tools.sandbox.grading import Observed, Run

MAX_ROUNDS = 6
"""Later calls may depend on earlier answers; a script that wants more rounds is not replayed."""
MAX_TEXT = 1 << 20
"""Characters of all scripts together beyond which none is replayed."""

Ask = Callable[[list[dict[str, str]]], "Awaitable[Run]"]
"""Evaluates expressions on the candidate, in an instance that holds nothing of the tests."""


@dataclass(frozen=True, slots=True)
class Script:
    """A test as a program, and the names in it that only the candidate has."""

    source: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What a script said on the candidate's answers; `passed` is null when it could not be replayed."""

    passed: bool | None
    said: str = ""


async def play(
    sandbox: Sandbox, scripts: Sequence[Script], ask: Ask, *, given: str, limits: Limits, seed: int
) -> list[Played]:
    """Judge every script on the candidate's answers.

    Raises:
        SandboxUnavailable, SandboxInfraError: as `ask`.
    """
    impossible = [Played(None)] * len(scripts)
    if not scripts or sum(len(script.source) for script in scripts) > MAX_TEXT:
        return impossible
    answers: dict[str, JsonValue] = {}
    plain: list[JsonValue] = [[script.source, list(script.names)] for script in scripts]
    need = need_of("\n".join([given, *(script.source for script in scripts)]))
    for _ in range(MAX_ROUNDS):
        job = Job(_source(), entry="replay", args=(given, plain, answers, seed), need=need, limits=limits, seed=seed)
        try:
            outcome = await sandbox.run(job)
        except SandboxUnavailable:  # what the test needs is not here; beside the candidate it may still run
            return impossible
        if outcome.status != "ok" or outcome.value_json is None:
            return impossible
        reports = _reports(outcome.value_json)
        wanted = {"\n".join(call): call for report in reports for call in report.calls}
        if not wanted:
            return [report.played for report in reports]
        run = await ask([_case(*call) for call in wanted.values()])
        answers |= {key: _answer(seen) for key, seen in zip(wanted, run.cases, strict=True)}
    return [report.played for report in reports]


@dataclass(frozen=True, slots=True)
class _Report:
    played: Played
    calls: list[list[str]]


_VERDICTS = {"passed": True, "failed": False}


def _reports(text: str) -> list[_Report]:
    """Read what `replay` returned; only our own code and the test's ran there."""
    return [
        _Report(Played(_VERDICTS.get(each["status"]), clean(each.get("said", ""))), each["calls"])
        for each in json.loads(text)
    ]


def _case(name: str, arguments: str, named: str) -> dict[str, str]:
    """Evaluate a call to its value and what it did to its arguments."""
    return {"setup": "", "expression": f"(lambda a, k: ({name}(*a, **k), a))({arguments}, {named})"}


def _answer(seen: "Observed") -> JsonValue:
    if seen.status == "raised":
        return {"raised": list(seen.raised), "message": seen.message}
    if seen.status != "ok" or not isinstance(seen.value, tuple) or len(seen.value) != 2:
        return {"raised": ["RuntimeError"], "message": f"ended with {seen.status}"}
    value, after = seen.value
    try:
        kept = literal(after)
    except (ValueError, RecursionError):
        return {"raised": ["RuntimeError"], "message": "it made of its arguments what cannot be compared"}
    try:
        return {"value": f"({literal(value)}, {kept})"}
    except RecursionError:
        return {"raised": ["RuntimeError"], "message": "the value is nested too deeply"}


def literal(value: object) -> str:
    """Return the source of a value that came out, to be evaluated inside again.

    Raises:
        ValueError: there is none.
    """
    match value:
        case Other(kind, text):
            return f"Opaque({kind!r}, {text[:1000]!r})"
        case TooLarge(kind):
            return f"Opaque({kind!r}, 'too large')"
        case bool() | None | str() | bytes() | bytearray():
            return repr(value)
        case int():
            return repr(value) if abs(value) < 1 << 1024 else hex(value)
        case float():
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        case complex():
            return f"complex({literal(value.real)}, {literal(value.imag)})"
        case dict():
            return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
        case list() | tuple() | set() | frozenset():
            items = "".join(f"{literal(item)}, " for item in value)
            forms = {list: "[{}]", tuple: "({})", set: "set([{}])", frozenset: "frozenset([{}])"}
            return forms[type(value)].format(items)
    raise ValueError(f"no source for {type(value).__name__}")


def _source() -> str:
    return (files("rubrica.tools.sandbox") / "replay.py").read_text(encoding="utf-8")
