"""Python literals inside prose: found by matching brackets and quotes, evaluated without running anything."""

import re

from rubrica.tools.sandbox.source import parse_literal

_WORD = re.compile(
    r"[-+]?(?:\d[\d_]{0,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,4})?|True|False|None|true|false|null"
)
_GOES_ON = re.compile(
    r"[ \t]{0,4}(?:\*\*|[-+*/%^])[ \t]{0,4}[\w(\[]|[ \t]{0,4}(?:==|!=|<|>|\bif\b|\bfor\b)|\w|\.\d|\(|\["
)
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_PAIRS = {"(": ")", "[": "]", "{": "}"}
MAX_LENGTH = 4000


def close_of(text: str, start: int) -> int | None:
    """Return the index after the bracket or quote that closes the one at `start`; None when nothing does."""
    stack: list[str] = []
    position, end = start, min(len(text), start + MAX_LENGTH)
    while position < end:
        char = text[position]
        if char in "\"'":
            after = _end_of_string(text, position, end)
            if after is None:
                return None
            position = after
        else:
            if char in _PAIRS:
                stack.append(_PAIRS[char])
            elif stack and char == stack[-1]:
                stack.pop()
            elif char in ")]}":
                return None
            position += 1
        if not stack:
            return position
    return None


def _end_of_string(text: str, start: int, end: int) -> int | None:
    quote = text[start]
    position = start + 1
    while position < end:
        if text[position] == "\\":
            position += 2
        elif text[position] == quote:
            return position + 1
        elif text[position] == "\n":
            return None
        else:
            position += 1
    return None


def literal_at(text: str, start: int) -> tuple[object, int] | None:
    """Return the literal at `start` and where it ends; None when there is none or it goes on as a formula."""
    if start >= len(text):
        return None
    if text[start] in "\"'([{":
        end = close_of(text, start)
        if end is None:
            return None
        try:
            value = parse_literal(text[start:end])
        except ValueError:
            return None
    else:
        match = _WORD.match(text, start)
        if not match:
            return None
        end = match.end()
        if text[end - 1] == "." and not text[end : end + 1].isdigit():
            end -= 1
        word = text[start:end]
        try:
            value = _WORDS[word] if word in _WORDS else parse_literal(word)
        except ValueError:
            return None
    return None if _GOES_ON.match(text, end) else (value, end)
