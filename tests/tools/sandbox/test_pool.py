"""The pool, on workers that do as the job's code says: `value`, `sleep`, `lose`, `break`, `crash`, `raise`."""

import asyncio
import threading
import time

import pytest

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.pool import Pool
from rubrica.tools.sandbox.worker import WorkerLostError


class Crew:
    """Makes workers and remembers them."""

    def __init__(self) -> None:
        self.made: list[Obedient] = []
        self.lock = threading.Lock()
        self.busy = self.busiest = 0
        self.refuse: Exception | None = None

    def __call__(self) -> "Obedient":
        worker = Obedient(self)
        self.made.append(worker)
        return worker

    @property
    def alive(self) -> int:
        return sum(worker.started and not worker.killed.is_set() for worker in self.made)


class Obedient:
    def __init__(self, crew: Crew) -> None:
        self.crew, self.started, self.killed, self.jobs = crew, False, threading.Event(), 0

    def start(self) -> None:
        if self.crew.refuse is not None:
            raise self.crew.refuse
        self.started = True

    def execute(self, job: Job) -> Outcome:
        with self.crew.lock:
            self.crew.busy += 1
            self.crew.busiest = max(self.crew.busiest, self.crew.busy)
        self.jobs += 1
        try:
            if job.code in {"lose", "break"}:
                raise WorkerLostError("as told", by_job=job.code == "break")
            if job.code == "raise":
                raise ZeroDivisionError
            if job.code == "sleep" and self.killed.wait(30):
                raise WorkerLostError("killed")
            time.sleep(0.002)
            return Outcome(status="crashed" if job.code == "crash" else "ok", value_json=job.stdin)
        finally:
            with self.crew.lock:
                self.crew.busy -= 1

    def kill(self) -> None:
        self.killed.set()


SHORT = Limits(wall_s=0.01)


async def until(condition) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def pool(crew):
    pool = Pool(crew, size=2, max_runs=5, queue=3)
    yield pool
    pool.shutdown()
    assert crew.alive == 0


def test_every_caller_gets_the_outcome_of_its_own_job(pool):
    async def main():
        return await asyncio.gather(*(pool.run(Job(code="value", stdin=str(i))) for i in range(40)))

    assert [outcome.value_json for outcome in asyncio.run(main())] == [str(i) for i in range(40)]


def test_no_more_run_at_once_than_there_are_workers(pool, crew):
    async def main():
        await asyncio.gather(*(pool.run(Job(code="value")) for _ in range(30)))

    asyncio.run(main())
    assert crew.busiest == 2


def test_several_loops_in_several_threads_may_share_it(pool):
    seen: list[str | None] = []

    def caller(number: int) -> None:
        async def main():
            outcomes = [await pool.run(Job(code="value", stdin=f"{number}-{i}")) for i in range(5)]
            seen.extend(outcome.value_json for outcome in outcomes)

        asyncio.run(main())

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, seen)) == [f"{number}-{i}" for number in range(4) for i in range(5)]


def test_a_worker_is_replaced_after_its_number_of_runs(pool, crew):
    async def main():
        for _ in range(25):
            await pool.run(Job(code="value"))

    asyncio.run(main())
    assert max(worker.jobs for worker in crew.made) == 5


def test_a_worker_is_replaced_after_a_crash(pool, crew):
    asyncio.run(pool.run(Job(code="crash")))
    asyncio.run(pool.run(Job(code="value")))
    crashed = next(worker for worker in crew.made if worker.jobs)
    assert crashed.killed.is_set()


def test_a_spare_is_started_once_something_runs(pool, crew):
    async def main():
        await pool.run(Job(code="value"))
        await until(lambda: crew.alive == 2)

    asyncio.run(main())


def test_the_parent_kills_what_outruns_its_deadline(pool, crew):
    outcome = asyncio.run(pool.run(Job(code="sleep", limits=SHORT)))
    assert outcome.status == "timeout"
    assert any(worker.killed.is_set() for worker in crew.made)


