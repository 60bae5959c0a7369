import asyncio

from hypothesis import given
from hypothesis import strategies as st

from rubrica.reasoners.limiter import Limiter, Window


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 60)), min_size=1, max_size=60),
    st.integers(60, 200),
)
def test_no_window_ever_holds_more_than_the_limit(takes, limit):
    window, now, booked = Window(limit, per=10.0), 0.0, []
    for gap, amount in takes:
        now += gap
        booked.append(tuple(window.take(amount, now=now)[:2]))
        assert booked[-1][0] >= now
    for start, _ in booked:
        assert sum(amount for at, amount in booked if start <= at < start + 10.0 - 1e-6) <= limit


def test_nobody_waits_below_the_limit():
    window = Window(3, per=60.0)
    assert [window.take(1, now=0.0)[0] for _ in range(5)] == [0.0, 0.0, 0.0, 60.0, 60.0]


def test_an_amount_above_the_limit_goes_alone():
    window = Window(10, per=60.0)
    assert [window.take(n, now=0.0)[0] for n in (50, 1)] == [0.0, 60.0]


def test_a_correction_frees_what_was_not_used():
    window = Window(100, per=60.0)
    window.correct(window.take(90, now=0.0), 10)
    assert window.take(90, now=1.0)[0] == 1.0


def test_a_correction_of_what_is_past_changes_nothing():
    window = Window(100, per=60.0)
    old = window.take(90, now=0.0)
    window.take(100, now=70.0)
    window.correct(old, 0)
    assert window.take(1, now=70.0)[0] == 130.0


def test_slots_bound_what_runs_at_once():
    async def body():
        limiter, running, peak = Limiter(concurrency=3), 0, 0

        async def work():
            nonlocal running, peak
            async with limiter.slot(1):
                running += 1
                peak = max(peak, running)
                await asyncio.sleep(0.001)
                running -= 1

        await asyncio.gather(*(work() for _ in range(20)))
        return peak

    assert asyncio.run(body()) == 3
