"""Constraints that a prompt states in so many words: found, as typed values, and checked by code.

The reference for what counts as a word, a paragraph, a highlight and so on is IFEval (arXiv 2311.07911) wherever a
prompt uses its wording. What no code can decide (style, tone, rhyme) is not extracted.
"""

from rubrica.tools.builtin.constraints.engine import FAMILIES, extract, extract_task, family_of, verify
from rubrica.tools.builtin.constraints.model import Bound, Constraint, Kind, Relation, Scope
from rubrica.tools.builtin.constraints.tool import ConstraintArguments, constraints

__all__ = [
    "FAMILIES",
    "Bound",
    "Constraint",
    "ConstraintArguments",
    "Kind",
    "Relation",
    "Scope",
    "constraints",
    "extract",
    "extract_task",
    "family_of",
    "verify",
]
