"""Pruning retires what was learned and is idle, all of it and nothing else, and no score moves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tabled import a_check, a_library, a_skill, a_table

from rubrica.evolution.edits import Edit
from rubrica.evolution.maintain import Prune
from rubrica.evolution.table import Scorer, Table
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Label, Scoring, TaskFeatures

MEASURES = ("words", "bold", "hedge")
CONDITIONS = ("", "asks_math", "words > 900")  # always, in half the cases, never


def a_world(seed: int = 0) -> Table:
    """Eight pairs; `hedge` cannot be told of any."""
    rng = np.random.default_rng(seed)
    cases = [(Label.best(0, 2), [[*map(float, rng.random(3)), None] for _ in range(2)]) for _ in range(8)]
    columns = [a_check("words"), a_check("bold"), a_check("bold", kind="rule"), a_check("hedge")]
    return a_table(columns, cases, [TaskFeatures(asks_math=n < 4) for n in range(8)])


def learned(name: str, *checks, **given_: object) -> Skill:
    return a_skill(name, *checks, tags=("learned",), **given_)


def raw(library: Library, table: Table) -> np.ndarray:
    return Scorer.of(library, table).raw(library.scoring)


def pruned(library: Library, table: Table) -> Edit:
    edit = Prune().on(library, table)
    assert edit is not None
    return edit


ACTIVE = learned("active", a_check("words", weight=2))


def test_idle_learned_skills_are_retired_and_no_score_moves() -> None:
    table = a_world()
    library = a_library(
        ACTIVE,
        learned("elsewhere", a_check("words", weight=9), when="words > 900"),
        learned("unweighed", a_check("bold", weight=0)),
        learned("untold", a_check("hedge", weight=9)),
        learned("empty"),
        learned("fitted-away", a_check("bold", weight=9)),
        scoring=Scoring(weights={"fitted-away/bold": 0.0}),
    )
    edit = pruned(library, table)
    assert edit.drop_skills == ("elsewhere", "empty", "fitted-away", "untold", "unweighed")
    after = edit.apply(library)
    assert list(after.skills) == ["active"]
    np.testing.assert_allclose(raw(after, table), raw(library, table), atol=1e-9)


def test_skills_that_nobody_learned_are_left_alone() -> None:
    """They are there for tasks that these cases may not hold."""
    library = a_library(ACTIVE, a_skill("seed", a_check("words", weight=9), when="words > 900"))
    assert Prune().on(library, a_world()) is None


def test_what_moves_a_single_score_a_little_stays() -> None:
    table = a_world()
    quiet = learned("quiet", a_check("words", weight=1e-6))
    assert Prune().on(a_library(ACTIVE, quiet), table) is None
    rule = learned("rule", a_check("bold", kind="rule", weight=0, cap=0.9))
    assert Prune().on(a_library(ACTIVE, rule), table) is None


def test_of_two_that_say_the_same_one_is_kept() -> None:
    """Either cap is idle beside the other; without both, scores would rise."""
    rule = a_check("bold", kind="rule", weight=0, cap=0.2)
    library = a_library(ACTIVE, learned("rule", rule), learned("same-rule", rule))
    assert pruned(library, a_world()).drop_skills == ("rule",)


def test_skills_that_cancel_each_other_on_these_cases_stay() -> None:
    table = a_world()
    up, down = learned("up", a_check("words", weight=2)), learned("down", a_check("words", weight=2, prefer="low"))
    assert Prune().on(a_library(up, down), table) is None


def test_what_was_fitted_goes_with_its_skill() -> None:
    keys = ("idle/words", "idle-not/words", "active/words")
    library = a_library(
        ACTIVE,
        learned("idle", a_check("words"), when="words > 900"),
        learned("idle-not", a_check("words")),
        scoring=Scoring(
            weights=dict.fromkeys(keys, 2.0),
            errors=dict.fromkeys(keys, 0.1),
            baselines=dict.fromkeys(keys, 0.4),
            temperature=0.5,
            reference=0.2,
            cases=40,
        ),
    )
    scoring = pruned(library, a_world()).apply(library).scoring
    assert set(scoring.weights) == set(scoring.errors) == set(scoring.baselines) == {"idle-not/words", "active/words"}
    assert (scoring.temperature, scoring.reference, scoring.cases) == (0.5, 0.2, 40)


def test_without_a_case_everything_learned_is_idle() -> None:
    assert pruned(a_library(ACTIVE), a_world().take([])).drop_skills == ("active",)


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    skills = []
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=5, unique=True)):
        checks = [
            a_check(
                of,
                weight=draw(st.sampled_from([0, 0.5, 3])),
                prefer=draw(st.sampled_from(["high", "low"])),
                when=draw(st.sampled_from(CONDITIONS)),
            )
            for of in draw(st.lists(st.sampled_from(MEASURES), max_size=2, unique=True))
        ]
        tags = draw(st.sampled_from([("learned",), ()]))
        skills.append(a_skill(name, *checks, tags=tags, when=draw(st.sampled_from(CONDITIONS))))
    return a_library(*skills, scoring=Scoring(temperature=0.7, reference=0.3))


@given(libraries(), st.integers(0, 9))
@settings(deadline=None)
def test_nothing_learned_and_idle_is_left_and_nothing_else_goes(library: Library, seed: int) -> None:
    table = a_world(seed)
    edit = Prune().on(library, table)
    after = library if edit is None else edit.apply(library)
    gone = set(library.skills) - set(after.skills)
    assert (edit is None) == (not gone)
    assert all("learned" in library.skills[name].tags for name in gone)
    np.testing.assert_allclose(raw(after, table), raw(library, table), atol=1e-8)
    for name in gone:  # each was idle beside what is left
        np.testing.assert_allclose(raw(after.with_skill(library.skills[name]), table), raw(after, table), atol=1e-8)
    for name, skill in after.skills.items():
        if "learned" in skill.tags:
            assert np.abs(raw(after.without_skill(name), table) - raw(after, table)).max() > 1e-9
