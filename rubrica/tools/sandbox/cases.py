"""Test cases as people write them (calls, programs, doctests, assert statements) turned into `Check`s.

Nothing is run here: source is parsed, and literals are evaluated as literals.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rubrica.tools.sandbox.assertions import asserts
from rubrica.tools.sandbox.grading import Check, Known
from rubrica.tools.sandbox.source import parse_literal, parse_module
from rubrica.types import CodeTest


def checks_of(test: CodeTest) -> list[Check]:
    """Return the checks of a test that came with the task; none when it cannot be read."""
    match test.kind:
        case "call":
            return [Check(test.code, test.code, Known(test.expected))]
        case "stdin":
            return [Check(f"input {test.code!r}", stdin=test.code, expected=Known(test.expected), form="stdout")]
        case "doctest":
            return doctests(test.code)
        case "assert":
            return asserts(test.code)


def doctests(text: str) -> list[Check]:
    """Return a check for every `>>>` expression with an expected result; the lines before it are its setup."""
    checks: list[Check] = []
    setup: list[str] = []
    for source, want in _prompts(text):
        try:
            parsed = parse_module(source).body
        except ValueError:
            continue
        if not want or len(parsed) != 1 or not isinstance(parsed[0], ast.Expr):
            setup.append(source)
            continue
        checks += _doctest(parsed[0].value, want, "\n".join(setup))
    return checks


def _doctest(node: ast.expr, want: str, setup: str) -> list[Check]:
    expression = ast.unparse(node)
    source = f">>> {expression}"
    if want.startswith("Traceback"):
        error = want.splitlines()[-1].partition(":")[0].strip().rpartition(".")[2]
        return [Check(source, expression, Known(error), form="raises", setup=setup)]
    if "..." in want:
        return []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        return [Check(source, expression, Known(want), form="stdout", setup=setup)]
    if want == "True" and isinstance(node, ast.Compare):
        found = asserts(f"{setup}\nassert {expression}")
        return [replace(check, source=source) for check in found]
    try:
        return [Check(source, expression, Known(parse_literal(want)), setup=setup)]
    except ValueError:
        return [Check(source, expression, Known(want), form="shown", setup=setup)]


def _prompts(text: str) -> Iterator[tuple[str, str]]:
    """Yield (source, expected text) for every interpreter prompt in `text`."""
    source: list[str] = []
    want: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if bare.startswith(">>>"):
            if source:
                yield "\n".join(source), "\n".join(want)
            source, want = [bare[3:].removeprefix(" ")], []
        elif source and not want and (bare.startswith("... ") or bare == "..."):
            source.append(bare[3:].removeprefix(" "))
        elif source and bare and not bare.startswith(('"""', "'''", "```")):
            want.append(bare.removesuffix('"""').removesuffix("'''").rstrip())
        elif source:
            yield "\n".join(source), "\n".join(want)
            source, want = [], []
    if source:
        yield "\n".join(source), "\n".join(want)


def flatten(groups: Iterable[Iterable[Check]]) -> list[Check]:
    """Join the checks of several tests, each once."""
    seen: dict[str, Check] = {}
    for group in groups:
        for check in group:
            seen.setdefault(f"{check.setup}\n{check.expression}\n{check.stdin}\n{check.relation}", check)
    return list(seen.values())
