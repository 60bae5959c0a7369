"""Checks of code: what an answer's code is, whether it holds together, and what it does when it runs."""

from rubrica.tools.builtin.code import agreement, names, output, parse, properties, run

__all__ = ["agreement", "names", "output", "parse", "properties", "run"]
