"""The reward function: one object behind Python, the command line, the HTTP service and every trainer's adapter.

It is pinned to a library version: the same task and candidates in the same mode give the same number everywhere, and
what could not be judged is `Unscored`, never a low number.
"""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self, get_args

from rubrica.config import load
from rubrica.dispatch import Dispatcher, Load
from rubrica.errors import ConfigError, UnscoredError
from rubrica.harness import Mode
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.open import open_budget, open_model
from rubrica.rewards.shape import Name, Shaping, has_cycle, has_signal, shape
from rubrica.rewards.vector import RewardVector
from rubrica.samples import Batch, Choice, Group, Sample, batch_of
from rubrica.seat import Graded
from rubrica.types import Case, Provenance, Unscored, Value, Verdict

IN_FLIGHT = 64
"""Cases in flight when a model answers; its own limiter is behind them."""

OnUnscored = Literal["none", "raise"] | float


class Reward(Value):
    """One candidate's reward and how it came about."""

    kind: Literal["reward"] = "reward"
    shaped: float
    """What a trainer is given: the reward after shaping; finite."""
    reward: float
    """Bounded reward in (0, 1), before shaping."""
    raw: float
    """Latent Bradley-Terry score."""
    sigma: float
    """Standard error of `raw`."""
    rank: int
    """0 = best of the group that was judged together; equal = tie."""
    mode: Mode
    """Whether it was judged beside the others of its group, or alone."""
    signal: bool
    """False: the group's spread is below the judge's noise."""
    cycle: bool
    """True: the group's majorities run in a circle."""
    components: Mapping[str, float]
    """Grade in [0, 1] of every criterion that could be graded, by "skill/criterion"."""


