"""What an author writes, as an edit of a library: a revision keeps what a draft has no words for."""

import re

import pytest

from rubrica.agents.rubricist import RULE_CAP
from rubrica.errors import ReplyError
from rubrica.evolution.drafts import draft_of, edit_of
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.requests.propose import CriterionDraft, SkillDraft
from rubrica.requests.propose import Edit as Draft
from rubrica.types import Criterion, Scoring

NAME = "no-gaming"
KEY = f"{NAME}/no-attack-on-the-grader"


def revision(weight: float, *, kind: str = "rule") -> Draft:
    criterion = CriterionDraft.model_validate(
        {"id": "no-attack-on-the-grader", "text": "No attack.", "kind": kind, "weight": weight, "scored_by": "tool",
         "tool": "guard"}
    )  # fmt: skip
    skill = SkillDraft(name=NAME, description="No attacks.", body="Look.", criteria=(criterion,))
    return Draft(id="r", action="revise-skill", targets=(NAME,), skills=(skill,))


def revised(weight: float, fitted: float | None = None, **extra: str) -> Library:
    library = seed_library()
    if fitted is not None:
        library = library.with_scoring(Scoring(weights={KEY: fitted, "no-harm/nobody-is-hurt": 1.0}))
    return edit_of(revision(weight, **extra), ("a",), library).apply(library)


def test_a_revised_skill_keeps_its_tags_and_its_criteria_their_baselines_and_caps() -> None:
    before, after = seed_library().skills[NAME], revised(4.0).skills[NAME]
    assert after.tags == before.tags == ("always",)
    assert (after.criteria[0].baseline, after.criteria[0].cap) == (1.0, 0.1)
    assert after.criteria[0].weight == 4.0


@pytest.mark.parametrize(("told", "kept"), [(None, 0.95), (0.5, 0.5)])
def test_a_baseline_that_the_author_gives_counts_also_before_a_fitted_one(told: float | None, kept: float) -> None:
    library = seed_library()
    before = library.skills["concise-no-padding"]
    key = "concise-no-padding/no-loops"
    library = library.with_scoring(Scoring(baselines={key: 0.95, "no-harm/nobody-is-hurt": 0.6}))
    fields = ("id", "text", "kind", "weight", "scored_by", "tool", "arguments", "prefer", "when")
    criteria = [{name: getattr(criterion, name) for name in fields} for criterion in before.criteria]
    criteria[1]["baseline"] = told
    skill = SkillDraft.model_validate(
        {"name": before.name, "description": "Short.", "body": "Look.", "criteria": criteria}
    )
    after = edit_of(Draft(id="r", action="revise-skill", targets=(before.name,), skills=(skill,)), (), library)
    revised = after.apply(library)
    assert revised.skills[before.name].criteria[1].baseline == kept
    assert (key in revised.scoring.baselines) == (told is None)
    assert revised.scoring.baselines["no-harm/nobody-is-hurt"] == 0.6


def test_a_new_rule_caps_what_breaks_it() -> None:
    criteria = [CriterionDraft(id="a", text="It holds.", kind="rule"), CriterionDraft(id="b", text="It is good.")]
    skill = SkillDraft(name="new", description="New.", body="Look.", criteria=tuple(criteria))
    (put,) = edit_of(Draft(id="n", action="add-skill", skills=(skill,)), (), seed_library()).put_skills
    assert [criterion.cap for criterion in put.criteria] == [RULE_CAP, None]
    assert [criterion.baseline for criterion in put.criteria] == [0.75, 0.75]


def test_what_is_no_rule_any_more_caps_nothing() -> None:
    assert revised(4.0, kind="principle").skills[NAME].criteria[0].cap is None


@pytest.mark.parametrize(("written", "kept"), [(4.0, False), (7.5, True)])
def test_a_weight_that_the_author_changed_counts_before_a_fitted_one(written: float, kept: bool) -> None:
    scoring = revised(written, fitted=7.5).scoring
    assert (KEY in scoring.weights) == kept
    assert scoring.weights["no-harm/nobody-is-hurt"] == 1.0


def test_a_new_skill_is_marked_as_learned() -> None:
    skill = SkillDraft(name="new", description="New.", body="Look.")
    edit = edit_of(Draft(id="n", action="add-skill", skills=(skill,)), (), seed_library())
    assert edit.put_skills[0].tags == ("learned",)
    assert edit.scoring is None


def patch(*patches: dict[str, object], skill: str = "concise-no-padding", library: Library | None = None) -> Library:
    library = library or seed_library()
    draft = Draft.model_validate({"id": "p", "action": "patch-skill", "targets": [skill], "patches": patches})
    return edit_of(draft, ("a",), library).apply(library)


def criteria(library: Library, skill: str = "concise-no-padding") -> dict[str, Criterion]:
    return {criterion.id: criterion for criterion in library.skills[skill].criteria}


