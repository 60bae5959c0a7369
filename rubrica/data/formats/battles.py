"""Two answers side by side and a vote: arenas, HelpSteer3, and pairs in columns."""

import json
from collections.abc import Mapping, Sequence

from rubrica.data.content import conversation, message, output, prompt
from rubrica.data.dialogue import Turns, answer, part_ways
from rubrica.data.formats.base import Draft, Format, asked, best_of_two, flat, tied
from rubrica.data.record import Record, Unreadable, items, mapping, number, text, whole
from rubrica.types import Label

_SIDES = (
    ("response_a", "response_b"),
    ("response_A", "response_B"),
    ("response_1", "response_2"),
    ("response1", "response2"),
    ("output_1", "output_2"),
    ("output_a", "output_b"),
    ("completion_a", "completion_b"),
    ("answer_a", "answer_b"),
    ("Output1", "Output2"),
)
VOTES = ("winner", "label", "preference", "Better", "better", "choice")
"""Columns that hold who won, in the order of preference."""
_GRADES = (
    ("score_a", "score_b"),
    ("score_A", "score_B"),
    ("score_1", "score_2"),
    ("score1", "score2"),
    ("human_score_1", "human_score_2"),
    ("rating_a", "rating_b"),
    ("rating_1", "rating_2"),
)
_FIRST = frozenset(
    {"a", "1", "model_a", "model_1", "response_a", "output_1", "response_1", "output1", "response1", "a>b", "a>>b"}
)
_SECOND = frozenset(
    {"b", "2", "model_b", "model_2", "response_b", "output_2", "response_2", "output2", "response2", "b>a", "b>>a"}
)
_TIED = frozenset({"tie", "tied", "same", "equal", "a=b", "both_bad", "tie (bothbad)", "both_good"})
_BAD = frozenset({"both_bad", "tie (bothbad)"})


def arena(record: Record) -> Draft:
    """`conversation_a`, `conversation_b`, `winner`; both bad is a tie, and meta says so."""
    first, second = (conversation(record.need(name), name) for name in ("conversation_a", "conversation_b"))
    vote = record.get("winner")
    label = None if vote is None else _vote(vote, "winner")
    return _battle(first, second, label, both_bad=isinstance(vote, str) and vote.lower() in _BAD)


def arena_one_hot(record: Record) -> Draft:
    """`prompt`, `response_a`, `response_b` as JSON lists of turns; the outcome is one-hot in `winner_*` columns."""
    asked, first, second = (_turn_list(record.need(name), name) for name in ("prompt", "response_a", "response_b"))
    if not len(asked) == len(first) == len(second):
        raise Unreadable(
            f"{len(asked)} prompts, but {len(first)} and {len(second)} responses",
            field="prompt",
            fix="give one per turn",
        )
    names = ("winner_model_a", "winner_model_b", "winner_tie")
    hot = [whole(record.get(name) or 0, name) for name in names]
    if sorted(hot) != [0, 0, 1]:
        raise Unreadable("not exactly one of the three is 1", field=names[0], fix="mark one outcome")
    label = tied(2) if hot[2] else best_of_two(bool(hot[1]))
    return _battle(_weave(asked, first), _weave(asked, second), label)


def tinker(record: Record) -> Draft:
    """`comparison` with `prompt_conversation`, `completion_A`, `completion_B`; `label` A, B or Tie."""
    raw = mapping(record.need("comparison"), "comparison")
    vote = record.get("label")
    return Draft(
        prompt=prompt(raw.get("prompt_conversation"), "comparison.prompt_conversation"),
        outputs=[output(raw.get(name), f"comparison.{name}") for name in ("completion_A", "completion_B")],
        label=None if vote is None else _vote(vote, "label"),
    )


def helpsteer3(record: Record) -> Draft:
    """`context`, `response1`, `response2`, `overall_preference` -3 (first much better) to 3; individuals are votes."""
    overall = record.get("overall_preference")
    label = None
    if overall is not None:
        vote = number(overall, "overall_preference")
        extra = {"strength": abs(vote), **_individuals(record.get("individual_preference"))}
        label = tied(2, **extra) if vote == 0 else best_of_two(vote > 0, **extra)
    return Draft(
        prompt=prompt(record.need("context"), "context"),
        outputs=[output(record.need(name), name) for name in ("response1", "response2")],
        label=label,
        meta=flat({"domain": record.get("domain")} if record.get("domain") else None, "domain"),
    )


def helpsteer3_edit(record: Record) -> Draft:
    """`original_response` and `edited_response`: people edited it to be better."""
    return _better_and_worse(record, "edited_response", "original_response")


def helpsteer3_edit_quality(record: Record) -> Draft:
    """`good_edited_response` and `bad_edited_response`."""
    return _better_and_worse(record, "good_edited_response", "bad_edited_response")


