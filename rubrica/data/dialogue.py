"""Conversations as turns: where a prompt ends is decided between turns, never inside one.

Cutting two answers at their common characters moves the words that both begin with into the prompt ("I think it is"),
and the judge then grades half an answer. TRL's `extract_prompt` does so in a fifth of hh-rlhf's harmless test rows.
"""

import re

from rubrica.data.record import Unreadable
from rubrica.types import Message, Part, Role, TextPart

Turns = tuple[Message, ...]

_ROLES: dict[str, Role] = {"human": "user", "user": "user", "assistant": "assistant", "system": "system"}
_STYLES = (
    (re.compile(r"(?:\A|\n\n)(Human|Assistant):[ ]?"), ""),  # hh-rlhf
    (re.compile(r"<\|im_start\|>(system|user|assistant)\n"), "<|im_end|>"),  # ChatML
)


def turns(transcript: str) -> Turns | None:
    """Split a transcript with turn markers (hh-rlhf or ChatML) into messages; None when it has none."""
    for marker, end in _STYLES:
        found = list(marker.finditer(transcript))
        if not found or transcript[: found[0].start()].strip():
            continue
        bounds = [match.start() for match in found[1:]] + [len(transcript)]
        return tuple(
            _turn(match.group(1).lower(), transcript[match.end() : bound], end)
            for match, bound in zip(found, bounds, strict=True)
        )
    return None


def prompt_turns(transcript: str) -> Turns | None:
    """Like `turns`, for a prompt: a last assistant turn that is empty is where the answer goes."""
    messages = turns(transcript)
    if messages and messages[-1].role == "assistant" and not messages[-1].text.strip():
        messages = messages[:-1]
    return messages or None


def part_ways(first: Turns, second: Turns) -> tuple[Turns, Turns, Turns]:
    """Split two conversations into their shared prompt and what each goes on with.

    Raises:
        Unreadable: they do not part at an assistant turn, so they do not answer the same prompt.
    """
    limit = min(len(first), len(second))
    shared = 0
    while shared < limit and first[shared] == second[shared]:
        shared += 1
    if shared == limit:  # equal, or one continues the other: the last common assistant turn is still an answer
        shared = max((i for i in range(limit) if first[i].role == "assistant"), default=limit)
    if shared >= limit or first[shared].role != "assistant" or second[shared].role != "assistant":
        raise Unreadable(
            f"the two conversations part at turn {shared + 1}, which is not an answer",
            field="rejected",
            fix="give both the same prompt, up to an assistant turn",
        )
    return first[:shared], first[shared:], second[shared:]


def answer(messages: Turns) -> tuple[Part, ...]:
    """Return what is judged: the one assistant turn, or a transcript when the answer spans several turns."""
    if len(messages) == 1:
        return messages[0].parts
    return tuple(part for message in messages for part in (TextPart(text=f"{message.role}:"), *message.parts))


def _turn(role: str, body: str, end: str) -> Message:
    if end:
        body = body.rstrip().removesuffix(end)
    return Message(role=_ROLES[role], parts=(TextPart(text=body),))
