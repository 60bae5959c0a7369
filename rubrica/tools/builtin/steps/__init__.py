"""The steps of a worked solution, held against the word problem that they solve."""

from rubrica.tools.builtin.steps import problem

__all__ = ["problem"]
