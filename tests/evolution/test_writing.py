"""A written skill loads again, says the numbers that it was given, and is refused by nobody for its words."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabled import a_probe, a_table

from rubrica.evolution.admission import Grounds, refusal
from rubrica.evolution.edits import Edit
from rubrica.evolution.proposers import Fixed
from rubrica.evolution.vocabulary import probes
from rubrica.evolution.writing import MAX_WEIGHT, Found, subject, write_skill
from rubrica.library.library import Library
from rubrica.library.lint import lint_library
from rubrica.library.seed import builtin_entry
from rubrica.skills.base import Skill
from rubrica.skills.markdown import parse_skill, render_skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import TaskFeatures

FLAGS = [name for name, field in TaskFeatures.model_fields.items() if field.annotation is bool]
conditions = st.one_of(
    st.just(""),
    st.sampled_from(FLAGS),
    st.builds("words {} {}".format, st.sampled_from([">", "<", ">=", "<=", "==", "!="]), st.integers(0, 99_999)),
    st.builds("not ({} or {}) and words > {}".format, *[st.sampled_from(FLAGS)] * 2, st.integers(0, 99)),
    st.just('language != "en"'),
)
counts = st.integers(0, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@st.composite
def finds(draw: st.DrawFn) -> list[Found]:
    chosen = draw(st.lists(st.sampled_from(range(len(probes()))), min_size=1, max_size=60, unique=True))
    found = []
    for position in chosen:
        separated, agreed = draw(counts)
        weight = draw(st.floats(1e-6, 300) | st.floats(-300, -1e-6))
        found.append(Found(probes()[position], weight, draw(st.floats(0, 1)), separated, agreed))
    return found


def found(of: str, weight: float, *, mean: float = 0.25, separated: int = 10, agreed: int = 8) -> Found:
    return Found(a_probe(of), weight, mean, separated, agreed)


def taste(*members: Found, condition: str = "", taken: Sequence[str] = ()) -> Skill:
    return write_skill(condition, members, taken=taken, cases=40)


# It loads again


@given(conditions, finds())
@settings(max_examples=60, deadline=None)
def test_what_is_written_loads_again_and_lints_clean(condition: str, members: list[Found]) -> None:
    skill = write_skill(condition, members, taken=(), cases=100)
    assert parse_skill(render_skill(skill), folder=skill.name) == skill
    tools = [builtin_entry(load_builtins()[name]) for name in {f.probe.tool or "" for f in members}]
    assert lint_library(Library.of([skill], tools=tools), builtins=load_builtins()) == []


def test_admission_refuses_no_word_of_it() -> None:
    """Everything that the vocabulary can say, in skills as large as they may be."""
    for start in range(0, len(probes()), 60):
        some = probes()[start : start + 60]
        for sign in (1.0, -1.0):
            skill = write_skill("asks_code", [Found(p, sign, 0.5, 9, 6) for p in some], taken=(), cases=100)
            tools = tuple(builtin_entry(load_builtins()[name]) for name in sorted({p.tool or "" for p in some}))
            edit = Edit(kind="add-skill", title="Add it", put_skills=(skill,), put_tools=tools)
            grounds = Grounds(Library(), lambda: a_table([], []), cases=(), ideas=())
            assert refusal(Fixed(edit), edit, grounds, None) == ""


# Its numbers


def test_each_line_says_direction_count_and_weight() -> None:
    skill = taste(found("numbered", 1.234, separated=30, agreed=21), found("hedge", -2.5, separated=12, agreed=2))
    lines = [line for line in skill.body.splitlines() if line.startswith("- **")]
    assert lines == [  # the heaviest first; of the hedges two had more, ten had less
        "- **Less**: per hundred words: hedges (perhaps, I think) (10 of 12 comparisons; weight 2.50)",
        "- **More**: how many: numbered lines (21 of 30 comparisons; weight 1.23)",
    ]
    assert "Learned from 40 labelled cases." in skill.body
    opening = "What 40 labelled preferences reward (+ more of it, - less): - hedges; + numbered lines. Use it"
    assert skill.description.startswith(opening)
    assert (skill.metadata, skill.tags) == ({"learned-from": "40"}, ("learned",))


def test_criteria_carry_what_was_fitted() -> None:
    liked, disliked = taste(found("numbered", 3.0, mean=0.2), found("hedge", -1.0, mean=0.3)).criteria
    assert (liked.weight, liked.prefer, liked.baseline) == (3.0, "high", 0.2)
    assert (disliked.weight, disliked.prefer, disliked.baseline) == (1.0, "low", 0.7)
    assert (liked.tool, liked.arguments) == ("measure", {"of": "numbered"})
    assert (liked.text, disliked.text[:6]) == ("More: how many: numbered lines", "Less: ")


@given(finds())
@settings(max_examples=30, deadline=None)
def test_a_criterion_counts_as_its_weight_says(members: list[Found]) -> None:
    """Contribution = weight x (grade - mean), up to the format's largest weight, whatever the direction."""
    skill = write_skill("", members, taken=(), cases=9)
    by_id = {f.probe.id: f for f in members}
    assert [c.id for c in skill.criteria] == sorted(by_id, key=lambda id_: (-abs(by_id[id_].weight), id_))
    for criterion in skill.criteria:
        wanted = max(-MAX_WEIGHT, min(MAX_WEIGHT, by_id[criterion.id].weight))
        for grade in (0.0, 0.4, 1.0):
            told = 1.0 - grade if criterion.prefer == "low" else grade
            contribution = criterion.weight * (told - criterion.baseline)
            assert contribution == pytest.approx(wanted * (grade - by_id[criterion.id].mean), abs=2e-4)


