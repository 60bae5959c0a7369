"""A scene that a prompt shows: lines that make objects, call them and say what comes out, as checks that can be run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rubrica.tools.builtin.code.blocks import parse_python
from rubrica.tools.builtin.code.literals import literal_at
from rubrica.tools.sandbox.assertions import asserts
from rubrica.tools.sandbox.grading import Check

MAX_LINES = 400
_SAYS = re.compile(r"[ \t]*#[ \t]*(?:=>|->|→|returns?:?|outputs?:?|prints?:?)?[ \t]*")


@dataclass(frozen=True)
class Scene:
    """Statements in order, and the checks that stand among them."""

    tree: ast.Module
    checks: tuple[Check, ...]


@lru_cache(maxsize=256)
def scene_of(prompt: str) -> Scene | None:
    """Read interpreter lines, else the longest run of lines that are Python and hold an assertion or a stated value."""
    shown = list(_interpreter(prompt))
    for statements in [shown] if shown else sorted(_runs(prompt), key=len, reverse=True)[:3]:
        tree, checks = parse_python("\n".join(statements)), tuple(_checks(statements))
        if tree and checks:
            return Scene(tree, checks)
    return None


def _checks(statements: list[str]) -> Iterator[Check]:
    """Yield a check for each assertion; what it calls has happened when the next one is made."""
    before: list[str] = []
    for statement in statements:
        if statement.startswith("assert "):
            yield from asserts("\n".join([*before, statement]))
            tree = parse_python(statement)
            tested = tree.body[0] if tree else None
            before.append(ast.unparse(tested.test) if isinstance(tested, ast.Assert) else "")
        else:
            before.append(statement)


def _interpreter(prompt: str) -> Iterator[str]:
    """Yield the lines after ">>>" as statements; one with a literal under it becomes an assertion."""
    lines = [line.strip() for line in prompt.splitlines()[:MAX_LINES]]
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        source = line[3:].strip() if line.startswith(">>>") else ""
        tree = parse_python(source) if source else None
        if tree is None or len(tree.body) != 1:
            continue
        value = literal_at(after, 0) if after and not after.startswith(">>>") else None
        whole = value is not None and after[value[1] :].strip("` ") == ""
        is_call = isinstance(tree.body[0], ast.Expr)
        yield f"assert {source} == {value[0]!r}" if value is not None and whole and is_call else source


def _runs(prompt: str) -> Iterator[list[str]]:
    """Yield runs of neighbouring lines that are statements of Python; `call  # value` becomes an assertion."""
    run: list[str] = []
    for line in [*prompt.splitlines()[:MAX_LINES], ""]:
        statement = _statement(line)
        if statement is None:
            if run:
                yield run
            run = []
        elif statement:
            run.append(statement)


def _statement(line: str) -> str | None:
    """Return a line as a statement, empty for a comment, None when it is none."""
    bare = line.strip().strip("`")
    if not bare:
        return None
    tree = parse_python(bare)
    if tree is None or not tree.body:
        return "" if tree is not None else None
    node = tree.body[0]
    if isinstance(node, ast.Assign | ast.Assert | ast.Import | ast.ImportFrom | ast.AugAssign):
        return ast.unparse(node)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    said = _SAYS.match(bare, len(bare.partition("#")[0].rstrip())) if "#" in bare else None
    value = literal_at(bare, said.end()) if said else None
    call = ast.unparse(node)
    if value and bare[value[1] :].strip() == "" and not call.startswith("print("):
        return f"assert {call} == {value[0]!r}"
    return call
