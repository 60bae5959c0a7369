"""Admission: what an edit must be before the gate spends anything on it. Every check answers with a reason, or "".

An edit is refused that is not valid, too large, speaks of candidates by position, quotes training text, brings a tool
that fails its own cases, tells nothing or what another tool tells, says again what a skill says, does not fit the cases
it was learned from, or failed before.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from rubrica.data.hashes import normalise
from rubrica.errors import LibraryError
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.memory import Idea
from rubrica.evolution.table import Scorer, Table, Vector, agreement, column_of
from rubrica.library.library import Library
from rubrica.library.lint import lint_library
from rubrica.skills.base import Skill
from rubrica.skills.markdown import parse_skill, render_skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.manifest import parse_tool, render_tool
from rubrica.tools.python_tool import failed_cases
from rubrica.tools.sandbox.base import Sandbox
from rubrica.types import Case

MAX_ENTRIES = 40
"""Entries that one edit may bring."""
MAX_CRITERIA = 60
MAX_BYTES = 64 * 1024
QUOTED = 8
"""Words in a row that a skill may not share with a training text."""
EQUAL = 1e-6
"""Grades nearer than this are equal."""
UNEXPLAINED = "it does not explain its own"
"""How the reason begins that an edit makes worse what it was learned from."""
SHORT = 20
"""Characters up to which a text is not taken for a passage of another."""
SAME = 0.8
"""Share of checks, or of words in the description, from which two skills say the same."""

_NTH = r"(?:first|second|third|fourth|last|former|latter)"
_THING = r"(?:candidate|response|answer|output|option|completion|reply|assistant)"
_POSITION = re.compile(
    rf"\b{_THING} (?:[A-H]\b(?!\w)|[1-9]\b|one\b|two\b)"
    rf"|(?i:\bthe {_NTH} (?:{_THING}|one)\b)"
    r"|\b(?i:prefer|choose|pick|favou?r|select) [A-H]\b"
    r"|\b[A-H] (?:is better|is worse|wins|beats|over [A-H]\b)"
)
_CASELESS_THING = re.compile(rf"(?i)\b{_THING}\s+(?:[a-h]\b(?=[\s.,;:)]*(?:$|is|has|over|should))|[1-9]\b)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Grounds:
    """What admission compares an edit with."""

    library: Library
    """The library without the edit."""
    table: Callable[[], Table]
    """All train cases, with every column of the edit; judged only when all else is in order."""
    cases: Sequence[Case]
    """The same cases as text."""
    ideas: Sequence[Idea]
    """What earlier runs tried on the same data."""


def refusal(proposal: Proposal, edit: Edit, grounds: Grounds, sandbox: Sandbox | None) -> str:
    """Return why an edit is refused, or "" when it may go to the gate; for callers without a running event loop."""
    text_only = (
        _failed_before(proposal, edit, grounds),
        invalid(edit, grounds.library),
        _too_large(edit),
        _positions(edit, grounds.library),
        _quotations(edit, grounds),
        _repeats(edit, grounds.library),
    )
    if reason := next(chain.from_iterable(text_only), ""):
        return reason
    if reason := asyncio.run(_untested(edit, sandbox)):
        return reason
    return next(chain(_idle(edit, grounds), _inconsistent(edit, grounds)), "")


async def _untested(edit: Edit, sandbox: Sandbox | None) -> str:
    for tool in edit.put_tools:
        if tool.kind == "python" and (wrong := await failed_cases(tool, sandbox)):
            return f"the tool {tool.name} fails its own cases: {wrong[0]}"
    return ""


def _failed_before(proposal: Proposal, edit: Edit, grounds: Grounds) -> Iterator[str]:
    for idea in grounds.ideas:
        same = idea.edit == edit.id or idea.key == proposal.key
        if same and idea.outcome != "accepted" and idea.library == grounds.library.version:
            yield f"tried before on these cases (run {idea.run}): {idea.reason}"


def invalid(edit: Edit, library: Library) -> Iterator[str]:
    """Say what the format of a library does not allow."""
    for name in (*edit.drop_skills, *edit.drop_tools):
        if name not in library.skills and name not in library.tools:
            yield f"it drops '{name}', which the library does not have"
    try:
        for skill in edit.put_skills:
            if parse_skill(render_skill(skill), folder=skill.name) != skill:
                yield f"the skill {skill.name} changes when it is written"
        for tool in edit.put_tools:
            if parse_tool(render_tool(tool), folder=tool.name) != tool:
                yield f"the tool {tool.name} changes when it is written"
    except LibraryError as error:
        yield f"not valid: {error}"
        return
    if not edit.apply(library).skills:
        yield "no skill would be left"
    own = {f"skills/{skill.name}/" for skill in edit.put_skills} | {f"tools/{tool.name}/" for tool in edit.put_tools}
    for finding in lint_library(edit.apply(library), builtins=load_builtins()):
        if finding.level == "error" and finding.path.startswith(tuple(own)):
            yield f"not valid: {finding.path}: {finding.problem}"


def _too_large(edit: Edit) -> Iterator[str]:
    if (count := len(edit.put_skills) + len(edit.put_tools)) > MAX_ENTRIES + len(load_builtins()):
        yield f"{count} entries in one edit; at most {MAX_ENTRIES} are allowed"
    for skill in edit.put_skills:
        size = sum(map(len, render_skill(skill).values()))
        if size > MAX_BYTES or len(skill.criteria) > MAX_CRITERIA:
            limit = f"{MAX_BYTES} bytes and {MAX_CRITERIA} criteria"
            yield f"the skill {skill.name} has {size} bytes and {len(skill.criteria)} criteria; at most {limit}"


def _texts(skill: Skill) -> list[str]:
    return [skill.description, skill.body, *(criterion.text for criterion in skill.criteria)]


def _new_texts(skill: Skill, edit: Edit, library: Library) -> Iterator[str]:
    """Yield what a skill says beyond the skills that the edit puts it in the place of: those were admitted before."""
    replaced = [library.skills[name] for name in {*edit.drop_skills, skill.name} & set(library.skills)]
    inherited = sorted({text for old in replaced for text in _texts(old) if len(text) > SHORT}, key=len, reverse=True)
    for text in _texts(skill):
        for passage in inherited:
            text = text.replace(passage, "\n")
        yield text


def _positions(edit: Edit, library: Library) -> Iterator[str]:
    for skill in edit.put_skills:
        for text in _new_texts(skill, edit, library):
            if found := _POSITION.search(text) or _CASELESS_THING.search(text):
                yield f"the skill {skill.name} speaks of a candidate by position: {found.group()!r}"


def _quotations(edit: Edit, grounds: Grounds) -> Iterator[str]:
    if not edit.put_skills:
        return
    known = {
        run
        for case in grounds.cases
        for text in (*(m.text for m in case.task.messages), *(c.text for c in case.candidates))
        for run in _runs(text)
    }
    for skill in edit.put_skills:
        for text in _new_texts(skill, edit, grounds.library):
            if shared := next((run for run in _runs(text) if run in known), None):
                yield f"the skill {skill.name} quotes training text: {' '.join(shared)!r}"


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(normalise(text))
    return (tuple(words[i : i + QUOTED]) for i in range(len(words) - QUOTED + 1))


def _repeats(edit: Edit, library: Library) -> Iterator[str]:
    replaced = {*edit.drop_skills, *(skill.name for skill in edit.put_skills)}
    for skill in edit.put_skills:
        for name, other in library.skills.items():
            if name not in replaced and skill.when == other.when and _alike(skill, other):
                yield f"the skill {skill.name} says what {name} says already"


def _alike(one: Skill, other: Skill) -> bool:
    checks = [{(column_of(c), c.prefer) for c in skill.criteria if c.tool} for skill in (one, other)]
    if any(checks):
        return len(checks[0] & checks[1]) >= SAME * len(checks[0] | checks[1])
    words = [set(_WORD.findall(normalise(skill.description))) for skill in (one, other)]
    return len(words[0] & words[1]) >= SAME * len(words[0] | words[1])


def _idle(edit: Edit, grounds: Grounds) -> Iterator[str]:
    """Hold new tools to the train cases: one that crashes or times out on all of them has told nothing."""
    brought = {tool.name for tool in edit.put_tools if tool.kind != "builtin"}
    if not brought:
        return
    after, table = edit.apply(grounds.library), grounds.table()
    checks = [c for skill in after.skills.values() for c in skill.criteria if c.tool in brought]
    own = {column_of(c, after): c.tool for c in checks}
    others = {name: table.grades[:, i] for name, i in table.columns.items() if name not in own}
    for column, tool in own.items():
        grades = table.grades[:, table.columns[column]]
        known = ~np.isnan(grades)
        if not known.any():
            yield f"the tool {tool} tells nothing on any train case"
        elif np.ptp(grades[known]) <= EQUAL:
            yield f"the tool {tool} tells the same of every candidate"
        elif same := next((name for name, other in others.items() if _copies(grades, other)), ""):
            yield f"the tool {tool} tells what another check tells: {same}"


def _copies(grades: Vector, other: Vector) -> bool:
    """Whether two columns are silent together and equal, or each other's complement, wherever they speak."""
    known = ~np.isnan(grades)
    if not np.array_equal(known, ~np.isnan(other)):
        return False
    ours, theirs = grades[known], other[known]
    return bool(np.abs(ours - theirs).max() <= EQUAL or np.abs(ours + theirs - 1.0).max() <= EQUAL)


