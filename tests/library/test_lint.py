"""The linter finds each planted fault, and nothing in a sound library."""

import pytest

from rubrica.library.files import render_library
from rubrica.library.library import Library
from rubrica.library.lint import lint_files, lint_library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Scoring, TaskFeatures


def test_a_sound_library_has_no_findings(library: Library) -> None:
    features = [TaskFeatures(asks_math=True), TaskFeatures()]
    assert lint_files(render_library(library), features=features) == []


def test_one_unreadable_entry_does_not_hide_the_others(library: Library) -> None:
    files = render_library(library) | {
        "skills/broken/SKILL.md": b"---\nname: broken\n---\n",
        "tools/broken/TOOL.md": b"",
        "notes.txt": b"",
        "scoring.json": b"{}}",
    }
    found = lint_files(files)
    assert [(finding.level, finding.path, finding.field) for finding in found] == [
        ("error", "notes.txt", ""),
        ("error", "scoring.json", ""),
        ("error", "skills/broken/SKILL.md", "description"),
        ("error", "tools/broken/TOOL.md", ""),
    ]
    assert all(finding.problem and finding.fix for finding in found)


def skill(**fields: object) -> Skill:
    sound = {"name": "a", "description": "Sums are right.", "body": "b", "criteria": (Criterion(id="c", text="t"),)}
    return Skill.model_validate({**sound, **fields})


CASES = [TaskFeatures(words=10), TaskFeatures(words=20, asks_code=True)]


@pytest.mark.parametrize(
    ("fields", "level", "field", "problem"),
    [
        ({"body": ""}, "warning", "", "empty body"),
        ({"body": "word " * 3501}, "warning", "", "3501 words: over 500 lines or 3500 words"),
        ({"body": "x\n" * 500 + "x"}, "warning", "", "501 lines"),
        ({"criteria": ()}, "warning", "", "no criteria"),
        ({"when": "words > 99"}, "warning", "metadata.when", "never holds in 2 tasks"),
        ({"when": "words > 9"}, "warning", "metadata.when", "always holds in 2 tasks"),
        ({"when": "wrods > 9"}, "error", "metadata.when", "unknown feature 'wrods'"),
        ({"criteria": [{"id": "c", "text": " "}]}, "warning", "0.text", "empty"),
        ({"criteria": [{"id": "c", "text": "t", "cap": 0.3}]}, "warning", "0.cap", "only a rule caps"),
        (
            {"criteria": [{"id": "c", "text": "t", "kind": "rule", "cap": 0.3, "floor": 0.2}]},
            "warning",
            "0.floor",
            "below the cap",
        ),
        ({"criteria": [{"id": "c", "text": "t", "when": "has_tests"}]}, "warning", "0.when", "never holds"),
        ({"criteria": [{"id": "c", "text": "t"}] * 2}, "error", "1.id", "'c' twice"),
        (
            {"criteria": [{"id": "c", "text": "t", "scored_by": "tool", "tool": "abacus"}]},
            "error",
            "0.tool",
            "no tool 'abacus'",
        ),
    ],
)
def test_faults_of_a_skill_are_found(fields: dict[str, object], level: str, field: str, problem: str) -> None:
    (finding,) = lint_library(Library.of([skill(**fields)]), features=CASES)
    assert (finding.level, finding.field) == (level, field)
    assert problem in finding.problem


def test_a_criterion_is_tried_where_its_skill_applies() -> None:
    narrow = skill(when="asks_code", criteria=[{"id": "c", "text": "t", "when": "words > 15"}])
    (finding,) = lint_library(Library.of([narrow]), features=CASES)
    assert finding.problem == "always holds in 1 tasks"


def test_near_duplicate_descriptions_are_found() -> None:
    one = skill(description="Checks that every quantity in the answer has a unit.")
    two = skill(name="b", description="Checks that every quantity in the answer has its unit!")
    (finding,) = lint_library(Library.of([one, two]))
    assert (finding.path, finding.field) == ("skills/b/SKILL.md", "description")
    assert "skills/a/SKILL.md" in finding.problem


def test_a_python_tool_without_cases_is_an_error(library: Library) -> None:
    bare = library.with_tool(library.tools["quantities"].model_copy(update={"cases": ()}))
    (finding,) = lint_library(bare)
    assert (finding.level, finding.path) == ("error", "tools/quantities/cases.jsonl")


def test_known_tools_need_no_entry(library: Library) -> None:
    assert lint_library(library.without_tool("quantities"), builtins=["quantities"]) == []


def test_weights_of_criteria_that_are_gone_are_found(library: Library) -> None:
    (finding,) = lint_library(library.with_scoring(Scoring(weights={"units/gone": 1.0})))
    assert (finding.path, finding.field) == ("scoring.json", "weights.units/gone")
