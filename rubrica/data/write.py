"""Write a preference as a row of our own format: reading it back gives the same value."""

from pydantic import JsonValue

from rubrica.types import Candidate, ImagePart, Label, Message, Part, Preference, TextPart


def to_row(preference: Preference) -> dict[str, JsonValue]:
    """Return the JSON object of one line; fields that say nothing are left out."""
    task = preference.case.task
    row: dict[str, JsonValue] = {
        "id": task.id,
        "subset": preference.subset,
        "prompt": _prompt(task.messages),
        "candidates": [_candidate(each) for each in preference.case.candidates],
        "preference": _preference(preference.label),
        "tie": len(preference.label.ranks) > 1 and len(set(preference.label.ranks)) == 1,
    }
    if task.reference is not None:
        row["reference"] = task.reference
    if task.context:
        row["context"] = [document.model_dump(mode="json") for document in task.context]
    if task.tests:
        row["tests"] = [test.model_dump(mode="json") for test in task.tests]
    if task.meta:
        row["meta"] = task.meta
    return row


def _prompt(messages: tuple[Message, ...]) -> JsonValue:
    if len(messages) == 1 and messages[0].role == "user" and messages[0].text.strip():
        content = _content(messages[0].parts)
        if isinstance(content, str):
            return content
    return [{"role": message.role, "content": _content(message.parts)} for message in messages]


def _candidate(candidate: Candidate) -> JsonValue:
    row: dict[str, JsonValue] = {"id": candidate.id, "content": _content(candidate.parts)}
    return {**row, "meta": candidate.meta} if candidate.meta else row


def _content(parts: tuple[Part, ...]) -> JsonValue:
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].text
    return [_block(part) for part in parts]


def _block(part: Part) -> JsonValue:
    if isinstance(part, ImagePart):
        return {"type": "image", "path": part.uri, **({"sha256": part.sha256} if part.sha256 else {})}
    return {"type": "text", "text": part.text}


def _preference(label: Label) -> JsonValue:
    extra = label.model_dump(mode="json", include={"votes", "strength", "critique"}, exclude_none=True)
    if label.source != "human":
        extra["source"] = label.source
    if label.kind == "scores" and label.scores is not None:
        return {"scores": list(label.scores), **extra}
    if label.kind == "best":
        winners: list[JsonValue] = [i for i, rank in enumerate(label.ranks) if rank == 0]
        return {"best": winners[0] if len(winners) == 1 else winners, **extra}
    return {"ranks": list(label.ranks), **extra}
