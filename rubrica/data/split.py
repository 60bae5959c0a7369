"""Train, test and folds by prompt: near-duplicates together, strata evenly, and what was a test stays a test."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rubrica.data.allocate import allocate
from rubrica.data.hashes import case_hash, prompt_hash, prompt_text
from rubrica.data.near import clusters
from rubrica.errors import ConfigError
from rubrica.types import Preference

Side = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """What splitting needs to know of a case."""

    id: str
    prompt: str
    stratum: str = ""
    """Cases of one stratum are spread evenly: subset and label class."""
    keys: tuple[str, ...] = ()
    """Hashes under which the assignment is remembered: of the case, and of its prompt."""

    @classmethod
    def of(cls, preference: Preference) -> "Item":
        case = preference.case
        keys = (case_hash(case), prompt_hash(case))
        return cls(case.id, prompt_text(case), f"{preference.subset}/{label_class(preference)}", keys)


@dataclass(frozen=True, slots=True)
class Split:
    """Ids per side, in input order."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    unused: tuple[str, ...] = ()
    """Beyond the sizes asked for, or a near-duplicate of both an earlier train and an earlier test case."""
    record: Mapping[str, Side] = field(default_factory=dict)
    """Hash to side, for every case on a side: what a later run must keep to."""


def label_class(preference: Preference) -> str:
    """Name what a label says, coarsely: who wins a pair, good or bad for one candidate, a list, a tie."""
    label = preference.label
    if len(label.ranks) == 1:
        return "good" if label.scores and label.scores[0] >= 0.5 else "bad"
    if len(set(label.ranks)) == 1:
        return "tie"
    return f"best-{label.ranks.index(0)}" if len(label.ranks) == 2 else "list"


def split(
    items: Sequence[Item],
    *,
    train: float | None = None,
    test: float | None = 0.4,
    seed: int = 0,
    earlier: Mapping[str, Side] | None = None,
) -> Split:
    """Split by prompt. A size below 1 is a share, a whole number is a count; `None` takes what the other side leaves.

    `earlier` is the record of earlier splits: an item found there, and its near-duplicates, stay on that side. When
    that alone exceeds a size, the size gives way.

    Raises:
        ConfigError: the sizes do not fit the number of items.
    """
    wanted = _sizes(len(items), train, test)
    earlier = earlier or {}
    groups = _groups(items)
    fixed: dict[str, int] = {}
    for name, members in groups.items():
        sides = {earlier[key] for item in members for key in item.keys if key in earlier}
        if sides:
            fixed[name] = 2 if len(sides) > 1 else ("train", "test").index(sides.pop())
    held = Counter({part: sum(len(groups[name]) for name in fixed if fixed[name] == part) for part in range(3)})
    free = {name: Counter(item.stratum for item in members) for name, members in groups.items() if name not in fixed}
    total = sum(sum(strata.values()) for strata in free.values())
    first = min(max(wanted[0] - held[0], 0), total)
    second = min(max(wanted[1] - held[1], 0), total if train is None else total - first)
    if train is None:
        first = total - second
    elif test is None:
        second = total - first
    placed = {**fixed, **allocate(free, (first, second, total - first - second), seed=seed)}
    part_of = {item.id: placed[name] for name, members in groups.items() for item in members}
    parts = [tuple(item.id for item in items if part_of[item.id] == part) for part in range(3)]
    record = {
        key: side for part, side in enumerate(_SIDES) for item in items if part_of[item.id] == part for key in item.keys
    }
    return Split(parts[0], parts[1], parts[2], record)


def folds(items: Sequence[Item], k: int, *, seed: int = 0) -> tuple[tuple[str, ...], ...]:
    """Deal the items into k folds by prompt, stratified, in input order within a fold.

    Raises:
        ConfigError: there are fewer prompts than folds.
    """
    groups = _groups(items)
    if not 2 <= k <= len(groups):
        raise ConfigError(f"cannot make {k} folds of {len(groups)} distinct prompts; choose from 2 to {len(groups)}")
    strata = {name: Counter(item.stratum for item in members) for name, members in groups.items()}
    sizes = [len(items) // k + (fold < len(items) % k) for fold in range(k)]
    placed = allocate(strata, sizes, seed=seed)
    fold_of = {item.id: placed[name] for name, members in groups.items() for item in members}
    return tuple(tuple(item.id for item in items if fold_of[item.id] == fold) for fold in range(k))


_SIDES: tuple[Side, Side] = ("train", "test")


def _groups(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Clusters of items by prompt, each named after its smallest id, so that the input order does not matter."""
    repeated = [id_ for id_, count in Counter(item.id for item in items).items() if count > 1]
    if repeated:
        raise ConfigError(f"the id {repeated[0]!r} occurs twice; ids name the cases of a split")
    members: defaultdict[int, list[Item]] = defaultdict(list)
    for item, number in zip(items, clusters([item.prompt for item in items]), strict=True):
        members[number].append(item)
    return {min(item.id for item in group): group for group in members.values()}


def _sizes(total: int, train: float | None, test: float | None) -> tuple[int, int]:
    def count(size: float) -> int:
        if size < 0 or (size >= 1 and size != int(size)):
            raise ConfigError(f"{size} is neither a share below 1 nor a whole number of cases")
        return round(size * total) if size < 1 else int(size)

    if train is None and test is None:
        raise ConfigError("give the size of train, of test, or of both")
    first = count(train) if train is not None else total - count(test or 0)
    second = count(test) if test is not None else total - first
    if first < 0 or second < 0 or first + second > total:
        raise ConfigError(f"train {first} and test {second} do not fit into {total} cases; ask for less")
    return first, second
