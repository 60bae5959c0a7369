"""Answers without labels, for judging."""

from collections.abc import Mapping

from rubrica.data.content import conversation, output
from rubrica.data.formats.base import Draft, Format, asked
from rubrica.data.formats.graded import ANSWERS
from rubrica.data.record import Record, Unreadable, items

ANSWER = ("response", "completion", "output", "generation", "model_output")


def responses(record: Record) -> Draft:
    """`prompt` and a list of answers."""
    name = record.name(*ANSWERS)
    listed = items(record.need(name), name)
    return Draft(prompt=asked(record), outputs=[output(each, f"{name}[{i}]") for i, each in enumerate(listed)])


def response(record: Record) -> Draft:
    """`prompt` and one answer; `instruction` and `input` together make the prompt."""
    name = next((name for name in ANSWER if _answers(record.columns, name)), None) or record.name(*ANSWER)
    return Draft(prompt=asked(record), outputs=[output(record.need(name), name)])


def has_answer(columns: Mapping[str, object]) -> bool:
    """Whether one of the columns holds an answer: an empty list is none."""
    return any(_answers(columns, name) for name in ANSWER)


def _answers(columns: Mapping[str, object], name: str) -> bool:
    return columns.get(name) not in (None, [])


def chat(record: Record) -> Draft:
    """`messages` whose last turn is the answer."""
    names = ("messages", "conversation", "conversations")
    turns = conversation(record.need(*names), record.name(*names))
    if turns[-1].role != "assistant":
        raise Unreadable(
            f"the last turn is by the {turns[-1].role}, so there is nothing to judge",
            field=record.name(*names),
            fix="end with the assistant turn to be judged",
        )
    return Draft(prompt=turns[:-1], outputs=[turns[-1].parts])


_ASKED = "prompt|question|instruction|query|input"

FORMATS = (
    Format("responses", (_ASKED, "|".join(f"{name}[]" for name in ANSWERS)), responses),
    Format("response", (_ASKED, "|".join(ANSWER)), response, has_answer),
    Format("chat", ("messages|conversation|conversations",), chat),
)
