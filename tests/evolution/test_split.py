"""A skill that holds under one condition only becomes two, each with weights of its own."""

from dataclasses import replace

import numpy as np
import pytest
from tabled import a_check, a_library, a_probe, a_skill, a_table

from rubrica.evolution.admission import Grounds, invalid, refusal
from rubrica.evolution.edits import Edit
from rubrica.evolution.gate import Ledger, decide
from rubrica.evolution.split import Split
from rubrica.evolution.table import Scorer, Table, agreement, column_of
from rubrica.evolution.trial import Trial
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.types import Criterion, Label, Scoring, TaskFeatures

COLUMNS = [a_check("words"), a_check("bold"), a_check("hedge")]


def divided(size: int, *, there: float = 0.0, noise: float = 0.3, seed: int = 0, truth: bool = True) -> Table:
    """Pairs of which half ask for mathematics: there more words are liked, elsewhere words weigh `there`."""
    rng = np.random.default_rng(seed)
    cases, features = [], []
    for n in range(size):
        grades, maths = rng.random((2, len(COLUMNS))), n % 2 == 0
        worth = grades[:, 0] * (3.0 if maths else 3.0 * there) + noise * rng.normal(size=2)
        cases.append((Label.best(int((worth if truth else rng.random(2)).argmax()), 2), grades.tolist()))
        features.append(TaskFeatures(asks_math=maths, is_question=bool(rng.integers(2))))
    return a_table(COLUMNS, cases, features)


def a_care(*criteria: Criterion, **given: object) -> Library:
    return a_library(a_skill("care", *(criteria or (a_check("words", weight=2.0), a_check("bold"))), **given))


def edited(library: Library, table: Table) -> tuple[Edit, Library]:
    edit = Split().on(library, table)
    assert edit is not None
    return edit, edit.apply(library)


def weights(library: Library) -> dict[str, dict[str, tuple[str, float]]]:
    """condition -> measure -> direction and weight."""
    told: dict[str, dict[str, tuple[str, float]]] = {}
    for skill in library.skills.values():
        for c in skill.criteria:
            weight = library.scoring.weights.get(f"{skill.name}/{c.id}", c.weight)
            told.setdefault(skill.when, {})[str(c.arguments["of"])] = (c.prefer, weight)
    return told


@pytest.mark.parametrize("seed", range(3))
def test_a_check_that_helps_under_a_condition_alone_weighs_there_alone(seed: int) -> None:
    edit, after = edited(a_care(), divided(80, seed=seed, there=-1.0))
    told = weights(after)
    assert edit.kind == "split-skill"
    assert set(told) == {"asks_math", "not asks_math"}
    assert told["asks_math"]["words"][1] > 1.0
    assert told["not asks_math"]["words"] == ("high", 0.0)
    assert set(after.skills) == {"care-asks-math", "care-not-asks-math"}


def test_no_weight_is_negative_and_a_seed_check_is_never_turned_round() -> None:
    _, after = edited(a_care(), divided(80, there=-1.0))
    assert all(prefer == "high" and w >= 0 for side in weights(after).values() for prefer, w in side.values())


def test_a_learned_check_that_pulls_the_wrong_way_is_turned_round() -> None:
    probe = a_probe("words").model_copy(update={"text": "More: words", "weight": 2.0, "baseline": 0.4})
    library = a_library(a_skill("learned-taste", probe, tags=("learned",)))
    _, after = edited(library, divided(80, there=-1.0))
    turned = next(s for s in after.skills.values() if s.when == "not asks_math").criteria[0]
    assert (turned.prefer, turned.text, turned.baseline) == ("low", "Less: words", pytest.approx(0.6))
    assert turned.weight > 0.5
    assert after.skills["learned-taste-not-asks-math"].description == "Where not asks math: Less: words"


def test_what_was_learned_is_written_anew_and_what_a_person_wrote_stays() -> None:
    probe, table = a_probe("words").model_copy(update={"text": "More: words"}), divided(80, there=-1.0, noise=0.0)
    for tags, kept in ((("learned",), False), ((), True)):
        _, after = edited(a_library(a_skill("care", probe, body="# Old\n\nWords of old.", tags=tags)), table)
        assert [("Words of old." in skill.body) for skill in after.skills.values()] == [kept] * 2
        turned = (
            "**Turned round**: Less: words (40 of 40 comparisons; weight" in after.skills["care-not-asks-math"].body
        )
        assert turned is not kept


def test_what_was_seen_is_said_in_numbers() -> None:
    table = divided(80, there=-1.0, noise=0.0)
    _, after = edited(a_care(), table)
    assert "(40 of 40 comparisons; weight" in after.skills["care-asks-math"].body
    assert "**Set aside**: T. (0 of 40 comparisons; weight 0.00)" in after.skills["care-not-asks-math"].body
    assert after.skills["care-asks-math"].description == "Where asks math: About care."
    assert after.skills["care-asks-math"].metadata["split-from"] == "care"


