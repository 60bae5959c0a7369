"""What a statement of a test binds, reads, needs and does; parsed, never run."""

import ast
import builtins
from collections.abc import Sequence

from rubrica.tools.sandbox.source import parse_literal, parse_module


def parametrized(function: ast.FunctionDef) -> list[list[ast.stmt]] | None:
    """Return the assignments of every row of `pytest.mark.parametrize`; None when a function has none that is plain."""
    match function.decorator_list:
        case [ast.Call(func=func, args=[ast.expr() as names, ast.List(elts=rows) | ast.Tuple(elts=rows)])] if (
            name_of(func) == "parametrize"
        ):
            try:
                listed = parse_literal(ast.unparse(names))
            except ValueError:
                return None
            words = (
                listed.split(",")
                if isinstance(listed, str)
                else list(listed)
                if isinstance(listed, tuple | list)
                else []
            )
            targets = [str(word).strip() for word in words]
            return [_assigned(targets, row) for row in rows]
    return None


def _assigned(names: list[str], row: ast.expr) -> list[ast.stmt]:
    """Give names the values of a row, each in a statement of its own: an expected one is none of the candidate's."""
    if isinstance(row, ast.Tuple | ast.List) and len(names) == len(row.elts) > 1:
        pairs = zip(names, row.elts, strict=True)
        return parse_module("\n".join(f"{name} = {ast.unparse(value)}" for name, value in pairs)).body
    return parse_module(f"{', '.join(names)} = {ast.unparse(row)}").body


def prepares(case: ast.ClassDef) -> bool:
    """Tell whether a test class does more than hold tests."""
    return any(not (isinstance(item, ast.FunctionDef) and item.name.startswith("test")) for item in case.body)


def may_raise(statement: ast.stmt) -> bool:
    """Tell `if f(2) != 4: raise AssertionError` and its like."""
    return isinstance(statement, ast.If | ast.For | ast.While) and any(
        isinstance(item, ast.Raise) for item in ast.walk(statement)
    )


def needed(setup: Sequence[str], actual: ast.expr) -> list[str]:
    """Return the statements that a value may depend on: what they do not touch is nothing for the candidate to see."""
    used = {item.id for item in ast.walk(actual) if isinstance(item, ast.Name)}
    kept: list[str] = []
    for source in reversed(setup):
        statement = parse_module(source).body[0]
        mentioned = {item.id for item in ast.walk(statement) if isinstance(item, ast.Name)}
        definition = isinstance(statement, ast.FunctionDef | ast.ClassDef)
        if used & (bound_by(statement) if definition else mentioned | bound_by(statement)):
            kept.append(source)
            used |= mentioned
    return kept[::-1]


def unbound(source: str) -> tuple[str, ...]:
    """Return the names that a program reads and nowhere binds: what the candidate has to supply."""
    tree = parse_module(source)
    read: set[str] = set()
    bound = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.stmt):
            bound |= bound_by(node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return tuple(sorted(read - bound))


class Rename(ast.NodeTransformer):
    """Puts other names in the place of names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def has_assertion(node: ast.AST) -> bool:
    """Tell whether anything is asserted in a piece of test code."""
    return any(
        isinstance(item, ast.Assert)
        or (isinstance(item, ast.Call) and (name_of(item.func) or "").startswith(("assert", "raises")))
        for item in ast.walk(node)
    )


def bound_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    return {item.id for item in ast.walk(statement) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}


def name_of(function: ast.expr) -> str | None:
    """Return the last part of a dotted name."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def is_plain_call(node: ast.expr) -> bool:
    """Tell whether the truth of a value is all that the assertion looks at."""
    return isinstance(node, ast.Call) and name_of(node.func) not in (
        "all",
        "any",
        "isinstance",
        "issubclass",
        "callable",
    )


def number_of(node: ast.expr) -> float | None:
    """Return the number that a literal is, None when it is none."""
    try:
        value = parse_literal(ast.unparse(node))
    except ValueError:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