class RewardFunction:
    """Scores completions with one version of a library; safe to call from any thread and any event loop.

    Args:
        library: a library folder (its newest version is read once, now), a `Library`, a `Plan` with everything else a
            harness needs, or None for the seed library.
        model: who answers what no tool can: a reasoner, or the name of a language model, which is reached as the
            settings say (rubrica.toml, RUBRICA_*); None = the plan's, or the embedded reasoner.
        mode: judge each candidate alone, the candidates of a prompt together, or together when there are several.
        shaping: what a trainer is given; a name or a `Shaping`.
        on_unscored: what `values` and a call give for a candidate without a verdict: None, an error, or your number.
        deadline: seconds after which a call answers `Unscored` for whatever is not judged by then.
    """

    __name__ = "rubrica"

    def __init__(
        self,
        library: Library | Plan | Path | str | None = None,
        *,
        model: Reasoner | str | None = None,
        mode: Choice = "auto",
        shaping: Shaping | Name = "bounded",
        on_unscored: OnUnscored = "none",
        deadline: float | None = None,
    ) -> None:
        if not (on_unscored in {"none", "raise"} if isinstance(on_unscored, str) else math.isfinite(on_unscored)):
            raise ConfigError(f"on_unscored is {on_unscored!r}; use 'none', 'raise' or a finite number")
        _one_of("mode", mode, get_args(Choice))
        if isinstance(shaping, str):
            _one_of("shaping", shaping, get_args(Name))
        plan = library if isinstance(library, Plan) else Plan(library=_read(library))
        if model is not None:
            plan = replace(plan, reasoner=_open(model) if isinstance(model, str) else model, in_flight=IN_FLIGHT)
        self.shaping = Shaping(name=shaping) if isinstance(shaping, str) else shaping
        self.mode, self.on_unscored, self.deadline = mode, on_unscored, deadline
        self.group_size: int | None = None
        self._dispatcher = Dispatcher(plan)

    @property
    def plan(self) -> Plan:
        """Library and settings, as a value."""
        return self._dispatcher.plan

    def load(self) -> Load:
        """Return how busy the judge is at this moment."""
        return self._dispatcher.load()

    def provenance(self, mode: Mode) -> Provenance:
        """Return everything that the numbers of a mode depend on."""
        return self._dispatcher.provenance(mode)

    def using(
        self, *, mode: Choice | None = None, group_size: int | None = None, deadline: float | None = None
    ) -> "RewardFunction":
        """Return the same function, with the same judge and cache, for calls that differ in these.

        With `group_size`, the number of completions of a prompt, an incomplete group is not judged as one: in `auto`
        mode its completions are judged each alone, in `group` mode they are `Unscored`.
        """
        if mode is not None:
            _one_of("mode", mode, get_args(Choice))
        if group_size is not None and group_size < 2:
            raise ConfigError(f"a group has at least 2 completions, not {group_size}")
        other = RewardFunction.__new__(RewardFunction)
        told = {"mode": mode, "group_size": group_size, "deadline": deadline}
        other.__dict__.update(self.__dict__, **{name: value for name, value in told.items() if value is not None})
        return other

    def score(self, sample: Sample) -> "Reward | Unscored":
        """Score one completion."""
        return self.score_batch([sample])[0]

    def score_batch(self, samples: Iterable[Sample]) -> "list[Reward | Unscored]":
        """Score completions, in order; those that share a task are its group, wherever they stand."""
        batch = batch_of(samples, mode=self.mode, size=self.group_size)
        asked = self._ask(batch)
        wait([answer for answers in asked for answer in answers], timeout=self.deadline)
        return self._results(batch, asked)

    async def ascore(self, sample: Sample) -> "Reward | Unscored":
        """`score` without blocking the event loop."""
        return (await self.ascore_batch([sample]))[0]

    async def ascore_batch(self, samples: Iterable[Sample]) -> "list[Reward | Unscored]":
        """`score_batch` without blocking the event loop."""
        batch = batch_of(samples, mode=self.mode, size=self.group_size)
        asked = self._ask(batch)
        if asked:
            await asyncio.wait(
                {asyncio.wrap_future(answer) for answers in asked for answer in answers}, timeout=self.deadline
            )
        return self._results(batch, asked)

    def __call__(
        self, prompts: Sequence[object], completions: Sequence[object], **columns: object
    ) -> list[float | None]:
        """Score a batch in the way that TRL calls: one number or None per completion, in order.

        The columns `reference`, `context` and `tests` are read where a data set has them; `log_extra` and `log_metric`
        are used where the trainer offers them.
        """
        results = self.score_batch(_samples(prompts, completions, columns))
        log_metric = columns.get("log_metric")
        if callable(log_metric):
            log_metric("rubrica/unscored", sum(isinstance(each, Unscored) for each in results) / max(len(results), 1))
        return self.values(results)

    def values(self, results: "Iterable[Reward | Unscored]") -> list[float | None]:
        """Return what a trainer is given, with `on_unscored` where there is no verdict.

        Raises:
            UnscoredError: there is none, and `on_unscored` is "raise".
        """
        return [self._substitute(each) if isinstance(each, Unscored) else each.shaped for each in results]

    async def judge(self, case: Case) -> Verdict | Unscored:
        """Return the whole verdict of a case, with rubric, findings and evidence."""
        together = self.mode == "group" or (self.mode == "auto" and len(case.candidates) > 1)
        answer = asyncio.wrap_future(self._dispatcher.judge(case, "group" if together else "pointwise"))
        done, _ = await asyncio.wait({answer}, timeout=self.deadline)
        return answer.result().result if done else _late(self.deadline)

    def close(self) -> None:
        """Stop the judging thread and its processes, for what `using` made of it too; a later call is a ConfigError."""
        self._dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, batch: Batch) -> list[list[Future[Graded]]]:
        return [[self._dispatcher.ask(case, group.mode) for case in group.cases] for group in batch.groups]

    def _results(self, batch: Batch, asked: list[list[Future[Graded]]]) -> "list[Reward | Unscored]":
        results: list[Reward | Unscored | None] = list(batch.refused)
        for group, answers in zip(batch.groups, asked, strict=True):
            for index, result in zip(group.indices, self._shaped(group, answers), strict=True):
                results[index] = result
        return [each for each in results if each is not None]

    def _shaped(self, group: Group, answers: list[Future[Graded]]) -> "list[Reward | Unscored]":
        found: list[RewardVector | Unscored] = []
        for case, answer in zip(group.cases, answers, strict=True):
            graded = answer.result() if answer.done() else _late(self.deadline)
            found += [graded] * len(case.candidates) if isinstance(graded, Unscored) else graded
        scored = [each for each in found if not isinstance(each, Unscored)]
        if self.shaping.needs_a_group and len(scored) == 1:
            return [each if isinstance(each, Unscored) else _alone(self.shaping) for each in found]
        noise = self.plan.library.scoring.noise
        shaped = iter(shape(scored, self.shaping, noise=noise) if scored else [])
        signal, cycle = len(scored) < 2 or has_signal(scored, noise), has_cycle(scored)
        return [
            each
            if isinstance(each, Unscored)
            else Reward(
                shaped=next(shaped),
                reward=each.reward,
                raw=each.raw,
                sigma=each.sigma,
                rank=each.rank,
                mode=group.mode,
                signal=signal,
                cycle=cycle,
                components={component.name: component.grade for component in each.components},
            )
            for each in found
        ]

    def _substitute(self, unscored: Unscored) -> float | None:
        if self.on_unscored == "raise":
            raise UnscoredError(unscored.reason, unscored.detail)
        return None if isinstance(self.on_unscored, str) else self.on_unscored


def _open(model: str) -> Reasoner:
    settings = load({"model": model})
    return open_model(settings, model, open_budget(settings))


def _late(deadline: float | None) -> Unscored:
    return Unscored(case="", reason="timeout", detail=f"not judged within {deadline} s; ask again, it goes on")


def _alone(shaping: Shaping) -> Unscored:
    detail = f"the shaping {shaping.name!r} compares candidates, and this one stands alone"
    return Unscored(case="", reason="undecided", detail=detail)


def _read(library: Library | Path | str | None) -> Library:
    if library is None:
        return seed_library()
    return library if isinstance(library, Library) else LibraryStore.open(Path(library)).load()


def _samples(prompts: Sequence[object], completions: Sequence[object], columns: Mapping[str, object]) -> list[Sample]:
    if len(prompts) != len(completions):
        raise ConfigError(f"{len(prompts)} prompts for {len(completions)} completions")
    known = {
        name: column
        for name in ("reference", "context", "tests")
        if isinstance(column := columns.get(name), list | tuple) and len(column) == len(prompts)
    }
    return [
        Sample(prompt=prompt, completion=completion, **{name: column[i] for name, column in known.items()})
        for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True))
    ]


def _one_of(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ConfigError(f"{name} is {given!r}; use {', '.join(known[:-1])} or {known[-1]}")
