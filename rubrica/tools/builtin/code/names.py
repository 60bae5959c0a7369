"""`code-names`: what can be said of Python code without running it."""

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.blocks import parse_python
from rubrica.tools.builtin.code.examples import examples_of
from rubrica.tools.builtin.code.solution import Solution, solution_of
from rubrica.tools.builtin.code.task import CodeTask, Signature, is_placeholder, read_task, signature
from rubrica.types import Candidate, Span, TaskView

CLAIM = "the code is complete: names defined, calls fit, the function asked for is there and does something"
_IMPLICIT = frozenset({*dir(builtins), "__file__", "__name__", "__annotations__", "__path__"})
_TYPING = frozenset(
    [
        "Any",
        "Callable",
        "Dict",
        "Iterable",
        "Iterator",
        "List",
        "Literal",
        "Mapping",
        "Optional",
        "Sequence",
        "Set",
        "Tuple",
        "Union",
    ]
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect, at a line of the solution's source."""

    what: str
    line: int


@builtin(
    "code-names",
    "Reads Python code without running it: undefined names and missing imports, calls that do not fit the function "
    "called, the requested function missing or with another signature, bodies left empty, nothing returned.",
)
def code_names(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """One observation per defect, or a single one when there is none."""
    asked = read_task(task.prompt)
    solution = solution_of(task.prompt, candidate.text)
    tree = solution.tree if solution else None
    if solution is None or tree is None:
        why = "no Python code that parses" if asked.writes else "the prompt does not ask for code"
        yield Observation(CLAIM, None, why)
        return
    problems = list(_problems(asked, task.prompt, solution, tree))
    for problem in problems:
        yield Observation(CLAIM, 0.0, problem.what, locate(candidate.text, solution, problem.line))
    if not problems:
        yield Observation(CLAIM, 1.0, "nothing is missing", solution.span)


def _problems(asked: CodeTask, prompt: str, solution: Solution, tree: ast.Module) -> Iterator[Problem]:
    yield from undefined_names(solution.source, asked.given)
    yield from misfit_calls(tree)
    for node in ast.walk(tree):
        if isinstance(node, _Function) and is_placeholder(node) and not _is_abstract(node, tree):
            yield Problem(f"the body of {node.name} is left empty", node.lineno)
    if asked.entry is None:
        return
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _Function)}
    wanted = functions.get(asked.entry.name)
    if wanted is not None and asked.entry.owner:
        return
    if wanted is not None:
        yield from _against(asked.entry, wanted, prompt)
    elif not any(isinstance(n, ast.ClassDef | ast.Assign) and asked.entry.name in ast.unparse(n) for n in tree.body):
        yield Problem(f"{asked.entry.name} is not defined", 1)


def undefined_names(source: str, given: str = "") -> Iterator[Problem]:
    """Yield names that are used but bound nowhere; nothing after a star import."""
    if " import *" in source or "exec(" in source or "globals()" in source:
        return
    try:
        top = symtable.symtable(source, "<candidate>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield Problem(f"it does not compile: {error}", getattr(error, "lineno", None) or 1)
        return
    tables = [top]
    for table in tables:
        tables.extend(table.get_children())
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    bound |= {s.get_name() for t in tables for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()}
    bound |= _given_names(given)
    used = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }
    lines = _first_lines(source)
    for name in sorted(used - bound - _IMPLICIT):
        missing = name in sys.stdlib_module_names or name in _TYPING
        yield Problem(f"{name} is used but {'not imported' if missing else 'never defined'}", lines.get(name, 1))


def _given_names(given: str) -> set[str]:
    tree = parse_python(given)
    if not given or tree is None:
        return set()
    top = symtable.symtable(given, "<given>", "exec")
    return {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


def _first_lines(source: str) -> dict[str, int]:
    tree = parse_python(source)
    lines: dict[str, int] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    return lines


def misfit_calls(tree: ast.Module) -> Iterator[Problem]:
    """Yield calls of the module's own functions with too many, too few or unknown arguments."""
    functions: dict[str, _Function] = {}
    for statement in tree.body:
        if isinstance(statement, _Function) and not statement.decorator_list:
            functions[statement.name] = statement
    rebound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    rebound |= {argument.arg for argument in ast.walk(tree) if isinstance(argument, ast.arg)}
    nested = [n.name for n in ast.walk(tree) if isinstance(n, _Function | ast.ClassDef)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            name = node.func.id
            if name not in rebound and nested.count(name) == 1 and (wrong := _misfit(node, functions[name])):
                yield Problem(f"{name} is called with {wrong}", node.lineno)


def _misfit(call: ast.Call, function: _Function) -> str:
    starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    if starred:
        return ""
    wanted = signature(function)
    names = wanted.parameters or ()
    if len(call.args) > len(names) and not wanted.variadic:
        return f"{len(call.args)} arguments, it takes {len(names)}"
    keywords = {keyword.arg for keyword in call.keywords}
    known = {*names, *(a.arg for a in function.args.kwonlyargs)}
    if function.args.kwarg is None and (unknown := sorted(str(k) for k in keywords - known)):
        return f"an argument {unknown[0]!r} that it does not have"
    missing = [name for name in names[len(call.args) : wanted.required] if name not in keywords]
    return f"no value for {missing[0]!r}" if missing else ""


def _against(entry: Signature, function: _Function, prompt: str) -> Iterator[Problem]:
    """Compare the function with what the prompt says of it."""
    own = signature(function)
    names = own.parameters or ()
    if entry.parameters is not None and not own.variadic and names[:1] != ("self",):
        count = len(entry.parameters)
        if own.required > count or len(names) < count:
            yield Problem(f"{own.name} takes {len(names)} arguments, {count} were asked for", function.lineno)
    if is_placeholder(function) or _gives_value(function):
        return
    stated = [example.expected for example in examples_of(prompt)]
    if any(value is not None for value in stated) or (
        entry.returns not in ("", "None") and "Optional" not in entry.returns
    ):
        yield Problem(f"{own.name} never returns a value", function.lineno)


def _gives_value(function: _Function) -> bool:
    return any(
        (isinstance(node, ast.Return) and node.value is not None) or isinstance(node, ast.Yield | ast.YieldFrom)
        for node in ast.walk(function)
    )


def _is_abstract(function: _Function, tree: ast.Module) -> bool:
    """Empty bodies are meant in abstract methods, protocols, overloads and exception handlers' hooks."""
    if function.decorator_list or function.name.startswith("__"):
        return True
    holders = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and function in node.body]
    return any(node.bases for node in holders)


def locate(text: str, solution: Solution, line: int) -> Span:
    """Return where a line of the solution's source stands in the answer; the whole code when it cannot be found."""
    lines = solution.source.splitlines()
    wanted = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    start = text.find(wanted, solution.span.start) if wanted else -1
    return Span(start=start, end=start + len(wanted), text=wanted) if start >= 0 else solution.span
