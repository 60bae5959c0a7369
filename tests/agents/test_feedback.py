from hypothesis import given
from hypothesis import strategies as st

from rubrica.agents.feedback import feedback, setting_apart
from rubrica.rewards.aggregate import Raw
from rubrica.types import Finding


def raw(**parts: float) -> Raw:
    contributions = tuple(sorted(parts.items(), key=lambda item: (-abs(item[1]), item[0])))
    return Raw(score=sum(parts.values()), sigma=1.0, contributions=contributions, capped_by=None)


def test_what_differs_comes_before_what_is_large() -> None:
    one, other = raw(same=5.0, apart=0.5), raw(same=5.0, apart=-0.5)
    assert setting_apart(one, [one, other]) == [("apart", 0.5)]


def test_without_a_difference_the_level_is_explained() -> None:
    one = raw(small=0.1, large=2.0)
    assert setting_apart(one, [one, one]) == [("large", 2.0), ("small", 0.1)]
    assert setting_apart(one, [one]) == [("large", 2.0), ("small", 0.1)]


def test_each_line_names_amount_criterion_and_reason() -> None:
    one, other = raw(sums=1.5), raw(sums=-1.5)
    findings = {("sums", "B"): Finding(criterion="sums", candidate="B", grade=0.0, rationale="2 + 2 is not 5")}
    assert feedback("B", other, [one, other], findings) == "-1.50 sums: 2 + 2 is not 5"
    assert feedback("A", one, [one, other], findings) == "+1.50 sums"


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.floats(-5, 5), max_size=4), min_size=1, max_size=5))
def test_only_real_contributions_are_named_and_largest_distances_come_first(parts: list[dict[str, float]]) -> None:
    group = [raw(**{key: value for key, value in each.items() if value}) for each in parts]
    means = {key: sum(dict(r.contributions).get(key, 0.0) for r in group) / len(group) for key in "abcd"}
    for one in group:
        named = setting_apart(one, group)
        assert set(named) <= set(one.contributions)
        distances = [abs(part - means[key]) for key, part in named]
        assert distances == sorted(distances, reverse=True) or named == list(one.contributions)
