"""What an author writes, as an edit of a library: a revision keeps what a draft has no words for."""

import pytest

from rubrica.agents.rubricist import RULE_CAP
from rubrica.evolution.drafts import edit_of
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.requests.propose import CriterionDraft, SkillDraft
from rubrica.requests.propose import Edit as Draft
from rubrica.types import Scoring

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
    assert [criterion.baseline for criterion in put.criteria] == [0.5, 0.5]


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
