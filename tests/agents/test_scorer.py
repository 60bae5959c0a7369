"""One case through the whole graph, with the seed library and no model."""

from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.skills.base import Skill
from rubrica.types import Candidate, Case, Criterion, Message, Task, TextPart, Unscored, Verdict


def judged(prompt: str, *answers: str, library: Library | None = None, **settings: str) -> Verdict | Unscored:
    message = Message(role="user", parts=(TextPart(text=prompt),))
    candidates = tuple(Candidate(id=f"c{i}", parts=(TextPart(text=text),)) for i, text in enumerate(answers))
    case = Case(task=Task(id="t", messages=(message,)), candidates=candidates)
    harness = Harness(library=library or seed_library(), **settings)  # type: ignore[arg-type]
    (result,) = harness.judge_all([case])
    return result.result


def verdict(prompt: str, *answers: str, **settings: str) -> Verdict:
    result = judged(prompt, *answers, **settings)
    assert isinstance(result, Verdict)
    return result


def test_the_order_of_candidates_changes_no_reward() -> None:
    answers = ["17 + 25 = 42", "17 + 25 = 41", "I would say about forty.", "Forty-two. " * 9]
    there = verdict("What is 17 + 25?", *answers)
    back = verdict("What is 17 + 25?", *answers[::-1])
    assert there.rewards == back.rewards[::-1]
    assert there.ranking == back.ranking[::-1]


def test_equal_texts_tie() -> None:
    result = verdict("Name a colour.", "Blue is a colour.", "Blue is a colour.")
    assert result.ranking == (0, 0)
    assert result.win[0][1] == 0.5


def test_every_finding_rests_on_evidence_of_this_verdict() -> None:
    result = verdict("Write three bullet points about tea. What is 2 + 3?", "- tea\n- is\n- hot\n2 + 3 = 6", "tea")
    known = {item.id for item in result.evidence}
    assert len(known) == len(result.evidence)
    assert all(set(finding.evidence) <= known for finding in result.findings)
    assert all(finding.evidence for finding in result.findings)


def test_every_quoted_span_stands_in_its_candidate() -> None:
    answers = ("- tea\n- is\n- hot\n2 + 3 = 6", "As an AI language model, I cannot. 2 + 3 = 5. Tea tea tea.")
    result = verdict("Write three bullet points about tea. What is 2 + 3?", *answers)
    texts = dict(zip(("c0", "c1"), answers, strict=True))
    spans = [(item.candidate, item.span) for item in result.evidence if item.span is not None]
    assert spans
    for candidate, span in spans:
        assert 0 <= span.start <= span.end <= len(texts[candidate])
        if span.text:
            assert texts[candidate][span.start : span.end].startswith(span.text.removesuffix("…")[:50])


def test_what_no_tool_can_grade_lowers_the_confidence_and_gives_no_grade() -> None:
    opinion = Criterion(id="wise", text="is it wise?", scored_by="model")
    check = Criterion(id="sums", text="sums hold", scored_by="tool", tool="arithmetic")
    skill = Skill(name="both", description="both", criteria=(opinion, check))
    library = Library.of([skill], tools=[seed_library().tools["arithmetic"]])
    result = judged("What is 2 + 3?", "2 + 3 = 5", "2 + 3 = 6", library=library)
    assert isinstance(result, Verdict)
    assert result.confidence == 0.5
    assert {finding.criterion for finding in result.findings} == {"both/sums"}


def test_with_nothing_to_go_by_there_is_no_verdict() -> None:
    opinion = Skill(name="taste", description="taste", criteria=(Criterion(id="nice", text="nice?"),))
    for library in (Library(), Library.of([opinion])):
        result = judged("Is this nice?", "yes", "no", library=library)
        assert isinstance(result, Unscored)
        assert result.reason == "undecided"
        assert "--model" in result.detail


def test_a_tool_that_the_library_lacks_is_no_grade() -> None:
    missing = Criterion(id="sums", text="sums hold", scored_by="tool", tool="nowhere")
    result = judged("2 + 3?", "5", "6", library=Library.of([Skill(name="s", description="s", criteria=(missing,))]))
    assert isinstance(result, Unscored)


def test_pointwise_a_reward_does_not_depend_on_the_others() -> None:
    alone = verdict("What is 17 + 25?", "17 + 25 = 42", mode="pointwise")
    among = verdict("What is 17 + 25?", "17 + 25 = 42", "41", "Forty.", mode="pointwise")
    assert alone.rewards[0] == among.rewards[0]


def test_the_label_and_meta_of_a_case_cannot_be_seen() -> None:
    message = Message(role="user", parts=(TextPart(text="What is 17 + 25?"),))
    candidates = tuple(Candidate(id=i, parts=(TextPart(text=t),)) for i, t in (("a", "42"), ("b", "43")))
    plain = Case(task=Task(id="t", messages=(message,)), candidates=candidates)
    telling = Case(task=Task(id="t", messages=(message,), meta={"best": "b", "answer": 43}), candidates=candidates)
    results = [judged.result for judged in Harness(library=seed_library()).judge_all([plain, telling])]
    assert results[0] == results[1]
