from casting import ByRole, a_case, a_library, grading, judged

from rubrica.requests.solve import Solution
from rubrica.requests.verify import ToolCall

SUM = "What is 17 * 24? Give the number."


def run(answer, *texts, prompt=SUM, tools=("arithmetic", "final-answer"), **options):
    reasoner = ByRole({"solver": answer, "judge": grading(lambda text, place, request: 2)})
    return judged(a_case(*texts, prompt=prompt), reasoner, a_library(tools=tools), **options), reasoner


SURE = Solution(working="17 * 24 = 408", answer="408", sure=True)


def test_it_is_asked_before_anybody_sees_a_candidate():
    _, reasoner = run(SURE, "The answer is 408.", "The answer is 398.")
    (request,) = reasoner.asked("solver")
    assert "398" not in request.model_dump_json()
    roles = [one.role for one in reasoner.requests]
    assert roles.index("solver") < roles.index("rubricist")


def test_a_sure_solution_is_evidence_about_final_answers():
    told, _ = run(SURE, "The answer is 408.", "The answer is 398.")
    assert told.result.ranking == (0, 1)
    found = {f.candidate: f.grade for f in told.result.findings if f.criterion == "task/agrees-with-blind-solution"}
    assert found == {"A": 1.0, "B": 0.0}


def test_an_unsure_solution_decides_nothing():
    told, reasoner = run(SURE.model_copy(update={"sure": False}), "The answer is 408.", "The answer is 398.")
    assert not any(f.criterion == "task/agrees-with-blind-solution" for f in told.result.findings)
    assert "its author was not sure" in reasoner.asked("judge")[0].messages()[1].content


def test_tools_check_its_draft_and_it_may_correct_itself():
    def careful(request):
        if request.calls_left == 3:
            return Solution(working="17 * 24 = 398", answer="398", calls=(ToolCall(tool="arithmetic"),))
        assert any(item.value == 0.0 for item in request.evidence)
        return SURE

    told, reasoner = run(careful, "The answer is 408.", "The answer is 398.")
    assert [request.calls_left for request in reasoner.asked("solver")] == [3, 2]
    assert told.result.ranking == (0, 1)


def test_no_tool_tells_its_draft_the_reference():
    def curious(request):
        return Solution(answer="408", calls=(ToolCall(tool="final-answer"),)) if request.calls_left == 3 else SURE

    reasoner = ByRole({"solver": curious})
    judged(a_case("1", "2", prompt=SUM, reference="409"), reasoner, a_library(tools=["final-answer"]))
    assert all(item.value is None for item in reasoner.asked("solver")[-1].evidence)


def test_it_stops_when_its_calls_are_used_up():
    _, reasoner = run(Solution(working="x", calls=(ToolCall(tool="arithmetic"),)), "1", "2")
    assert [request.calls_left for request in reasoner.asked("solver")] == [3, 2, 1, 0]


def test_a_task_without_one_right_answer_is_not_solved():
    _, reasoner = run(SURE, "1", "2", prompt="Write a poem about the sea.")
    assert reasoner.asked("solver") == []


def test_a_draft_that_is_confirmed_keeps_its_working():
    def confirming(request):
        if request.calls_left == 3:
            return Solution(working="17 * 24 = 408", answer="408", calls=(ToolCall(tool="arithmetic"),))
        return Solution(answer="408", sure=True)

    _, reasoner = run(confirming, "The answer is 408.", "The answer is 398.")
    assert reasoner.asked("judge")[0].solution == SURE
