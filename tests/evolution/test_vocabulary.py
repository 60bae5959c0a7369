"""The vocabulary asks everything once, and every tool understands what it is asked."""

import asyncio
from typing import Any, get_args

import jsonschema
import pytest

from rubrica.errors import SandboxUnavailable
from rubrica.evolution.table import column_of
from rubrica.evolution.vocabulary import PROBES, SAID_TWICE, probe_library, probes
from rubrica.library.lint import lint_library
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.measures import Name
from rubrica.types import Candidate, Criterion, Message, Task, TaskView, TextPart

TASK = Task(id="t", messages=(Message(role="user", parts=(TextPart(text="What is 17 + 25? Use two bullet points."),)),))
CANDIDATES = tuple(
    Candidate(id=id_, parts=(TextPart(text=text),)) for id_, text in (("A", "- 17 + 25 is 42.\n- Done."), ("B", "41?"))
)


def test_each_probe_is_another_question_under_another_name() -> None:
    assert len({probe.id for probe in probes()}) == len(probes())
    assert len({column_of(probe) for probe in probes()}) == len(probes())


def test_no_probe_spells_out_what_its_tool_does_anyway() -> None:
    """With its defaults and without arguments a tool says the same; as two probes it would count double."""
    for probe in probes():
        schema: Any = load_builtins()[probe.tool or ""].spec.input_schema
        defaults = {name: each["default"] for name, each in schema.get("properties", {}).items() if "default" in each}
        required = schema.get("required", ())
        assert not [name for name, value in probe.arguments.items() if name not in required and defaults[name] == value]


def test_every_tool_has_a_say_but_those_that_repeat_others() -> None:
    """A tool that needs an argument which is not one of a list cannot be asked without an author."""
    fillable = {name for name, tool in load_builtins().items() if _fillable(tool.spec.input_schema)}
    assert {probe.tool for probe in probes()} == fillable - SAID_TWICE
    assert fillable >= SAID_TWICE


def _fillable(schema: Any) -> bool:
    listed = [schema["properties"][name] for name in schema.get("required", ())]
    referred = [schema.get("$defs", {}).get(each.get("$ref", "").rsplit("/", 1)[-1], each) for each in listed]
    return len(referred) <= 1 and all("enum" in each for each in referred)


def test_every_measure_is_asked() -> None:
    assert {probe.arguments["of"] for probe in probes() if probe.tool == "measure"} == set(get_args(Name))


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: str(probe.id))
def test_a_tool_takes_the_arguments_and_answers(probe: Criterion) -> None:
    tool = load_builtins()[probe.tool or ""]
    jsonschema.validate(probe.arguments, tool.spec.input_schema)
    try:
        told = asyncio.run(tool.check(TaskView.of(TASK), CANDIDATES, probe.arguments))
    except SandboxUnavailable:
        return  # it runs code; there is no sandbox here
    assert {item.candidate for item in told} <= {"A", "B"}


def test_the_probes_only_read() -> None:
    """A vocabulary has no taste: nothing is weighed apart, capped, turned round or asked under a condition."""
    for probe in probes():
        assert (probe.kind, probe.prefer, probe.cap, probe.when, probe.skill) == ("principle", "high", None, "", "")


def test_the_probe_library_asks_them_all() -> None:
    library = probe_library()
    assert [criterion.id for criterion in library.skills[PROBES].criteria] == [probe.id for probe in probes()]
    assert [f for f in lint_library(library, builtins=load_builtins()) if f.level == "error"] == []
    assert {column_of(c, library) for c in library.skills[PROBES].criteria} == {column_of(p) for p in probes()}


def test_the_order_is_always_the_same() -> None:
    probes.cache_clear()
    first = [probe.id for probe in probes()]
    probes.cache_clear()
    assert [probe.id for probe in probes()] == first
    assert [probe.tool for probe in probes()] == sorted(probe.tool or "" for probe in probes())
