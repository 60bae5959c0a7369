"""Machine-readable answers are found, parsed safely and held against the shape asked for."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.tools.builtin.markdown import problems
from rubrica.tools.structured import Format, parse

Value = Callable[..., float | None]
JSON = "Describe the ship as a JSON object."
FORMATS: list[Format] = ["json", "yaml", "xml", "csv", "sql"]


@pytest.mark.parametrize(
    ("prompt", "answer", "wanted"),
    [
        (JSON, '{"name": "Aurora", "crew": 12}', 1.0),
        (JSON, 'Here it is:\n```json\n{"name": "Aurora"}\n```', 1.0),
        (JSON, "{'name': 'Aurora'}", 0.0),
        (JSON, '{"name": "Aurora",}', 0.0),
        (JSON, '{"name": 1, "name": 2}', 0.0),
        (JSON, '{"crew": NaN}', 0.0),
        (JSON, "The ship is called Aurora.", 0.0),
        ("Give only valid JSON, no other text.", 'Sure: {"a": 1}', 0.0),
        ("Return a JSON object with the keys 'name' and 'crew'.", '{"name": "Aurora"}', 0.0),
        ("Return a JSON object with the keys 'name' and 'crew'.", '{"ships": [{"name": "Aurora", "crew": 12}]}', 1.0),
        ("List the ships as a CSV table.", "name,crew\nAurora,12\nBoreas,9", 1.0),
        ("List the ships as a CSV table.", "name,crew\nAurora,12,3\nBoreas,9", 0.0),
        ("Write the config in YAML.", "```yaml\nname: Aurora\ncrew:\n  - Ann\n```", 1.0),
        ("Write the config in YAML.", "name: [Aurora", 0.0),
        ("Output the record as XML.", "<ship><name>Aurora</name></ship>", 1.0),
        ("Output the record as XML.", "<ship><name>Aurora</ship>", 0.0),
        ("Write a SQL query for all ships.", "SELECT name FROM ships WHERE crew > 9;", 1.0),
        ("Write a SQL query for all ships.", "SELECT FROM WHERE (;", 0.0),
        ("Tell me about ships.", '{"a": 1}', None),
    ],
)
def test_the_form_asked_for_is_checked(value: Value, prompt: str, answer: str, wanted: float | None) -> None:
    assert value("structure", prompt, answer) == wanted


SCHEMA = json.dumps({"type": "object", "properties": {"crew": {"type": "integer"}}, "required": ["crew"]})


@pytest.mark.parametrize(("answer", "wanted"), [('{"crew": 12}', 1.0), ('{"crew": "many"}', 0.0), ("{}", 0.0)])
def test_a_schema_in_the_prompt_is_applied(value: Value, answer: str, wanted: float) -> None:
    assert value("structure", f"Answer in JSON that fits this schema: {SCHEMA}", answer) == wanted


def test_a_schema_with_a_remote_reference_fetches_nothing(value: Value) -> None:
    schema = json.dumps({"type": "object", "properties": {"a": {"$ref": "http://192.0.2.1/x.json"}}})
    assert value("structure", f"Answer in JSON that fits this schema: {schema}", '{"a": 1}') == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(json_values)
def test_whatever_json_writes_is_json(data: object) -> None:
    assert parse(json.dumps(data), "json").problem == ""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "piece", ["[", "{", "<a>", '{"a":', "(", "- ", "&a [*a, ", '"', "SELECT (", "a: ", ",\n", "{{"]
)
def test_hostile_text_is_refused_in_bounded_time(form: Format, piece: str) -> None:
    assert parse(piece * (20_000 // len(piece)), form).problem


def test_entities_and_aliases_are_not_expanded() -> None:
    assert parse('<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', "xml").problem
    assert parse("a: &x [1, 2]\nb: [*x, *x]", "yaml").problem


@given(st.text(max_size=200), st.sampled_from(FORMATS))
def test_parsing_never_raises(text: str, form: Format) -> None:
    assert isinstance(parse(text, form).problem, str)


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\n- a\n- b\n\n1. one\n2. two\n\n**bold** and `code`",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "1. one\n1. two\n1. three",
        "```python\nx = '**'\n```",
        "plain",
    ],
)
def test_sound_markdown_has_no_problem(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1",
        "This is **bold.",
        "| a | b |\n| 1 | 2 |",
        "| a | b |\n|---|---|\n| 1 | 2 | 3 |",
        "1. one\n2. two\n5. three",
        "See [the map]().",
    ],
)
def test_broken_markdown_is_found(text: str) -> None:
    assert len(problems(text)) == 1


UNIQUE = 'Return JSON that fits {"type": "array", "items": {}, "uniqueItems": true} and nothing else.'


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("[1, 2, 3]", 1.0),
        ("[1, 2, 1]", 0.0),
        ("[1, true, 0, false]", 1.0),
        ("[1, 1.0]", 0.0),
        ('[{"a": [1]}, {"a": [1]}]', 0.0),
        ('[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', 0.0),
        ('[{"a": [1]}, {"a": [2]}, [1], [2]]', 1.0),
    ],
)
def test_unique_items_are_told_apart_as_json_schema_does(value: Value, answer: str, wanted: float) -> None:
    assert value("structure", UNIQUE, answer) == wanted


def test_unique_items_of_a_long_array_are_looked_up() -> None:
    """Each item is read once: a counting key shows it."""
    from rubrica.tools.builtin.structure import _unique

    class Counting(str):
        __slots__ = ()
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counting.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    assert not list(_unique(None, True, [Counting(n) for n in range(5000)], None))
    assert Counting.compared < 5000
