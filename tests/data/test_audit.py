"""The audit finds what a person should look at before a library learns from it."""

from typing import Any

from rubrica.data.audit import Audit, Flag, Problem, audit
from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.types import Preference

LONG = "The harbour office opens at 8 and closes at 17, and ships must report their cargo before noon to the guard."


def pref(id_: str, *texts: str, prompt: str = "Say something.", **label: Any) -> Preference:
    row = read_row({"id": id_, "prompt": prompt, "candidates": list(texts), "preference": label or {"best": 0}})
    assert isinstance(row, Row), row
    assert row.preference is not None
    return row.preference


def problems(*preferences: Preference) -> dict[Problem, tuple[str, ...]]:
    found = audit(preferences)
    return {problem: found.ids(problem) for problem in found.counts()}


def test_clean_labels_raise_nothing() -> None:
    assert problems(pref("a", "yes", "no"), pref("b", "red", "blue", prompt="Colour?")) == {}


def test_duplicates_in_any_order() -> None:
    assert problems(pref("a", "yes", "no"), pref("b", "No ", "yes", best=1)) == {"duplicate": ("a", "b")}


def test_contradiction_between_cases() -> None:
    assert problems(pref("a", "yes", "no"), pref("b", "no", "yes")) == {"contradiction": ("a", "b")}


def test_contradiction_with_a_tie_and_inside_a_list() -> None:
    found = problems(pref("a", "x", "y", scores=[1, 1]), pref("b", "x", "y", "z", scores=[3, 2, 1]))
    assert found["contradiction"] == ("a", "b")


def test_contradiction_of_single_scores() -> None:
    assert problems(pref("a", "yes", scores=[1]), pref("b", "Yes", scores=[0])) == {"contradiction": ("a", "b")}


def test_another_prompt_is_no_contradiction() -> None:
    assert problems(pref("a", "yes", "no"), pref("b", "no", "yes", prompt="Other?")) == {}


def test_identical_and_nearly_identical_candidates() -> None:
    found = problems(pref("a", LONG, LONG + " "), pref("b", LONG, LONG.replace("the guard", "a guard")))
    assert found == {"near_identical": ("a", "b")}


def test_another_number_is_a_difference() -> None:
    assert problems(pref("a", LONG, LONG.replace("17", "18"))) == {}


def test_style_only() -> None:
    plain = "First wash the rice. Then boil it. Then rest it."
    styled = "1. **First** wash the rice\n2. Then boil it\n3. *Then* rest it"
    assert problems(pref("a", plain, styled)) == {"style_only": ("a",)}


def test_tied_candidates_may_be_alike() -> None:
    assert problems(pref("a", LONG, LONG, "else", scores=[1, 1, 0])) == {}


def test_ambiguous_labels() -> None:
    found = problems(
        pref("tie", "yes", "no", scores=[2, 2]),
        pref("weak", "red", "blue", best=0, strength=0),
        pref("votes", "up", "down", best=0, votes=[2, 2]),
        pref("clear", "left", "right", best=0, votes=[3, 1]),
    )
    assert found == {"ambiguous": ("tie", "weak", "votes")}


def test_suspected_flips_come_from_the_margin() -> None:
    margins = {"a": -3.0, "b": -1.0, "c": None, "d": 4.0}
    found = audit([pref(i, f"{i} yes", f"{i} no") for i in margins], margin=lambda p: margins[p.case.id])
    assert found.ids("suspected_flip") == ("a",)
    assert "3.0 in log-odds" in found.flags[0].reason


def test_flags_are_in_a_fixed_order() -> None:
    cases = [pref("t", "u", "v", scores=[1, 1]), pref("a", "yes", "no"), pref("b", "no", "yes")]
    assert [flag.problem for flag in audit(cases).flags] == ["contradiction", "ambiguous"]
    assert audit(cases) == audit(cases)


def test_counts_are_told_in_words() -> None:
    flags = [Flag("suspected_flip", ("a",), ""), Flag("suspected_flip", ("b",), ""), Flag("duplicate", ("c", "d"), "")]
    assert Audit(4, tuple(flags)).told() == "1 duplicate, 2 suspected flips"
    assert Audit(4, ()).told() == ""
