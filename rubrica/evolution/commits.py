"""The message of a commit that evolution makes, so that `library log` reads like a lab book."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rubrica.documents import unix_lines
from rubrica.evolution.edits import Edit
from rubrica.evolution.run import Run
from rubrica.library.message import CommitMessage

NAMED = 20
"""Cases named on a line; the others are counted."""


def commit_message(
    edit: Edit, facts: Mapping[str, JsonValue], *, proposal: str, run: Run, data: str, stamps: Sequence[str]
) -> CommitMessage:
    """Say what was done and why, what the gate measured, and what it cost."""
    asked, judged = run.judgements()
    spent = run.spent()
    price = "unknown" if spent.cost_usd is None else f"{spent.cost_usd:.4f} USD"
    trailers = {
        "Run": _line(run.folder.name),
        "Proposal": f"{_line(proposal)} ({edit.id[:16]})",
        "Data": data,
        "Helped": _cases(facts.get("helped")),
        "Hurt": _cases(facts.get("hurt")),
        "Gate": _gate(facts),
        "Effect": _effect(facts),
        "Cost": f"{judged} judgements made of {asked} asked, {spent.calls} model calls, {price}",
        "Benchmarks": ", ".join(_line(name) for name in stamps),
    }
    lines = [edit.rationale, *(f"- {skill.name}: {skill.description}" for skill in edit.put_skills)]
    return CommitMessage(
        subject=_line(edit.title)[:200].rstrip(),
        body=_text("\n".join(line for line in lines if line)),
        trailers={key: value[:4000].rstrip() for key, value in trailers.items() if value},
    )


def _gate(facts: Mapping[str, JsonValue]) -> str:
    policy = facts.get("policy")
    return f"{policy}: {facts['reason']}" if policy else _line(str(facts.get("reason", "")))


def _effect(facts: Mapping[str, JsonValue]) -> str:
    numbers = [facts.get(name) for name in ("gain", "low", "high")]
    gain, low, high = (100.0 * n if isinstance(n, int | float) else 0.0 for n in numbers)
    return f"{gain:+.1f} points ({low:+.1f} to {high:+.1f}), n = {facts['n']}" if "gain" in facts else ""


def _cases(ids: JsonValue) -> str:
    if not isinstance(ids, list):
        return ""
    named = ", ".join(_line(str(id_)) for id_ in ids[:NAMED])
    return f"{len(ids)}" + (f": {named}{', ...' if len(ids) > NAMED else ''}" if ids else "")


def _text(text: str) -> str:
    """Return lines without control characters and without blanks at their ends, which do not read back."""
    lines = unix_lines(text).split("\n")
    return "\n".join("".join(" " if c < " " or c == "\x7f" else c for c in line).rstrip() for line in lines)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
