from casting import ByRole, a_case, a_library, a_skill, judged

from rubrica.requests.select import Choice, Selection
from rubrica.types import Criterion


def library():
    code = a_skill(Criterion(id="runs", text="It runs."), name="for-code", when="asks_code")
    return a_library(a_skill(), a_skill(name="also-good"), code)


def chosen(*names):
    return Selection(skills=tuple(Choice(name=name, why="fits") for name in names))


def test_only_skills_whose_condition_holds_are_offered_and_no_body_is():
    reasoner = ByRole()
    judged(a_case("one", "two"), reasoner, library())
    (request,) = reasoner.asked("selector")
    assert [card.name for card in request.skills] == ["also-good", "looks-good"]
    assert "Look closely." not in request.messages()[1].content


def test_names_that_were_not_offered_are_dropped_and_counted():
    reasoner = ByRole({"selector": chosen("looks-good", "for-code", "made-up")})
    result = judged(a_case("one", "two"), reasoner, library())
    (rubric,) = reasoner.asked("rubricist")
    assert [skill.name for skill in rubric.skills] == ["looks-good"]
    assert result.trace[-1]["refused"]["selector: skill that was not offered"] == 2


def test_choosing_none_is_valid():
    reasoner = ByRole({"selector": chosen()})
    result = judged(a_case("one", "two"), reasoner, library())
    assert reasoner.asked("rubricist")[0].skills == ()
    assert result.result.reason == "undecided"


def test_two_cases_with_the_same_task_put_the_same_question():
    reasoner = ByRole()
    for texts in (("one", "two"), ("three", "four", "five")):
        judged(a_case(*texts), reasoner, library())
    first, second = reasoner.asked("selector")
    assert first.key() == second.key()


def test_low_effort_takes_all_that_apply_without_asking():
    reasoner = ByRole()
    judged(a_case("one", "two"), reasoner, library(), effort="low")
    assert [request.role for request in reasoner.requests] == ["judge", "judge"]  # an empty reply is asked for again
    assert [guide.skill for guide in reasoner.asked("judge")[0].guides] == ["also-good", "looks-good"]


def test_a_skill_that_every_task_needs_is_used_without_asking():
    always = a_skill(Criterion(id="whole", text="It is whole."), name="always-on", tags=("always",))
    reasoner = ByRole({"selector": chosen()})
    judged(a_case("one", "two"), reasoner, a_library(a_skill(), always))
    assert [card.name for card in reasoner.asked("selector")[0].skills] == ["looks-good"]
    assert [skill.name for skill in reasoner.asked("rubricist")[0].skills] == ["always-on"]


def test_nobody_is_asked_when_nothing_is_left_to_choose():
    reasoner = ByRole()
    judged(a_case("one", "two"), reasoner, a_library(a_skill(tags=("always",))))
    assert reasoner.asked("selector") == []
    assert [skill.name for skill in reasoner.asked("rubricist")[0].skills] == ["looks-good"]