def test_what_is_split_keeps_its_own_condition_and_tags() -> None:
    _, after = edited(a_care(when="is_question or asks_math", tags=("always",)), divided(120, there=-1.0))
    conditions = {s.when for s in after.skills.values()}
    assert "(is_question or asks_math) and asks_math" in conditions
    assert all(s.tags == ("always",) for s in after.skills.values())


def test_other_skills_keep_their_weights_beside_each_other() -> None:
    scoring = Scoring(
        weights={"care/words": 2.0, "care/bold": 1.0, "tone/hedge": 3.0, "tone/bold": 1.5}, temperature=2.0
    )
    library = a_library(
        a_skill("care", a_check("words"), a_check("bold")),
        a_skill("tone", a_check("hedge"), a_check("bold")),
        scoring=scoring,
    )
    edit, after = edited(library, divided(80, there=-1.0))
    assert edit.drop_skills == ("care",)
    assert set(after.scoring.weights) == {"tone/hedge", "tone/bold"}
    assert after.scoring.weights["tone/hedge"] == pytest.approx(2 * after.scoring.weights["tone/bold"], abs=1e-5)
    assert after.skills["tone"] == library.skills["tone"]


def test_a_rule_caps_on_both_sides_as_before() -> None:
    rule = a_check("hedge", kind="rule", cap=0.1, weight=1.0)
    _, after = edited(a_care(a_check("words", weight=2.0), rule), divided(80, there=-1.0))
    assert [next(c for c in s.criteria if c.id == "hedge").cap for s in after.skills.values()] == [0.1, 0.1]


def test_what_holds_everywhere_is_left_whole() -> None:
    """But for an accident of the sample."""
    assert sum(Split().on(a_care(), divided(80, there=1.0, seed=seed)) is not None for seed in range(10)) <= 1


def test_words_that_a_reader_has_graded_are_left_whole() -> None:
    model = Criterion(id="sound", text="It is sound.")
    library = a_care(a_check("words", weight=2.0), model)
    table = divided(80, there=-1.0)
    assert Split().on(library, table) is not None
    asked = next(c for c in library.skills["care"].criteria if c.id == "sound")
    read = replace(
        table,
        columns={**table.columns, column_of(asked, library): len(COLUMNS)},
        grades=np.column_stack([table.grades, np.full(len(table.grades), 0.5)]),
    )
    assert Split().on(library, read) is None


def test_nothing_is_split_without_labels_conditions_or_skills() -> None:
    table = divided(40, there=-1.0)
    assert Split().on(a_care(), table.take([])) is None
    assert Split().on(Library(), table) is None
    assert Split().on(a_care(), replace(table, features=(TaskFeatures(),) * 40)) is None


def test_admission_takes_it_and_the_whole_set_is_explained_better() -> None:
    library, table = a_care(), divided(80, there=-1.0)
    edit, after = edited(library, table)
    before, told = (agreement(table, Scorer.of(one, table).raw(one.scoring)).credit.mean() for one in (library, after))
    assert told > before + 0.1
    grounds = Grounds(library=library, table=lambda: table, cases=(), ideas=())
    assert refusal(Split(), edit, grounds, None) == ""


@pytest.mark.parametrize("name", sorted(seed_library().skills))
def test_the_halves_of_every_seed_skill_are_valid(name: str) -> None:
    from rubrica.evolution.writing import Seen, write_half

    library = seed_library()
    skill, taken, halves = library.skills[name], set(library.skills), []
    for condition, weight in (("asks_math and not words > 1000", 1.5), ("not asks_math or words > 1000", 0.0)):
        seen = [Seen(c, weight, 12, 7) for c in skill.criteria]
        halves.append(write_half(skill, condition, seen, taken=taken, cases=100))
        taken.add(halves[-1].name)
    edit = Edit(kind="split-skill", title="T", put_skills=tuple(halves), drop_skills=(name,))
    assert list(invalid(edit, library)) == []
    grounds = Grounds(library=library, table=lambda: divided(20), cases=(), ideas=())
    assert refusal(Split(), edit, grounds, None) == ""


# The gate


def decided(table: Table, *, seed: int = 0) -> tuple[bool, float]:
    folds = tuple(np.arange(len(table))[n::5] for n in range(5))
    told = Trial(base=a_care(), accepted=(), table=table, folds=folds).compare(
        Split(), draws=59, enough=0.0373, seed=seed
    )
    decision = decide(told, Ledger())
    return decision.accepted, decision.gain


def test_the_gate_accepts_a_planted_split() -> None:
    accepted, gain = decided(divided(80, there=-1.0))
    assert accepted
    assert gain > 0.1


def test_the_gate_accepts_no_split_of_noise() -> None:
    assert [decided(divided(60, truth=False, seed=seed))[0] for seed in range(4)] == [False] * 4
