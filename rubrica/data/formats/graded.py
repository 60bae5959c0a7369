"""Several answers, each with a rating, a rank or a verdict of its own."""

from collections.abc import Mapping, Sequence

from rubrica.data.content import output, prompt
from rubrica.data.formats.base import PROMPT, Draft, Format, Output, asked, ranked
from rubrica.data.record import Record, Unreadable, items, mapping, number, text, whole
from rubrica.types import Label, TextPart

ANSWERS = ("responses", "completions", "outputs", "answers", "generations")
GRADES = ("scores", "ratings", "rewards")
ANSWER = ("response", "completion", "generation", "output", "model_output", "solution")
"""Columns that hold one answer where a mark stands beside it."""
MARKS = ("passed", "is_solved", "is_correct", "correct", "follow_all_instructions")


def ratings(record: Record) -> Draft:
    """`responses` and `scores`, one per response; higher is better."""
    listed = items(record.need(*ANSWERS), record.name(*ANSWERS))
    name = record.name(*GRADES)
    grades = tuple(number(each, f"{name}[{i}]") for i, each in enumerate(items(record.need(name), name)))
    if len(grades) != len(listed):
        raise Unreadable(f"{len(grades)} scores for {len(listed)} responses", field=name, fix="give one per response")
    return Draft(
        prompt=prompt(record.need(*PROMPT), record.name(*PROMPT)),
        outputs=[output(each, f"{record.name(*ANSWERS)}[{i}]") for i, each in enumerate(listed)],
        label=Label.from_scores(grades),
    )


def ultrafeedback(record: Record) -> Draft:
    """`completions` with `overall_score`, or with ratings per aspect whose mean over the shared aspects counts."""
    listed = [
        mapping(each, f"completions[{i}]") for i, each in enumerate(items(record.need("completions"), "completions"))
    ]
    return Draft(
        prompt=prompt(record.need("instruction", "prompt"), record.name("instruction", "prompt")),
        outputs=[output(each.get("response"), f"completions[{i}].response") for i, each in enumerate(listed)],
        label=Label.from_scores(_overall(listed), source="silver"),
    )


def nectar(record: Record) -> Draft:
    """`answers` with `rank`, 1 = best."""
    return _with_ranks(record, "answers", "answer")


def nemo_rl(record: Record) -> Draft:
    """`context` messages and `completions` (messages) with `rank`, 0 = best."""
    return _with_ranks(record, "completions", "completion")


def unpaired(record: Record) -> Draft:
    """TRL's `completion` and `label`: one answer, wanted (true) or not."""
    return Draft(
        prompt=prompt(record.need(*PROMPT), record.name(*PROMPT)),
        outputs=[output(record.need("completion", "response"), record.name("completion", "response"))],
        label=Label.from_scores((number(record.need("label"), "label"),)),
    )


def marked(record: Record) -> Draft:
    """One answer and whether it passed: samples of code with their tests' outcome, answers checked by a program."""
    name = next((name for name in ANSWER if record.columns.get(name) not in (None, [])), None) or record.name(*ANSWER)
    return Draft(
        prompt=asked(record),
        outputs=[output(record.need(name), name)],
        label=Label.from_scores((float(record.need(*MARKS) is True),), source="verified"),
    )


def is_marked(columns: Mapping[str, object]) -> bool:
    """Whether the mark is true or false, and the answer is not an empty list of something else."""
    mark = next((columns[name] for name in MARKS if columns.get(name) is not None), None)
    return isinstance(mark, bool) and any(columns.get(name) not in (None, []) for name in ANSWER)


def stepwise(record: Record) -> Draft:
    """TRL's `completions` as steps with `labels`: one answer, right when every step is."""
    steps = [text(each, f"completions[{i}]") for i, each in enumerate(items(record.need("completions"), "completions"))]
    verdicts = [number(each, f"labels[{i}]") for i, each in enumerate(items(record.need("labels"), "labels"))]
    if len(verdicts) > len(steps):
        raise Unreadable(f"{len(verdicts)} labels for {len(steps)} steps", field="labels", fix="give one per step")
    wrong = next((i for i, verdict in enumerate(verdicts) if verdict <= 0), None)
    return Draft(
        prompt=prompt(record.need(*PROMPT), record.name(*PROMPT)),
        outputs=[(TextPart(text="\n".join(steps)),)],
        label=Label.from_scores((float(wrong is None),)),
        meta={"first_wrong_step": wrong, "steps": len(steps)},
    )


def _with_ranks(record: Record, column: str, key: str) -> Draft:
    outputs: list[Output] = []
    ranks: list[int] = []
    for i, each in enumerate(items(record.need(column), column)):
        raw = mapping(each, f"{column}[{i}]")
        outputs.append(output(raw.get(key), f"{column}[{i}].{key}"))
        ranks.append(whole(raw.get("rank"), f"{column}[{i}].rank"))
    return Draft(
        prompt=prompt(record.need("prompt", "context"), record.name("prompt", "context")),
        outputs=outputs,
        label=ranked(ranks, source="silver" if column == "answers" else "human"),
    )


def _overall(completions: Sequence[Mapping[str, object]]) -> tuple[float, ...]:
    given = [_rating(each.get("overall_score")) for each in completions]
    if all(score is not None for score in given):
        return tuple(score for score in given if score is not None)
    rated = [_aspects(each) for each in completions]
    shared = sorted(set.intersection(*(set(each) for each in rated)))
    if not shared:
        lacking = next((i for i, each in enumerate(rated) if not each), 0)
        raise Unreadable(
            "no overall_score, and no aspect that every completion has a rating for",
            field=f"completions[{lacking}].annotations",
            fix="rate every completion, or leave the unrated ones out",
        )
    return tuple(sum(each[aspect] for aspect in shared) / len(shared) for each in rated)


def _aspects(completion: Mapping[str, object]) -> dict[str, float]:
    annotations = completion.get("annotations")
    if not isinstance(annotations, Mapping):
        return {}
    found = {name: _rating(aspect.get("Rating")) for name, aspect in annotations.items() if isinstance(aspect, Mapping)}
    return {name: rating for name, rating in found.items() if rating is not None}


def _rating(value: object) -> float | None:
    """Ratings are numbers, numbers as text, or "N/A"."""
    if isinstance(value, str):
        digits = value.strip()
        return float(digits) if digits.replace(".", "", 1).isdecimal() and len(digits) < 20 else None
    return None if value is None or isinstance(value, bool) else number(value, "completions[].overall_score")


_ASKED = "prompt|question|instruction|query|input"

FORMATS = (
    Format("nemo-rl", ("context", "completions[].rank", "completions[].completion"), nemo_rl),
    Format("ultrafeedback", ("instruction|prompt", "completions[].response"), ultrafeedback),
    Format("nectar", ("prompt", "answers[].answer", "answers[].rank"), nectar),
    Format("ratings", (_ASKED, "|".join(f"{name}[]" for name in ANSWERS), "|".join(GRADES)), ratings),
    Format("marked", (_ASKED, "|".join(ANSWER), "|".join(MARKS)), marked, is_marked),
    Format("trl-stepwise", (_ASKED, "completions[]", "labels[]"), stepwise),
    Format("trl-unpaired", (_ASKED, "completion|response", "label"), unpaired),
)
