"""Grading on the host: inputs go into the sandbox, values come out as JSON, and what was expected never leaves here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from rubrica.tools.sandbox.base import Job, Limits, Need, Outcome, Sandbox, Status
from rubrica.tools.sandbox.needs import lacks, need_of
from rubrica.tools.sandbox.replaying import Played, Script, play
from rubrica.tools.sandbox.values import (
    Relation,
    clean,
    close,
    decode,
    guest_source,
    holds,
    parse_json,
    same_output,
    show,
)

Form = Literal["value", "stdout", "shown", "raises"]
Trust = Literal["host", "in-process"]

GRADING = Limits(wall_s=12.0, cpu_s=3.0, value_bytes=1 << 22)
"""The processor's time decides: the clock has to do with what else this machine is doing."""
MAX_FAILED_RERUNS = 2


@dataclass(frozen=True, slots=True)
class Known:
    """An expected value that is a literal, known on the host."""

    value: object


@dataclass(frozen=True, slots=True)
class Computed:
    """An expected value that is an expression; it is evaluated in a second, fresh instance without the candidate."""

    expression: str
    setup: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One test case: what to evaluate inside, and how its result is compared outside."""

    source: str
    """The test as it was stated, for people."""
    expression: str = ""
    """Evaluated on the candidate's names; empty = the candidate is run as a program on `stdin`."""
    expected: Known | Computed = Known(None)
    relation: Relation = "equal"
    form: Form = "value"
    """What is compared: the value, what was printed, the value as an interpreter shows it, or the exception's type."""
    setup: str = ""
    """Statements run before the expression."""
    stdin: str = ""
    tolerance: float | None = None
    relative: float = 0.0
    trust: Trust = "host"
    """`in-process`: the verdict itself was computed beside the candidate, which could have forged it."""
    script: Script | None = None
    """The same test as a program; when it can be replayed without the candidate, its verdict stands, and is trusted."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one case gave inside."""

    status: Status | Literal["raised", "not run"]
    value: object = None
    raised: tuple[str, ...] = ()
    """Names of the exception's type and its bases, the type first."""
    message: str = ""
    stdout: str = ""

    def __str__(self) -> str:
        match self.status:
            case "ok":
                return show(self.value)
            case "raised":
                return f"{self.raised[0]}: {self.message}".rstrip(": ") if self.raised else "an exception"
        return self.status


@dataclass(frozen=True, slots=True)
class Graded:
    """One test case after the fact; `passed` is null when no verdict was possible."""

    check: Check
    passed: bool | None
    observed: Observed
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What a candidate did in the sandbox: loading it, then each case."""

    module: Observed
    cases: tuple[Observed, ...]
    backend: str = ""


async def observe(
    sandbox: Sandbox, source: str, cases: Sequence[dict[str, str]], *, limits: Limits = GRADING, seed: int = 0
) -> Run:
    """Run `source` and evaluate every case (see `guest.exercise`) in one execution when all of them end well.

    When time runs out, a second execution cuts single cases short. When an execution ends badly in another way, each
    case gets one of its own, until `MAX_FAILED_RERUNS` of them end badly too; the rest is then "not run".

    Raises:
        SandboxUnavailable: no tier offers what the source needs.
        SandboxInfraError: the sandbox failed; nothing was learnt about the candidate.
    """
    need = need_of(source)

    async def run(some: Sequence[dict[str, str]], *, seconds: float = 0.0) -> Run:
        arguments: tuple[JsonValue, ...] = (source, [dict(case) for case in some], seed, seconds)
        job = Job(guest_source(), entry="exercise", args=arguments, need=need, limits=limits, seed=seed)
        return _read(await sandbox.run(job), len(some))

    whole = await run(cases)
    if Need.FILES not in need and any(_lacks(seen) for seen in (whole.module, *whole.cases)):
        need |= Need.FILES
        whole = await run(cases)
    if whole.module.status == "timeout" and len(cases) > 1:
        whole = await run(cases, seconds=limits.cpu_s / 3)
    if whole.module.status in ("ok", "raised") or len(cases) < 2:
        return whole
    alone: list[Run] = []
    for case in cases:
        failed = sum(1 for each in alone if each.module.status not in ("ok", "raised"))
        alone.append(await run([case]) if failed < MAX_FAILED_RERUNS else _NOT_RUN)
    module = next((each.module for each in alone if each.module.status in ("ok", "raised")), whole.module)
    return Run(module, tuple(each.cases[0] for each in alone), whole.backend)


def _lacks(seen: Observed) -> bool:
    """Tell whether a case failed for want of something that a richer tier has: not the code's fault."""
    absent = any(lacks(f"{kind}: {seen.message}") for kind in seen.raised)
    return absent and "FileNotFoundError" not in seen.raised


