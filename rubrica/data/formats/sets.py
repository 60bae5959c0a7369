"""Public sets whose columns are their own, read as they are published."""

from collections.abc import Mapping

from rubrica.data.content import output, prompt, user
from rubrica.data.formats.base import PROMPT, Draft, Format, asked, best_of_two, tied
from rubrica.data.record import Record, Unreadable, items, mapping, number, text, whole
from rubrica.types import Label, TextPart


def shp(record: Record) -> Draft:
    """SHP: `history`, `human_ref_A`, `human_ref_B`; `labels` is 1 when A is preferred, 0 when B is."""
    vote = record.get("labels")
    label = None
    if vote is not None:
        label = best_of_two(_one_of(vote, "labels", (0, 1)) == 0, **_strength(record.get("score_ratio"), "score_ratio"))
    return Draft(
        prompt=prompt(record.need("history"), "history"),
        outputs=[output(record.need(name), name) for name in ("human_ref_A", "human_ref_B")],
        label=label,
    )


def webgpt(record: Record) -> Draft:
    """WebGPT comparisons: `question.full_text`, `answer_0`, `answer_1`; the higher of `score_0` and `score_1` won."""
    raw = record.need("question")
    question = text(raw.get("full_text"), "question.full_text") if isinstance(raw, Mapping) else text(raw, "question")
    scores = [record.get(name) for name in ("score_0", "score_1")]
    label = None
    if all(score is not None for score in scores):
        first, second = (number(score, f"score_{i}") for i, score in enumerate(scores))
        label = tied(2) if first == second else best_of_two(second > first, strength=abs(first - second))
    outputs = [output(record.need(name), name) for name in ("answer_0", "answer_1")]
    return Draft(prompt=(user(question),), outputs=outputs, label=label)


def summarize(record: Record) -> Draft:
    """OpenAI's summarize_from_feedback: `info` with the post, two `summaries`, `choice` is the better one's index."""
    info = mapping(record.need("info"), "info")
    post = info.get("post") or info.get("article")
    title = info.get("title")
    body = f"{title}\n\n{text(post, 'info.post')}" if isinstance(title, str) and title else text(post, "info.post")
    listed = items(record.need("summaries"), "summaries")
    choice = record.get("choice")
    return Draft(
        prompt=(user(f"Summarize the following post.\n\nPost: {body}"),),
        outputs=[
            output(mapping(each, f"summaries[{i}]").get("text"), f"summaries[{i}].text")
            for i, each in enumerate(listed)
        ],
        label=None if choice is None else Label.best(_one_of(choice, "choice", range(len(listed))), len(listed)),
        id=text(info["id"], "info.id") if isinstance(info.get("id"), str) else "",
    )


def safe_rlhf(record: Record) -> Draft:
    """PKU-SafeRLHF: `response_0`, `response_1`; `better_response_id` is 0 or 1."""
    vote = record.get("better_response_id")
    return Draft(
        prompt=prompt(record.need("prompt"), "prompt"),
        outputs=[output(record.need(name), name) for name in ("response_0", "response_1")],
        label=None if vote is None else best_of_two(_one_of(vote, "better_response_id", (0, 1)) == 1),
    )


def beavertails(record: Record) -> Draft:
    """BeaverTails: one answer; `is_safe` is its label."""
    score = float(number(record.need("is_safe"), "is_safe"))
    return _single(record, "response", score)


def helpsteer2(record: Record) -> Draft:
    """HelpSteer2: one answer with ratings from 0 to 4; `helpfulness` is the label."""
    return _single(record, "response", number(record.need("helpfulness"), "helpfulness") / 4)


def helpsteer2_preference(record: Record) -> Draft:
    """HelpSteer2's preferences: `preference_strength` from -3 (response 1 much better) to 3."""
    vote = number(record.need("preference_strength"), "preference_strength")
    return Draft(
        prompt=prompt(record.need("prompt"), "prompt"),
        outputs=[output(record.need(name), name) for name in ("response_1", "response_2")],
        label=tied(2) if vote == 0 else best_of_two(vote > 0, strength=abs(vote)),
    )


def pandalm(record: Record) -> Draft:
    """PandaLM's test set: `annotator1` and so on say 1, 2 or 0 (a tie); the majority counts."""
    names = [name for name in ("annotator1", "annotator2", "annotator3") if record.get(name) is not None]
    votes = [_one_of(record.need(name), name, (0, 1, 2)) for name in names]
    first, second = votes.count(1), votes.count(2)
    won = next((vote for vote in (1, 2) if votes.count(vote) * 2 > len(votes)), 0)
    counted = {"votes": (first, second)}
    return Draft(
        prompt=asked(record),
        outputs=[output(record.need(name), name) for name in ("response1", "response2")],
        label=best_of_two(won == 2, **counted) if won else tied(2, **counted),
    )