def test_one_lost_worker_is_ours_and_the_job_runs_again(pool, crew):
    class Once(Obedient):
        def execute(self, job):
            if len(self.crew.made) == 1 and self.jobs == 0:
                self.jobs += 1
                raise WorkerLostError("once")
            return super().execute(job)

    pool._make = lambda: crew.made.append(Once(crew)) or crew.made[-1]
    assert asyncio.run(pool.run(Job(code="value", stdin="7"))).value_json == "7"


def test_code_that_breaks_two_workers_crashed(pool):
    assert asyncio.run(pool.run(Job(code="break"))).status == "crashed"
    assert asyncio.run(pool.run(Job(code="value"))).status == "ok"


def test_two_workers_that_something_else_ended_are_an_error_of_ours(pool):
    with pytest.raises(SandboxInfraError, match="lost two workers"):
        asyncio.run(pool.run(Job(code="lose")))
    assert asyncio.run(pool.run(Job(code="value"))).status == "ok"


def test_a_defect_of_the_tier_is_an_infrastructure_error(pool):
    with pytest.raises(SandboxInfraError, match="ZeroDivisionError"):
        asyncio.run(pool.run(Job(code="raise")))
    assert asyncio.run(pool.run(Job(code="value"))).status == "ok"


def test_what_start_raises_reaches_the_caller_and_passes(pool, crew):
    crew.refuse = SandboxUnavailable("not here")
    with pytest.raises(SandboxUnavailable, match="not here"):
        asyncio.run(pool.run(Job(code="value")))
    crew.refuse = None
    assert asyncio.run(pool.run(Job(code="value"))).status == "ok"


def test_a_cancelled_caller_frees_its_worker(pool, crew):
    async def main():
        tasks = [asyncio.create_task(pool.run(Job(code="sleep"))) for _ in range(2)]
        await until(lambda: crew.busy == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return await pool.run(Job(code="value", stdin="1"))

    assert asyncio.run(main()).value_json == "1"


def test_a_cancelled_job_that_waits_never_runs(pool, crew):
    async def main():
        sleepers = [asyncio.create_task(pool.run(Job(code="sleep"))) for _ in range(2)]
        await until(lambda: crew.busy == 2)
        waiting = [asyncio.create_task(pool.run(Job(code="value"))) for _ in range(10)]  # five inside, five outside
        await asyncio.sleep(0.02)
        for task in [*waiting, *sleepers]:
            task.cancel()
        await asyncio.gather(*waiting, *sleepers, return_exceptions=True)
        return await pool.run(Job(code="value", stdin="1"))

    assert asyncio.run(main()).value_json == "1"
    assert sum(worker.jobs for worker in crew.made) == 3


def test_only_so_many_jobs_are_inside(pool, crew):
    async def main():
        tasks = [asyncio.create_task(pool.run(Job(code="sleep"))) for _ in range(20)]
        await until(lambda: crew.busy == 2)
        await asyncio.sleep(0.02)
        inside = len(pool._queue)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return inside

    assert asyncio.run(main()) == 3


def test_close_ends_what_runs_and_what_waits(crew):
    async def main():
        pool = Pool(crew, size=1, queue=1)
        tasks = [asyncio.create_task(pool.run(Job(code="sleep"))) for _ in range(5)]
        await until(lambda: crew.busy == 1)
        await pool.close()
        return await asyncio.gather(*tasks, return_exceptions=True)

    errors = asyncio.run(main())
    assert all(isinstance(error, SandboxInfraError) for error in errors)
    assert crew.alive == 0


def test_a_closed_pool_refuses(crew):
    pool = Pool(crew, size=1)
    pool.shutdown()
    pool.shutdown()
    with pytest.raises(SandboxInfraError, match="closed"):
        asyncio.run(pool.run(Job(code="value")))


def test_no_thread_outlives_close(crew):
    before = threading.active_count()
    pool = Pool(crew, size=2)
    asyncio.run(pool.run(Job(code="value")))
    pool.shutdown()
    assert threading.active_count() == before
