"""How many paragraphs a text has: blocks between blank lines, of which some may be no paragraphs to whoever counts."""

import re

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound

HEADING = re.compile(r"#{1,6} [^\n]*|<<[^\n]*>>|\*\*[^\n*]*\*\*:?|[^\n]{1,60}:")
_FRAME = re.compile(
    r"(?:subject|betreff|objet|asunto)\b[^\n]{0,120}"
    r"|(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening)|to whom|sehr geehrte|liebe|hallo|cher|chère"
    r"|bonjour|estimad[oa]|querid[oa]|hola)\b[^\n]{0,60}[,:!]"
    r"|(?:(?:(?:kind|best|warm|warmest) )?regards|best|best wishes|yours|sincerely|respectfully|cheers|love|with|thanks"
    r"|thank you|many thanks|mit freundlichen|viele grüße|herzliche|liebe grüße|cordialement|atentamente|saludos)\b"
    r"[^\n.?]{0,40}(?:[,!]?(?:\n[^\n]{1,50}){0,4})?",
    re.IGNORECASE,
)
"""The frame of a letter: subject, salutation, closing with a name under it."""
_LIST_BLOCK = re.compile(r"(?:[-*•+]|\d{1,3}[.)])\s")


def count_paragraphs(answer: Answer, bound: Bound, *, strict: bool) -> int:
    """Count blocks; unless blank lines were named as the rule, headings, lists and a letter's frame may be left out."""
    blocks = answer.paragraphs
    if strict or bound.grade(len(blocks)) == 1:
        return len(blocks)
    body = [block for block in blocks if not _FRAME.fullmatch(block.text)]
    signed = 1 < len(body) < len(blocks) and len(body[-1].text) < 40 and body[-1].text[-1] not in ".!?"
    body = body[:-1] if signed else body
    prose = [block for block in body if not HEADING.fullmatch(block.text) and not _LIST_BLOCK.match(block.text)]
    return max((len(blocks), len(body), len(prose)), key=bound.grade)
