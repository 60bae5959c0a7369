"""A JSON document that is one list of objects, as many public sets are published: its items are the rows."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from rubrica.data.record import Unreadable
from rubrica.errors import InputError

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
"""Finds where an item ends; what it says is read again, with all checks, by `parse`."""


def array_rows(
    document: bytes, parse: Callable[[bytes], "Mapping[str, object] | Unreadable"], path: str
) -> Iterator[tuple[int, "Mapping[str, object] | Unreadable"]]:
    """Yield each item with its 1-based position; an item that breaks a rule is a bad row, and the others go on.

    Raises:
        InputError: the list itself is broken, so that nobody can tell where the next item starts.
    """
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{document[error.start]:02x} is not UTF-8; save the file as UTF-8", path=path
        ) from None
    at = _after_blank(text, _after_blank(text, 0) + 1)
    if text[at : at + 1] == "]":
        at = _after_blank(text, at + 1)
        if at < len(text):
            raise InputError("something follows the list; keep one list", path=path)
        return
    number, mark = 0, ","
    while mark == ",":
        number += 1
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            told = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            raise InputError(f"item {number} of the list is not JSON: {told}", path=path) from None
        yield number, parse(text[at:end].encode("utf-8", "surrogatepass"))
        at = _after_blank(text, end)
        mark, at = text[at : at + 1], _after_blank(text, at + 1)
    if mark != "]" or at < len(text):
        told = "something follows the list" if mark == "]" else f"no comma and no end of the list after item {number}"
        raise InputError(f"{told}; correct the file", path=path)


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
