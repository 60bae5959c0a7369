"""The final answer of a text: found, put in normal form, compared."""

from rubrica.tools.builtin.final_answer import commitment, reference
from rubrica.tools.builtin.final_answer.compare import same
from rubrica.tools.builtin.final_answer.extract import FinalAnswer, extract, extract_answer
from rubrica.tools.builtin.final_answer.question import Asked, asked

__all__ = ["Asked", "FinalAnswer", "asked", "commitment", "extract", "extract_answer", "reference", "same"]
