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


def naming(*extra):
    """Blame the wrong chains of the request, and what was never shown."""
    return lambda request: told(*(chain.id for chain in request.chains if not chain.right), *extra)


def shown(reasoner):
    return [chain for request in reasoner.asked("analyst") for chain in request.chains]


@given(st.integers(0, 30), st.integers(0, 30))
def test_every_chain_is_in_one_group_and_wrong_ones_are_spread_evenly(right, wrong):
    groups = shuffled_groups(chains(right, wrong))
    assert sorted(c.id for g in groups for c in g) == sorted(c.id for c in chains(right, wrong))
    assert all(len(group) <= GROUP + 1 for group in groups)
    counts = [sum(not c.right for c in group) for group in groups] or [0]
    assert max(counts) - min(counts) <= 1


def test_groups_are_merged_and_cases_that_were_not_shown_are_dropped():
    def merging(_):
        right = [chain.id for chain in shown(reasoner) if chain.right]
        wrong = [chain.id for chain in shown(reasoner) if not chain.right]
        return told(*wrong, "w0", "case-99", lucky=(*right, *wrong, "r0"))

    reasoner = ByRole({"analyst": naming("made-up"), "analyst_merge": merging})
    diagnosis, usage = asyncio.run(diagnose(reasoner, chains(8, 4), skills=(), tools=()))
    assert sorted(diagnosis.mechanisms[0].cases) == ["w0", "w1", "w2", "w3"]
    assert sorted(one.case for one in diagnosis.lucky) == [f"r{i}" for i in range(8)]
    assert usage.calls == 3
    (merge,) = reasoner.asked("analyst_merge")
    assert "made-up" not in merge.model_dump_json()


def test_one_group_needs_no_merge():
    reasoner = ByRole({"analyst": naming()})
    diagnosis, _ = asyncio.run(diagnose(reasoner, chains(2, 2), skills=(), tools=()))
    assert sorted(diagnosis.mechanisms[0].cases) == ["w0", "w1"]
    assert reasoner.asked("analyst_merge") == []


def test_no_id_of_the_data_set_is_shown_and_the_numbers_of_both_kinds_are():
    reasoner = ByRole({"analyst": naming()})
    asyncio.run(diagnose(reasoner, chains(5, 2), skills=(), tools=()))
    (request,) = reasoner.asked("analyst")
    assert sorted(chain.id for chain in request.chains) == [f"case-{n}" for n in range(1, 8)]
    assert "2 wrong, 5 right" in request.messages()[1].content


def test_where_nothing_is_wrong_nobody_is_asked():
    reasoner = ByRole({"analyst": naming()})
    diagnosis, usage = asyncio.run(diagnose(reasoner, chains(5, 0), skills=(), tools=()))
    assert diagnosis == Diagnosis()
    assert usage.calls == 0
