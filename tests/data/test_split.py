"""Splits are disjoint, cover, repeat exactly, keep near-duplicates together, and stay balanced."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rubrica.data.near import clusters
from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.data.split import Item, Split, folds, label_class, split
from rubrica.errors import ConfigError
from rubrica.types import Preference

TOPICS = ["tides", "volcanoes", "bread", "rail freight", "sonnets", "glaciers", "chess clocks", "honey bees"]


def prompt(number: int) -> str:
    """Prompts of one topic and number differ from all others in every run of three words."""
    return " ".join(
        f"{word}{number}" for word in f"please explain {TOPICS[number % 8]} in plain words to a child".split()
    )


@st.composite
def item_lists(draw: st.DrawFn) -> list[Item]:
    """Clusters of one to four prompts that are equal or differ in one of their last words."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=4, max_size=25))
    items = []
    for number, size in enumerate(sizes):
        for copy in range(size):
            text = prompt(number) + (f" thanks{copy}" if draw(st.booleans()) else "")
            stratum = draw(st.sampled_from(["x", "y", "z"]))
            items.append(Item(f"c{number}-{copy}", text, stratum, (f"case{number}-{copy}", f"prompt{number}")))
    return draw(st.permutations(items))


def sides(found: Split) -> dict[str, str]:
    return {id_: name for name in ("train", "test", "unused") for id_ in getattr(found, name)}


@settings(max_examples=60, deadline=None)
@given(item_lists(), st.integers(0, 5), st.sampled_from([0.2, 0.4, 0.5]))
def test_split_is_disjoint_complete_repeatable_and_never_parts_a_cluster(
    items: list[Item], seed: int, share: float
) -> None:
    found = split(items, test=share, seed=seed)
    placed = [*found.train, *found.test, *found.unused]
    assert sorted(placed) == sorted(item.id for item in items)
    assert found == split(items, test=share, seed=seed)
    assert sides(found) == sides(split(items[::-1], test=share, seed=seed))
    by_cluster: dict[str, set[str]] = {}
    for id_, side in sides(found).items():
        by_cluster.setdefault(id_.split("-")[0], set()).add(side)
    assert all(len(found_in) == 1 for found_in in by_cluster.values())
    assert abs(len(found.test) - round(share * len(items))) <= 4
    assert found.unused == ()


@settings(max_examples=60, deadline=None)
@given(item_lists(), st.integers(2, 4), st.integers(0, 3))
def test_folds_cover_once_and_never_part_a_cluster(items: list[Item], k: int, seed: int) -> None:
    found = folds(items, k, seed=seed)
    assert sorted(id_ for fold in found for id_ in fold) == sorted(item.id for item in items)
    owners = [{id_.split("-")[0] for id_ in fold} for fold in found]
    assert sum(len(owner) for owner in owners) == len(set().union(*owners))
    assert max(map(len, found)) - min(map(len, found)) <= 8
    assert found == folds(items, k, seed=seed)


@settings(max_examples=40, deadline=None)
@example(["x"] * 11 + ["y"] * 3, 0.25)
@given(st.lists(st.sampled_from(["x", "x", "x", "y", "z"]), min_size=10, max_size=80), st.sampled_from([0.25, 0.5]))
def test_single_prompts_meet_the_size_exactly_and_every_stratum_nearly(strata: list[str], share: float) -> None:
    items = [Item(str(i), prompt(i), stratum) for i, stratum in enumerate(strata)]
    found = split(items, test=share)
    assert len(found.test) == round(share * len(items))
    drawn = len(found.test) / len(items)  # 4 of 14 cases are more than a quarter
    in_test = Counter(strata[int(id_)] for id_ in found.test)
    for stratum, count in Counter(strata).items():
        assert abs(in_test[stratum] - drawn * count) < 1


ITEMS = [Item(str(i), prompt(i), keys=(f"k{i}",)) for i in range(40)]


def test_sizes_by_number_and_the_rest_unused() -> None:
    found = split(ITEMS, train=10, test=20)
    assert (len(found.train), len(found.test), len(found.unused)) == (10, 20, 10)


def test_one_size_alone_leaves_the_rest_to_the_other() -> None:
    assert len(split(ITEMS, train=10, test=None).test) == 30


def test_seeds_differ() -> None:
    assert split(ITEMS, seed=1).test != split(ITEMS, seed=2).test


