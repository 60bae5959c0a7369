"""Python text read on the host: parsed within limits, literals evaluated, nothing ever run."""

import ast
import warnings

MAX_SOURCE = 60_000
"""Characters of source beyond which code is not parsed on the host."""

MAX_LITERAL = 20_000
"""Characters of source beyond which a literal is not parsed on the host."""


def parse_source(source: str, mode: str = "exec") -> ast.AST:
    """Parse Python text; what the compiler would warn about in it is the author's business, not ours.

    Raises:
        ValueError: it is not Python, or is too long or too deeply nested to be parsed here.
    """
    if len(source) > MAX_SOURCE:
        raise ValueError("too long to be parsed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source, mode=mode)
    except SyntaxError as error:
        raise NotPythonError(error.msg, error.lineno or 1) from None
    except (RecursionError, MemoryError) as error:
        raise ValueError(f"too deeply nested to be parsed: {error}") from None


def parse_module(source: str) -> ast.Module:
    """Parse Python text as a module; raises as `parse_source`."""
    tree = parse_source(source)
    assert isinstance(tree, ast.Module)
    return tree


def parse_expression(source: str) -> ast.expr:
    """Parse Python text as one expression; raises as `parse_source`."""
    tree = parse_source(source.strip(), "eval")
    assert isinstance(tree, ast.Expression)
    return tree.body


class NotPythonError(ValueError):
    """A syntax error, at a line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_literal(text: str) -> object:
    """Return the value of a Python literal, evaluated on the host without running anything.

    Raises:
        ValueError: it is not a literal.
    """
    if len(text) > MAX_LITERAL:
        raise ValueError("too long for a literal")
    tree = parse_source(text.strip(), "eval")
    assert isinstance(tree, ast.Expression)
    try:
        value: object = ast.literal_eval(tree)
    except (TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal: {error}") from None
    return value