def pairwise(record: Record) -> Draft:
    """`response_a` and `response_b` (or columns named alike), and perhaps a score for each, or a vote."""
    sides = next((pair for pair in _SIDES if all(name in record.columns for name in pair)), None)
    if sides is None:
        raise Unreadable(
            "the two answers are not named alike", field="response_a", fix="call them response_a, response_b"
        )
    vote = record.get(*VOTES)
    grades = graded_sides(record.columns)
    label = None if vote is None or grades else _vote(vote, record.name(*VOTES))
    return Draft(
        prompt=asked(record, "Text", "context"),
        outputs=[output(record.need(name), name) for name in sides],
        label=Label.from_scores(tuple(number(record.need(name), name) for name in grades)) if grades else label,
    )


def graded_sides(columns: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the two columns that grade the answers, where both hold numbers: they say more than a vote."""
    return next((pair for pair in _GRADES if all(_is_number(columns.get(name)) for name in pair)), None)


def auto_j(record: Record) -> Draft:
    """Auto-J's pairs: `response 1`, `response 2`; `label` is 0 for the first, 1 for the second, 2 for a tie."""
    vote = record.get("label")
    label = None
    if vote is not None:
        which = whole(vote, "label")
        if which not in (0, 1, 2):
            raise Unreadable(f"{which} is none of 0, 1, 2", field="label", fix="correct the label")
        label = tied(2) if which == 2 else best_of_two(which == 1)
    outputs = [output(record.need(name), name) for name in ("response 1", "response 2")]
    return Draft(prompt=asked(record), outputs=outputs, label=label)


def _battle(first: Turns, second: Turns, label: Label | None, *, both_bad: bool = False) -> Draft:
    shared, left, right = part_ways(first, second)
    outputs = [answer(left), answer(right)]
    return Draft(prompt=shared, outputs=outputs, label=label, meta={"both_bad": True} if both_bad else {})


def _vote(value: object, field: str) -> Label:
    if isinstance(value, float) and 1 <= value <= 2:  # AlpacaEval: 1 = the first, 2 = the second, 1.5 = a tie
        return tied(2) if value == 1.5 else best_of_two(value > 1.5, strength=abs(value - 1.5))
    word = str(value).strip().lower() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if len(word) < 40:
        word = word.strip("[]")
    if word in _FIRST or word in _SECOND:
        return best_of_two(word in _SECOND)
    if word in _TIED:
        return tied(2)
    if word in {"0", "0.0"}:
        told = "a vote of 0, where 1 is the first answer and 2 the second"
        raise Unreadable(told, field=field, fix="write A, B or tie")
    raise Unreadable(f"cannot tell who won from {str(value)[:40]!r}", field=field, fix="write A, B or tie")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _turn_list(value: object, field: str) -> Sequence[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Unreadable("expected a JSON list of turns", field=field, fix='write ["first turn", ...]') from None
    return ["" if each is None else text(each, f"{field}[{i}]") for i, each in enumerate(items(value, field))]


def _weave(asked: Sequence[str], answered: Sequence[str]) -> Turns:
    found = []
    for i, (ask, reply) in enumerate(zip(asked, answered, strict=True)):
        found.append(message({"role": "user", "content": ask}, f"prompt[{i}]"))
        found.append(message({"role": "assistant", "content": reply}, f"response[{i}]"))
    return tuple(found)


def _individuals(value: object | None) -> dict[str, object]:
    """Votes per side, and what the annotators wrote."""
    if not isinstance(value, list | tuple) or not value:
        return {}
    given = [each for each in value if isinstance(each, Mapping)]
    scores = [number(each["score"], "individual_preference[].score") for each in given if each.get("score") is not None]
    reasons = [each["reasoning"] for each in given if isinstance(each.get("reasoning"), str) and each["reasoning"]]
    votes = (sum(score < 0 for score in scores), sum(score > 0 for score in scores))
    return {"votes": votes if scores else None, "critique": "\n".join(reasons) or None}


def _better_and_worse(record: Record, better: str, worse: str) -> Draft:
    return Draft(
        prompt=prompt(record.need("context"), "context"),
        outputs=[output(record.need(name), name) for name in (better, worse)],
        label=best_of_two(False),
    )


_ASKED = "prompt|question|instruction|query|input|context"

FORMATS = (
    Format("tinker", ("comparison.prompt_conversation", "comparison.completion_A", "comparison.completion_B"), tinker),
    Format(
        "helpsteer3-edit-quality", ("context", "good_edited_response", "bad_edited_response"), helpsteer3_edit_quality
    ),
    Format("helpsteer3-edit", ("context", "original_response", "edited_response"), helpsteer3_edit),
    Format("helpsteer3", ("context", "response1", "response2"), helpsteer3),
    Format("arena", ("conversation_a", "conversation_b"), arena),
    Format("arena-55k", ("prompt", "response_a", "response_b", "winner_model_a"), arena_one_hot),
    Format("auto-j", ("prompt", "response 1", "response 2"), auto_j),
    Format("multimodal-rewardbench", ("Text", "Output1", "Output2", "Better"), pairwise),
    Format("pairwise", (_ASKED, "|".join(a for a, _ in _SIDES), "|".join(b for _, b in _SIDES)), pairwise),
)
