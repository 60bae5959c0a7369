"""What goes into and comes out of a tool that is not ours is held against its JSON Schema."""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from rubrica.errors import ToolError


def conforms(tool: str, value: Mapping[str, JsonValue], schema: Mapping[str, JsonValue], *, what: str) -> None:
    """Refuse a value that does not fit.

    Args:
        tool: named in the error.
        value: arguments or result.
        schema: JSON Schema (2020-12); references to other documents are not followed. Empty = anything fits.
        what: "arguments" or "result".

    Raises:
        ToolError: it does not fit, or the schema is none.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if not schema:
        return
    _refuse_slow(tool, dict(schema), what=what)
    try:
        Draft202012Validator.check_schema(dict(schema))
        error = best_match(Draft202012Validator(dict(schema), registry=Registry()).iter_errors(dict(value)))
    except SchemaError as broken:
        raise ToolError(f"{tool}: the schema of its {what} is no JSON Schema: {broken.message}") from None
    except RecursionError:
        raise ToolError(f"{tool}: the schema of its {what}, or the value, refers to itself without end") from None
    except re.error as broken:
        raise ToolError(f"{tool}: a pattern in the schema of its {what} is none: {broken}") from None
    except Unresolvable as broken:
        raise ToolError(f"{tool}: the schema of its {what} refers to what it does not hold: {broken}") from None
    if error is not None:
        path = "/".join(map(str, error.absolute_path)) or what
        raise ToolError(f"{tool}: {error.message[:300]} ({path})")


_REPEATS_IN_A_REPEAT = re.compile(r"\([^()]*(?:[*+|]|\{\d+,)[^()]*\)\s*(?:[*+]|\{\d*,)")
_MAX_OPEN_REPEATS = 3


def _refuse_slow(tool: str, schema: JsonValue, *, what: str) -> None:
    """Refuse patterns for which a text can be written that takes for ever: repeats in a repeat, or many in a row.

    More than two levels of groups are not looked into but refused when they repeat.
    """
    for pattern in _patterns(schema):
        inner = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", pattern)
        nested = _REPEATS_IN_A_REPEAT.search(inner) or (re.search(r"\)[*+{]", inner) and re.search(r"\([^)]*\(", inner))
        if nested or len(re.findall(r"[*+]|\{\d*,", inner)) > _MAX_OPEN_REPEATS:
            raise ToolError(f"{tool}: a pattern in the schema of its {what} may take too long: {pattern[:80]!r}")


def _patterns(schema: JsonValue) -> Iterator[str]:
    """Yield every text that may be used as a pattern, wherever it stands."""
    waiting: list[JsonValue] = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if isinstance(own := here.get("pattern"), str):
                yield own
            if isinstance(keyed := here.get("patternProperties"), dict):
                yield from keyed
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
