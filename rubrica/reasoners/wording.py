"""What a conversation adds to a request's messages: how the reply is wanted, and what was wrong with the last one."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from rubrica.reasoners.parse import UnreadableReplyError, spoken
from rubrica.reasoners.shape import REPLY_TO
from rubrica.reasoners.transport import ANSWER, Form
from rubrica.requests.base import ChatMessage

SHOWN_REPLY = 20_000
"""Characters of an unreadable reply that are shown to its writer."""


def instruction(code: str, form: Form, schema: Mapping[str, JsonValue], *, spelled: bool = False) -> str:
    """Say in which form the reply is wanted; the schema is spelled out where the endpoint does not enforce it."""
    mark = f'Its "{REPLY_TO}" is "{code}".'
    told = f" It matches this JSON schema:\n{json.dumps(schema)}"
    if form == "schema":
        return f"Answer with one JSON object of the given schema. {mark}" + (told if spelled else "")
    if form == "tool":
        return f"Answer by calling the tool `{ANSWER}`. {mark}"
    return f"Answer with one JSON object and nothing else. {mark}{told}"


def correction(text: str, problem: UnreadableReplyError) -> tuple[ChatMessage, ...]:
    """Show a writer its own reply and what is wrong with it."""
    said = spoken(text)[:SHOWN_REPLY] or "(empty)"  # some providers refuse blank messages
    asked = f"That reply could not be used: {problem}. Write the whole reply again, corrected."
    return ChatMessage(role="assistant", content=said), ChatMessage(role="user", content=asked)


def joined(messages: list[ChatMessage], *, system: bool = True) -> list[ChatMessage]:
    """Merge neighbours of one role: some chat templates want roles to alternate, and some know no system role."""
    merged: list[ChatMessage] = []
    for message in messages:
        if message.role == "system" and not system:
            message = message.model_copy(update={"role": "user"})
        before = merged[-1] if merged else None
        if before is None or before.role != message.role:
            merged.append(message)
        elif isinstance(before.content, str) and isinstance(message.content, str):
            merged[-1] = before.model_copy(update={"content": f"{before.content}\n\n{message.content}"})
        else:
            merged[-1] = before.model_copy(update={"content": (*_parts(before), *_parts(message))})
    return merged


def _parts(message: ChatMessage) -> tuple[dict[str, JsonValue], ...]:
    if isinstance(message.content, str):
        return ({"type": "text", "text": message.content},)
    return message.content
