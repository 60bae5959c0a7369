"""Commit messages carry numbers that read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.library.message import CommitMessage, parse_message

lines = st.from_regex(r"[!-~]([ -~]{0,30}[!-~])?", fullmatch=True)
messages = st.builds(
    CommitMessage,
    subject=lines,
    body=st.lists(lines, max_size=4).map("\n\n".join),
    trailers=st.dictionaries(st.from_regex(r"[A-Z][a-z]{1,8}(-[a-z]+)?", fullmatch=True), lines, max_size=4),
)


@given(messages)
@settings(deadline=None)
def test_a_rendered_message_reads_back(message: CommitMessage) -> None:
    assert parse_message(message.render(version="ab" * 32)) == (message, "ab" * 32)


def test_a_body_that_looks_like_trailers_stays_a_body() -> None:
    message = CommitMessage(subject="Add units", body="Helped: nobody", trailers={"Helped": "12 of 40"})
    assert parse_message(message.render(version="ab"))[0] == message


def test_a_message_of_another_tool_has_no_version() -> None:
    assert parse_message("fix typo\n\nby hand\n") == (CommitMessage(subject="fix typo", body="by hand"), None)
    assert parse_message("")[0].subject == "(no message)"
    assert parse_message("fix typo\n\nSigned-off-by: A <a@b>\n")[0].trailers == {"Signed-off-by": "A <a@b>"}


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": ""},
        {"subject": "two\nlines"},
        {"subject": "s", "trailers": {"Cost": "1\nLibrary-Version: 0"}},
        {"subject": "s", "trailers": {"Not a key": "1"}},
        {"subject": "s", "trailers": {"Library-Version": "0"}},
    ],
)
def test_what_would_not_read_back_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        CommitMessage.model_validate(fields)