@pytest.mark.parametrize("sizes", [(30, 20), (-1, None), (None, None), (1.5, None), (None, 41)])
def test_sizes_that_do_not_fit_are_refused(sizes: tuple[float | None, float | None]) -> None:
    with pytest.raises(ConfigError):
        split(ITEMS, train=sizes[0], test=sizes[1])


def test_more_folds_than_prompts_are_refused() -> None:
    with pytest.raises(ConfigError, match="3 folds of 1 distinct prompts"):
        folds([Item("a", "same"), Item("b", "Same")], 3)


def test_repeated_ids_are_refused() -> None:
    with pytest.raises(ConfigError, match="'a' occurs twice"):
        split([Item("a", "x"), Item("a", "y")])


def test_what_was_a_test_stays_a_test() -> None:
    first = split(ITEMS[:20], test=10, seed=0)
    later = split(ITEMS, test=12, seed=9, earlier=first.record)
    assert set(first.test) <= set(later.test)
    assert set(first.train) <= set(later.train)
    assert len(later.test) == 12


def test_a_near_duplicate_of_an_earlier_test_is_not_learned_from() -> None:
    first = split(ITEMS[:20], test=10)
    held = next(item for item in ITEMS if item.id == first.test[0])
    twin = Item("twin", held.prompt + " please", keys=("new",))
    for seed in range(5):
        assert "twin" in split([*ITEMS, twin], test=20, seed=seed, earlier=first.record).test


def test_the_same_prompt_with_other_answers_keeps_its_side() -> None:
    one, two = (preference(["a", b]) for b in ("b", "c"))
    record = dict.fromkeys(Item.of(one).keys, "test")
    assert Item.of(two).keys[0] not in record
    found = split([Item.of(two), *ITEMS], test=5, earlier=dict.fromkeys(record, "test"))
    assert two.case.id in found.test


def test_a_cluster_that_touches_both_sides_is_set_aside() -> None:
    items = [Item("a", prompt(1), keys=("ka",)), Item("b", prompt(1), keys=("kb",)), *ITEMS[2:8]]
    found = split(items, test=3, earlier={"ka": "train", "kb": "test"})
    assert found.unused == ("a", "b")
    assert not {"ka", "kb"} & set(found.record)


def preference(candidates: list[str], **label: object) -> Preference:
    row = read_row({"prompt": "Name a fruit.", "candidates": candidates, "preference": label or {"best": 0}})
    assert isinstance(row, Row)
    assert row.preference is not None
    return row.preference


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (preference(["a", "b"], best=1), "best-1"),
        (preference(["a", "b"], scores=[2, 2]), "tie"),
        (preference(["a", "b", "c"], best=1), "list"),
        (preference(["a"], scores=[1]), "good"),
        (preference(["a"], scores=[0]), "bad"),
    ],
)
def test_label_classes(found: Preference, expected: str) -> None:
    assert label_class(found) == expected


# Near-duplicates


def test_rewordings_of_one_word_cluster_and_other_prompts_do_not() -> None:
    base = "Write a short story about a lighthouse keeper who finds a message in a bottle on a stormy winter night."
    near = base.replace("short", "brief")
    other = "Explain how a lighthouse lens works to an engineer who has never seen one."
    assert clusters([base, other, near, base.upper() + "  "]) == (0, 1, 0, 0)


def test_a_shared_template_does_not_make_prompts_alike() -> None:
    prompts = [
        f"You are a careful mathematician. All numbers are decimal. What is {i}+{i * 7 % 90}?" for i in range(60)
    ]
    assert len(set(clusters(prompts))) == 60


def test_short_prompts_cluster_only_when_equal() -> None:
    assert clusters(["hi", "ho", "Hi", "", ""]) == (0, 1, 0, 2, 2)


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    one = "请用简单的语言解释为什么海水是咸的，并举一个例子说明盐分从哪里来。"
    assert clusters([one, one.replace("简单", "通俗"), "请写一首关于秋天落叶和远方朋友的短诗。"]) == (0, 0, 1)


def test_clusters_do_not_depend_on_order() -> None:
    prompts = [prompt(i) + end for i in range(8) for end in ("", " now", " today please")]
    forward, backward = clusters(prompts), clusters(prompts[::-1])[::-1]
    pairs = {(a, b) for a, b in zip(forward, backward, strict=True)}
    assert len(pairs) == len(set(forward)) == len(set(backward)) == 8
