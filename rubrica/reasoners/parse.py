"""The model's text becomes the reply: strictly, then out of prose and fences, then repaired; a grade is never repaired.

Only an object that repeats the request's code counts as the reply. A candidate could not know the code, so JSON of its
own that the model quotes is passed over.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from rubrica.reasoners.shape import REPLY_TO, conform, has_grades, inlined
from rubrica.types import Value

T = TypeVar("T", bound=Value)

PROBLEMS = 3
"""Validation errors that a re-ask shows."""
SHOWN_VALUE = 40
"""Characters of a wrong value that a re-ask shows."""
REPAIR_MAX = 50_000
"""Characters beyond which a broken reply is asked for again instead of repaired."""
_GRADE = re.compile(r"""["']grade["']\s*:\s*(["']?)(-?\d{1,9}(?:\.\d{1,17})?|null)\1\s*(?=[,}\]])""")
_BRACKET = re.compile(r"[{}\[\]]")
DEPTH_MAX = 64
"""Brackets nested deeper than any reply; the repairer's time grows with the square of it."""
_START = r"""\{{\s{{0,100}}["']reply_to["']\s{{0,100}}:\s{{0,100}}["']{code}["']"""
DRAFTS = 4
"""How many objects that begin as the reply are looked at, last first."""
_THINKING_BEGINS, _THINKING_ENDS = "<think>", "</think>"
"""As DeepSeek-R1 and Qwen3 write them; where the chat template begins the thought, only its end is in the text."""


class UnreadableReplyError(Exception):
    """The text is not a valid reply; the message is written for the model that wrote it."""

    def __init__(self, problem: str, *, has_json: bool = True) -> None:
        super().__init__(problem)
        self.has_json = has_json
        """Whether the text held any JSON object at all."""


def read_reply(text: str, reply: type[T], code: str) -> tuple[T, bool]:
    """Return the reply, and whether its text had to be repaired.

    Raises:
        UnreadableReplyError: the text holds no valid reply.
    """
    problem = whole = None
    try:
        return _validated(_loads(text), reply, code), False
    except UnreadableReplyError as error:
        whole = error  # the reply may stand inside another object
    except ValueError:
        pass
    start = re.compile(_START.format(code=re.escape(code)))
    text = _after_thinking(text, start)
    starts = [match.start() for match in start.finditer(text)]
    parts = [text[start:] for start in starts[-DRAFTS:]] or list(objects(text))
    for part in reversed(parts):  # a draft may come first; the last word counts
        try:
            return _validated(_loads(part, whole=False), reply, code), False
        except UnreadableReplyError as error:
            problem = problem or error
        except ValueError:
            continue
    if failed := problem or whole:
        raise failed
    return _repaired(text[starts[-1] :] if starts else text, reply, code), True


def is_thought(text: str) -> bool:
    """Whether a text that was cut off holds nothing but the beginning of a thought."""
    return not text or (text.lstrip().startswith(_THINKING_BEGINS) and _THINKING_ENDS not in text)


def spoken(text: str) -> str:
    """Return what a text without a reply says once its writer has thought."""
    return text.rpartition(_THINKING_ENDS)[2].strip()


def _after_thinking(text: str, start: re.Pattern[str]) -> str:
    """Drop a reasoning model's thoughts; a `</think>` that stands in the reply itself, in a quotation, ends none."""
    before, end, after = text.partition(_THINKING_ENDS)
    thought = before.lstrip().startswith(_THINKING_BEGINS) or start.search(after) or not start.search(before)
    return after if end and thought else text


def objects(text: str) -> Iterator[str]:
    """Yield the outermost balanced `{...}` of a text, in one pass over it."""
    depth, start, in_string, escaped = 0, 0, False, False
    for position, char in enumerate(text):
        if escaped:
            escaped = False
        elif in_string:
            escaped = char == "\\"
            in_string = char != '"'
        elif char == '"':
            in_string = depth > 0
        elif char == "{":
            if depth == 0:
                start = position
            depth += 1
        elif char == "}" and depth:
            depth -= 1
            if depth == 0:
                yield text[start : position + 1]


def _repaired(text: str, reply: type[T], code: str) -> T:
    start = text.find("{")
    if start < 0:
        raise UnreadableReplyError("it holds no JSON object", has_json=False)
    text = next(objects(text), text[start:])  # what follows it is prose
    if len(text) > REPAIR_MAX or _depth(text) > DEPTH_MAX:
        raise UnreadableReplyError("it is not valid JSON")
    from json_repair import repair_json

    try:
        data = repair_json(text, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        raise UnreadableReplyError("it is not valid JSON") from None
    if not isinstance(data, dict):
        raise UnreadableReplyError("it is not one valid JSON object")
    if has_grades(reply):
        written = [None if grade == "null" else float(grade) for _, grade in _GRADE.findall(text)]
        closed = text.rstrip().rstrip("`").rstrip().endswith("}")
        if not closed or written != [_number(grade) for grade in _grades(data)]:
            raise UnreadableReplyError("it is not valid JSON, and grades are not guessed")
    return _validated(data, reply, code)


def _depth(text: str) -> int:
    """Return how deep brackets nest, strings not told apart."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _grades(data: Any) -> Iterator[Any]:
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _grades(value)
    if isinstance(data, dict) and "grade" in data:
        yield data["grade"]


def _number(grade: Any) -> Any:
    """Return a grade that stands in quotation marks as the number that it is."""
    try:
        return float(grade) if isinstance(grade, str) else grade
    except ValueError:
        return None if grade == "null" else grade


def _loads(text: str, *, whole: bool = True) -> Any:
    """Read JSON without double keys and odd numbers; with `whole=False` something may follow it."""
    try:
        return _DECODER.decode(text) if whole else _DECODER.raw_decode(text)[0]
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise UnreadableReplyError("a key occurs twice in one object")
    return values


def _constant(name: str) -> Any:
    raise UnreadableReplyError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_constant)


def _validated(data: Any, reply: type[T], code: str) -> T:
    if not isinstance(data, dict):
        raise UnreadableReplyError("it is not a JSON object", has_json=False)
    if data.get(REPLY_TO) != code:
        raise UnreadableReplyError(f'its "{REPLY_TO}" is not the code of this request, "{code}"')
    told = {key: value for key, value in data.items() if key != REPLY_TO}
    try:
        return reply.model_validate_json(json.dumps(told), strict=True)
    except ValidationError:
        shaped = conform(told, inlined(reply))
    try:
        return reply.model_validate_json(json.dumps(shaped), strict=True)
    except ValidationError as error:
        raise UnreadableReplyError(_told(error)) from None


def _told(error: ValidationError) -> str:
    errors = error.errors(include_url=False, include_context=False)
    listed = "; ".join(f"{_place(item['loc'])}: {_message(item['msg'], item['input'])}" for item in errors[:PROBLEMS])
    return listed + (f"; and {len(errors) - PROBLEMS} more" if len(errors) > PROBLEMS else "")


def _place(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place)) or "the object"


def _message(told: str, given: object) -> str:
    """Say what is wrong with a value, and which value it was where that is short."""
    said = json.dumps(given, ensure_ascii=False) if isinstance(given, str | int | float) else ""
    return told.removeprefix("Value error, ") + (f", not {said}" if said and len(said) <= SHOWN_VALUE else "")
