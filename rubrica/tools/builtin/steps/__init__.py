"""The steps of a worked solution, held against the word problem that they solve."""

from rubrica.tools.builtin.steps import backing, problem

__all__ = ["backing", "problem"]
