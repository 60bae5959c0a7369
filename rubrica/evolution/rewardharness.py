"""RewardHarness's protocol (arXiv 2605.08703) as a preset, to set it beside ours on one endpoint and one file.

The cases to learn from are dealt 60/40 into train and gate; train pairs come in both orders. In each round the chain
judges the train pairs, one diagnosis is made of all of them, and one answer brings edits: those of skills are tried
together, then those of tools. A try is kept when the gate accuracy is higher (`strict`, the paper) or at most X below
the best so far (`margin:0.075`, its code). The best library is what stays.

Where this is not the original: a judgement that failed is counted as not right and named, never made a tie; who writes
are our analyst and author; edits that the library's format does not allow are dropped; nothing is pruned; and the test
cases, which the original does not have, are read once, at the end.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from random import Random

import numpy as np
from pydantic import JsonValue

from rubrica.agents.analyst import diagnose
from rubrica.agents.author import write
from rubrica.errors import OutageError, ReasonerError, ReplyError, UserError
from rubrica.evals.chained import Chained, held_against, judge_pairs
from rubrica.evolution.admission import invalid
from rubrica.evolution.authored import PASSING, Metered
from rubrica.evolution.drafts import edit_of
from rubrica.evolution.edits import Edit
from rubrica.evolution.evidence import work_hash
from rubrica.evolution.examine import baselines, contrast, interval
from rubrica.evolution.gate import Comparison, Policy, decide, margin_of
from rubrica.evolution.joint import change, joined
from rubrica.evolution.maintain import BEST
from rubrica.evolution.pairs import chain, counts, dealt, hits, said
from rubrica.evolution.proposers import Fixed
from rubrica.evolution.report import percent
from rubrica.evolution.run import Findings
from rubrica.evolution.session import Session, number_of
from rubrica.evolution.steps import limit_reached, report, split
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.requests.propose import ProposeRequest, Rejected
from rubrica.requests.select import Card
from rubrica.types import Preference, TaskFeatures, Unscored, Usage

BUDGET = 8
"""Edits that one answer may bring."""
ABSENT = ("outage", "timeout", "budget")
"""Reasons that say nothing of the judge."""
MOST_ABSENT = 0.1
"""Share of a step's judgements that may be lost to them; more, and the run stops rather than learn from silence."""


@dataclass(frozen=True)
class RewardHarness:
    """The preset: a way to walk a session."""

    author: Reasoner
    """Who diagnoses and writes."""

    def __call__(self, session: Session) -> None:
        """Run the protocol to its end; a round that is decided already is not decided again.

        Raises:
            UserError: the gate is none of the protocol's.
            InputError: too few pairs.
            ReasonerError: the model cannot be reached; the run can be resumed.
        """
        check_policy(session.run.options.gate)
        Protocol(session, self.author).run()


def check_policy(policy: Policy) -> None:
    """Refuse a gate that the protocol does not have."""
    try:
        known = policy != "sequential" and margin_of(policy) >= 0.0
    except ValueError:
        known = False
    if not known:
        raise UserError(f"the gate of the rewardharness preset is strict or margin:X, not {policy}")


