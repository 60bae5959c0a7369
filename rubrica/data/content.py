"""Raw values to messages and parts: strings, chat messages, content blocks and picture slots."""

import base64
import hashlib
import json
from collections.abc import Mapping

from rubrica.data.dialogue import Turns, answer, prompt_turns
from rubrica.data.record import Unreadable, items, kind, mapping, text
from rubrica.types import ImagePart, Message, Part, Role, TextPart

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXT_BLOCKS = frozenset({"text", "input_text", "output_text"})
_IMAGE_BLOCKS = frozenset({"image", "image_url", "input_image"})
_SNIFF = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))

PLACEHOLDER = ImagePart(uri="")
"""A picture slot whose picture is listed elsewhere in the row."""


def user(content: str) -> Message:
    """Return one user turn."""
    return Message(role="user", parts=(TextPart(text=content),))


def prompt(value: object, field: str) -> Turns:
    """Read a prompt: text, a transcript with turn markers, one message or a list of messages."""
    if isinstance(value, str):
        if not value.strip():
            raise Unreadable("the prompt is empty", field=field, fix="give a prompt, or leave the row out")
        return prompt_turns(value) or (user(value),)
    if isinstance(value, Mapping):
        return (message(value, field),)
    return conversation(value, field)


def conversation(value: object, field: str) -> Turns:
    """Read a list of chat messages; a JSON string that holds one is read too."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Unreadable(
                "expected a list of messages, found text", field=field, fix='write [{"role": ..., "content": ...}]'
            ) from None
    return tuple(message(each, f"{field}[{i}]") for i, each in enumerate(items(value, field)))


def message(value: object, field: str) -> Message:
    """Read one chat message in the OpenAI (`role`, `content`) or ShareGPT (`from`, `value`) shape."""
    raw = mapping(value, field)
    name = text(raw.get("role", raw.get("from")), f"{field}.role")
    role = _ROLES.get(name.lower())
    if role is None:
        raise Unreadable(
            f"unknown role {name[:40]!r}", field=f"{field}.role", fix="use system, user, assistant or tool"
        )
    body = raw.get("content", raw.get("value"))
    calls = raw.get("tool_calls")
    if calls:
        called = TextPart(text=json.dumps(calls, ensure_ascii=False, sort_keys=True, default=str))
        return Message(role=role, parts=(*(parts(body, f"{field}.content") if body else ()), called))
    return Message(role=role, parts=parts(body, f"{field}.content"))


def output(value: object, field: str) -> tuple[Part, ...]:
    """Read one candidate: text, content blocks, one message, or messages (a transcript when there are several)."""
    if isinstance(value, Mapping):
        if "role" in value or "from" in value:
            return message(value, field).parts
        for name in ("content", "text", "response", "completion", "output", "answer"):
            if name in value and "type" not in value:
                return output(value[name], f"{field}.{name}")
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping) and "type" not in value[0]:
        return answer(conversation(value, field))
    return parts(value, field)


def parts(value: object, field: str) -> tuple[Part, ...]:
    """Read message content: text, one block or a list of blocks."""
    if isinstance(value, str):
        return (TextPart(text=value),)
    if isinstance(value, Mapping):
        return (_block(value, field),)
    if isinstance(value, list | tuple):
        return tuple(
            TextPart(text=each) if isinstance(each, str) else _block(each, f"{field}[{i}]")
            for i, each in enumerate(value)
        )
    raise Unreadable(
        f"expected text or content blocks, found {kind(value)}", field=field, fix='write "" for an empty answer'
    )


def _block(value: object, field: str) -> Part:
    raw = mapping(value, field)
    name = raw.get("type")
    if name in _TEXT_BLOCKS:
        return TextPart(text=text(raw.get("text"), f"{field}.text"))
    if name in _IMAGE_BLOCKS:
        given = next((raw[key] for key in ("path", "uri", "url", "image", "image_url") if raw.get(key)), None)
        digest = raw.get("sha256")
        if given is None:
            return PLACEHOLDER
        slot = picture(given, field)
        return slot.model_copy(update={"sha256": digest}) if isinstance(digest, str) else slot
    raise Unreadable(
        f"unknown content block of type {str(name)[:40]!r}", field=field, fix="use blocks of type text or image"
    )


def picture(value: object, field: str) -> ImagePart:
    """Read a picture as a handle: path, URL, or bytes (kept as a data URI)."""
    if isinstance(value, str) and value:
        return ImagePart(uri=value)
    if isinstance(value, Mapping):
        data = value.get("bytes")
        if isinstance(data, bytes):
            subtype = next((name for magic, name in _SNIFF if data.startswith(magic)), "octet-stream")
            uri = f"data:image/{subtype};base64,{base64.b64encode(data).decode('ascii')}"
            return ImagePart(uri=uri, sha256=hashlib.sha256(data).hexdigest())
        for name in ("path", "url", "uri"):
            if value.get(name):
                return picture(value[name], f"{field}.{name}")
    raise Unreadable(f"expected a picture, found {kind(value)}", field=field, fix="give a path or a URL")