@pytest.mark.parametrize(
    "told",
    [
        {"text": "It is free of stock phrases."},
        {"weight": 3.0},
        {"prefer": "low"},
        {"when": "asks_summary"},
        {"baseline": 0.2},
        {"text": "Other.", "weight": 0.0, "when": "words > 5"},
    ],
)
def test_a_patch_changes_what_it_says_and_nothing_else(told: dict[str, object]) -> None:
    before, after = criteria(seed_library()), criteria(patch({"op": "change", "id": "no-filler", **told}))
    assert after["no-filler"] == before["no-filler"].model_copy(update=told)
    assert {**after, "no-filler": None} == {**before, "no-filler": None}
    old, new = (
        lib.skills["concise-no-padding"] for lib in (seed_library(), patch({"op": "change", "id": "no-filler", **told}))
    )
    assert new.model_copy(update={"criteria": old.criteria}) == old


def test_a_patch_adds_and_drops_criteria() -> None:
    reader = {"op": "add", "id": "to-the-point", "text": "It comes to the point at once."}
    after = criteria(patch({"op": "drop", "id": "no-loops"}, reader))
    assert list(after) == ["no-filler", "every-sentence-earns-its-place", "to-the-point"]
    assert after["to-the-point"].baseline == 0.75
    tool = {"op": "add", "id": "few-hedges", "text": "It commits itself.", "tool": "hedging", "weight": 2.0}
    added = criteria(patch(tool))["few-hedges"]
    assert (added.scored_by, added.tool, added.weight, added.baseline, added.skill) == (
        "tool", "hedging", 2.0, 0.5, "concise-no-padding",
    )  # fmt: skip


def test_a_patch_keeps_what_a_fit_has_set_where_it_says_nothing() -> None:
    key, other = "concise-no-padding/no-filler", "concise-no-padding/no-loops"
    library = seed_library().with_scoring(Scoring(weights={key: 2.5, other: 1.25}, baselines={key: 0.8}))
    after = patch({"op": "change", "id": "no-filler", "weight": 4.0}, library=library)
    assert after.scoring.weights == {other: 1.25}
    assert after.scoring.baselines == {key: 0.8}
    assert criteria(after)["no-filler"].weight == 4.0


def test_a_patched_rule_keeps_its_limits_while_its_check_is_the_same() -> None:
    def exact(**told: object) -> Criterion:
        change = {"op": "change", "id": "matches-computation", **told}
        return criteria(patch(change, skill="final-answer"), "final-answer")["matches-computation"]

    assert (exact(weight=4.0).cap, exact(weight=4.0).floor) == (0.1, 0.1)
    assert (exact(kind="principle").cap, exact(kind="principle").floor) == (None, None)
    assert exact(scored_by="model").floor is exact(prefer="low").floor is None
    assert exact(scored_by="model").tool is None


@pytest.mark.parametrize(
    ("patches", "words"),
    [
        ([{"op": "change", "id": "gone", "weight": 1}], "has no criterion 'gone'; it has no-filler"),
        ([{"op": "drop", "id": "gone"}], "has no criterion 'gone'"),
        ([{"op": "add", "id": "no-loops", "text": "No loops."}], "has already criterion 'no-loops'"),
        ([{"op": "add", "id": "new"}], "criterion 'new': text"),
    ],
)
def test_a_patch_that_does_not_fit_its_skill_says_why(patches: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ReplyError, match=re.escape(words)):
        patch(*patches)


def test_a_skill_without_a_criterion_is_retired_and_not_patched() -> None:
    with pytest.raises(ReplyError, match="retire it instead"):
        patch({"op": "drop", "id": "no-attack-on-the-grader"}, skill="no-gaming")


@pytest.mark.parametrize(
    "patches",
    [
        [{"op": "change", "id": "no-filler", "weight": 3.0, "when": "asks_summary"}],
        [{"op": "drop", "id": "no-loops"}, {"op": "add", "id": "brief", "text": "It is brief."}],
        [{"op": "add", "id": "few-hedges", "text": "It commits itself.", "tool": "hedging", "scored_by": "tool"}],
    ],
)
def test_a_patch_comes_back_as_a_patch_to_be_narrowed(patches: list[dict[str, object]]) -> None:
    library = seed_library().with_scoring(Scoring(weights={"concise-no-padding/no-loops": 1.25}))
    target = ["concise-no-padding"]
    draft = Draft.model_validate({"id": "p", "action": "patch-skill", "targets": target, "patches": patches})
    edit = edit_of(draft, ("a",), library)
    back = draft_of(edit, library)
    assert back is not None
    assert back.action == "patch-skill"
    assert {(one.op, one.id) for one in back.patches} == {(p["op"], p["id"]) for p in patches}
    assert edit_of(back, ("a",), library).apply(library) == edit.apply(library)


def test_a_revision_of_more_than_criteria_is_no_patch() -> None:
    edit = edit_of(revision(4.0), ("a",), seed_library())
    back = draft_of(edit, seed_library())
    assert back is not None
    assert (back.action, back.patches) == ("revise-skill", ())
