"""From labelled cases to a `Table`: every check is put to every case once, and what is known is never asked again.

Tools are asked by the embedded reasoner, whoever judges: what code establishes does not depend on who reads it. Only
criteria that a model grades and tools that ask a model a question go to the model, and only for cases to which their
skill applies and whose skill or tool has changed.
"""

import asyncio
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pydantic import JsonValue

from rubrica.agents.selector import read_task
from rubrica.agents.work import Work
from rubrica.evolution.run import Findings, Run
from rubrica.evolution.table import Matrix, Table, column_of
from rubrica.evolution.vocabulary import PROBES
from rubrica.harness import CHUNK
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.parallel import Plan, judge_rows
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.skills.when import parse
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Case, Criterion, Preference, TaskFeatures, TaskView, Usage, Verdict, content_hash

AT_RISK = 16
"""Cases whose judgement a crash can cost, at most, for each process."""
LASTING = ("undecided", "unsupported")
"""Reasons for no verdict that asking again would not change."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one judgement established."""

    grades: Mapping[tuple[str, str], float | None]
    """(criterion key, candidate id) -> grade."""
    lasting: bool
    """False: there is no verdict for a reason that may pass, and nothing is known."""
    usage: Usage


@dataclass(frozen=True)
class Judge:
    """Who establishes evidence, and on how many processes."""

    plan: Plan
    """Its library is replaced by what is asked."""
    workers: int = 0
    """0 = one per core."""

    @cached_property
    def id(self) -> str:
        """Findings of equal ids are interchangeable."""
        plan = self.plan
        return f"{plan.harness().reasoner.id} {plan.mode} {plan.effort} {plan.seed} {plan.sandbox}"

    @property
    def reads(self) -> bool:
        """Whether it has opinions; the embedded reasoner has none."""
        return not self.id.startswith("embedded")

    def read(self, library: Library, cases: Sequence[Case]) -> Generator[Reading]:
        """Judge cases with a library, in order."""
        plan = replace(self.plan, library=library)
        if len(cases) >= CHUNK and self.workers != 1:
            for row in judge_rows(plan, cases, workers=self.workers):
                told = json.loads(row.json)
                grades = {(f["criterion"], f["candidate"]): f["grade"] for f in told.get("findings", ())}
                yield Reading(grades, row.unscored is None or row.unscored in LASTING, row.usage)
            return
        whole = plan.harness()
        harness = replace(whole, chunk=min(whole.chunk, AT_RISK))
        try:
            for judged in harness.judge_all(cases):
                result = judged.result
                findings = result.findings if isinstance(result, Verdict) else ()
                lasting = isinstance(result, Verdict) or result.reason in LASTING
                yield Reading({(f.criterion, f.candidate): f.grade for f in findings}, lasting, judged.usage)
        finally:
            if harness.sandbox is not None:
                asyncio.run(harness.sandbox.close())


@dataclass(frozen=True)
class Asked:
    """The checks that one library needs, by column."""

    calls: Mapping[str, Criterion]
    """Tool calls; those of code are made for every case, whatever the conditions: a later edit may bring others."""
    questions: Mapping[str, str]
    """Calls of tools that ask a model: column -> condition under which one is made."""
    opinions: Mapping[str, str]
    """What a model grades: column -> condition under which it is asked."""
    library: Library
    """Where python tools and the skills that a model reads come from."""

    @classmethod
    def of(cls, vocabulary: Sequence[Criterion], library: Library) -> "Asked":
        calls: dict[str, Criterion] = {column_of(probe): probe for probe in vocabulary}
        questions: dict[str, str] = {}
        opinions: dict[str, str] = {}
        for skill in library.skills.values():
            for criterion in skill.criteria:
                column = column_of(criterion, library)
                condition = " and ".join(f"({text})" for text in (skill.when, criterion.when) if text)
                if criterion.tool is None:
                    opinions[column] = condition
                    continue
                calls.setdefault(column, criterion)
                if criterion.tool in library.tools and library.tools[criterion.tool].kind == "prompt":
                    before = questions.get(column, condition)
                    questions[column] = f"({before}) or ({condition})" if before and condition else ""
        return cls(calls, questions, opinions, library)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.calls, *self.opinions)


