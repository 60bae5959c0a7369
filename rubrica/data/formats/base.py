"""A format turns one raw row into a `Draft`; `finish` makes the case of it, in one place for all formats."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from rubrica.data.content import PLACEHOLDER, picture, prompt
from rubrica.data.dialogue import Turns
from rubrica.data.hashes import case_hash
from rubrica.data.record import Record, Unreadable, free, identifier, text
from rubrica.types import Candidate, Case, CodeTest, Document, Label, Message, Part, Task, TextPart

Output = tuple[Part, ...]
PROMPT = ("prompt", "question", "instruction", "query", "input")
"""Columns that hold a prompt, in the order of preference."""


@dataclass(frozen=True)
class Draft:
    """What a format read; ids, pictures and meta are still to be settled."""

    prompt: Turns
    """Empty when the row has no turn that the candidates share."""
    outputs: Sequence[Output]
    label: Label | None = None
    ids: Sequence[str] = ()
    """Candidate ids; empty = A, B, C ..."""
    candidate_meta: Sequence[dict[str, JsonValue]] = ()
    context: tuple[Document, ...] = ()
    tests: tuple[CodeTest, ...] = ()
    meta: dict[str, JsonValue] = field(default_factory=dict)
    reference: str | None = None
    id: str = ""
    """The case's id, when it does not stand in the row's `id` column."""


@dataclass(frozen=True)
class Format:
    """One input format: its name, the columns that detect it, and how a row is read."""

    name: str
    columns: tuple[str, ...]
    """`a.b` = key b of object a; `a[]` = a list that is not empty; `a|b` = either."""
    convert: Callable[[Record], Draft]
    holds: Callable[[Mapping[str, object]], bool] = lambda _: True
    """A look at the values, where the columns alone do not tell."""

    def missing(self, columns: Mapping[str, object]) -> tuple[str, ...]:
        return tuple(each for each in self.columns if not any(_has(columns, path) for path in each.split("|")))

    def require(self, columns: Mapping[str, object]) -> None:
        """Raise `Unreadable` when a column that this format needs is not there."""
        missing = self.missing(columns)
        if missing:
            lacks = ", ".join(path.replace("|", " or ") for path in missing)
            fix = "add it, or let --format auto look at the columns"
            raise Unreadable(f"the format {self.name} needs {lacks}", field=missing[0].split("|")[0], fix=fix)

    def fits(self, columns: Mapping[str, object]) -> bool:
        return not self.missing(columns) and self.holds(columns)


def letters(index: int) -> str:
    """Return A, B ... Z, AA, AB ..."""
    head, tail = divmod(index, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + tail)


def finish(record: Record, draft: Draft) -> tuple[Case, Label | None, str]:
    """Build the case, its label and its subset; the id is the row's own or the case's content hash.

    Raises:
        Unreadable: the parts do not make a case.
    """
    given = record.get("id", "uid", "case_id", "pair_id")
    reference = record.get("reference")
    subset = record.get("subset", "category")
    messages, outputs = _with_pictures(record, draft)
    ids = draft.ids or [letters(i) for i in range(len(outputs))]
    metas = draft.candidate_meta or [{} for _ in outputs]
    if len(outputs) == 1 and draft.label is not None:
        _check_single(draft.label)
    try:
        task = Task(
            id=draft.id or (identifier(given, "id") if given is not None else ""),
            messages=messages,
            context=draft.context,
            tests=draft.tests,
            reference=text(reference, "reference") if reference is not None else draft.reference or _truth(record),
            meta={**record.rest(), **draft.meta},
        )
        case = Case(
            task=task,
            candidates=tuple(
                Candidate(id=id_, parts=parts, meta=meta) for id_, parts, meta in zip(ids, outputs, metas, strict=True)
            ),
        )
    except ValidationError as error:
        raise invalid(error) from None
    if not case.id:
        case = case.model_copy(update={"task": task.model_copy(update={"id": case_hash(case)[:16]})})
    return case, draft.label, subset if isinstance(subset, str) else ""


def _truth(record: Record) -> str | None:
    """Return verl's `reward_model.ground_truth`, when it is text."""
    given = record.columns.get("reward_model")
    found = given.get("ground_truth") if isinstance(given, Mapping) else None
    return found if isinstance(found, str) and found else None


