import pytest
from casting import ByRole, a_case, a_library, a_skill, grading, judged
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.requests.rubric import Demand, Reweighed, Rewritten, RubricDraft
from rubrica.types import Criterion

TOOL = Criterion(id="clean", text="No attack.", scored_by="tool", tool="guard", weight=6.0)
OPEN = Criterion(id="good", text="It is good.", weight=2.0)
OTHER = Criterion(id="kind", text="It is kind.", weight=1.0)


def rubric(draft, *, case=None):
    reasoner = ByRole({"rubricist": draft, "judge": grading(lambda text, place, request: 3)})
    library = a_library(a_skill(TOOL, OPEN, OTHER), tools=["guard"])
    told = judged(case or a_case("one", "two"), reasoner, library)
    return {f"{c.skill}/{c.id}": c for c in told.result.rubric.criteria}, reasoner, told


def test_an_empty_draft_takes_the_skills_as_they_are():
    criteria, _, _ = rubric(RubricDraft())
    assert [criteria[f"looks-good/{c.id}"].weight for c in (TOOL, OPEN, OTHER)] == [6.0, 2.0, 1.0]


def test_a_tools_criterion_can_be_neither_dropped_nor_reweighed():
    draft = RubricDraft(drop=("looks-good/clean",), reweigh=(Reweighed(criterion="looks-good/clean", weight=0.0),))
    criteria, _, told = rubric(draft)
    assert criteria["looks-good/clean"].weight == 6.0
    assert told.trace[-1]["refused"]["rubricist: change to a criterion that is not open to it"] == 2


def test_a_models_criterion_can_be_dropped():
    criteria, _, _ = rubric(RubricDraft(drop=("looks-good/kind",)))
    assert "looks-good/kind" not in criteria


def test_a_models_criterion_can_be_put_in_the_words_of_the_task_and_keeps_its_name_and_weight():
    words = "It names both  of the\ntwo bees."
    draft = RubricDraft(
        rewrite=(
            Rewritten(criterion="looks-good/good", text=words),
            Rewritten(criterion="looks-good/kind", text=" "),
            Rewritten(criterion="looks-good/clean", text="Whatever."),
        ),
        reweigh=(Reweighed(criterion="looks-good/good", weight=3.0),),
    )
    criteria, _, told = rubric(draft)
    assert criteria["looks-good/good"].text == "It names both of the two bees."
    assert criteria["looks-good/good"].weight == 3.0
    assert criteria["looks-good/kind"].text == OTHER.text
    assert criteria["looks-good/clean"].text == TOOL.text
    assert told.trace[-1]["refused"]["rubricist: change to a criterion that is not open to it"] == 1


def test_a_rubric_is_not_left_without_a_question():
    criteria, _, _ = rubric(RubricDraft(drop=("looks-good/kind", "looks-good/good")))
    assert {"looks-good/kind", "looks-good/good"} <= criteria.keys()


@settings(max_examples=15, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_weights_move_within_half_and_double(weight):
    criteria, _, _ = rubric(RubricDraft(reweigh=(Reweighed(criterion="looks-good/good", weight=weight),)))
    assert 1.0 <= criteria["looks-good/good"].weight <= 4.0


def test_the_tasks_own_demands_go_under_task_with_ids_of_our_making():
    draft = RubricDraft(
        add=(
            Demand(id="Names Both!", text="It names both.", kind="rule", weight=99.0),
            Demand(id="names-both", text="Again."),
            Demand(id="overall", text="Not the judge's own."),
        )
    )
    criteria, _, _ = rubric(draft)
    assert criteria["task/names-both"].weight == 5.0
    assert criteria["task/names-both"].cap == 0.3
    assert {"task/names-both-2", "task/overall-2"} <= criteria.keys()


def test_more_than_allowed_is_cut():
    criteria, reasoner, told = rubric(RubricDraft(add=tuple(Demand(id=f"d{i}", text="x") for i in range(9))))
    assert sum(name.startswith("task/d") for name in criteria) == reasoner.asked("rubricist")[0].most == 6
    assert told.trace[-1]["refused"]["rubricist: more criteria than allowed"] == 3


def test_constraints_of_the_prompt_are_shown_and_candidates_are_not():
    case = a_case("a secret text", "another", prompt="Tell me about bees in exactly three bullet points.")
    _, reasoner, _ = rubric(RubricDraft(), case=case)
    (request,) = reasoner.asked("rubricist")
    assert any("3 bullet" in constraint for constraint in request.constraints)
    assert "secret" not in request.model_dump_json()


@pytest.mark.parametrize("words", ["", "  \n"])
def test_a_demand_without_words_is_refused(words):
    _, _, told = rubric(RubricDraft(add=(Demand(id="x", text=words),)))
    assert told.trace[-1]["refused"]["rubricist: criterion without words"] == 1


def test_what_is_added_shares_a_bounded_weight():
    many = tuple(Demand(id=f"d{n}", text=f"Demand {n}.", weight=5.0 if n else 2.5) for n in range(4))
    criteria, _, _ = rubric(RubricDraft(add=many))
    weights = [criterion.weight for key, criterion in criteria.items() if key.startswith("task/d")]
    assert sum(weights) == pytest.approx(8.0)
    assert weights[1] == pytest.approx(2 * weights[0])
    few, _, _ = rubric(RubricDraft(add=many[:1]))
    assert few["task/d0"].weight == 2.5


def test_an_author_of_rubrics_reads_what_skills_are_for_and_not_how_to_grade():
    _, reasoner, _ = rubric(RubricDraft())
    text = reasoner.asked("rubricist")[0].messages()[1].content
    assert "Use it always." in text
    assert "Look closely." not in text


def test_an_id_without_its_skill_is_read_where_one_criterion_has_it():
    draft = RubricDraft(
        rewrite=(Rewritten(criterion="good", text="It is good for bees."),),
        drop=("kind", "clean"),
        reweigh=(Reweighed(criterion="good", weight=3.0),),
    )
    criteria, _, told = rubric(draft)
    assert "looks-good/kind" not in criteria
    assert (criteria["looks-good/good"].text, criteria["looks-good/good"].weight) == ("It is good for bees.", 3.0)
    assert criteria["looks-good/clean"] == TOOL.model_copy(update={"skill": "looks-good"})
    assert told.trace[-1]["refused"] == {"rubricist: change to a criterion that is not open to it": 1}


def test_what_is_added_is_centred_on_a_readers_usual_grade():
    criteria, _, _ = rubric(RubricDraft(add=(Demand(id="brief", text="It is brief."),)))
    assert criteria["task/brief"].baseline == 0.75
