"""What goes into and comes out of a tool that is not ours is held against its JSON Schema."""

from collections.abc import Mapping

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
    try:
        Draft202012Validator.check_schema(dict(schema))
        error = best_match(Draft202012Validator(dict(schema), registry=Registry()).iter_errors(dict(value)))
    except SchemaError as broken:
        raise ToolError(f"{tool}: the schema of its {what} is no JSON Schema: {broken.message}") from None
    except Unresolvable as broken:
        raise ToolError(f"{tool}: the schema of its {what} refers to what it does not hold: {broken}") from None
    if error is not None:
        path = "/".join(map(str, error.absolute_path)) or what
        raise ToolError(f"{tool}: {error.message[:300]} ({path})")
