"""Names in a reply, read as they are meant: in another case, with words around them, or as a bare number.

A name is only read where it has one reading; any other stays what it is, and is refused.
"""

import re
from collections.abc import Collection

from rubrica.agents.showing import Shown
from rubrica.requests.judge import Dispute, Grade, Grades

_WORD = re.compile(r"[A-Za-z0-9]+")
_NUMBER = re.compile(r"(?:criterion|c|no\.?|#)?\s{0,3}(\d{1,3})\W{0,3}", re.IGNORECASE)


def meant(told: str, known: Collection[str]) -> str:
    """Return the one of the known names that stands in a text, or the text itself."""
    if told in known:
        return told
    words = {word.casefold() for word in _WORD.findall(told)}
    found = [name for name in known if name.casefold() in words]
    return found[0] if len(found) == 1 else told


def meant_criterion(told: str, known: Collection[str]) -> str:
    """Read "1" and "Criterion 1" as c1, too."""
    number = _NUMBER.fullmatch(told.strip())
    return f"c{number[1]}" if number and f"c{number[1]}" in known else meant(told, known)


def as_shown(reply: Grades, shown: Shown) -> Grades:
    """Return a reply with the names that its request used."""
    labels, criteria, evidence = shown.candidates, shown.criteria, shown.evidence

    def grade(one: Grade) -> Grade:
        return one.model_copy(
            update={
                "criterion": meant_criterion(one.criterion, criteria),
                "candidate": meant(one.candidate, labels),
                "evidence": tuple(meant(name, evidence) for name in one.evidence),
            }
        )

    def dispute(one: Dispute) -> Dispute:
        return one.model_copy(update={"evidence": meant(one.evidence, evidence)})

    return reply.model_copy(
        update={
            "grades": tuple(map(grade, reply.grades)),
            "disputes": tuple(map(dispute, reply.disputes)),
            "ranking": tuple(tuple(meant(label, labels) for label in group) for group in reply.ranking),
        }
    )
