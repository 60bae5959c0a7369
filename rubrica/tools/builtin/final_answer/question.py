"""What kind of answer a prompt asks for, read from its words: a quantity, one of listed options, yes or no."""

import re
from functools import lru_cache
from typing import Literal

from rubrica.tools.builtin.numbers.lexer import tokenize

Asked = Literal["quantity", "choice", "boolean", "other"]

MAX_PROMPT = 20_000
MAX_PROBLEM = 1500
"""Characters of the longest problem that is not a passage to be read."""
EDGE = 250

_QUANTITY = re.compile(
    r"""\bhow\s+(?:many|much|long|far|old|tall|fast|heavy|big|large|wide|deep|high)\b
      | \bwhat\s+(?:is|are|was|were|will\s+be|would\s+be|percent|percentage|fraction|number|real)\b
      | \bwhat'?s\b | \bfind\b | \bcalculate\b | \bcompute\b | \bevaluate\b | \bdetermine\b | \bsolve\b | \bsimplify\b
      | \bin\s+(?:total|all|minutes|hours|days|weeks|dollars|cents)\s{0,2}\? | \bexpress\b | \bat\s+what\b
      | \bwhat\s+(?:positive|negative|integer|value|values|single|common|least|greatest|smallest|largest)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_OPTION = re.compile(r"(?:^|\n|(?<=\s))(?:\(([A-Ja-j])\)|([A-J])[).:])(?=\s*\S)")
_CHOICE = re.compile(
    r"\bwhich (?:of the following|one of|option|answer|choice)|\bchoose\b|\bselect\b|\boptions?:"
    r"|\bchoices:|multiple[- ]choice",
    re.IGNORECASE,
)
_BOOLEAN = re.compile(
    r"(?:^|[.?!:\n]\s*)(?:is|are|was|were|does|do|did|can|could|will|would|has|have|had|should)\s+(?!you\b)[^.?!\n]{1,300}\?\s*$"
    r"|\byes or no\b|\btrue or false\b",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"```|\[PYTHON\]|\bdef \w+\(|\bfunction\b.{0,80}\b(?:code|python|program|returns?)\b"
    r"|\bwrite (?:a|an|the|me|code|python)\b"
    r"|\b(?:translate|summari[sz]e|paraphrase|rewrite|rephrase|essay|poem|story|email|letter|article|blog|proofread"
    r"|python|javascript|java|sql|html|regex|tweet|slogan|headline|classify|categori[sz]e|sentence|paragraph"
    r"|prove|explain|describe|discuss|recommend|suggest|advice|opinion)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\bwhat(?:'s| is| are| was| were| would be)? (?:a |an |the |your |some )?(?:\w+ )?"
    r"(?:strategy|point|reasons?|ways?|matter|wrong|history|purpose|idea|meaning|causes?|advice)\b|\bfind out\b"
    r"|\bi (?:have )?(?:read|heard) (?:somewhere )?that\b|\bwhat (?:do|would) you (?:think|recommend|suggest)\b"
    r"|\bis (?:it|that|this) (?:allowed|legal|normal|true|realistic)\b",
    re.IGNORECASE,
)
"""Questions that no calculation answers, whatever numbers stand beside them."""
_MATH = re.compile(r"\\(?:frac|sqrt|binom|pi|cdot|times|le|ge|log|sin|cos|tan)\b|\$[^$\n]{1,200}\$|\d\s*[-+*/^×÷]\s*\d")


_DATE = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}")
_RELATIONS = frozenset(
    ["twice", "thrice", "double", "triple", "half", "third", "quarter", "quarters", "thirds", "dozen", "percent", "per"]
)


@lru_cache(maxsize=256)
def asked(prompt: str) -> Asked:
    """Return the kind of answer that a prompt asks for; "other" when there is any doubt."""
    text = prompt[-MAX_PROMPT:]
    letters = {(match[1] or match[2]).upper() for match in _OPTION.finditer(text)}
    if {"A", "B"} <= letters and (_CHOICE.search(text) or "?" in text):
        return "choice"
    if _OTHER_WORK.search(text):
        return "other"
    if _BOOLEAN.search(text.strip()[-400:]):
        return "boolean"
    if _OPEN.search(_question(text)) and not _MATH.search(_DATE.sub(" ", text)):
        return "other"
    if len(text) <= MAX_PROBLEM and _QUANTITY.search(_question(text)) and _holds_quantities(text):
        return "quantity"
    return "other"


def _question(text: str) -> str:
    """Return where a prompt says what it wants: its beginning and its end, not the passage between."""
    text = text.strip()
    return text if len(text) <= 2 * EDGE else f"{text[:EDGE]}\n{text[-EDGE:]}"


def _holds_quantities(text: str) -> bool:
    if _MATH.search(_DATE.sub(" ", text)):
        return True
    numbers = [token for token in tokenize(text) if token.kind == "number" or token.text.lower() in _RELATIONS]
    return len(numbers) >= 2
