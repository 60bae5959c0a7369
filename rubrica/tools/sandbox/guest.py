"""What runs inside the sandbox to exercise a candidate: it reports values and never learns what was expected.

This module is sent as source text (`Job.code`) and its `exercise` is the entry; the host reads it and never calls it
on code that it does not trust. It needs nothing but the standard library.
"""

import builtins
import contextlib
import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

MAX_NODES = 20_000
MAX_DEPTH = 60
MAX_TEXT = 200_000
SAFE_INT = 1 << 53
MAX_TIMEOUTS = 2
"""Cases cut short after which the rest is not run: they would most likely take as long."""

# Bound before any candidate code runs: a candidate that rebinds builtins spoils no more than its own answers.
_type, _str, _repr, _len, _isinstance, _compile, _exec, _eval = type, str, repr, len, isinstance, compile, exec, eval
_SEQUENCES: dict[type[Any], str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}


def encode(value: Any, budget: list[int] | None = None, depth: int = 0) -> Any:
    """Return plain JSON that tells apart what JSON does not: tuples, sets, bytes, floats, big integers.

    Containers are read through their base class, so that an override of `__iter__` or `__eq__` has no say.
    """
    budget = [MAX_NODES] if budget is None else budget
    budget[0] -= 1
    kind = _type(value)
    if budget[0] < 0 or depth > MAX_DEPTH:
        return {"too large": kind.__name__}
    if value is None or kind is bool:
        return value
    if _isinstance(value, (str, int, float, complex, bytes, bytearray)):
        return _encode_scalar(value)
    if _isinstance(value, dict):
        return {"dict": [[encode(k, budget, depth + 1), encode(v, budget, depth + 1)] for k, v in dict.items(value)]}
    for base, name in _SEQUENCES.items():
        if _isinstance(value, base):
            return {name: [encode(item, budget, depth + 1) for item in base.__iter__(value)]}
    if kind.__module__ == "numpy" and not getattr(value, "shape", 1):
        return encode(value.item(), budget, depth + 1)
    return {"other": [kind.__name__, _repr(value)[:MAX_TEXT]]}


def _encode_scalar(value: Any) -> Any:
    if _isinstance(value, int):
        number = int.__index__(value)
        return number if -SAFE_INT < number < SAFE_INT else {"int": hex(number)}
    if _isinstance(value, float):
        return {"float": float.__repr__(value)}
    if _isinstance(value, complex):
        return {"complex": [_repr(value.real), _repr(value.imag)]}
    if _len(value) > MAX_TEXT:
        return {"too large": _type(value).__name__}
    if _isinstance(value, str):
        return str.__str__(value)
    return {"bytearray" if _isinstance(value, bytearray) else "bytes": value.hex()}


class _OutOfTimeError(BaseException):
    """The case has used up its share of the processor."""


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupt Python code that runs longer, where the interpreter can (3.12 on); 0 = never.

    This finds the case at fault, it is no wall: code may catch the interruption, and then the sandbox ends it. Every
    jump and call is watched, which makes loops three times slower.
    """
    monitoring: Any = getattr(sys, "monitoring", None)
    if not seconds or monitoring is None or monitoring.get_tool(monitoring.OPTIMIZER_ID) is not None:
        yield
        return
    tool, events = monitoring.OPTIMIZER_ID, (monitoring.events.JUMP, monitoring.events.PY_START)
    clock, until, ticks = time.perf_counter, time.perf_counter() + seconds, [0]

    def tick(*_: Any) -> None:
        ticks[0] += 1
        if not ticks[0] & 255 and clock() > until:
            raise _OutOfTimeError

    monitoring.use_tool_id(tool, "share of time")
    for event in events:
        monitoring.register_callback(tool, event, tick)
    monitoring.set_events(tool, events[0] | events[1])
    try:
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


def exercise(source: str, cases: list[dict[str, str]], seed: int, seconds: float) -> dict[str, Any]:
    """Run `source` once as a module, then every case on its names for `seconds` each (0 = no limit); report.

    A case is `{"setup", "expression"}`, evaluated in a copy of the names, or `{"stdin"}`: `source` is run as a program.
    """
    names: dict[str, Any] = {"__name__": "candidate", "__builtins__": __builtins__}
    loaded: dict[str, Any] = {"value": None, "stdout": ""}
    if not cases or any("stdin" not in case for case in cases):
        loaded = _observe(lambda: _exec(_compile(source, "<candidate>", "exec"), names), seed, seconds=seconds)
    seen: list[dict[str, Any]] = []
    for case in cases:
        late = sum(1 for each in (loaded, *seen) if "timeout" in each)
        seen.append(
            {"skipped": True} if late >= MAX_TIMEOUTS else _run(case, source, names, seed=seed, seconds=seconds)
        )
    return {"module": loaded, "cases": seen}


def _run(case: dict[str, str], source: str, names: dict[str, Any], *, seed: int, seconds: float) -> dict[str, Any]:
    if "stdin" in case:
        fresh = {"__name__": "__main__", "__builtins__": __builtins__}
        program = lambda: _exec(_compile(source, "<candidate>", "exec"), fresh)  # noqa: E731  compiled where errors are caught
        return _observe(program, seed, case["stdin"], seconds=seconds)
    scope = dict(names)

    def evaluate() -> Any:
        _exec(_compile(case.get("setup", ""), "<setup>", "exec"), scope)
        return _eval(_compile(case["expression"], "<test>", "eval"), scope)

    return _observe(evaluate, seed, seconds=seconds)


def _observe(action: Callable[[], Any], seed: int, stdin: str = "", *, seconds: float) -> dict[str, Any]:
    random.seed(seed)
    given, printed = _Kept(stdin.encode("utf-8", "surrogatepass")), _Kept()
    out = io.TextIOWrapper(printed, "utf-8", "surrogatepass", newline="", write_through=True)
    seen: dict[str, Any] = {}
    before, sys.stdin = sys.stdin, io.TextIOWrapper(given, "utf-8", "surrogatepass")
    open_before, builtins.open = builtins.open, _with_stdin(given)
    try:
        with contextlib.redirect_stdout(out), _at_most(seconds):
            value = action()
        seen["value"] = encode(value)
    except _OutOfTimeError:
        seen["timeout"] = True
    except BaseException as error:  # noqa: BLE001  exits and interrupts of a candidate are results too
        seen = {"raised": [kind.__name__ for kind in _type(error).__mro__], "message": _message(error)}
    finally:
        sys.stdin, builtins.open = before, open_before
    seen["stdout"] = printed.getvalue().decode("utf-8", "replace")[:MAX_TEXT]
    return seen


class _Kept(io.BytesIO):
    """Bytes behind a standard stream: what a program printed is read after it closed the stream."""

    def close(self) -> None: ...


def _with_stdin(given: _Kept) -> Callable[..., Any]:
    """Return `open` whose descriptor 0 is the standard input of this case, as of a process of its own."""
    real = builtins.open

    def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if file != 0 or _type(file) is not int:
            return real(file, mode, *rest, **named)
        return given if "b" in mode else io.TextIOWrapper(given, "utf-8", "surrogatepass")

    return opened


def _message(error: BaseException) -> str:
    try:
        return _str(error)[:2000]
    except BaseException:  # noqa: BLE001  a candidate's own __str__ may do anything
        return ""
