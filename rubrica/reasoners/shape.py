"""A reply type as the JSON schema that endpoints accept in their strict modes, and the way back.

Strict modes want every object closed and every field required, and know neither `oneOf`, defaults nor bounds; weak
backends want no references. So references are inlined, bounds become words, and an object with free keys travels as a
string that holds JSON. Whatever comes back is still validated against the reply type itself.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias, cast

from pydantic import JsonValue

from rubrica.types import Value

Schema: TypeAlias = dict[str, Any]

REPLY_TO = "reply_to"
"""First field of every reply: the request's code, which text from outside the request cannot know."""
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}
_FREE = "a JSON object, written as a string"
_DEPTH_MAX = 32
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,8})(\.\d{1,17})?")
_TRUTH = {"true": True, "false": False}
_NOTHING = frozenset({"null", "n/a"})
_SCALARS = frozenset({"number", "integer", "boolean"})


@cache
def wire_schema(reply: type[Value]) -> Mapping[str, JsonValue]:
    """Return the schema of a reply as it is sent."""
    schema = _strict(inlined(reply))
    code = {"type": "string", "description": "the code of this request, as given"}
    return {
        **schema,
        "properties": {REPLY_TO: code, **schema["properties"]},
        "required": [REPLY_TO, *schema["required"]],
    }


@cache
def has_grades(reply: type[Value]) -> bool:
    """Whether a reply holds grades, which are never repaired."""
    return '"grade"' in json.dumps(inlined(reply))


@cache
def inlined(reply: type[Value]) -> Schema:
    """Return the reply's own schema without references."""
    schema = reply.model_json_schema()
    definitions = schema.pop("$defs", {})
    return cast("Schema", _inline(schema, definitions, 0))


def _inline(node: Any, definitions: Mapping[str, Any], depth: int) -> Any:
    if depth > _DEPTH_MAX:
        raise ValueError("a reply type that contains itself has no flat schema")
    if isinstance(node, list):
        return [_inline(item, definitions, depth + 1) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _inline({**target, **{key: value for key, value in node.items() if key != "$ref"}}, definitions, depth)
    return {key: _inline(value, definitions, depth + 1) for key, value in node.items()}


def _strict(node: Schema) -> Schema:
    words = [text.format(node[key]) for key, text in _BOUNDS.items() if key in node]
    described = "; ".join(part for part in (node.get("description", ""), *words) if part)
    told: Schema = {"description": described} if described else {}
    if options := _options(node):
        return {**told, "anyOf": [_strict(option) for option in options]}
    if "const" in node or "enum" in node:
        values = node.get("enum", [node.get("const")])
        return {"type": node.get("type", "string"), "enum": values, **told}
    if is_free(node):
        return {"type": "string", "description": "; ".join(part for part in (described, _FREE) if part)}
    if node.get("type") == "object":
        properties = {name: _strict(child) for name, child in node.get("properties", {}).items()}
        closed = {"type": "object", "properties": properties, "required": list(properties)}
        return {**closed, "additionalProperties": False, **told}
    if node.get("type") == "array":
        return {"type": "array", "items": _strict(_items(node)), **told}
    if "type" not in node:
        scalars = [{"type": kind} for kind in ("string", "number", "boolean", "null")]
        return {"anyOf": scalars, **told}
    return {"type": node["type"], **told}


def _items(node: Schema) -> Schema:
    fixed = node.get("prefixItems")
    if not fixed:
        return cast("Schema", node.get("items", {}))
    distinct = list({json.dumps(item, sort_keys=True): item for item in fixed}.values())
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _options(node: Schema) -> list[Schema]:
    return cast("list[Schema]", node.get("anyOf") or node.get("oneOf") or [])


def is_free(node: Schema) -> bool:
    """Whether a schema is an object with keys of the writer's choice."""
    return node.get("type") == "object" and "properties" not in node


def conform(value: Any, node: Schema) -> Any:
    """Undo what the wire schema did to a value, drop fields that the reply does not have, and read plain slips.

    A slip has one reading: a number, a truth value or null in quotation marks, a bare number where a text is wanted,
    one text or object where a list is wanted, a text where an object needs nothing else.
    """
    if options := _options(node):
        kinds = {option.get("type") for option in options}
        if isinstance(value, str) and value.strip().lower() in _NOTHING and "null" in kinds and "string" not in kinds:
            return None
        return conform(value, _branch(value, options))
    if is_free(node):
        return _decoded(value)
    if node.get("type") == "object" and isinstance(value, str) and len(node.get("required", ())) == 1:
        value = {node["required"][0]: value}
    if node.get("type") == "object" and isinstance(value, dict):
        children = node["properties"]
        return {
            key: conform(item, children[key])
            for key, item in value.items()
            if key in children and not (item is None and _means_default(children[key]))
        }
    if node.get("type") == "array":
        return _listed(value, _items(node))
    return _meant(value, node.get("type"))


def _listed(value: Any, items: Schema) -> Any:
    """Read a list; a text or an object alone is a list of one, and no text is none."""
    if isinstance(value, str) and items.get("type") == "string":
        value = [value] if value.strip() else []
    if isinstance(value, dict) and items.get("type") == "object":
        value = [value]
    return [conform(item, items) for item in value] if isinstance(value, list) else value


def _meant(value: Any, wanted: str | None) -> Any:
    """Read a number or a truth value in quotation marks, and a text that is a bare number; nothing else is changed."""
    if isinstance(value, str):
        told = value.strip()
        if wanted in ("number", "integer") and _NUMBER.fullmatch(told):
            return json.loads(told)
        return _TRUTH.get(told.lower(), value) if wanted == "boolean" else value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return json.dumps(value) if wanted == "string" and is_number else value


def _means_default(node: Schema) -> bool:
    """Strict modes force every field to be written; null where null is no value says "as usual"."""
    return "default" in node and node.get("type") not in (None, "null")


def _branch(value: Any, options: list[Schema]) -> Schema:
    if isinstance(value, dict):
        objects = [option for option in options if option.get("type") == "object"]
        return next((option for option in objects if _fits(value, option)), objects[0] if objects else {})
    if isinstance(value, list):
        return next((option for option in options if option.get("type") == "array"), {})
    if isinstance(value, str):
        texts = (option for option in options if is_free(option) or option.get("type") == "string")
        return next(texts, next((option for option in options if option.get("type") in _SCALARS), {}))
    if isinstance(value, int | float) and all(option.get("type") in ("string", "null") for option in options):
        return next((option for option in options if option.get("type") == "string"), {})
    return {}


def _fits(value: Mapping[str, Any], option: Schema) -> bool:
    tags = {name: child["const"] for name, child in option.get("properties", {}).items() if "const" in child}
    return all(value.get(name) == tag for name, tag in tags.items())


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value or "{}")
    except ValueError:
        return value
    return decoded if isinstance(decoded, dict) else value