def _inconsistent(edit: Edit, grounds: Grounds) -> Iterator[str]:
    """Hold the edit to the cases it was learned from: it must explain them better than the library does."""
    _, before, after = _explained(edit, grounds)
    if len(before) and after.mean() <= before.mean():
        better, worse = int((after > before + EQUAL).sum()), int((after < before - EQUAL).sum())
        means = f"P(label) {after.mean():.3f} after, {before.mean():.3f} before"
        yield f"{UNEXPLAINED} {len(before)} source cases better: {better} gain, {worse} lose; {means}"


def worsened(edit: Edit, grounds: Grounds) -> list[str]:
    """Name the source cases that the edit explains worse than the library does, worst first."""
    ids, before, after = _explained(edit, grounds)
    return [ids[n] for n in np.argsort(after - before, kind="stable").tolist() if after[n] < before[n] - EQUAL]


def _explained(edit: Edit, grounds: Grounds) -> tuple[list[str], Vector, Vector]:
    """Return the source cases, and the probability of each one's label without and with the edit."""
    everything, own = grounds.table(), set(edit.sources)
    table = everything.take([n for n, id_ in enumerate(everything.ids) if id_ in own])
    before, after = (
        agreement(table, Scorer.of(library, table).raw(library.scoring)).probability
        for library in (grounds.library, edit.apply(grounds.library))
    )
    return list(table.ids), before, after
