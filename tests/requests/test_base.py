from typing import Any

import pytest

from rubrica.requests.judge import JudgeRequest
from rubrica.types import Candidate, Criterion, Message, TaskView, TextPart


def request(**fields: Any) -> JudgeRequest:
    message = Message(role="user", parts=(TextPart(text="What is 17 + 25?"),))
    candidate = Candidate(id="a", parts=(TextPart(text="42"),))
    criterion = Criterion(id="right", text="The answer is right.")
    return JudgeRequest(task=TaskView(messages=(message,)), candidates=(candidate,), criteria=(criterion,), **fields)


@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_with_other_fields_has_a_key_of_its_own(*, deep: bool) -> None:
    asked = request()
    first = asked.key()
    again = asked.model_copy(update={"objections": ("a second grade for the same",)}, deep=deep)
    assert again.key() == request(objections=("a second grade for the same",)).key() != first
    assert again.code in again.messages()[1].content
    assert asked.key() == first


def test_a_key_that_was_asked_for_changes_nothing_else() -> None:
    asked, fresh = request(), request()
    asked.key()
    assert asked == fresh
    assert asked.model_dump() == fresh.model_dump()
    assert asked.model_dump_json() == fresh.model_dump_json()
