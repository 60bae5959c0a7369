"""SKILL.md and criteria.yaml: what is written reads back, and what is not allowed says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from rubrica.errors import LibraryError
from rubrica.skills.base import Skill
from rubrica.skills.markdown import MAX_FILE_BYTES, parse_skill, render_skill
from rubrica.types import Criterion

SKILL_MD = b"""---
name: units-kept
description: Checks that quantities keep their units --- in tables too. Use it for recipes and physics.
license: Apache-2.0
compatibility: any
allowed-tools: quantities numbers
metadata:
  version: 1.0
  when: asks_math and words > 20
  tags: numbers units
---

# Units

A number without its unit is half an answer.

---

Second part.
"""
CRITERIA = b"""- id: units-present
  text: Every quantity carries a unit.
  kind: rule
  weight: 2
  scored_by: tool
  tool: quantities
  arguments: {system: si, tolerance: 0.01}
  cap: 0.4
  when: not asks_code
- id: units-sensible
  text: |
    The unit fits the quantity:
    no metres for a weight.
"""
FILES = {"SKILL.md": SKILL_MD, "criteria.yaml": CRITERIA}

names = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
conditions = st.sampled_from(["", "asks_code", "words > 120 and not (has_code or language == 'de')"])
criteria = st.builds(
    Criterion,
    id=names,
    text=texts,
    kind=st.sampled_from(["rule", "principle"]),
    weight=st.floats(0, 100),
    scored_by=st.just("tool"),
    tool=names,
    arguments=st.dictionaries(texts, json_values, max_size=3),
    prefer=st.sampled_from(["high", "low"]),
    baseline=st.floats(0, 1),
    cap=st.none() | st.floats(0.1, 0.9),
    when=conditions,
) | st.builds(Criterion, id=names, text=texts)
skills = st.builds(
    Skill,
    name=names,
    description=texts.filter(bool),
    body=st.text(st.characters(exclude_categories=["Cs"])),
    criteria=st.lists(criteria, max_size=3, unique_by=lambda c: c.id).map(tuple),
    when=conditions,
    tags=st.lists(names, max_size=3).map(tuple),
    license=texts,
    compatibility=texts,
    allowed_tools=st.lists(names, max_size=2).map(tuple),
    metadata=st.dictionaries(texts.filter(lambda key: key not in {"when", "tags"}), texts, max_size=3),
)


@given(skills)
@settings(deadline=None)
def test_a_written_skill_reads_back_as_the_same_value(skill: Skill) -> None:
    assert parse_skill(render_skill(skill), folder=skill.name) == skill


def test_every_field_is_read() -> None:
    skill = parse_skill(FILES, folder="units-kept")
    assert skill.description.startswith("Checks that quantities keep their units --- in tables too.")
    assert skill.body.startswith("# Units")
    assert skill.body.endswith("---\n\nSecond part.")
    assert (skill.when, skill.tags) == ("asks_math and words > 20", ("numbers", "units"))
    assert skill.metadata == {"version": "1.0"}
    assert (skill.license, skill.compatibility) == ("Apache-2.0", "any")
    assert skill.allowed_tools == ("quantities", "numbers")
    assert skill.criteria[0].arguments == {"system": "si", "tolerance": 0.01}
    assert skill.criteria[0].skill == "units-kept"
    assert skill.criteria[1].text == "The unit fits the quantity:\nno metres for a weight.\n"


def test_rendering_is_stable() -> None:
    once = render_skill(parse_skill(FILES, folder="units-kept"))
    assert render_skill(parse_skill(once, folder="units-kept")) == once


def test_equal_skills_render_alike_whatever_the_order_of_their_keys() -> None:
    one = Criterion(id="a", text="t", scored_by="tool", tool="x", arguments={"b": {"d": 1, "c": 2}, "a": 1})
    two = Criterion(id="a", text="t", scored_by="tool", tool="x", arguments={"a": 1, "b": {"c": 2, "d": 1}})
    first = Skill(name="s", description="d", criteria=(one,), metadata={"y": "1", "x": "2"})
    second = Skill(name="s", description="d", criteria=(two,), metadata={"x": "2", "y": "1"})
    assert render_skill(first) == render_skill(second)


def test_windows_line_ends_and_byte_order_mark_read_the_same() -> None:
    windows = {name: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") for name, data in FILES.items()}
    assert parse_skill(windows, folder="units-kept").body == parse_skill(FILES, folder="units-kept").body


def test_allowed_tools_may_be_a_list() -> None:
    files = {"SKILL.md": b"---\nname: a\ndescription: d\nallowed-tools: [x, 'Bash(git:*)']\n---\n"}
    assert parse_skill(files, folder="a").allowed_tools == ("x", "Bash(git:*)")


def head(extra: str, *, name: str = "a") -> dict[str, bytes]:
    return {"SKILL.md": f"---\nname: {name}\ndescription: d\n{extra}\n---\n".encode()}


def rows(text: str) -> dict[str, bytes]:
    return {**head(""), "criteria.yaml": text.encode()}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, r"^skills/a: no SKILL.md; write skills/a/SKILL.md"),
        ({**head(""), "run.sh": b""}, r"^skills/a/run.sh: unknown file"),
        ({"SKILL.md": b"# Title"}, r"^skills/a/SKILL.md: no front matter"),
        ({"SKILL.md": b"---\nname: a"}, r"SKILL.md: the front matter does not end"),
        ({"SKILL.md": b"\xff"}, r"SKILL.md: not UTF-8 at byte 0"),
        ({"SKILL.md": b" " * (MAX_FILE_BYTES + 1)}, r"SKILL.md: 65537 bytes; at most 65536"),
        ({"SKILL.md": b"---\n- a\n---\n"}, r"expected fields, found a list"),
        ({"SKILL.md": b"---\n---\n"}, r"expected fields, found nothing"),
        ({"SKILL.md": b"---\nname: a\n---\n"}, r"field 'description': field required"),
        (head("", name="b"), r"field 'name': 'b' in the folder 'a'"),
        (head("name: a"), r"SKILL.md: the key 'name' twice in line 4"),
        (head("when: asks_code"), r"field 'when': unknown field; known: name, description, .*put yours under metadata"),
        (head("metadata: text"), r"field 'metadata': expected fields"),
        (head("metadata: {a: [1]}"), r"field 'metadata.a': not a text"),
        (head("metadata: {when: asks_cod}"), r"field 'metadata.when': condition 'asks_cod': unknown feature"),
        (head("metadata: {tags: A_b}"), r"field 'tags.0'"),
        (head("license: &a x"), r"an anchor or alias in line 4"),
        (head("license: !!python/object:os.system x"), r"the tag tag:yaml.org,2002:python/object:os.system in line 4"),
        (head("license: {: x"), r"not YAML in line"),
        (head("license: " + "x" * 501), r"field 'license': string should have at most 500"),
        (rows("id: a"), r"criteria.yaml: not a list"),
        (rows("- a"), r"criteria.yaml: field '0': expected fields"),
        (rows("- {id: a, text: t, wieght: 2}"), r"field '0.wieght': unknown field; known: id, text, kind, weight"),
        (rows("- {id: a, text: t, weight: heavy}"), r"field '0.weight': input should be a valid number"),
        (rows("- {id: a, text: t, weight: '2'}"), r"field '0.weight': input should be a valid number"),
        (rows("- {id: a, text: t, weight: true}"), r"field '0.weight': input should be a valid number"),
        (rows("- {id: a, text: 2024}"), r"field '0.text': input should be a valid string"),
        (rows("- {id: a, text: t, weight: .nan}"), r"field '0.weight'"),
        (rows("- {id: a, text: t, weight: 1e999}"), r"the number 1e999 in line 1"),
        (rows("- {id: a, text: t, scored_by: tool}"), r"field '0': a criterion names a tool if and only if"),
        (rows("- {id: a, text: t, when: words}"), r"field '0.when': condition 'words': 'words' is a number"),
        (rows("- {id: a, text: t, skill: b}"), r"field '0.skill': unknown field"),
        (rows("- {id: a, text: t}\n- {id: a, text: u}"), r"field '1.id': 'a' twice"),
        (rows("- {id: a, text: t}\n---\n[]"), r"a second document in line"),
        (rows("[" * 100), r"nesting deeper than 32"),
        (rows("- &a {id: a, text: t}\n- *a"), r"an anchor or alias in line 1"),
    ],
)
def test_errors_name_file_and_field(files: dict[str, bytes], problem: str) -> None:
    with pytest.raises(LibraryError, match=problem):
        parse_skill(files, folder="a")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_read_or_are_a_library_error(data: bytes) -> None:
    for files in ({"SKILL.md": b"---\n" + data + b"\n---\n"}, {**head(""), "criteria.yaml": data}):
        try:
            parse_skill(files, folder="a")
        except LibraryError as error:
            assert error.path.startswith("skills/a")  # noqa: PT017 - either outcome is right


def test_a_skill_may_not_hide_its_own_fields_in_metadata() -> None:
    with pytest.raises(ValueError, match="metadata may not name"):
        Skill(name="a", description="d", metadata={"when": "asks_code"})


@pytest.mark.parametrize("text", ["[" * 60_000, "- " * 30_000, "{a: " * 16_000, "a: " * 20_000, "? " * 30_000])
def test_hostile_nesting_is_refused(text: str) -> None:
    with pytest.raises(LibraryError):
        parse_skill(rows(text), folder="a")
