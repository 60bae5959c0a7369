"""`code-run`: does the code load, and does it do what the examples and tests say."""

import ast
import builtins
from collections.abc import Sequence

from pydantic import JsonValue

from rubrica.errors import SandboxUnavailable
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.examples import checks_of_prompt, program_examples, stated_name
from rubrica.tools.builtin.code.scene import scene_of
from rubrica.tools.builtin.code.solution import Solution, holds_code, solution_of
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.cases import checks_of, flatten
from rubrica.tools.sandbox.grading import Check, Graded, Observed, Run, grade
from rubrica.types import Candidate, TaskView

LOADS = "the code runs without an error"


@builtin(
    "code-run",
    "Runs the code of an answer in the sandbox: it must load, and pass the tests that came with the task and the "
    "examples that the prompt states (doctests, assertions, `f(x) == y`, 'Input: ... Output: ...'). Python only.",
    executes=True,
)
async def code_run(
    task: TaskView, candidate: Candidate, _: NoArguments, *, sandbox: Sandbox | None
) -> list[Observation]:
    """Every test in one execution; the comparison is made here."""
    asked = read_task(task.prompt)
    if not asked.writes:
        return [Observation(LOADS, None, "the prompt does not ask for code")]
    solution = solution_of(task.prompt, candidate.text)
    if solution is None and holds_code(task.prompt, candidate.text):
        return [Observation(LOADS, None, "the code is not set apart from the text")]
    if solution is None:
        return [Observation(LOADS, 0.0 if asked.strict else None, "no code in the answer")]
    if solution.language != "python":
        return [Observation(LOADS, None, f"{solution.language or 'this code'} is not run here", solution.span)]
    if sandbox is None:
        return [Observation(LOADS, None, "no sandbox: code is not run", solution.span)]
    checks = checks_for(task, solution)
    try:
        run, graded = await grade(sandbox, solution.source, checks, given=asked.given)
    except SandboxUnavailable as error:
        return [Observation(LOADS, None, f"not run: {error}", solution.span)]
    return [_passes(graded, run, solution)] if graded else [_loads(run.module, solution)]


def checks_for(task: TaskView, solution: Solution) -> list[Check]:
    """Return the tests of the task and the examples of the prompt that this solution can be held to."""
    given = [checks_of(test) for test in task.tests]
    asked = read_task(task.prompt)
    if asked.entry is not None:
        return flatten([*given, checks_of_prompt(task.prompt, solution.entry or asked.entry.call)])
    programs = () if solution.entry else program_examples(task.prompt)
    return flatten([*given, programs, _unnamed(task.prompt, solution)])


def _unnamed(prompt: str, solution: Solution) -> Sequence[Check]:
    """Return the checks of a prompt that names no function: its examples do, or use classes that the answer defines."""
    defined = _defined(solution)
    name = stated_name(prompt)
    if name and (name in defined or len(defined) == 1):
        return checks_of_prompt(prompt, name if name in defined else solution.entry or "")
    scene = scene_of(prompt)
    if scene is None:
        return ()
    names = [node for node in ast.walk(scene.tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    used = {node.id for node in names} - made
    return scene.checks if used & defined and used <= defined | set(dir(builtins)) else ()


def _defined(solution: Solution) -> set[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in solution.tree.body if isinstance(node, kinds)} if solution.tree else set()


def _loads(module: Observed, solution: Solution) -> Observation:
    if module.status == "ok":
        return Observation(LOADS, 1.0, "it loads; the prompt states no example to run", solution.span)
    if "EOFError" in module.raised:
        return Observation(LOADS, None, "it reads input that the prompt does not give", solution.span)
    return Observation(LOADS, 0.0, str(module), solution.span)


def _passes(graded: Sequence[Graded], run: Run, solution: Solution) -> Observation:
    decided = [result for result in graded if result.passed is not None]
    claim = f"passes the {len(graded)} tests and examples that are stated"
    if not decided:
        return Observation(claim, None, "no expected value could be computed", solution.span)
    passed = sum(1 for result in decided if result.passed)
    details = [f"{passed} of {len(decided)} pass"]
    if run.module.status != "ok" and "EOFError" not in run.module.raised:
        details.append(f"loading it: {run.module}")
    details += [_failure(result) for result in decided if not result.passed][:3]
    trust = "host" if all(result.check.trust == "host" for result in decided) else "in-process"
    data: dict[str, JsonValue] = {"passed": passed, "of": len(decided), "backend": run.backend, "trust": trust}
    return Observation(claim, passed / len(decided), "; ".join(details), solution.span, data)


def _failure(result: Graded) -> str:
    what = result.check.expression or result.check.source
    seen = repr(result.observed.stdout[:120]) if result.check.form == "stdout" else str(result.observed)
    relation = {"equal": "", "true": "", "false": ""}.get(result.check.relation, f"{result.check.relation} ")
    expected = {"true": "a true value", "false": "a false value"}.get(result.check.relation, result.expected)
    verb = "gave" if result.observed.status in ("ok", "raised") else "ended with"
    return f"{what} {verb} {seen}, expected {relation}{expected}"
