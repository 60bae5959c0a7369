import asyncio

import pytest

from rubrica.harness import AHEAD, in_order


def gathered(work, limit):
    async def body():
        return [item async for item in in_order(work, limit=limit)]

    return asyncio.run(body())


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_results_come_in_input_order_whoever_is_done_first(limit):
    async def work(number):
        await asyncio.sleep(0.001 * (7 - number % 7))
        return number

    assert gathered((work(number) for number in range(20)), limit) == list(range(20))


def test_no_more_than_the_limit_is_begun():
    running, peak = 0, 0

    async def work():
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.001)
        running -= 1

    gathered((work() for _ in range(30)), 4)
    assert peak == 4


def test_one_that_takes_long_does_not_hold_up_the_work():
    held = asyncio.Event()
    done = []

    async def work(number):
        if number == 0:
            await held.wait()
        done.append(number)
        if number == 9:
            held.set()
        return number

    assert gathered((work(number) for number in range(12)), 4) == list(range(12))
    assert done.index(0) > done.index(9)


def test_results_that_wait_for_one_before_them_are_bounded():
    begun = 0

    async def work(number):
        nonlocal begun
        begun += 1
        if number == 0:
            while begun < 2 * AHEAD:
                await asyncio.sleep(0)
            for _ in range(50):  # time enough for others, were they not held back
                await asyncio.sleep(0)

    async def body():
        results = in_order((work(number) for number in range(100)), limit=2)
        await anext(results)
        await results.aclose()

    asyncio.run(body())
    assert begun == 2 * AHEAD


def test_who_stops_early_leaves_nothing_running():
    cancelled = []

    async def work(number):
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def body():
        results = in_order((work(number) for number in range(9)), limit=3)
        await anext(results)
        await results.aclose()

    asyncio.run(body())
    assert cancelled == [1, 2]
