"""The seed library is made of the package's own skills and the built-in tools that they name."""

from pathlib import Path
from random import Random
from statistics import quantiles

import pytest

from rubrica.errors import LibraryError
from rubrica.library.files import parse_library, render_library
from rubrica.library.lint import lint_library
from rubrica.library.seed import builtin_entry, named_tools, read_skills, seed_library
from rubrica.rewards.aggregate import aggregate, criterion_key, sigmoid
from rubrica.rewards.compare import ranks
from rubrica.skills.base import Skill
from rubrica.skills.when import parse
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import TYPICAL_GRADE, Criterion, Rubric, Scoring, TaskFeatures


def test_the_seed_library_is_sound() -> None:
    library = seed_library()
    assert parse_library(render_library(library)) == library
    assert [found for found in lint_library(library, builtins=load_builtins()) if found.level == "error"] == []
    assert seed_library() is library


def test_what_a_reader_grades_is_centred_on_a_readers_usual_grade() -> None:
    criteria = [c for skill in seed_library().skills.values() for c in skill.criteria]
    assert {c.baseline for c in criteria if c.scored_by == "model"} == {TYPICAL_GRADE}


def test_unfitted_rewards_of_a_reader_spread_and_keep_their_order() -> None:
    """Grades as readers give them, 7 to 9 of 10: a quality of each answer with noise on it, fixed by a seed."""
    features = TaskFeatures(asks_explanation=True, words=20)
    skills = [s for s in seed_library().skills.values() if parse(s.when).holds(features)]
    criteria = tuple(c for s in skills for c in s.criteria if c.tool is None and parse(c.when).holds(features))
    draw, grades = Random(0), {}
    for name in map(str, range(500)):
        quality = draw.gauss(0.8, 0.1)
        for c in criteria:
            grades[criterion_key(c), name] = min(max(round(4 * draw.gauss(quality, 0.12)), 0), 4) / 4

    def scored(criteria: tuple[Criterion, ...]) -> list[float]:
        return [raw.score for raw in aggregate(Rubric(criteria=criteria), grades, [*map(str, range(500))], Scoring())]

    now, before = scored(criteria), scored(tuple(c.model_copy(update={"baseline": 0.5}) for c in criteria))
    assert ranks(now) == ranks(before)
    high = [sum(sigmoid(score) > 0.95 for score in scores) / 500 for scores in (before, now)]
    assert high[0] > 0.75
    assert high[1] < 0.25
    low, _, top = quantiles(map(sigmoid, now), n=4)
    assert top - low > 0.3


def test_skills_are_read_from_folders_in_name_order(tmp_path: Path) -> None:
    for name in ("b", "a", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: d\n---\n")
    assert [skill.name for skill in read_skills(tmp_path)] == ["a", "b"]


def test_every_built_in_tool_has_an_entry_when_named() -> None:
    builtins = load_builtins()
    criteria = tuple(Criterion(id=name, text="t", scored_by="tool", tool=name) for name in reversed(builtins))
    tools = named_tools([Skill(name="all", description="d", criteria=criteria)])
    assert tools == [builtin_entry(tool) for tool in builtins.values()]
    assert all(tool.kind == "builtin" for tool in tools)


def test_a_tool_that_is_not_built_in_is_named() -> None:
    criterion = Criterion(id="c", text="t", scored_by="tool", tool="abacus")
    with pytest.raises(LibraryError, match=r"skills/s/criteria\.yaml: field 'tool': no built-in tool 'abacus'; known:"):
        named_tools([Skill(name="s", description="d", criteria=(criterion,))])
