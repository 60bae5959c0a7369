import json
from typing import Annotated, Literal

import pytest
from pydantic import Field, JsonValue

from rubrica.reasoners.shape import conform, has_grades, inlined, wire_schema
from rubrica.requests.judge import Grades
from rubrica.requests.rubric import RubricRequest
from rubrica.requests.select import Selection
from rubrica.requests.solve import Solution
from rubrica.requests.verify import Verification
from rubrica.types import Value

REPLIES = [Grades, Selection, Solution, Verification, RubricRequest.reply]


def nodes(node):
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


@pytest.mark.parametrize("reply", REPLIES)
def test_what_strict_modes_refuse_is_gone(reply):
    schema = wire_schema(reply)
    for node in nodes(schema):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
    text = json.dumps(schema)
    for word in ('"$ref"', '"$defs"', '"oneOf"', '"default"', '"title"', '"discriminator"', '"minimum"', '"maximum"'):
        assert word not in text


def test_the_code_comes_first():
    assert next(iter(wire_schema(Grades)["properties"])) == "reply_to"


def test_the_schema_of_grades_as_it_is_sent():
    properties = wire_schema(Grades)["properties"]
    grade = properties["grades"]["items"]["properties"]["grade"]
    assert grade == {"anyOf": [{"type": "number", "description": "at least 0; at most 4"}, {"type": "null"}]}
    assert properties["ranking"] == {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}


def test_grades_are_known_where_they_are():
    assert has_grades(Grades)
    assert not has_grades(Selection)


class Circle(Value):
    kind: Literal["circle"] = "circle"
    radius: float


class Square(Value):
    kind: Literal["square"] = "square"
    side: float
    extra: dict[str, JsonValue] = Field(default_factory=dict)


class Drawing(Value):
    shapes: tuple[Annotated[Circle | Square, Field(discriminator="kind")], ...]
    origin: tuple[float, float]
    note: str | None = None


def test_unions_keep_their_members_apart():
    value = {
        "shapes": [{"kind": "square", "side": 1, "extra": '{"a": 1}', "radius": 9}],
        "origin": [0, 0],
        "note": None,
    }
    assert conform(value, inlined(Drawing)) == {
        "shapes": [{"kind": "square", "side": 1, "extra": {"a": 1}}],
        "origin": [0, 0],
        "note": None,
    }


def test_a_union_travels_as_any_of():
    assert len(wire_schema(Drawing)["properties"]["shapes"]["items"]["anyOf"]) == 2
    assert wire_schema(Drawing)["properties"]["origin"]["items"] == {"type": "number"}
