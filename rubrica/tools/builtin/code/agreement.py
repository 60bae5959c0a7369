"""`code-agreement`: do the candidates' programs give the same results on the same inputs, and which of them fail."""

from collections.abc import Sequence

from pydantic import JsonValue

from rubrica.errors import SandboxUnavailable
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.generate import inputs_of
from rubrica.tools.builtin.code.properties import MAY_FAIL
from rubrica.tools.builtin.code.solution import solution_of
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.grading import Observed, observe
from rubrica.tools.sandbox.values import same
from rubrica.types import Candidate, TaskView

CLAIM = "its results agree with those of the other candidates"


@builtin(
    "code-agreement",
    "Runs the functions of all candidates on the same small inputs: the share of results on which a candidate agrees "
    "with the others (three or more), or the share of inputs that it can handle where another one can (two).",
    scope="group",
    executes=True,
)
async def code_agreement(
    task: TaskView, candidates: Sequence[Candidate], _: NoArguments, *, sandbox: Sandbox | None
) -> list[list[Observation]]:
    """One execution per candidate; the comparison is made here."""
    inputs = inputs_of(task.prompt) if read_task(task.prompt).writes else ()
    solutions = [solution_of(task.prompt, candidate.text) for candidate in candidates]
    runnable = [s for s in solutions if s is not None and s.entry is not None and s.tree is not None]
    if not inputs or len(runnable) < 2:
        return [[Observation(CLAIM, None, "fewer than two functions with known inputs")] for _ in candidates]
    if sandbox is None:
        return [[Observation(CLAIM, None, "no sandbox: code is not run")] for _ in candidates]
    given = read_task(task.prompt).given
    rows: list[tuple[Observed, ...] | None] = []
    for solution in solutions:
        if solution is None or solution.entry is None or solution.tree is None:
            rows.append(None)
            continue
        cases = [{"expression": f"{solution.entry}({', '.join(map(repr, each))})"} for each in inputs]
        try:
            rows.append((await observe(sandbox, f"{given}\n\n{solution.source}", cases)).cases)
        except SandboxUnavailable:
            rows.append(None)
    return [[_observation(index, rows, inputs)] for index in range(len(candidates))]


def _observation(
    index: int, rows: Sequence[tuple[Observed, ...] | None], inputs: Sequence[tuple[object, ...]]
) -> Observation:
    own = rows[index]
    others = [row for i, row in enumerate(rows) if i != index and row is not None]
    if own is None or not others:
        return Observation(CLAIM, None, "not run")
    agreed = [[_agree(own[k], row[k]) for row in others] for k in range(len(inputs))]
    failed = [k for k in range(len(inputs)) if own[k].status != "ok" and any(row[k].status == "ok" for row in others)]
    differs = next((k for k, row in enumerate(agreed) if not all(row)), None)
    where = ""
    if differs is not None:
        shown = ", ".join(map(repr, inputs[differs]))
        where = f"; on ({shown}) it gave {own[differs]}, another {_other(own, others, differs)}"
    share = sum(sum(row) / len(row) for row in agreed) / len(agreed)
    data: dict[str, JsonValue] = {"agreement": share, "failed": len(failed), "inputs": len(inputs)}
    text = f"agrees on {share:.0%} of {len(inputs)} inputs, fails on {len(failed)} that others handle{where}"
    if len(others) >= 2 or share == 1.0:
        return Observation(CLAIM, share, text, None, data)
    handled = 1 - len(failed) / len(inputs) if _one_fails(own, others[0]) else None
    return Observation(CLAIM, handled, text, None, data)


def _agree(left: Observed, right: Observed) -> bool:
    if left.status == right.status == "ok":
        return same(left.value, right.value)
    return left.status == right.status and left.raised[:1] == right.raised[:1]


def _one_fails(left: Sequence[Observed], right: Sequence[Observed]) -> bool:
    """Tell whether one of two fails far more often than the other; else nobody knows which of them is right."""
    fails = [sum(seen.status != "ok" for seen in side) / len(side) for side in (left, right)]
    return abs(fails[0] - fails[1]) > MAY_FAIL


def _other(own: Sequence[Observed], others: Sequence[Sequence[Observed]], k: int) -> Observed:
    return next(row[k] for row in others if not _agree(own[k], row[k]))
