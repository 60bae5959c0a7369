"""From fitted numbers to a skill that a person can read: what was seen, in how many cases, what to look for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import shorten

from rubrica.skills.base import Skill
from rubrica.skills.when import parse
from rubrica.tools.measures import MEASURES
from rubrica.types import Criterion

MAX_WEIGHT = 100.0


@dataclass(frozen=True)
class Found:
    """One check that the learner kept."""

    probe: Criterion
    weight: float
    """Positive: more of it is better."""
    mean: float
    """Mean grade on train: neither raises nor lowers."""
    separated: int
    """Comparisons in which the candidates differ on it."""
    agreed: int
    """Those of them in which the preferred candidate had more."""

    @property
    def toward(self) -> int:
        """Comparisons that agree with the direction of the weight."""
        return self.agreed if self.weight > 0 else self.separated - self.agreed


@dataclass(frozen=True)
class Seen:
    """One criterion of a skill, as one side of a condition sees it."""

    criterion: Criterion
    weight: float
    """Below 0: it is turned round there."""
    separated: int | None = None
    """Comparisons of that side in which the candidates differ on it; null = too few to say."""
    agreed: int = 0
    """Those of them in which the preferred candidate did better on it."""


def write_skill(condition: str, found: Sequence[Found], *, taken: Iterable[str], cases: int) -> Skill:
    """Write the skill for one condition; checks come in the order of their weight."""
    ordered = sorted(found, key=lambda f: (-abs(f.weight), f.probe.id))
    name = _free_name("learned-" + (_slug(condition) if condition else "taste"), set(taken))
    return Skill(
        name=name,
        description=_description(condition, ordered, cases),
        body=_body(condition, ordered, cases),
        criteria=tuple(_criterion(f) for f in ordered),
        when=condition,
        tags=("learned",),
        metadata={"learned-from": str(cases)},
    )


def write_half(skill: Skill, condition: str, seen: Sequence[Seen], *, taken: Iterable[str], cases: int) -> Skill:
    """Write one half of a skill that is split: what is left of it where the condition holds.

    What a learned skill says is its fitted numbers, and they are others now; what a person wrote stays.
    """
    learned, criteria = "learned" in skill.tags, tuple(map(_sided, seen))
    lines = [
        f"## Where {_words(condition)}",
        "",
        f"Split from {skill.name} after {cases} labelled cases. Each line: in how many of the comparisons on this side",
        "in which the candidates differ on the check the preferred one did better on it, and what it weighs here.",
        "",
        *(f"- {_fate(each, criterion)}" for each, criterion in zip(seen, criteria, strict=True)),
    ]
    half = skill.model_copy(
        update={
            "name": _free_name(f"{skill.name[:30].strip('-')}-{_slug(condition)[:30].strip('-')}", set(taken)),
            "description": f"Where {_words(condition)}: {_gist(criteria) if learned else skill.description}"[:1024],
            "body": "\n".join([*([skill.body, ""] if skill.body and not learned else []), *lines]),
            "criteria": criteria,
            "when": str(parse(f"({skill.when}) and ({condition})" if skill.when else condition)),
            "metadata": {**skill.metadata, "split-from": skill.name},
        }
    )
    return Skill.model_validate(half.model_dump())  # stamps the half's name on its criteria


def _gist(criteria: Sequence[Criterion]) -> str:
    """Say what weighs most."""
    heaviest = sorted((c for c in criteria if c.weight), key=lambda c: (-c.weight, c.id))[:4]
    return "; ".join(shorten(c.text, 120, placeholder=" ...") for c in heaviest) or "nothing weighs"


def _fate(seen: Seen, criterion: Criterion) -> str:
    if seen.separated is None:
        return f"**As before**: {criterion.text}"
    fate = "Weighed" if seen.weight > 0 else "Turned round" if seen.weight < 0 else "Set aside"
    better = seen.separated - seen.agreed if seen.weight < 0 else seen.agreed
    return f"**{fate}**: {criterion.text} ({better} of {seen.separated} comparisons; weight {criterion.weight:.2f})"


def _sided(seen: Seen) -> Criterion:
    """Return a criterion with its weight on this side; one that is turned round prefers the opposite."""
    criterion = seen.criterion
    told: dict[str, object] = {"weight": round(min(abs(seen.weight), MAX_WEIGHT), 6)}
    if seen.weight < 0:
        told["prefer"] = "low" if criterion.prefer == "high" else "high"
        told["baseline"] = round(1.0 - criterion.baseline, 6)
        told["text"] = _turned(criterion.text)
    return criterion.model_copy(update=told)


def _turned(text: str) -> str:
    """Say the opposite of "More: x" or "Less: x"."""
    direction, separator, rest = text.partition(": ")
    other = {"More": "Less", "Less": "More"}.get(direction)
    return f"{other}: {rest}" if separator and other else f"Not: {text}"


def _criterion(found: Found) -> Criterion:
    more = found.weight > 0
    return found.probe.model_copy(
        update={
            "text": f"{'More' if more else 'Less'}: {subject(found.probe)}",
            "weight": round(min(abs(found.weight), MAX_WEIGHT), 6),
            "prefer": "high" if more else "low",
            "baseline": round(found.mean if more else 1.0 - found.mean, 6),
            "skill": "",
        }
    )


def subject(probe: Criterion) -> str:
    """Say in words what a probe reads."""
    return f"{_what(probe)}{_detail(probe)}"


def _short(probe: Criterion) -> str:
    """Say it in a few whole words: what is counted, without how."""
    head = re.split(r"[:;(]", re.sub(r"^(?:how many|per hundred words): ", "", _what(probe)))[0].strip()
    told = shorten(head, 60, placeholder=" ...")
    return (told if told[:2] == told[:2].upper() else told[:1].lower() + told[1:]) + _detail(probe)


def _measured(probe: Criterion) -> str | None:
    of = probe.arguments.get("of")
    return of if probe.tool in ("measure", "compare") and isinstance(of, str) else None


def _what(probe: Criterion) -> str:
    if (of := _measured(probe)) is not None:
        return MEASURES.get(of, of)
    return re.split(r"\. |; |: 1|, by argument| by `", probe.text)[0].rstrip(".: ")


def _detail(probe: Criterion) -> str:
    if _measured(probe) is not None:
        return ", held against the other candidates" if probe.tool == "compare" else ""
    return f" ({', '.join(str(value) for value in probe.arguments.values())})" if probe.arguments else ""


def _description(condition: str, found: Sequence[Found], cases: int) -> str:
    leading = "; ".join(f"{'+' if f.weight > 0 else '-'} {_short(f.probe)}" for f in found[:4])
    scope = f"Use it when {_words(condition)}." if condition else "Use it for all tasks like those it was learned from."
    return f"What {cases} labelled preferences reward (+ more of it, - less): {leading}. {scope}"[:1024]


def _body(condition: str, found: Sequence[Found], cases: int) -> str:
    lines = [
        f"# What the preferences reward{f' when {_words(condition)}' if condition else ''}",
        "",
        f"Learned from {cases} labelled cases. Each line says what the preferred candidate had more or less of, in how",
        "many of the comparisons where the candidates differ on it, and how much it weighs.",
        "",
        "## What to look for",
        "",
    ]
    lines += [
        f"- **{'More' if f.weight > 0 else 'Less'}**: {subject(f.probe)} "
        f"({f.toward} of {f.separated} comparisons; weight {abs(f.weight):.2f})"
        for f in found
    ]
    weak = [f for f in found if f.separated and f.toward * 2 < f.separated]
    lines += ["", "## What not to do", ""]
    lines += ["- Do not apply any one line alone: they were fitted together, and each corrects the others."]
    if weak:
        names = "; ".join(_short(f.probe) for f in weak[:5])
        lines += [f"- These count the other way on their own and only help beside the rest: {names}."]
    lines += ["- These are tastes of this data, not truths: a tool that proves an answer right or wrong comes first."]
    return "\n".join(lines)


def _words(condition: str) -> str:
    return condition.replace("_", " ")


def _slug(condition: str) -> str:
    text = condition.replace(">", "over").replace("<", "under")
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")


def _free_name(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}-{count}"
    return name
