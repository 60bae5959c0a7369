import asyncio

from casting import ByRole
from hypothesis import given
from hypothesis import strategies as st

from rubrica.agents.analyst import GROUP, diagnose, shuffled_groups
from rubrica.requests.diagnose import Chain, Diagnosis, Lucky, Mechanism


def chains(right, wrong):
    named = [(f"r{i}", True) for i in range(right)] + [(f"w{i}", False) for i in range(wrong)]
    return [Chain(id=name, prompt="p", answers=(), right=told) for name, told in named]


def told(*cases, lucky=()):
    mechanism = Mechanism(name="m", description="d", cause="misreading", cases=cases)
    return Diagnosis(mechanisms=(mechanism,), lucky=tuple(Lucky(case=case) for case in lucky))


@given(st.integers(0, 30), st.integers(0, 30))
def test_every_chain_is_in_one_group_and_wrong_ones_are_spread_evenly(right, wrong):
    groups = shuffled_groups(chains(right, wrong))
    assert sorted(c.id for g in groups for c in g) == sorted(c.id for c in chains(right, wrong))
    assert all(len(group) <= GROUP + 1 for group in groups)
    counts = [sum(not c.right for c in group) for group in groups] or [0]
    assert max(counts) - min(counts) <= 1


def test_groups_are_merged_and_cases_that_were_not_shown_are_dropped():
    reasoner = ByRole(
        {"analyst": told("w0", "made-up"), "analyst_merge": told("w0", "r0", "x", lucky=("r1", "w0", "x"))}
    )
    diagnosis, usage = asyncio.run(diagnose(reasoner, chains(8, 4), skills=(), tools=()))
    assert diagnosis.mechanisms[0].cases == ("w0", "r0")
    assert [one.case for one in diagnosis.lucky] == ["r1"]
    assert usage.calls == 3
    (merge,) = reasoner.asked("analyst_merge")
    assert "made-up" not in merge.model_dump_json()


def test_one_group_needs_no_merge():
    reasoner = ByRole({"analyst": told("w0")})
    diagnosis, _ = asyncio.run(diagnose(reasoner, chains(2, 2), skills=(), tools=()))
    assert diagnosis.mechanisms[0].cases == ("w0",)
    assert reasoner.asked("analyst_merge") == []
