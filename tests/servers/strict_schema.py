"""What providers accept as the JSON schema of a reply, as validators: each returns what is wrong, or "".

Sources: OpenAI, "Structured outputs: supported schemas"; Anthropic, "Structured outputs: JSON schema limitations";
Gemini, "Structured output: schema structure", with the limits that its errors name; llama.cpp,
`json-schema-to-grammar` (also behind Ollama), which takes what OpenAI takes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
DEPTH, PROPERTIES, ENUM_VALUES, CHARACTERS = 10, 5000, 1000, 120_000
"""OpenAI: levels of objects, properties in all, enum values in all, characters of names and enum values in all."""
NARROW_DEPTH, NARROW_PROPERTIES = 5, 100
"""The same of older models, as Azure still documents them."""
UNIONS = 16
"""Anthropic: parameters with a union type."""
KEYS: Mapping[str, frozenset[str]] = {
    "object": frozenset({"type", "properties", "required", "additionalProperties", "description"}),
    "array": frozenset({"type", "items", "description"}),
    "string": frozenset({"type", "enum", "description"}),
}


def openai_problem(schema: Mapping[str, Any], *, depth: int = DEPTH, properties: int = PROPERTIES) -> str:
    if schema.get("type") != "object" or "anyOf" in schema:
        return "the root must be an object and no anyOf"
    nodes = list(walk(schema))
    for path, node, level in nodes:
        if problem := _node_problem(node):
            return f"In context={path}, {problem}"
        if level > depth:
            return f"{level} levels of nesting exceed the limit of {depth}"
    names = [name for _, node, _ in nodes for name in node.get("properties", ())]
    values = [value for _, node, _ in nodes for value in node.get("enum", ())]
    if len(names) > properties:
        return f"{len(names)} parameters exceed the limit of {properties}"
    if len(values) > ENUM_VALUES:
        return f"{len(values)} enum values exceed the limit of {ENUM_VALUES}"
    characters = sum(map(len, map(str, [*names, *values])))
    return f"{characters} characters exceed the limit of {CHARACTERS}" if characters > CHARACTERS else ""


def _node_problem(node: Mapping[str, Any]) -> str:
    if "anyOf" in node:
        if extra := node.keys() - {"anyOf", "description"}:
            return f"{sorted(extra)} beside anyOf"
        firsts = [next(iter(each["properties"]), "") for each in node["anyOf"] if each.get("type") == "object"]
        return (
            "objects provided via 'anyOf' must not share identical first keys" if len({*firsts}) < len(firsts) else ""
        )
    kind = node.get("type")
    if kind not in TYPES:
        return f"schema must have a 'type' key, not {kind!r}"
    if extra := node.keys() - KEYS.get(kind, frozenset({"type", "enum", "description"})):
        return f"{sorted(extra)} is not permitted"
    if kind == "object":
        if node.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false"
        if not node.get("properties"):
            return "an object without properties"
        if list(node.get("required", ())) != list(node["properties"]):
            return "'required' must include every key in properties"
    if kind == "array" and not node.get("items"):
        return "array schema missing items"
    return "an empty enum" if "enum" in node and not node["enum"] else ""


def anthropic_problem(schema: Mapping[str, Any]) -> str:
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for _, node, _ in walk(schema))
    if unions > UNIONS:
        return f"Schemas contains too many parameters with union types ({unions} parameters), limit: {UNIONS}"
    return openai_problem(schema)


def gemini_problem(schema: Mapping[str, Any], *, function: bool = False) -> str:
    """Gemini takes the keys that it knows, fewer of them for a function, and refuses schemas that are too deep."""
    known = frozenset().union(*KEYS.values(), {"anyOf", "nullable", "propertyOrdering", "format"})
    known -= {"additionalProperties"} if function else set()
    for path, node, level in walk(schema):
        if unknown := node.keys() - known:
            return f"Unknown name {sorted(unknown)} at {path}"
        if "anyOf" in node and len(node) > 1:
            return f"{path}: when using any_of, it must be the only field set"
        if level > DEPTH:
            return "A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth."
    return ""


def walk(node: Mapping[str, Any], path: str = "()", level: int = 0) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Yield every schema in a schema, with how many objects are around it, itself counted."""
    level += node.get("type") == "object"
    yield path, node, level
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}", level)
    if "items" in node:
        yield from walk(node["items"], f"{path}[]", level)
    for number, child in enumerate(node.get("anyOf", ())):
        yield from walk(child, f"{path}|{number}", level)
