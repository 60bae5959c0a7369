"""The tool gives one observation per constraint of the conversation, and survives hostile text."""

import asyncio

import pytest

from rubrica.errors import ToolError
from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.constraints import FAMILIES, extract, extract_task, verify
from rubrica.tools.builtin.constraints.tool import FamilyName
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart


def view(*turns: tuple[str, str]) -> TaskView:
    messages = tuple(Message.model_validate({"role": role, "parts": [TextPart(text=text)]}) for role, text in turns)
    return TaskView(messages=messages)


def check(task: TaskView, text: str, **arguments: object) -> list[Evidence]:
    candidate = Candidate(id="c", parts=(TextPart(text=text),))
    return asyncio.run(BUILTINS["constraints"].check(task, [candidate], arguments))  # type: ignore[arg-type]  # JSON


TASK = view(("user", "List exactly 3 bullet points in all lowercase letters. Do not use commas."))


def test_one_piece_of_evidence_per_constraint() -> None:
    found = check(TASK, "- a\n- b, c")
    assert [(one.claim, one.value) for one in found] == [
        ("exactly 3 bullets", pytest.approx(1 / 3)),
        ("lowercase", 1.0),
        ("at most 0 punctuation ','", 0.0),
    ]
    assert found[0].detail == "found 2 bullets"
    assert found[0].data["family"] == "layout"


def test_families_can_be_chosen() -> None:
    assert [one.data["family"] for one in check(TASK, "x", include=["case"])] == ["case"]
    assert [one.data["family"] for one in check(TASK, "x", exclude=["case"])] == ["layout", "punctuation"]


def test_the_argument_names_every_family() -> None:
    assert set(FamilyName.__args__) == {family.name for family in FAMILIES}  # type: ignore[attr-defined]  # a Literal


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ToolError):
        check(TASK, "x", include=["rhyme"])


def test_the_last_turn_speaks_and_standing_orders_last() -> None:
    task = view(
        ("system", "Answer in French."),
        ("user", "From now on, always answer in at most 50 words. Also give me 5 tips now."),
        ("assistant", "..."),
        ("user", "Explain tea in exactly 2 sentences."),
    )
    assert [one.describe() for one in extract_task(task)] == [
        "language 'fr'",
        "at most 50 words",
        "exactly 2 sentences",
    ]


def test_a_later_turn_overrides_a_standing_order() -> None:
    task = view(
        ("user", "Always answer in at most 50 words."), ("assistant", "ok"), ("user", "Now use at most 9 words.")
    )
    assert [one.describe() for one in extract_task(task)] == ["at most 9 words"]


def test_what_was_asked_of_an_answer_still_holds_when_it_is_revised() -> None:
    task = view(
        ("user", "Write about tea in exactly 3 paragraphs. Do not use commas."),
        ("assistant", "..."),
        ("user", "Rewrite your answer and include the word 'milk'."),
        ("assistant", "..."),
        ("user", "Now rewrite it in all lowercase letters."),
    )
    assert [one.kind for one in extract_task(task)] == ["paragraphs", "punctuation", "term", "lowercase"]


def test_another_question_starts_afresh() -> None:
    task = view(
        ("user", "Write about tea in exactly 3 paragraphs."),
        ("assistant", "..."),
        ("user", "Explain rain. Do not use commas."),
    )
    assert [one.kind for one in extract_task(task)] == ["punctuation"]


def test_a_shorter_version_is_free_of_the_old_length() -> None:
    task = view(
        ("user", "Write about tea in at least 300 words. Do not use commas."),
        ("assistant", "..."),
        ("user", "Rewrite the text in a more concise way."),
    )
    assert [one.kind for one in extract_task(task)] == ["punctuation"]


def test_a_new_text_that_is_handed_over_is_not_the_answer_before() -> None:
    task = view(
        ("user", "Write about tea in exactly 3 paragraphs."),
        ("assistant", "..."),
        ("user", "Rewrite the text below.\n\nText: The cat sat on the mat and looked at the moon."),
    )
    assert extract_task(task) == ()


HOSTILE = [
    '"',
    "'a ",
    "the word a, ",
    "at least 3 ",
    "1. ",
    "* ",
    "\n\n",
    "[",
    "**a",
    "|--",
    ". ",
    "\\boxed{",
    "!",
    "“a” or ",
]


@pytest.mark.parametrize("seed", HOSTILE)
def test_hostile_text_is_read_to_the_end(seed: str) -> None:
    text = (seed * (100_000 // len(seed)))[:100_000]
    extract(f"Write exactly 3 sentences. {text}")
    for one in extract(
        "Use 3 bullets, 2 *highlighted* sections, no commas, 4 sentences, a table and 5 paragraphs in JSON format."
    ):
        verify(one, text)
