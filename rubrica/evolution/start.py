"""The first step of a run: read the cases, refuse what must not be learned from, and deal them to train and test."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from rubrica.data.near import clusters
from rubrica.data.read import read
from rubrica.data.registry import Registry
from rubrica.data.rows import BadRow
from rubrica.data.split import Item, Side, folds, split
from rubrica.errors import InputError, UserError
from rubrica.evolution.memory import Memory, data_digest
from rubrica.evolution.run import Options, Run
from rubrica.types import Case, Preference

log = logging.getLogger(__name__)

MIN_TRAIN = 10


@dataclass(frozen=True)
class Dealt:
    """Which cases are learned from and which are kept for the test."""

    train: tuple[Preference, ...]
    test: tuple[Preference, ...]
    unused: int = 0
    bad_rows: int = 0


def start(run: Run, memory: Memory) -> dict[str, JsonValue]:
    """Fill the run's cases, remember in the library which side each is on, and return the counts.

    Raises:
        InputError: too few labelled cases.
        UserError: cases of a registered benchmark, not allowed by name.
    """
    told = run.noted("split")
    if isinstance(told, dict):
        return told
    options = run.options
    if not run.cases("train"):
        dealt = deal(options, memory)
        stamps = _benchmarks(options, dealt.train)
        for name, cases in stamps.items():
            if name not in options.allow_benchmarks:
                told = "%d of %d cases to learn from ask what the benchmark %s asks; the library is stamped with it"
                log.warning(told, len(cases), len(dealt.train), name)
        run.keep("dealt", {"unused": dealt.unused, "bad_rows": dealt.bad_rows, "benchmarks": [*stamps]})
        train = [*zip(dealt.train, _folds(dealt.train, options), strict=True)]
        sided: list[tuple[Preference, Side, int]] = [(preference, "train", fold) for preference, fold in train]
        run.add_cases([*sided, *((preference, "test", -1) for preference in dealt.test)])
    train_cases, test_cases = run.cases("train"), run.cases("test")
    found = run.noted("dealt")
    counts = found if isinstance(found, dict) else {}
    memory.see({key: "train" for p in train_cases for key in Item.of(p).keys})
    memory.see({key: "test" for p in test_cases for key in Item.of(p).keys})
    names = counts.get("benchmarks")
    memory.stamp(str(name) for name in (names if isinstance(names, list) else ()))
    digest = data_digest(train_cases)
    run.note("split", {**counts, "train": len(train_cases), "test": len(test_cases), "data": digest})
    return start(run, memory)


def refuse_early(options: Options, memory: Memory) -> None:
    """Refuse what a run could not learn from, before anything is made for it.

    Raises:
        InputError, UserError: as for `start`.
    """
    train = deal(options, memory).train
    _benchmarks(options, train)
    _folds(train, options)


def deal(options: Options, memory: Memory) -> Dealt:
    """Deal the cases by prompt; what the library has seen on one side stays there."""
    bad: list[BadRow] = []
    labelled = labelled_cases(options.data, bad, format=options.format)
    if options.test is not None:
        held = labelled_cases(options.test, bad, format=options.format)
        return _against(labelled, held, memory, len(bad))
    items = [Item.of(preference) for preference in labelled]
    _prompts(items)
    parts = split(
        items,
        train=options.train,
        test=None if options.train is not None and _all_else(options) else options.test_share,
        seed=options.seed,
        earlier=memory.seen(),
    )
    by_id = {preference.case.id: preference for preference in labelled}
    dealt = Dealt(
        train=tuple(by_id[id_] for id_ in parts.train),
        test=tuple(by_id[id_] for id_ in parts.test),
        unused=len(parts.unused),
        bad_rows=len(bad),
    )
    return _enough(dealt, of=len(labelled))


def labelled_cases(path: str, bad: list[BadRow], *, format: str = "auto") -> list[Preference]:  # noqa: A002
    """Read the labelled cases of a file; rows that cannot be read are added to `bad`."""
    rows = list(read(path, format=format, on_bad=bad.append))
    preferences = [preference for row in rows if (preference := row.preference) is not None]
    if not preferences:
        raise InputError("no labelled case; evolving needs preferences", path=path)
    return preferences


def _all_else(options: Options) -> bool:
    """With a number for train and the share left at its default, the test takes the rest."""
    return bool(options.test_share == Options.model_fields["test_share"].default)


def _against(train: Sequence[Preference], test: Sequence[Preference], memory: Memory, bad: int) -> Dealt:
    """Keep a given test file whole but for what the library has learned from; train gives way to it."""
    seen, items = memory.seen(), [Item.of(preference) for preference in (*train, *test)]
    groups = clusters([item.prompt for item in items])
    sides = [{seen[key] for key in item.keys if key in seen} for item in items]
    learned = {group for group, side in zip(groups, sides, strict=True) if "train" in side}
    kept = [n for n in range(len(train), len(items)) if groups[n] not in learned]
    held = {groups[n] for n in kept} | {g for g, side in zip(groups, sides, strict=True) if "test" in side}
    mine = [n for n in range(len(train)) if groups[n] not in held]
    everything = (*train, *test)
    unused = len(items) - len(kept) - len(mine)
    dealt = Dealt(tuple(everything[n] for n in mine), tuple(everything[n] for n in kept), unused, bad)
    return _enough(dealt, of=len(train))


def _enough(dealt: Dealt, *, of: int) -> Dealt:
    if (count := len(dealt.train)) < MIN_TRAIN:
        held = f" of {of}, as the prompts of the others are kept for the test" if count < of else ""
        raise InputError(f"{count} cases to learn from{held}; at least {MIN_TRAIN} are needed, 100 are well spent")
    return dealt


def _folds(train: Sequence[Preference], options: Options) -> list[int]:
    items = [Item.of(preference) for preference in train]
    distinct = _prompts(items)
    dealt = folds(items, min(options.folds, distinct), seed=options.seed)
    fold_of = {id_: number for number, ids in enumerate(dealt) for id_ in ids}
    return [fold_of[item.id] for item in items]


def _prompts(items: Sequence[Item]) -> int:
    distinct = len(set(clusters([item.prompt for item in items])))
    if distinct < 2 and len(items) >= MIN_TRAIN:
        raise InputError("all cases to learn from have the same prompt; at least two prompts are needed")
    return distinct


def _benchmarks(options: Options, train: Sequence[Preference]) -> Mapping[str, Sequence[Case]]:
    """Return the benchmarks that the cases come from: those of the user's registry, if allowed, and the public ones.

    Public benchmarks are refused when the run is strict.
    """
    own = Registry() if options.benchmarks is None else Registry.load(Path(options.benchmarks))
    found = Registry.shipped().joined(own).found_in(preference.case for preference in train)
    guarded = {name: cases for name, cases in found.items() if options.strict_benchmarks or name in own.benchmarks}
    if refused := {name: cases for name, cases in guarded.items() if name not in options.allow_benchmarks}:
        told = "; ".join(f"{name}: {_some(cases)}" for name, cases in refused.items())
        flags = " ".join(f"--allow-benchmark {name}" for name in refused)
        raise UserError(
            f"of {len(train)} cases to learn from, some belong to benchmarks ({told}); a library that learns from them "
            f"can never report those benchmarks as clean. Leave them out, or say {flags}"
        )
    return found


def _some(cases: Sequence[Case]) -> str:
    ids = ", ".join(case.id for case in cases[:3])
    return f"{len(cases)}, such as {ids}" if len(cases) > 3 else f"{len(cases)}, {ids}"
