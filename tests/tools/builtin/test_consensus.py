"""Agreement of final answers within a group."""

import asyncio

from rubrica.tools.builtin import consensus  # noqa: F401  # registers the tool
from rubrica.tools.builtin.base import BUILTINS
from rubrica.types import Candidate, Message, TaskView, TextPart

PROMPT = "Tom has 5 boxes with 4 pens each. How many pens does he have?"


def shares(*texts: str, prompt: str = PROMPT, weighted: bool = True) -> list[float | None]:
    view = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    candidates = [Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(texts)]
    evidence = asyncio.run(BUILTINS["consensus"].check(view, candidates, {"weighted": weighted}))
    return [seen.value for seen in evidence]


def test_the_share_of_the_others_is_reported() -> None:
    assert shares("Answer: 20", "Answer: 20.0", "Answer: 9") == [0.5, 0.5, 0.0]


def test_equal_values_agree_in_any_notation() -> None:
    assert shares("Answer: 0.5", r"\boxed{\frac{1}{2}}", "#### 1/2") == [1.0, 1.0, 1.0]


def test_a_vote_with_wrong_arithmetic_counts_less() -> None:
    good, bad = shares("Answer: 7", "5 * 4 = 20. Answer: 20", "5 * 4 = 9. Answer: 7")[0:2]
    assert good is not None
    assert good < 0.5
    assert bad == 0.0


def test_two_candidates_cannot_outvote_each_other() -> None:
    assert shares("Answer: 20", "Answer: 9") == [None, None]


def test_texts_without_answers_give_no_evidence() -> None:
    assert shares("Once upon a time there was a king.\n" * 3, "The sun was low.\n" * 9, prompt="Tell a story.") == []


def test_the_order_of_candidates_does_not_matter() -> None:
    texts = ["Answer: 20", "Answer: 20", "Answer: 9", "Answer: 8"]
    assert shares(*texts) == list(reversed(shares(*reversed(texts))))
