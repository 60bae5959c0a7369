"""Equations with unknowns: read from prose, and held against the values that the same text gives to its letters."""

from rubrica.tools.builtin.unknowns import substitution

__all__ = ["substitution"]
