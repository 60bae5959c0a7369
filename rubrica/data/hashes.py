"""What makes two cases the same: hashes that ignore case, spacing and candidate order."""

import hashlib
import re
import unicodedata

from rubrica.types import Case, Message, Part, TextPart, content_hash

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
DIGITS = 16
"""Hex digits kept of a registered hash: 64 bits, one false match in 10^9 pairs of 10^5 x 10^5 cases."""


def normalise(text: str) -> str:
    """Fold what does not change a text's meaning: Unicode form, case, invisible characters, runs of space."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().split())


def prompt_text(case: Case) -> str:
    """All turns that the candidates answer, as one text."""
    return "\n".join(message.text for message in case.task.messages)


def prompt_hash(case: Case) -> str:
    """SHA-256 over the normalised turns (roles, texts, pictures)."""
    return content_hash([_turn(message) for message in case.task.messages])


def case_hash(case: Case) -> str:
    """SHA-256 over the normalised prompt and the set of normalised candidates: their order and ids do not matter."""
    return content_hash([prompt_hash(case), *sorted({_content(each.parts) for each in case.candidates})])


def answer_hashes(case: Case) -> tuple[str, ...]:
    """One truncated hash per distinct candidate, each over the prompt and that candidate."""
    prompt = prompt_hash(case)
    return tuple(sorted({content_hash([prompt, _content(each.parts)])[:DIGITS] for each in case.candidates}))


def opening(case: Case) -> str:
    """Return the first turn of a user, whatever was said before and after it."""
    return next((message.text for message in case.task.messages if message.role == "user"), "")


def opening_hash(text: str) -> str:
    """Return the truncated hash of a first turn."""
    return content_hash([_turn(Message(role="user", parts=(TextPart(text=text),)))])[:DIGITS]


def _turn(message: Message) -> str:
    return f"{message.role}\n{_content(message.parts)}"


def _content(parts: tuple[Part, ...]) -> str:
    """Text runs normalised together; pictures by digest, else by handle."""
    shown = [
        part.text if isinstance(part, TextPart) else f"[image {part.sha256 or _digest(part.uri)}]" for part in parts
    ]
    return normalise("\n".join(shown))


def _digest(uri: str) -> str:
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