def _read(outcome: Outcome, size: int) -> Run:
    if outcome.status == "ok" and outcome.value_json is not None:
        try:
            report = parse_json(outcome.value_json)
            reports = report["cases"] if isinstance(report, dict) else None
            if isinstance(report, dict) and isinstance(reports, list) and len(reports) == size:
                cases = tuple(_observed(case) for case in reports)
                return Run(_observed(report["module"]), cases, outcome.backend)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            pass
        forged = Observed("error", message="the report from inside is malformed")
        return Run(forged, (forged,) * size, outcome.backend)
    status: Status = "error" if outcome.status == "ok" else outcome.status
    bad = Observed(status, message=outcome.stderr[-500:], stdout=outcome.stdout[:2000])
    return Run(bad, (bad,) * size, outcome.backend)


def _observed(report: JsonValue) -> Observed:
    if not isinstance(report, dict):
        raise TypeError("not a report")
    stdout = clean(str(report.get("stdout", "")))
    if "skipped" in report or "timeout" in report:
        return Observed("not run" if "skipped" in report else "timeout", stdout=stdout)
    raised = report.get("raised")
    if isinstance(raised, list):
        names = tuple(clean(str(name)) for name in raised)
        return Observed("raised", None, names, clean(str(report.get("message", ""))), stdout)
    return Observed("ok", decode(report["value"]), stdout=stdout)


_NOT_RUN = Run(Observed("not run"), (Observed("not run"),))


async def grade(
    sandbox: Sandbox, source: str, checks: Sequence[Check], *, given: str = "", limits: Limits = GRADING, seed: int = 0
) -> tuple[Run, tuple[Graded, ...]]:
    """Run a candidate on every check and compare on the host.

    `given` is code that the task supplies: it comes before the candidate's, and with it alone computed expectations
    are evaluated, in an instance that the candidate never saw.

    Raises:
        SandboxUnavailable, SandboxInfraError: as `observe`.
    """
    whole = f"{given}\n\n{source}" if given else source

    runs: list[Run] = []

    async def ask(cases: Sequence[dict[str, str]]) -> Run:
        runs.append(await observe(sandbox, whole, cases, limits=limits, seed=seed))
        return runs[-1]

    scripted = [check for check in checks if check.script is not None]
    scripts = [check.script for check in scripted if check.script is not None]
    played = await play(sandbox, scripts, ask, given=given, limits=limits, seed=seed)
    judged = {id(check): one for check, one in zip(scripted, played, strict=True) if one.passed is not None}
    checks, replayed = [check for check in checks if id(check) not in judged], checks
    run = await ask([_case(check) for check in checks]) if checks or not runs else Run(runs[-1].module, ())
    computed = [(check, check.expected) for check in checks if isinstance(check.expected, Computed)]
    wanted: dict[int, Observed] = {}
    if computed:
        cases = [{"setup": want.setup, "expression": want.expression} for _, want in computed]
        fresh = await observe(sandbox, given, cases, limits=limits, seed=seed)
        wanted = {id(check): seen for (check, _), seen in zip(computed, fresh.cases, strict=True)}
    compared = [_compare(check, seen, wanted.get(id(check))) for check, seen in zip(checks, run.cases, strict=True)]
    found = {id(each.check): each for each in compared}
    graded = [found.get(id(check)) or _replayed(check, judged[id(check)]) for check in replayed]
    return Run(run.module, tuple(each.observed for each in graded), runs[-1].backend), tuple(graded)


def _replayed(check: Check, played: Played) -> Graded:
    seen = (
        Observed("ok", True) if played.passed else Observed("raised", raised=("AssertionError",), message=played.said)
    )
    return Graded(replace(check, trust="host"), played.passed, seen, "true")


def _case(check: Check) -> dict[str, str]:
    return {"setup": check.setup, "expression": check.expression} if check.expression else {"stdin": check.stdin}


def _compare(check: Check, seen: Observed, wanted: Observed | None) -> Graded:
    if wanted is not None and wanted.status != "ok":
        return Graded(check, None, seen, "the expected value could not be computed")
    expected: object = None
    if wanted is not None:
        expected = wanted.value
    elif isinstance(check.expected, Known):
        expected = check.expected.value
    shown = show(expected)
    if check.form == "raises":
        return Graded(check, seen.status == "raised" and expected in seen.raised, seen, str(expected))
    if seen.status != "ok":
        return Graded(check, False, seen, shown)
    if check.form == "stdout":
        return Graded(check, same_output(seen.stdout, str(expected)), seen, shown)
    if check.form == "shown":
        return Graded(check, expected in (seen.value, show(seen.value, 1 << 20)), seen, str(expected))
    if check.tolerance is not None:
        near = close(seen.value, expected, tolerance=check.tolerance, relative=check.relative)
        return Graded(check, near, seen, shown)
    return Graded(check, holds(check.relation, seen.value, expected), seen, shown)