class Judgements:
    """Grades of cases, kept in the run."""

    def __init__(self, run: Run, judge: Judge, vocabulary: Sequence[Criterion]) -> None:
        self._run, self._judge, self._vocabulary = run, judge, tuple(vocabulary)
        plan = judge.plan
        self._tools = Judge(
            Plan(library=plan.library, mode=plan.mode, effort="low", seed=plan.seed, sandbox=plan.sandbox),
            judge.workers,
        )
        self._asking = replace(judge, plan=replace(plan, effort="low"))  # a tool's own question needs no preparation

    def table(self, preferences: Sequence[Preference], libraries: Sequence[Library], *, step: str) -> Table:
        """Return the table of some cases with every column that the vocabulary and the libraries name.

        `step` is what the judgements are counted under.
        """
        works = [work_hash(preference.case) for preference in preferences]
        cases = dict(zip(works, (preference.case for preference in preferences), strict=True))
        self._run.count_asked(step, len(preferences))
        names: list[str] = []
        for library in libraries:
            asked = Asked.of(self._vocabulary, library)
            self._complete(cases, asked, step)
            names += asked.columns
        columns = {column: i for i, column in enumerate(dict.fromkeys(names))}
        known = {work: self._known(work, case) for work, case in cases.items()}
        sizes = [len(preference.case.candidates) for preference in preferences]
        blocks = [_block(known[work], columns, size) for work, size in zip(works, sizes, strict=True)]
        return Table(
            ids=tuple(preference.case.id for preference in preferences),
            labels=tuple(preference.label for preference in preferences),
            features=tuple(known[work].features for work in works),
            start=np.cumsum([0, *(len(block) for block in blocks)]).astype(np.int64),
            columns=columns,
            grades=np.concatenate(blocks) if blocks else np.empty((0, len(columns))),
        )

    def _complete(self, cases: Mapping[str, Case], asked: Asked, step: str) -> None:
        """Judge what is missing."""
        turns = ((self._tools, self._calls), (self._asking, self._questions), (self._judge, self._opinions))
        for judge, columns_of in turns:
            if judge is not self._tools and not judge.reads:
                continue
            missing: dict[tuple[str, ...], list[str]] = {}
            for work, case in cases.items():
                held = self._run.findings(work, judge.id)
                wanted = columns_of(work, case, asked)
                if columns := tuple(column for column in wanted if held is None or column not in held.grades):
                    missing.setdefault(columns, []).append(work)
            for columns, works in missing.items():
                self._ask(judge, _question(columns, asked), {work: cases[work] for work in works}, step)

    def _calls(self, work: str, case: Case, asked: Asked) -> Iterable[str]:
        del work, case
        return (column for column in asked.calls if column not in asked.questions)

    def _questions(self, work: str, case: Case, asked: Asked) -> Iterable[str]:
        return self._applying(asked.questions, work, case)

    def _opinions(self, work: str, case: Case, asked: Asked) -> Iterable[str]:
        return self._applying(asked.opinions, work, case)

    def _applying(self, conditions: Mapping[str, str], work: str, case: Case) -> Iterable[str]:
        features = self._features(work, case)
        return (column for column, condition in conditions.items() if parse(condition).holds(features))

    def _ask(
        self, judge: Judge, question: "tuple[Library, Mapping[str, str]]", cases: Mapping[str, Case], step: str
    ) -> None:
        library, read = question
        with closing(judge.read(library, list(cases.values()))) as readings:
            for (work, case), reading in zip(cases.items(), readings, strict=True):
                if not reading.lasting:
                    continue  # not known, and asked again the next time
                ids = [candidate.id for candidate in case.candidates]
                grades = {column: tuple(reading.grades.get((key, id_)) for id_ in ids) for key, column in read.items()}
                found = Findings(features=self._features(work, case), grades=grades)
                self._run.add_findings(work, judge.id, found, reading.usage, step=step)

    def _features(self, work: str, case: Case) -> TaskFeatures:
        found = self._run.findings(work, self._tools.id)
        if found is not None:
            return found.features
        reading = Work(case=case, view=TaskView.of(case.task))
        read_task(reading)
        return reading.features

    def _known(self, work: str, case: Case) -> Findings:
        found = [
            self._run.findings(work, judge)
            for judge in dict.fromkeys((self._tools.id, self._asking.id, self._judge.id))
        ]
        grades = {column: told for each in found if each for column, told in each.grades.items()}
        return Findings(features=self._features(work, case), grades=grades)


Question = tuple[Library, Mapping[str, str]]
"""A library that asks for some columns, and which of its criteria fills which of them."""


def work_hash(case: Case) -> str:
    """Hash everything that a judge sees of a case, candidate order included; ids and labels do not matter."""
    view = TaskView.of(case.task).model_dump(mode="json")
    shown = [[part.model_dump(mode="json") for part in candidate.parts] for candidate in case.candidates]
    plain: JsonValue = {"task": view, "candidates": shown}  # type: ignore[dict-item]  # lists of JSON objects
    return content_hash(plain)


def _question(columns: Sequence[str], asked: Asked) -> Question:
    """Put columns as a question; all of them are calls, or all opinions."""
    library, builtins = asked.library, load_builtins()
    criteria, read = [], {}
    for number, column in enumerate(columns):
        if column in asked.calls:
            criterion = asked.calls[column].model_copy(
                update={"id": f"c{number}", "when": "", "prefer": "high", "cap": None, "skill": ""}
            )
            criteria.append(criterion)
            read[f"{PROBES}/c{number}"] = column
    if criteria:
        named = sorted({c.tool for c in criteria if c.tool})
        tools = [
            library.tools.get(n) or builtin_entry(builtins[n]) for n in named if n in library.tools or n in builtins
        ]
        skill = Skill(name=PROBES, description="Asks what is not known yet.", criteria=tuple(criteria))
        return Library.of([skill], tools=tools), read
    wanted = set(columns)
    for skill in library.skills.values():
        read |= {criterion_key(c): column for c in skill.criteria if (column := column_of(c, library)) in wanted}
    return library, read


def _block(found: Findings, columns: Mapping[str, int], size: int) -> Matrix:
    block = np.full((size, len(columns)), np.nan)
    for column, position in columns.items():
        for i, grade in enumerate(found.grades.get(column, ())):
            if grade is not None:
                block[i, position] = grade
    return block
