"""Everything that built-in tools can be asked about a text: the words in which the embedded proposer thinks.

Each probe is one call of one tool; the arguments come from the enumerations in the tool's input schema, so a new tool
or measure joins the vocabulary by being registered.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from textwrap import shorten

from pydantic import JsonValue

from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Criterion

PROBES = "probes"
"""Name of the skill that asks everything; it never enters a library that is kept."""


SAID_TWICE = frozenset({"compare"})
"""Tools that say of a group what another says of each candidate: in differences they would count double."""


@cache
def probes() -> tuple[Criterion, ...]:
    """Return one criterion per distinct call of a built-in tool, in name order; `SAID_TWICE` is left out."""
    found = []
    for name, tool in load_builtins().items():
        if name in SAID_TWICE:
            continue
        for number, arguments in enumerate(_variants(tool.spec.input_schema)):
            found.append(
                Criterion(
                    id=f"{name}-{number}" if arguments else name,
                    text=shorten(tool.spec.description, 200, placeholder=" ..."),
                    scored_by="tool",
                    tool=name,
                    arguments=arguments,
                )
            )
    return tuple(found)


def probe_library() -> Library:
    """Return a library that asks every probe and weighs none: judged once, it fills a `Table` for any later edit."""
    skill = Skill(name=PROBES, description="Asks everything that built-in tools can answer.", criteria=probes())
    tools = {name: builtin_entry(tool) for name, tool in load_builtins().items()}
    return Library(skills={PROBES: skill}, tools=tools)


def _variants(schema: Mapping[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    """Yield the argument sets worth asking: the defaults if they suffice, else each value of the first enumeration."""
    properties = schema.get("properties")
    choices = _first_enumeration(properties, schema) if isinstance(properties, dict) else None
    if not schema.get("required"):
        yield {}
    if choices is not None:
        name, values = choices
        default = properties[name].get("default") if isinstance(properties, dict) else None  # type: ignore[union-attr]
        for value in values:
            if value != default or schema.get("required"):
                yield {name: value}


def _first_enumeration(
    properties: Mapping[str, JsonValue], schema: Mapping[str, JsonValue]
) -> tuple[str, list[JsonValue]] | None:
    for name, described in properties.items():
        if isinstance(described, dict) and isinstance(values := _resolve(described, schema).get("enum"), list):
            return name, values
    return None


def _resolve(described: Mapping[str, JsonValue], schema: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Follow a "$ref" into the schema's own definitions."""
    reference = described.get("$ref")
    definitions = schema.get("$defs")
    if isinstance(reference, str) and isinstance(definitions, dict):
        found = definitions.get(reference.rsplit("/", 1)[-1])
        return found if isinstance(found, dict) else {}
    return described