def prometheus(record: Record) -> Draft:
    """Prometheus' preference collection: `orig_response_A`, `orig_response_B`, `orig_preference` (a model's)."""
    vote = text(record.need("orig_preference"), "orig_preference").strip()
    if vote not in ("A", "B"):
        raise Unreadable(f"cannot tell who won from {vote[:40]!r}", field="orig_preference", fix="write A or B")
    return Draft(
        prompt=prompt(record.need("orig_instruction"), "orig_instruction"),
        outputs=[output(record.need(name), name) for name in ("orig_response_A", "orig_response_B")],
        label=best_of_two(vote == "B", source="silver"),
    )


def prometheus_feedback(record: Record) -> Draft:
    """Prometheus' feedback collection: one answer and a model's `orig_score` from 1 to 5."""
    given = record.need("orig_score")
    score = float(given) if isinstance(given, str) and given.strip().isdigit() else number(given, "orig_score")
    return Draft(
        prompt=prompt(record.need("orig_instruction"), "orig_instruction"),
        outputs=[output(record.need("orig_response"), "orig_response")],
        label=Label.from_scores(((score - 1) / 4,), source="silver"),
    )


def processbench(record: Record) -> Draft:
    """ProcessBench: `problem` and `steps`; `label` is the first wrong step, -1 when there is none."""
    steps = [text(each, f"steps[{i}]") for i, each in enumerate(items(record.need("steps"), "steps"))]
    wrong = whole(record.need("label"), "label")
    return Draft(
        prompt=prompt(record.need("problem"), "problem"),
        outputs=[(TextPart(text="\n\n".join(steps)),)],
        label=Label.from_scores((float(wrong < 0),)),
        meta={"first_wrong_step": wrong if wrong >= 0 else None, "steps": len(steps)},
    )


def numbered(record: Record) -> Draft:
    """`response_1` to `response_N`, as in PPE's best of K, with a list of `scores` or none."""
    names: list[str] = []
    while record.get(f"response_{len(names) + 1}") is not None:
        names.append(f"response_{len(names) + 1}")
    given = record.get("scores")
    grades = None if given is None else tuple(number(each, "scores[]") for each in items(given, "scores"))
    if grades is not None and len(grades) != len(names):
        raise Unreadable(
            f"{len(grades)} scores for {len(names)} responses", field="scores", fix="give one per response"
        )
    return Draft(
        prompt=prompt(record.need(*PROMPT), record.name(*PROMPT)),
        outputs=[output(record.need(name), name) for name in names],
        label=None if grades is None else Label.from_scores(grades),
    )


def _single(record: Record, column: str, score: float) -> Draft:
    return Draft(
        prompt=prompt(record.need(*PROMPT), record.name(*PROMPT)),
        outputs=[output(record.need(column), column)],
        label=Label.from_scores((score,)),
    )


def _strength(value: object | None, field: str) -> dict[str, object]:
    return {} if value is None else {"strength": number(value, field)}


def _one_of(value: object, field: str, allowed: range | tuple[int, ...]) -> int:
    found = whole(value, field)
    if found not in allowed:
        raise Unreadable(f"{found} is none of {', '.join(map(str, allowed))}", field=field, fix="correct the label")
    return found


FORMATS = (
    Format("shp", ("history", "human_ref_A", "human_ref_B"), shp),
    Format("webgpt", ("question", "answer_0", "answer_1"), webgpt),
    Format("summarize-from-feedback", ("info.post|info.article", "summaries[].text"), summarize),
    Format("pku-saferlhf", ("prompt", "response_0", "response_1"), safe_rlhf),
    Format("beavertails", ("prompt", "response", "is_safe"), beavertails),
    Format("helpsteer2", ("prompt", "response", "helpfulness", "correctness"), helpsteer2),
    Format(
        "helpsteer2-preference", ("prompt", "response_1", "response_2", "preference_strength"), helpsteer2_preference
    ),
    Format("pandalm", ("instruction", "response1", "response2", "annotator1"), pandalm),
    Format(
        "prometheus-preference",
        ("orig_instruction", "orig_response_A", "orig_response_B", "orig_preference"),
        prometheus,
    ),
    Format("prometheus-feedback", ("orig_instruction", "orig_response", "orig_score"), prometheus_feedback),
    Format("processbench", ("problem", "steps[]", "label"), processbench),
    Format("numbered", ("prompt|question|instruction", "response_1", "response_2", "response_3"), numbered),
)
