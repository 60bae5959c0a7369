"""TOOL.md, tool.py and cases.jsonl: what is written reads back, and what is not allowed says so."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from rubrica.errors import LibraryError
from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.tools.manifest import parse_tool, render_tool

FILES = {
    "TOOL.md": b"""---
name: doubled-words
description: Finds words written twice in a row.
kind: python
input_schema:
  type: object
  properties:
    limit: {type: integer, minimum: 1, default: 3}
metadata: {origin: "round 3"}
---

Counts only letters.
""",
    "tool.py": b"def check(task, candidate, **arguments):\n    return {'value': 1.0}\n",
    "cases.jsonl": b'{"prompt": "p", "candidate": "the the", "value": 0}\n\n{"prompt": "p", "candidate": ""}\n',
}

names = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(texts, json_values, max_size=3)
cases = st.builds(ToolCase, prompt=texts, candidate=texts, arguments=objects, value=st.none() | st.floats(0, 1))
tools = st.builds(
    ToolEntry,
    name=names,
    description=texts.filter(bool),
    kind=st.sampled_from(["builtin", "prompt", "mcp"]),
    scope=st.sampled_from(["candidate", "group"]),
    input_schema=objects,
    output_schema=objects,
    body=texts,
    cases=st.lists(cases, max_size=3).map(tuple),
    metadata=st.dictionaries(texts, texts, max_size=2),
)


@given(tools, texts.filter(bool))
@example(ToolEntry(name="a", description="0E0", kind="prompt", metadata={"1": "2"}), "null")
@settings(deadline=None)
def test_a_written_tool_reads_back_as_the_same_value(tool: ToolEntry, source: str) -> None:
    python = ToolEntry.model_validate({**tool.model_dump(), "kind": "python", "source": source})
    assert parse_tool(render_tool(tool), folder=tool.name) == tool
    assert parse_tool(render_tool(python), folder=tool.name) == python


def test_every_file_is_read() -> None:
    tool = parse_tool(FILES, folder="doubled-words")
    assert tool.kind == "python"
    assert tool.body == "Counts only letters."
    assert tool.source.startswith("def check")
    assert [case.value for case in tool.cases] == [0.0, None]
    assert tool.input_schema["properties"] == {"limit": {"type": "integer", "minimum": 1, "default": 3}}


def test_source_is_kept_to_the_byte() -> None:
    source = b"\xef\xbb\xbf# -*- coding: utf-8 -*-\r\n\n"
    assert render_tool(parse_tool({**FILES, "tool.py": source}, folder="doubled-words"))["tool.py"] == source


def head(extra: str) -> dict[str, bytes]:
    return {"TOOL.md": f"---\nname: a\ndescription: d\n{extra}\n---\n".encode()}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, r"^tools/a: no TOOL.md"),
        ({**head("kind: builtin"), "x.py": b""}, r"^tools/a/x.py: unknown file"),
        (head("kind: builtin\nsource: x"), r"TOOL.md: field 'source': unknown field; known: name"),
        (head("kind: wasm"), r"TOOL.md: field 'kind': input should be 'builtin'"),
        (head(""), r"TOOL.md: field 'kind': field required"),
        (head("kind: python"), r"field 'kind': kind 'python' without tool.py"),
        ({**head("kind: prompt"), "tool.py": b"x"}, r"field 'kind': kind 'prompt' with tool.py"),
        (head("kind: prompt\ninput_schema: []"), r"field 'input_schema'"),
        ({**head("kind: prompt"), "cases.jsonl": b"{}"}, r"^tools/a/cases.jsonl:1: field 'prompt': field required"),
        ({**head("kind: prompt"), "cases.jsonl": b"\n["}, r"^tools/a/cases.jsonl:2: not JSON"),
        ({**head("kind: prompt"), "cases.jsonl": b'{"a": 1, "a": 2}'}, r"a key occurs twice"),
        ({**head("kind: prompt"), "cases.jsonl": b'{"a": NaN}'}, r"NaN is no JSON number"),
        ({**head("kind: prompt"), "cases.jsonl": b"[" * 100_000}, r"nesting deeper than 32"),
        ({**head("kind: prompt"), "cases.jsonl": b'{"a": ' * 900 + b"1" + b"}" * 900}, r"nesting deeper than 32"),
        ({**head("kind: prompt"), "cases.jsonl": b'{"prompt": "\\ud800", "candidate": ""}'}, r"cases.jsonl:1"),
        ({**head("kind: python"), "tool.py": b"#" * 70_000}, r"^tools/a/tool.py: 70000 bytes"),
    ],
)
def test_errors_name_file_and_field(files: dict[str, bytes], problem: str) -> None:
    with pytest.raises(LibraryError, match=problem):
        parse_tool(files, folder="a")


def test_a_tool_has_the_name_of_its_folder() -> None:
    with pytest.raises(LibraryError, match="field 'name': 'doubled-words' in the folder 'other'"):
        parse_tool(FILES, folder="other")
