"""Which prompts are word problems: prose that gives quantities and asks for one."""

import re
from functools import lru_cache

from rubrica.tools.builtin.arithmetic import decimal_numerals
from rubrica.tools.builtin.final_answer import asked
from rubrica.tools.builtin.solve import solve
from rubrica.tools.builtin.steps.given import Problem, read_problem
from rubrica.tools.passage import split_prompt

MIN_WORDS = 12

_ABSTRACT = re.compile(
    r"\$[a-z(][^$\n]{0,80}\$|\b(?:integers?|digits?|polynomial|probability|triangle|rectangle|circle|radius"
    r"|polygon|sequence|prime|factors?|function|equation|coordinates?|multiples?|remainder|divisors?|permutations?|perpendicular)\b",
    re.IGNORECASE,
)
"""Mathematics about numbers and shapes: there, what is given and what is used are not the same."""


_READING = re.compile(
    r"\b(?:passage|context|text|article|document|paragraph|excerpt|minutes|report)s?\b|^\W*(?:summary|source)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""A passage to be read holds numbers that nobody has to compute with."""


@lru_cache(maxsize=256)
def word_problem(prompt: str) -> Problem | None:
    """Read a prompt as a word problem: prose that gives quantities and asks for one; None when it is not that."""
    if asked(prompt) != "quantity" or _ABSTRACT.search(prompt) or "\\" in prompt or len(prompt.split()) < MIN_WORDS:
        return None
    if not decimal_numerals(prompt) or solve(prompt) is not None:
        return None
    if split_prompt(prompt).passage and _READING.search(prompt):
        return None
    problem = read_problem(prompt)
    return problem if sum(given.needed for given in problem.given) >= 2 else None
