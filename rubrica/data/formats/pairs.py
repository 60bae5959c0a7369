"""Chosen and rejected: TRL's shapes and the data sets that share them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rubrica.data.content import conversation, output
from rubrica.data.dialogue import Turns, answer, part_ways, turns
from rubrica.data.formats.base import Draft, Format, Output, asked, best_of_two
from rubrica.data.record import Record, Unreadable, items, kind, number, text
from rubrica.types import Label, Message, TextPart

_SCORES = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen-rating", "rejected-rating"),
    ("chosen_rating", "rejected_rating"),
    ("chosen_avg_rating", "rejected_avg_rating"),
)


def explicit(record: Record) -> Draft:
    """`prompt`, `chosen`, `rejected`: text, messages, or lists of texts (RewardBench: several right, several wrong)."""
    request = _system(record) + asked(record, "context", "conversations")
    chosen, rejected = (record.need(side, f"{side}_response") for side in ("chosen", "rejected"))
    if _texts(chosen) or _texts(rejected):
        return _lists(request, chosen, rejected)
    if _holds_prompt(chosen) or _holds_prompt(rejected):
        return _whole(record, request, conversation(chosen, "chosen"), conversation(rejected, "rejected"))
    return Draft(
        prompt=request, outputs=[output(chosen, "chosen"), output(rejected, "rejected")], label=_first_wins(record)
    )


def silver(record: Record) -> Draft:
    """Like `explicit`, where a model said which is better."""
    draft = explicit(record)
    return replace(draft, label=draft.label and draft.label.model_copy(update={"source": "silver"}))


def implicit(record: Record) -> Draft:
    """`chosen` and `rejected` as whole conversations: the shared turns are the prompt.

    Strings are split at turn markers. Strings without any stay whole and have no prompt, as only characters are shared.
    """
    sides: list[Turns] = []
    for name in ("chosen", "rejected"):
        value = record.need(name)
        if isinstance(value, str):
            sides.append(turns(value) or (Message(role="assistant", parts=(TextPart(text=value),)),))
        else:
            sides.append(conversation(value, name))
    shared, chosen, rejected = part_ways(*sides)
    return Draft(prompt=shared, outputs=[answer(chosen), answer(rejected)], label=_first_wins(record))


def is_transcript(columns: Mapping[str, object]) -> bool:
    """Whether `chosen` and `rejected` are texts with turn markers."""
    return all(isinstance(value, str) and turns(value) for value in (columns["chosen"], columns["rejected"]))


def _system(record: Record) -> Turns:
    system = record.get("system", "system_prompt")
    if system is None or system == "":
        return ()
    return (Message(role="system", parts=(TextPart(text=text(system, "system")),)),)


def _texts(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], str)


def _lists(request: Turns, chosen: object, rejected: object) -> Draft:
    """Every chosen beats every rejected; nothing is known within either side."""
    sides: list[Sequence[object]] = []
    for value, name in ((chosen, "chosen"), (rejected, "rejected")):
        sides.append([value] if isinstance(value, str) else items(value, name))
    outputs: list[Output] = []
    for each, name in zip(sides, ("chosen", "rejected"), strict=True):
        outputs += [output(one, f"{name}[{i}]") for i, one in enumerate(each)]
    ranks = (0,) * len(sides[0]) + (1,) * len(sides[1])
    return Draft(prompt=request, outputs=outputs, label=Label(kind="best", ranks=ranks))


def _holds_prompt(value: object) -> bool:
    """Whether an answer comes as a conversation that repeats the prompt."""
    if not isinstance(value, list | tuple) or not value or not isinstance(value[0], Mapping):
        return False
    return value[0].get("role", value[0].get("from")) in {"system", "user", "human", "developer"}


def _whole(record: Record, request: Turns, chosen: Turns, rejected: Turns) -> Draft:
    shared, first, second = part_ways(chosen, rejected)
    if not any(message.text.strip() == request[-1].text.strip() for message in shared):
        raise Unreadable(
            "the conversations in chosen and rejected do not hold the prompt",
            field="prompt",
            fix="make them agree, or leave the prompt column out",
        )
    return Draft(prompt=shared, outputs=[answer(first), answer(second)], label=_first_wins(record))


def _first_wins(record: Record) -> Label:
    margin = record.get("margin")
    if margin is not None:
        return best_of_two(False, strength=number(margin, "margin"))
    for names in _SCORES:
        values = [record.get(name) for name in names]
        if all(isinstance(value, int | float) for value in values):
            high, low = (number(value, name) for value, name in zip(values, names, strict=True))
            return best_of_two(False, strength=high - low)
        if any(value is not None and not isinstance(value, str) for value in values):
            wrong = next(value for value in values if not isinstance(value, int | float))
            raise Unreadable(f"expected a number, found {kind(wrong)}", field=names[0], fix="give both, or neither")
    return best_of_two(False)


_ASKED = "prompt|question|instruction|query|input|context|conversations"
_BOTH = ("chosen", "rejected")

FORMATS = (
    Format("ultrafeedback-binarized", (_ASKED, *_BOTH, "score_chosen|chosen-rating|chosen_rating"), silver),
    Format("ultrafeedback-pairs", (_ASKED, "chosen_response", "rejected_response"), silver),
    Format("rewardbench2", ("prompt", "chosen[]", "rejected[]", "num_correct|total_completions"), explicit),
    Format("rewardbench", ("prompt", *_BOTH, "subset"), explicit),
    Format("rlaif-v", ("question", *_BOTH, "image|images"), silver),
    Format("trl-margin", (_ASKED, *_BOTH, "margin"), explicit),
    Format("trl", (_ASKED, *_BOTH), explicit),
    Format("hh", _BOTH, implicit, is_transcript),
    Format("trl-implicit", _BOTH, implicit),
)
