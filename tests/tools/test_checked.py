"""Schemas come from the library and values from outside: neither may hold up who compares them."""

import pytest
from pydantic import JsonValue

from rubrica.errors import ToolError
from rubrica.tools.checked import conforms

ENDLESS = ["(a+)+$", "(a|aa)+$", "(a*)*b", "((a)+b?)+$", "(\\d{1,})*x", "a*a*a*a*b", "(.*,)+x"]


@pytest.mark.parametrize("pattern", ENDLESS)
@pytest.mark.parametrize("place", ["pattern", "patternProperties"])
def test_a_pattern_that_may_take_for_ever_is_refused(pattern: str, place: str) -> None:
    keyed: JsonValue = {pattern: {}} if place == "patternProperties" else pattern
    schema: dict[str, JsonValue] = {"properties": {"a": {place: keyed}}, place: keyed}
    with pytest.raises(ToolError, match="may take too long"):
        conforms("t", {"a": "a" * 4000 + "!"}, schema, what="arguments")


@pytest.mark.parametrize(
    "pattern", ["^[a-z]+$", "^\\d{4}-\\d{2}-\\d{2}$", "^(red|green)$", "^[^@]+@[^@]+\\.[a-z]+$", "(ab)+"]
)
def test_an_ordinary_pattern_is_used(pattern: str) -> None:
    schema: dict[str, JsonValue] = {"properties": {"a": {"pattern": pattern}}}
    with pytest.raises(ToolError, match="does not match"):
        conforms("t", {"a": "0 !"}, schema, what="arguments")


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"properties": {"a": {"pattern": "("}}}])
def test_a_schema_that_is_broken_is_an_error_of_the_tool(schema: dict[str, JsonValue]) -> None:
    with pytest.raises(ToolError):
        conforms("t", {"a": "x"}, schema, what="result")
