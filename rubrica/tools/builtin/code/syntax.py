"""Does source text parse? Python by its own parser, other languages by tree-sitter."""

from functools import cache
from importlib import import_module
from typing import Any

from rubrica.tools.builtin.code.blocks import python_error
from rubrica.tools.sandbox.source import MAX_SOURCE

_GRAMMARS = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
SUPPORTED = frozenset({"python", *_GRAMMARS})


@cache
def _parser(language: str) -> Any:
    from tree_sitter import Language, Parser

    module, factory = _GRAMMARS[language]
    return Parser(Language(getattr(import_module(module), factory)()))


def first_error(source: str, language: str) -> tuple[int, str] | None:
    """Return the line and a description of the first syntax error, None when the source parses."""
    if language == "python":
        return python_error(source)
    if len(source) > MAX_SOURCE:
        return 1, "too long to be parsed"
    node = _parser(language).parse(source.encode("utf-8", "replace")).root_node
    while node.has_error and not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error or child.is_missing)
    if not (node.is_error or node.is_missing):
        return None
    line = int(node.start_point[0]) + 1
    if node.is_missing:
        return line, f"missing {node.type!r}"
    text = source.encode("utf-8", "replace")[node.start_byte : node.end_byte].decode("utf-8", "replace")
    return line, f"unexpected {' '.join(text.split())[:40]!r}"
