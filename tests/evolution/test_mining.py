"""What the embedded proposer finds in tables whose taste is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabled import a_check, a_library, a_probe, a_skill, a_table, random_pairs

from rubrica.evolution.edits import Edit
from rubrica.evolution.mining import MIN_SUPPORT, Calibrate, Learner, Mine, Refit, conditions_of
from rubrica.evolution.ridge import solve
from rubrica.evolution.table import Rows, Scorer, Table, agreement
from rubrica.library.library import Library
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Criterion, Label, Scoring, TaskFeatures

MEASURES = ("words", "bold", "hedge", "questions", "numbers", "links")
PROBES = [a_probe(of) for of in MEASURES]


def applied(edit: Edit | None, library: Library, table: Table) -> tuple[Library, np.ndarray]:
    """The library with the edit, and its raw scores."""
    assert edit is not None
    after = edit.apply(library)
    return after, Scorer.of(after, table).raw(after.scoring)


def tastes(library: Library) -> dict[tuple[str, str], tuple[str, float]]:
    """(condition, measure) -> direction and weight of what was learned."""
    return {
        (skill.when, str(c.arguments["of"])): (c.prefer, c.weight)
        for skill in library.skills.values()
        if "learned" in skill.tags
        for c in skill.criteria
    }


def singles(size: int, *, of: int, seed: int = 0) -> Table:
    """Single candidates, good when their grade in one column is above 0.7."""
    grades = np.random.default_rng(seed).random((size, len(PROBES)))
    return a_table(PROBES, [(Label.from_scores((float(row[of] > 0.7),)), [row.tolist()]) for row in grades])


# Mining


@pytest.mark.parametrize("seed", range(3))
def test_planted_criteria_are_found_with_their_directions(seed: int) -> None:
    table = random_pairs(PROBES, 80, taste=(0, 3, -3, 0, 0, 0), noise=0.3, seed=seed)
    library, raw = applied(Mine().on(Library(), table), Library(), table)
    found = tastes(library)
    strongest = sorted(found, key=lambda key: -found[key][1])[:2]
    assert set(strongest) == {("", "bold"), ("", "hedge")}
    assert (found["", "bold"][0], found["", "hedge"][0]) == ("high", "low")
    assert agreement(table, raw).credit.mean() > 0.9


def test_what_separates_good_from_bad_candidates_is_found_without_pairs() -> None:
    """The library must put its reference point where the labels change, wherever the grades lie."""
    table, unseen = singles(120, of=2), singles(200, of=2, seed=1)
    library, raw = applied(Mine().on(Library(), table), Library(), table)
    found = tastes(library)
    assert max(found, key=lambda key: found[key][1]) == ("", "hedge")
    assert found["", "hedge"][0] == "high"
    assert agreement(table, raw).credit.mean() > 0.9
    assert agreement(unseen, Scorer.of(library, unseen).raw(library.scoring)).credit.mean() > 0.85


def test_a_taste_that_flips_under_a_condition_needs_the_condition() -> None:
    features = [TaskFeatures(asks_code=bool(n % 2)) for n in range(80)]
    plain = random_pairs(PROBES, 80, taste=(5, 0, 0, 0, 0, 0))
    flipped = [Label.best(1 - label.ranks.index(0), 2) if n % 2 else label for n, label in enumerate(plain.labels)]
    cases = [(label, plain.grades[2 * n : 2 * n + 2].tolist()) for n, label in enumerate(flipped)]
    table = a_table(PROBES, cases, features)
    _, blind = applied(Mine().on(Library(), table), Library(), table)
    library, seeing = applied(Mine(conditional=True).on(Library(), table), Library(), table)
    assert agreement(table, blind).credit.mean() < 0.8
    assert agreement(table, seeing).credit.mean() > 0.9
    found = tastes(library)
    assert (found["", "words"][0], found["asks_code", "words"][0]) == ("high", "low")
    assert found["asks_code", "words"][1] > found["", "words"][1]
    assert {skill.when for skill in library.skills.values()} == {"", "asks_code"}


def test_only_the_strongest_are_kept() -> None:
    table = random_pairs(PROBES, 60, taste=(0, 6, -4, 0, 0, 0), seed=2)
    for size, kept in ((1, {"bold"}), (2, {"bold", "hedge"})):
        library, _ = applied(Mine(size=size).on(Library(), table), Library(), table)
        assert {of for _, of in tastes(library)} == kept
    features = [TaskFeatures(asks_code=bool(n % 2)) for n in range(60)]
    library, _ = applied(
        Mine(conditional=True, size=4).on(Library(), replace(table, features=features)), Library(), table
    )
    assert len(tastes(library)) == 4  # under all conditions together


def test_what_is_mined_comes_with_its_tools_and_its_sources() -> None:
    table = random_pairs(PROBES, 40, taste=(0, 3, 0, 0, 0, 0))
    edit = Mine().on(Library(), table)
    assert edit is not None
    assert [tool.name for tool in edit.put_tools] == ["measure"]
    assert edit.sources == table.ids
    assert edit.title == "Add learned-taste"
    equipped = Mine().on(Library.of(tools=edit.put_tools), table)
    assert equipped is not None
    assert equipped.put_tools == ()


def test_a_missing_grade_neither_raises_nor_lowers_what_is_mined() -> None:
    table = random_pairs(PROBES, 60, taste=(3, 0, 0, 0, 0, 0), seed=4)
    library, _ = applied(Mine().on(Library(), table), Library(), table)
    blank = a_table(PROBES, [(Label.best(0, 2), [[None] * 6, [None] * 6])])
    assert Scorer.of(library, blank).raw(library.scoring).tolist() == [-library.scoring.reference] * 2


@pytest.mark.parametrize("proposal", [Mine(), Mine(conditional=True), Refit(), Calibrate()])
def test_without_a_known_comparison_nothing_is_proposed(proposal) -> None:
    unknown = a_table(PROBES, [(Label(kind="ranking", ranks=(0,)), [[0.5] * 6])] * 12)
    assert proposal.on(a_library(a_skill("s", a_check("words"))), unknown) is None


@pytest.mark.parametrize("label", [Label.best(0, 2), Label(kind="ranking", ranks=(0, 0))])
def test_checks_that_never_differ_explain_nothing(label: Label) -> None:
    assert Mine().on(Library(), a_table(PROBES, [(label, [[0.3] * 6] * 2)] * 20)) is None


def test_a_tie_is_no_taste() -> None:
    rng = np.random.default_rng(0)
    cases = [(Label(kind="ranking", ranks=(0, 0)), rng.random((2, 6)).tolist()) for _ in range(20)]
    assert Mine().on(Library(), a_table(PROBES, cases)) is None


# Conditions


def featured(*given_features: TaskFeatures) -> Table:
    return a_table(PROBES[:1], [(Label.best(0, 2), [[0.1], [0.2]])] * len(given_features), given_features)


def test_a_condition_needs_cases_on_both_sides() -> None:
    n = 40
    flags = {"asks_math": MIN_SUPPORT - 1, "asks_code": MIN_SUPPORT, "asks_list": n - MIN_SUPPORT, "is_question": n}
    features = [TaskFeatures(**{name: i < count for name, count in flags.items()}) for i in range(n)]
    assert set(conditions_of(featured(*features))) == {"asks_code", "asks_list"}


def test_lengths_of_prompts_are_cut_in_thirds() -> None:
    told = conditions_of(featured(*(TaskFeatures(words=n) for n in range(100))))
    assert told == ("words > 32", "words > 66")


def test_of_many_cases_a_share_is_needed() -> None:
    features = [TaskFeatures(asks_math=i < 9, asks_code=i < 10) for i in range(200)]
    assert conditions_of(featured(*features)) == ("asks_code",)


# The learner's view of a library


@pytest.mark.parametrize("per_case", [1, 2, 3])
def test_margins_are_the_raw_scores_that_the_library_gives(per_case: int) -> None:
    rng = np.random.default_rng(per_case)
    scoring = Scoring(weights={"s/words": 2.0}, temperature=0.8, reference=0.6)
    library = a_library(a_skill("s", a_check("words", baseline=0.2), a_check("bold", prefer="low")), scoring=scoring)
    label = Label(kind="ranking", ranks=tuple(range(per_case))) if per_case > 1 else Label.from_scores((0.3,))
    table = a_table(PROBES, [(label, rng.random((per_case, 6)).tolist()) for _ in range(12)])
    learner = Learner.of(library, table)
    raw = Scorer.of(library, table).raw(scoring)
    np.testing.assert_allclose(learner.margin, Rows.of(table).difference(raw), atol=1e-12)


@given(st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_fitted_scoring_scores_as_the_fit_does(seed: int) -> None:
    """Pairs and single candidates, from any scoring before; a weight that would be negative is left at nothing."""
    rng = np.random.default_rng(seed)
    scoring = Scoring(weights={"s/words": 2.0}, temperature=float(rng.uniform(0.3, 3)), reference=float(rng.normal()))
    library = a_library(a_skill("s", *(a_check(of, baseline=0.4) for of in MEASURES[:3])), scoring=scoring)
    cases = [(Label.best(int(rng.random() < 0.3), 2), rng.random((2, 6)).tolist()) for _ in range(15)]
    cases += [(Label.from_scores((float(rng.random() < 0.5),)), rng.random((1, 6)).tolist()) for _ in range(15)]
    table = a_table(PROBES, cases)
    learner = Learner.of(library, table)
    blocks = [learner.prior, learner.own((0.0, 1.0))]
    solution = solve(blocks, learner.rows)
    told = learner.scoring(solution)

    before = np.array([2.0, 1.0, 1.0]) / scoring.temperature
    fitted = solution.weights[0][0] * before + solution.weights[1]
    assert [told.weights[f"s/{of}"] for of in MEASURES[:3]] == pytest.approx(np.maximum(fitted, 0), abs=1e-5)
    latent = sum(block.x @ weights for block, weights in zip(blocks, solution.weights, strict=True))
    latent = latent + learner.rows.difference(learner.scorer.parts) @ (np.maximum(fitted, 0) - fitted)
    raw = learner.rows.difference(learner.scorer.parts @ learner.scorer.weights(told) - told.reference)
    np.testing.assert_allclose(raw[~learner.rows.absolute], latent[~learner.rows.absolute], atol=1e-4)
    np.testing.assert_allclose(raw[learner.rows.absolute], latent[learner.rows.absolute], atol=1e-4)
    assert (told.temperature, told.cases) == (1.0, 30)


@pytest.mark.parametrize("labels", ["pairs", "singles"])
def test_probes_enter_the_fit_as_a_library_will_count_them(labels: str) -> None:
    """A column is the grade less the mean that the skill will name as its baseline; nothing where it is missing."""
    rng = np.random.default_rng(0)
    grades = [[None if rng.random() < 0.2 else float(g) for g in row] for row in rng.random((40, 6))]
    single = labels == "singles"
    cases = [(Label.from_scores((1.0,)), [row]) for row in grades]
    pairs = [(Label.best(0, 2), grades[n : n + 2]) for n in range(0, 40, 2)]
    learner = Learner.of(Library(), a_table(PROBES, cases if single else pairs))
    probed = learner.probed([""])
    assert {probe.id for probe in probed.criteria} == {probe.id for probe in PROBES}
    for i, (probe, mean) in enumerate(zip(probed.criteria, probed.means, strict=True)):
        skill = a_skill("s", probe.model_copy(update={"weight": 1.0, "baseline": float(mean)}))
        counted = Scorer.of(a_library(skill), learner.table).raw(Scoring())
        np.testing.assert_allclose(probed.x[:, i], learner.rows.difference(counted), atol=1e-12)


# Refitting


@given(st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_a_refit_never_turns_a_criterion_round(seed: int) -> None:
    rng = np.random.default_rng(seed)
    checks = [a_check(of, weight=float(rng.uniform(0, 3))) for of in MEASURES]
    library = a_library(a_skill("s", *checks))
    edit = Refit().on(library, random_pairs(PROBES, 20, taste=rng.normal(size=6), noise=0.5, seed=seed))
    assert edit is not None
    assert edit.scoring is not None
    assert set(edit.scoring.weights) == {f"s/{of}" for of in MEASURES}
    assert min(edit.scoring.weights.values()) >= 0
    assert (edit.put_skills, edit.drop_skills) == ((), ())


def test_a_criterion_that_misleads_is_switched_off_and_one_that_helps_is_raised() -> None:
    library = a_library(a_skill("s", a_check("words"), a_check("bold"), a_check("hedge", prefer="low")))
    table = random_pairs(PROBES, 100, taste=(-2, 4, -4, 0, 0, 0), noise=0.3, seed=1)
    before = agreement(table, Scorer.of(library, table).raw(library.scoring)).credit.mean()
    after, raw = applied(Refit().on(library, table), library, table)
    assert after.scoring.weights["s/words"] == 0.0
    assert min(after.scoring.weights["s/bold"], after.scoring.weights["s/hedge"]) > 3.0
    assert agreement(table, raw).credit.mean() > before + 0.05


def test_a_refit_reads_the_conditions_of_the_library() -> None:
    """A criterion that no case asks for keeps the scaled weight that it had; nothing is known against it."""
    idle = a_skill("idle", a_check("bold", weight=2), when="asks_math")
    library = a_library(a_skill("s", a_check("words", weight=2)), idle)
    after, _ = applied(Refit().on(library, random_pairs(PROBES, 40, taste=(4, 0, 0, 0, 0, 0))), library, featured())
    assert after.scoring.weights["idle/bold"] > 0
    assert after.scoring.weights["s/words"] >= after.scoring.weights["idle/bold"]


# Calibration


def likelihood(table: Table, raw: np.ndarray) -> float:
    rows = Rows.of(table)
    d = rows.difference(raw)
    return float((rows.weight * (rows.y * -np.logaddexp(0, -d) + (1 - rows.y) * -np.logaddexp(0, d))).sum())


@pytest.mark.parametrize("weight", [0.2, 1.0, 15.0])
def test_the_calibrated_temperature_is_the_most_likely_one(weight: float) -> None:
    library = a_library(a_skill("s", a_check("words", weight=weight)))
    table = random_pairs(PROBES, 80, taste=(3, 0, 0, 0, 0, 0), noise=1.0, seed=3)
    after, raw = applied(Calibrate().on(library, table), library, table)
    parts = Scorer.of(library, table).parts @ [weight]
    options = [likelihood(table, parts / t) for t in np.geomspace(weight / 30, weight * 30, 400)]
    assert likelihood(table, raw) >= max(options) - 0.01
    assert after.scoring.weights == library.scoring.weights


@pytest.mark.parametrize("taste", [3.0, -3.0])
def test_calibrating_changes_no_ranking_whether_the_library_is_always_right_or_always_wrong(taste: float) -> None:
    """Labels that a library explains without an error would stretch its scores to where they are cut off, and tie."""
    library = a_library(a_skill("s", a_check("words", weight=2)))
    table = random_pairs(PROBES, 40, taste=(taste, 0, 0, 0, 0, 0))
    _, raw = applied(Calibrate().on(library, table), library, table)
    before = Scorer.of(library, table).raw(library.scoring)
    np.testing.assert_array_equal(np.sign(Rows.of(table).difference(raw)), np.sign(Rows.of(table).difference(before)))


def test_scores_of_single_candidates_keep_their_side_of_the_reference_point() -> None:
    scoring = Scoring(reference=0.3, temperature=0.5)
    library = a_library(a_skill("s", a_check("hedge", weight=2)), scoring=scoring)
    table = singles(60, of=2)
    _, raw = applied(Calibrate().on(library, table), library, table)
    np.testing.assert_array_equal(np.sign(raw), np.sign(Scorer.of(library, table).raw(scoring)))


def test_criteria_keep_their_keys() -> None:
    """The weights of a refit are filed under what the judge looks up."""
    library = a_library(a_skill("s", a_check("words")), a_skill("t", a_check("words")))
    edit = Refit().on(library, random_pairs(PROBES, 30, taste=(3, 0, 0, 0, 0, 0)))
    assert edit is not None
    assert edit.scoring is not None
    known: list[Criterion] = [c for skill in library.skills.values() for c in skill.criteria]
    assert list(edit.scoring.weights) == [criterion_key(c) for c in known] == ["s/words", "t/words"]
