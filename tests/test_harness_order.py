import asyncio

import pytest

from rubrica.harness import in_order


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