def test_what_counts_the_other_way_on_its_own_is_named() -> None:
    skill = taste(found("bold", 1.0, separated=10, agreed=4), found("hedge", -1.0, separated=10, agreed=4))
    (line,) = [line for line in skill.body.splitlines() if "count the other way" in line]
    assert line.endswith("only help beside the rest: bold runs.")
    assert "count the other way" not in taste(found("bold", 1.0, separated=10, agreed=5)).body


@pytest.mark.parametrize(("weight", "wanted"), [(1.0, 7), (-1.0, 3)])
def test_toward_counts_what_agrees_with_the_weight(weight: float, wanted: int) -> None:
    assert found("bold", weight, separated=10, agreed=7).toward == wanted


# Its name and its words


@given(st.lists(conditions, min_size=1, max_size=12), st.sets(st.sampled_from(["learned-taste", "learned-asks-code"])))
def test_names_never_collide(asked: list[str], there: set[str]) -> None:
    taken = set(there)
    for condition in asked:
        name = taste(found("bold", 1.0), condition=condition, taken=tuple(taken)).name
        assert name not in taken
        taken.add(name)
    assert len(taken) == len(there) + len(asked)


def test_a_skill_is_named_after_its_condition() -> None:
    assert taste(found("bold", 1.0)).name == "learned-taste"
    assert taste(found("bold", 1.0), taken=["learned-taste"]).name == "learned-taste-2"
    assert taste(found("bold", 1.0), condition="words > 12").name == "learned-words-over-12"
    assert taste(found("bold", 1.0), condition="words < 12").name == "learned-words-under-12"
    skill = taste(found("bold", 1.0), condition="asks_code")
    assert (skill.name, skill.when) == ("learned-asks-code", "asks_code")
    assert skill.description.endswith("Use it when asks code.")


def test_every_probe_has_a_name_of_its_own_in_words() -> None:
    """Also in the few words of a description, which is all that a selector reads."""
    names = [subject(probe) for probe in probes()]
    few = [taste(Found(probe, 1.0, 0.5, 9, 6)).description for probe in probes()]
    for told in (names, few):
        assert len(set(told)) == len(told)
        assert all(text == text.strip() for text in told)
    assert not any("how many" in text or "per hundred" in text for text in few)


def test_a_name_is_cut_between_words() -> None:
    long = a_probe("words").model_copy(update={"tool": "other", "arguments": {}, "text": "Seven letters, " * 8})
    told = taste(Found(long, 1.0, 0.5, 9, 6)).description
    assert "+ seven letters, Seven letters, Seven letters, Seven ..." in told
