"""Our own shapes: the row that `to_row` writes, and `Case` and `Preference` as JSON."""

from collections.abc import Mapping
from typing import TypeVar, get_args

from pydantic import BaseModel, JsonValue, ValidationError

from rubrica.data.content import output, prompt, user
from rubrica.data.dialogue import Turns
from rubrica.data.formats.base import PROMPT, Draft, Format, flat, invalid, letters, ranked, tied
from rubrica.data.record import Record, Unreadable, free, identifier, items, mapping, number, text, whole
from rubrica.types import Case, CodeTest, Document, Label, LabelSource, Preference

M = TypeVar("M", bound=BaseModel)

LABEL_KEYS = ("best", "scores", "ranks")


def own(record: Record) -> Draft:
    """`prompt` or `messages`, `candidates`, and a label: `preference`, or `ranks` or `scores` beside it."""
    listed = items(record.need("candidates"), "candidates")
    ids, outputs, metas = [], [], []
    for i, each in enumerate(listed):
        where = f"candidates[{i}]"
        raw = each if isinstance(each, Mapping) and "content" in each and "role" not in each else {"content": each}
        ids.append(identifier(raw["id"], f"{where}.id") if raw.get("id") is not None else letters(i))
        outputs.append(output(raw["content"], f"{where}.content"))
        metas.append(flat(raw.get("meta"), f"{where}.meta"))
    repeated = next((id_ for i, id_ in enumerate(ids) if id_ in ids[:i]), None)
    if repeated is not None:
        raise Unreadable(f"two candidates have the id {repeated[:40]!r}", field="candidates", fix="give each its own")
    asked = record.need("messages", *PROMPT)
    return Draft(
        prompt=_prompt(asked),
        outputs=outputs,
        label=_label(record, len(outputs)),
        ids=ids,
        candidate_meta=metas,
        context=_documents(record.get("context")),
        tests=_tests(record.get("tests")),
        meta=flat(record.get("meta"), "meta"),
    )


def _prompt(asked: object) -> Turns:
    """Read a prompt as it stands: turn markers in a text are its own, and an empty list means no shared turn."""
    if asked == []:
        return ()
    return (user(asked),) if isinstance(asked, str) and asked.strip() else prompt(asked, "prompt")


def case_json(record: Record) -> Draft:
    """`Case.model_dump()`."""
    return _of_case(_parse(Case, {name: record.need(name) for name in ("task", "candidates")}, ""))


def preference_json(record: Record) -> Draft:
    """`Preference.model_dump()`; the label may be absent."""
    if record.get("label") is None:
        return _of_case(_parse(Case, record.need("case"), "case"))
    whole_row = {name: record.get(name) for name in ("case", "label")}
    preference = _parse(Preference, whole_row, "")
    return _of_case(preference.case, preference.label)


def _parse(model: type[M], value: object, field: str) -> M:
    free(value, field)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error, field) from None


def _of_case(case: Case, label: Label | None = None) -> Draft:
    task = case.task
    meta: dict[str, JsonValue] = dict(task.meta)
    return Draft(
        prompt=task.messages,
        outputs=[candidate.parts for candidate in case.candidates],
        label=label,
        ids=[candidate.id for candidate in case.candidates],
        candidate_meta=[candidate.meta for candidate in case.candidates],
        context=task.context,
        tests=task.tests,
        meta=meta,
        id=task.id,
        reference=task.reference,
    )


def _label(record: Record, size: int) -> Label | None:
    outer = record.get("preference")
    is_tie = record.get("tie") is True
    if outer is None:
        given = {name: record.get(name) for name in ("ranks", "scores") if record.get(name) is not None}
        given |= {"strength": record.get("strength")}
    else:
        given = dict(mapping(outer, "preference"))
    kinds = [name for name in LABEL_KEYS if given.get(name) is not None]
    if not kinds:
        if outer:
            fix = f"give one of {', '.join(LABEL_KEYS)}, or leave it out"
            raise Unreadable("it holds no label", field="preference", fix=fix)
        return tied(size) if is_tie else None
    if len(kinds) > 1:
        raise Unreadable(f"{' and '.join(kinds)} are both given", field="preference", fix="keep one of them")
    extra = _extras(given, size)
    label = _by_kind(kinds[0], given[kinds[0]], size, extra)
    if is_tie and len(set(label.ranks)) > 1:
        raise Unreadable("tie is true, but the preference has a winner", field="tie", fix="correct one of them")
    return label


def _by_kind(kind: str, value: object, size: int, extra: Mapping[str, object]) -> Label:
    where = f"preference.{kind}"
    if kind == "best":
        winners = {whole(each, where) for each in (items(value, where) if isinstance(value, list) else [value])}
        outside = sorted(i for i in winners if not 0 <= i < size)
        if outside:
            raise Unreadable(
                f"{outside[0]} is outside the {size} candidates", field=where, fix=f"use an index from 0 to {size - 1}"
            )
        ranks = tuple(int(i not in winners) for i in range(size))
        return Label.model_validate({"kind": "best", "ranks": ranks, **extra})
    values = tuple(number(each, f"{where}[{i}]") for i, each in enumerate(items(value, where)))
    if len(values) != size:
        raise Unreadable(f"{len(values)} {kind} for {size} candidates", field=where, fix="give one per candidate")
    return Label.from_scores(values, **extra) if kind == "scores" else ranked(values, **extra)


def _extras(given: Mapping[str, object], size: int) -> dict[str, object]:
    extra: dict[str, object] = {}
    source, votes, strength, critique = (given.get(name) for name in ("source", "votes", "strength", "critique"))
    if source is not None:
        if source not in get_args(LabelSource):
            raise Unreadable(
                f"unknown label source {str(source)[:40]!r}",
                field="preference.source",
                fix=f"use {', '.join(get_args(LabelSource))}",
            )
        extra["source"] = source
    if votes is not None:
        extra["votes"] = tuple(whole(each, "preference.votes") for each in items(votes, "preference.votes"))
        if len(extra["votes"]) != size:  # type: ignore[arg-type]  # the tuple of the line above
            raise Unreadable("not one count per candidate", field="preference.votes", fix=f"give {size} counts")
    if strength is not None:
        extra["strength"] = number(strength, "preference.strength")
    if critique is not None:
        extra["critique"] = text(critique, "preference.critique")
    return extra


def _documents(value: object | None) -> tuple[Document, ...]:
    if value is None:
        return ()
    listed = [value] if isinstance(value, str) else items(value, "context") if value != [] else ()
    found = []
    for i, each in enumerate(listed):
        raw = {"text": each} if isinstance(each, str) else mapping(each, f"context[{i}]")
        body, title = text(raw.get("text"), f"context[{i}].text"), raw.get("title") or ""
        found.append(Document(text=body, title=text(title, f"context[{i}].title")))
    return tuple(found)


def _tests(value: object | None) -> tuple[CodeTest, ...]:
    if value is None or value == []:
        return ()
    found = []
    for i, each in enumerate(items(value, "tests")):
        raw = {"code": each} if isinstance(each, str) else mapping(each, f"tests[{i}]")
        found.append(_parse(CodeTest, raw, f"tests[{i}]"))
    return tuple(found)


FORMATS = (
    Format("preference", ("case.task", "case.candidates"), preference_json),
    Format("case", ("task.messages", "candidates"), case_json),
    Format("rubrica", ("prompt|messages|question|instruction|query|input", "candidates"), own),
)
