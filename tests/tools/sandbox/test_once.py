import asyncio
import threading

import pytest

from rubrica.tools.sandbox.once import Once


def test_many_callers_of_several_loops_share_one_making():
    made, seen = [], []

    async def make() -> int:
        made.append(1)
        await asyncio.sleep(0.05)
        return 7

    once = Once(make)

    def caller() -> None:
        async def main():
            return await asyncio.gather(*(once.get() for _ in range(5)))

        seen.extend(asyncio.run(main()))

    threads = [threading.Thread(target=caller) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, seen) == ([1], [7] * 15)


def test_a_caller_that_gives_up_takes_nothing_from_the_others():
    async def make() -> int:
        await asyncio.sleep(0.05)
        return 7

    async def main():
        once = Once(make)
        first, second, third = (asyncio.create_task(once.get()) for _ in range(3))
        await asyncio.sleep(0.01)
        second.cancel()
        return await first, await third

    assert asyncio.run(main()) == (7, 7)


def test_a_first_caller_that_gives_up_leaves_the_making_to_the_next():
    made = []

    async def make() -> int:
        made.append(1)
        await asyncio.sleep(0.05)
        return 7

    async def main():
        once = Once(make)
        first, second, third = (asyncio.create_task(once.get()) for _ in range(3))
        await asyncio.sleep(0.01)
        first.cancel()
        return await second, await third

    assert asyncio.run(main()) == (7, 7)
    assert len(made) == 2


def test_a_loop_that_ends_while_it_waits_disturbs_nobody(caplog):
    started = threading.Event()

    async def make() -> int:
        started.set()
        await asyncio.sleep(0.2)
        return 7

    once, made = Once(make), []
    maker = threading.Thread(target=lambda: made.append(asyncio.run(once.get())))
    maker.start()
    started.wait()

    async def impatient():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(once.get(), 0.02)

    asyncio.run(impatient())
    maker.join()
    assert made == [7]
    assert not caplog.records


def test_after_a_failure_the_next_caller_tries_again():
    answers = iter([ValueError("no"), 7])

    async def make() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def main():
        once = Once(make)
        with pytest.raises(ValueError, match="no"):
            await once.get()
        return await once.get()

    assert asyncio.run(main()) == 7
