"""Blind solutions of prompts that are plain computation, found from the prompt alone."""

from rubrica.tools.builtin.solve.solution import Solution, matches
from rubrica.tools.builtin.solve.solver import solve

__all__ = ["Solution", "matches", "solve"]