class Protocol:
    """One run by the protocol."""

    def __init__(self, session: Session, author: Reasoner) -> None:
        self.session, self.author = session, author
        self._known: dict[tuple[str, str], Chained] = {}

    @cached_property
    def sides(self) -> tuple[list[Preference], list[Preference]]:
        """Train pairs in both orders, and gate pairs."""
        return dealt(self.session.train, seed=self.session.run.options.seed)

    def run(self) -> None:
        session, options = self.session, self.session.run.options
        split(session, {"round": 0})
        session.run.note("base", session.store.load().version)
        self._baseline()
        stop = ""
        for number in range(1, options.rounds + 1):
            if stop := limit_reached(session):
                break
            edits = self._edits(number)
            for place, (what, tools) in enumerate((("skills", False), ("tools", True))):
                self._try(2 * number - 1 + place, [e for e in edits if e.kind.endswith("tool") is tools], what=what)
        self._keep_best(2 * options.rounds + 1)
        session.run.note("stop", stop or f"{options.rounds} rounds are over")
        self._examine()
        report(session, {})

    def _baseline(self) -> None:
        """Say where the library stands on the gate before anything is learned."""
        train, gate = self.sides
        left_out = len(self.session.train) - len(train) // 2 - len(gate)
        judged = self._judge(self.session.base, gate, step="baseline")
        told, trivial = interval(hits(judged, gate)), baselines(gate)
        self.session.run.note("baseline", {"accuracy": told.model_dump(), "baselines": dict(trivial)})
        text = f"before: {percent(told)} on the gate; {len(train)} train pairs, both orders counted"
        text += f"; {left_out} cases left out, which are no pairs" if left_out else ""
        facts = counts("before", judged, gate)
        self.session.tell({"round": 0}, "baseline", text, accuracy=told.model_dump(), left_out=left_out, **facts)

    def _edits(self, number: int) -> list[Edit]:
        """Judge the train pairs, have them diagnosed and answered, and return what fits the library."""
        run = self.session.run
        told = run.noted(f"edits {number}")
        if not isinstance(told, list):
            library = self.session.before(2 * number - 1)
            judged = self._judge(library, self.sides[0], step=f"{number} judge")
            edits, spent = self._written(number, library, judged)
            run.add_proposing(2 * number - 1, spent)
            run.note(f"edits {number}", [edit.model_dump(mode="json") for edit in edits])
            share = percent(interval(hits(judged, self.sides[0])))
            text = f"{share} of the train pairs; {len(edits)} edits proposed"
            self.session.tell({"round": 2 * number - 1}, "diagnose", text, **counts("train", judged, self.sides[0]))
            return edits
        return [Edit.model_validate(edit) for edit in told]

    def _written(self, number: int, library: Library, judged: Sequence[Chained]) -> tuple[list[Edit], Usage]:
        metered = Metered(self.author)
        try:
            edits = asyncio.run(self._ask(metered, number, library, judged))
        except ReasonerError as error:
            if error.reason not in PASSING:
                raise
            edits = []
        return edits, metered.spent

    async def _ask(self, author: Reasoner, number: int, library: Library, judged: Sequence[Chained]) -> list[Edit]:
        crew = Harness(library=library).crew()
        tools = crew.tool_cards
        chains = [chain(one, preference) for one, preference in zip(judged, self.sides[0], strict=True)]
        cards = [Card(name=tool.name, description=tool.description) for tool in tools]
        seed = Random(f"{self.session.run.options.seed}/{number}").getrandbits(32)
        found, _ = await diagnose(author, chains, skills=crew.cards, tools=cards, seed=seed)
        if not found.mechanisms:
            return []
        decisions = self.session.run.decisions()
        request = ProposeRequest(
            mechanisms=found.mechanisms,
            skills=tuple(library.skills.values()),
            sources=tuple(tool for tool in library.tools.values() if tool.kind != "builtin"),
            tools=tools,
            rejected=tuple(Rejected(summary=d.title, reason=d.reason) for d in decisions if d.outcome != "accepted"),
            budget=BUDGET,
        )
        written = await write(author, request, skills=library.skills, tools=library.tools)
        sources = tuple(preference.case.id for preference in self.sides[0][: len(self.sides[0]) // 2])
        edits: list[Edit] = []
        for draft in written.edits:
            try:
                edit = edit_of(draft, sources, library)
            except ReplyError:
                continue
            if not any(invalid(edit, library)):
                edits.append(edit)
        return edits

    def _try(self, number: int, edits: Sequence[Edit], *, what: str) -> None:
        """Put edits to the gate as one, and commit them if it lets them pass."""
        session = self.session
        if not edits or any(decision.round == number for decision in session.run.decisions()):
            return
        before, gate = session.before(number), self.sides[1]
        edit = joined(edits, before, what=what)
        session.run.propose(number, Fixed(edit).key, edit)
        old = self._judge(before, gate, step=f"{number} gate")
        new = self._judge(edit.apply(before), gate, step=f"{number} edit")
        credits_before, credits_after = hits(old, gate), hits(new, gate)
        gains = [after - earlier for earlier, after in zip(credits_before, credits_after, strict=True)]
        policy = session.run.options.gate
        decision = decide(Comparison(credits_before, credits_after, gains), session.spent(number), policy=policy)
        facts: dict[str, JsonValue] = {
            **asdict(decision),
            "policy": policy,
            "accuracy_before": float(np.mean(credits_before)),
            "accuracy_after": float(np.mean(credits_after)),
            "helped": [p.case.id for p, gain in zip(gate, gains, strict=True) if gain > 0],
            "hurt": [p.case.id for p, gain in zip(gate, gains, strict=True) if gain < 0],
            **counts("before", old, gate),
            **counts("after", new, gate),
        }
        if decision.accepted:
            session.commit(number, edit, facts)
        session.settle({"round": number}, "accepted" if decision.accepted else "rejected", decision.reason, facts)

    def _keep_best(self, number: int) -> None:
        """Go back to the library with the highest gate accuracy, if a margin has let the run drift away from it."""
        session = self.session
        told = session.run.noted("baseline")
        start = told["accuracy"] if isinstance(told, dict) else None
        best, place = number_of(start["value"]) if isinstance(start, dict) else 0.0, 0
        for decision in session.run.decisions():
            accuracy = number_of(decision.facts.get("accuracy_after"))
            if decision.outcome == "accepted" and accuracy >= best:
                best, place = accuracy, decision.round
        before, after = session.before(number), session.before(place + 1)
        if before.version == after.version or any(d.round == number for d in session.run.decisions()):
            return
        reason = f"its gate accuracy is the highest, {best:.3f}"
        edit = change(before, after, title="Return to the best library", rationale=f"{reason[0].upper()}{reason[1:]}.")
        session.run.propose(number, BEST, edit)
        session.commit(number, edit, {"reason": reason})
        session.settle({"round": number}, "accepted", reason)

    def _examine(self) -> None:
        """Read the pairs of the test, once."""
        session = self.session
        cases = [preference for preference in session.run.cases("test") if len(preference.case.candidates) == 2]
        if session.run.noted("examination") is not None:
            return
        if not cases:
            session.run.note("examination", {})
            return
        libraries = (session.base, session.current)
        old = self._judge(libraries[0], cases, step="test before")
        new = self._judge(libraries[1], cases, step="test after")
        told = [
            (library.version, [(held_against(one, p), 0.0) for one, p in zip(judged, cases, strict=True)])
            for library, judged in zip(libraries, (old, new), strict=True)
        ]
        facts = {**counts("before", old, cases), **counts("after", new, cases)}
        text = "; ".join(said(name, facts, len(cases)) for name in ("before", "after"))
        session.tell({"round": 0}, "test", text, **facts)
        session.run.note("examination", contrast(told[0], told[1], cases).model_dump(mode="json"))

    def _judge(self, library: Library, preferences: Sequence[Preference], *, step: str) -> list[Chained]:
        """Have the chain judge what it has not judged with this library, and count what it costs in the run.

        Raises:
            OutageError: too many got no answer.
        """
        run, judge, column = self.session.run, self.session.judge, f"chain {library.version}"
        run.count_asked(step, len(preferences))
        keys = [(library.version, work_hash(preference.case)) for preference in preferences]
        missing = {key: p.case for key, p in zip(keys, preferences, strict=True) if key not in self._known}
        if not missing:
            return [self._known[key] for key in keys]
        lost = []
        with closing(judge_pairs(replace(judge.plan, library=library), missing.values())) as results:
            for (version, work), judged in zip(missing, results, strict=True):
                self._known[version, work] = judged
                held = run.findings(work, judge.id)
                if reason := absent(judged):
                    lost.append(reason)
                elif held is None or column not in held.grades:  # else it was counted before an interruption
                    grades = tuple(float(rank == 0) for rank in judged.ranking) or (None, None)
                    found = Findings(features=TaskFeatures(), grades={column: grades})
                    run.add_findings(work, judge.id, found, judged.usage, step=step)
        if len(lost) > MOST_ABSENT * len(keys):
            raise OutageError(
                f"{len(lost)} of {len(keys)} pairs got no answer ({lost[0]}); --resume {run.folder} goes on"
            )
        return [self._known[key] for key in keys]


def absent(judged: Chained) -> str:
    """Say why nobody answered, where that says nothing of the judge; else ""."""
    result = judged.result
    return (result.detail or result.reason) if isinstance(result, Unscored) and result.reason in ABSENT else ""