def invalid(error: ValidationError, prefix: str = "") -> Unreadable:
    """Turn pydantic's first complaint into ours."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in (*([prefix] if prefix else []), *first["loc"]))
    return Unreadable(first["msg"].removeprefix("Value error, "), field=where, fix="correct this field")


def asked(record: Record, *more: str) -> Turns:
    """Read the prompt; `instruction` and `input` together make one, as in Alpaca's rows."""
    name = record.name(*PROMPT, *more)
    turns = prompt(record.need(name), name)
    material = record.get("input") if name == "instruction" else None
    if material is None or material == "":
        return turns
    body = TextPart(text=f"{turns[-1].text}\n\n{text(material, 'input')}")
    return (*turns[:-1], Message(role="user", parts=(body,)))


def best_of_two(second: bool, **extra: object) -> Label:
    """Label the first or the second of a pair as the better one."""
    return Label.best(int(second), 2, **extra)


def tied(size: int, **extra: object) -> Label:
    """Label all candidates as equally good."""
    return Label.model_validate({"kind": "ranking", "ranks": (0,) * size, **extra})


def ranked(order: Sequence[float], **extra: object) -> Label:
    """Label by rank: lower is better, equal = tie."""
    distinct = sorted(set(order))
    return Label.model_validate({"kind": "ranking", "ranks": tuple(distinct.index(o) for o in order), **extra})


def flat(value: object, name: str) -> dict[str, JsonValue]:
    """Return a free-form column, or nothing when it is absent."""
    return {} if value is None else free(value, name)


def _has(value: object, path: str) -> bool:
    head, _, rest = path.partition(".")
    if not isinstance(value, Mapping):
        return False
    child = value.get(head.removesuffix("[]"))
    if head.endswith("[]"):
        if not isinstance(child, list | tuple) or not child:
            return False
        child = child[0]
    return child is not None and (not rest or _has(child, rest))


def _check_single(label: Label) -> None:
    if label.scores is None or not 0 <= label.scores[0] <= 1:
        found = "no score" if label.scores is None else f"the score {label.scores[0]:g}"
        raise Unreadable(
            f"one candidate with {found}", field="label", fix="label a single candidate with a score between 0 and 1"
        )


def _with_pictures(record: Record, draft: Draft) -> tuple[Turns, Sequence[Output]]:
    """Bind the pictures of the columns `images` or `image` to the slots, in order."""
    given = record.get("images", "image", "Image")
    listed = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    pictures: list[Part] = [picture(each, f"images[{i}]") for i, each in enumerate(listed)]
    slots = sum(part == PLACEHOLDER for message in draft.prompt for part in message.parts)
    wanted = [slots + output.count(PLACEHOLDER) for output in draft.outputs]
    if not any(wanted):
        return _in_front(draft.prompt, tuple(pictures)), draft.outputs
    if max(wanted) != len(pictures):
        raise Unreadable(
            f"{max(wanted)} picture slots, but {len(pictures)} pictures",
            field="images",
            fix="list one picture per slot, in order",
        )
    supply = iter(pictures)
    messages = tuple(message.model_copy(update={"parts": _fill(message.parts, supply)}) for message in draft.prompt)
    left = list(supply)
    return messages, [_fill(output, iter(left)) for output in draft.outputs]


def _fill(parts: Output, supply: Iterator[Part]) -> Output:
    return tuple(next(supply) if part == PLACEHOLDER else part for part in parts)


def _in_front(messages: Turns, pictures: tuple[Part, ...]) -> Turns:
    """Put pictures that have no slot before the first user turn's text."""
    if not pictures:
        return messages
    at = next((i for i, message in enumerate(messages) if message.role == "user"), None)
    if at is None:
        return (Message(role="user", parts=pictures), *messages)
    shown = messages[at].model_copy(update={"parts": (*pictures, *messages[at].parts)})
    return (*messages[:at], shown, *messages[at + 1 :])
