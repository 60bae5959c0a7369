"""Contract of the e2b tier: the real SDK against a loopback double. Live tests need E2B_API_KEY."""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Limits, Need, Outcome
from rubrica.tools.sandbox.e2b import E2BSandbox, E2BSettings, packages_of

SERVERS = Path(__file__).parents[2] / "servers"
QUICK = Limits(wall_s=2.0, cpu_s=2.0, out_bytes=1 << 12)


def load_double() -> ModuleType:
    spec = importlib.util.spec_from_file_location("e2b_double", SERVERS / "e2b_double.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["e2b_double"] = module
    spec.loader.exec_module(module)
    return module


double = load_double()
Exchange = Callable[["double.E2BDouble", E2BSandbox], Awaitable[None]]


def against_double(exchange: Exchange, *, grace_s: float = 5.0, **settings: object) -> None:
    """Run one exchange with a fresh double and a tier that has already been probed against it."""

    async def main() -> None:
        async with double.E2BDouble() as server:
            endpoint = {"api_url": server.url, "sandbox_url": server.url}
            tier = E2BSandbox(E2BSettings(api_key=double.KEY, grace_s=grace_s, endpoint=endpoint, **settings))
            await exchange(server, tier)
            await tier.close()
            assert server.alive == set()

    asyncio.run(main())


async def run_unprobed(tier: E2BSandbox, job: Job) -> Outcome:
    """The double is no machine to attack, so the contract is tested below the probe."""
    return await tier._run(job)


def outcome_of(job: Job, **settings: object) -> Outcome:
    outcomes: list[Outcome] = []

    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        outcomes.append(await run_unprobed(tier, job))

    against_double(exchange, **settings)
    return outcomes[0]


def failure_of(job: Job, *steps: str, refusals: tuple[int, ...] = (), grace_s: float = 5.0) -> Exception:
    failures: list[Exception] = []

    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        server.script.extend(steps)
        server.refusals.extend(refusals)
        with pytest.raises((SandboxInfraError, SandboxUnavailable)) as caught:
            await run_unprobed(tier, job)
        failures.append(caught.value)

    against_double(exchange, grace_s=grace_s)
    return failures[0]


ECHO = Job("def f(x):\n    return [x, x]\n", entry="f", args=("hé",), limits=QUICK)


def test_a_job_gives_the_value_of_its_entry() -> None:
    outcome = outcome_of(ECHO)
    assert (outcome.status, outcome.backend, outcome.isolation) == ("ok", "e2b", "vm")
    assert json.loads(outcome.value_json or "") == ["hé", "hé"]


def test_a_machine_is_made_without_internet_or_environment_and_killed_after_the_job() -> None:
    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        await run_unprobed(tier, ECHO)
        assert server.alive == set()
        (made,) = server.created
        assert made["allow_internet_access"] is False
        assert made.get("envVars", {}) == {}
        assert server.keys == [double.KEY]
        assert server.executed[0]["env_vars"] in (None, {})

    against_double(exchange)


@pytest.mark.parametrize("need", [Need.NETWORK, Need.PACKAGES])
def test_internet_is_given_only_to_a_job_that_needs_it(need: Need) -> None:
    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        await run_unprobed(tier, Job("pass", need=need, limits=QUICK))
        assert server.created[0]["allow_internet_access"] is True

    against_double(exchange)


def test_standard_input_and_output_are_carried() -> None:
    outcome = outcome_of(Job("print(int(input()) * 2)", stdin="21\n", limits=QUICK))
    assert (outcome.status, outcome.stdout) == ("ok", "42\n")


def test_files_of_the_job_can_be_read() -> None:
    assert outcome_of(Job("print(open('a.txt').read())", inputs={"a.txt": b"data"}, limits=QUICK)).stdout == "data\n"


def test_bash_runs() -> None:
    assert outcome_of(Job("echo $((6 * 7))", language="bash", limits=QUICK)).stdout == "42\n"


def test_an_exception_is_the_codes_own_error() -> None:
    outcome = outcome_of(Job("1 / 0", limits=QUICK))
    assert outcome.status == "error"
    assert outcome.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


def test_an_endless_loop_is_the_codes_own_timeout() -> None:
    assert outcome_of(Job("while True:\n    pass", limits=Limits(wall_s=0.5, cpu_s=5))).status == "timeout"


def test_leaving_early_is_the_codes_own_doing() -> None:
    job = Job("import os\ndef f():\n    os._exit(0)\n", entry="f", limits=QUICK)
    assert outcome_of(job).status == "exited_early"


def test_a_process_cannot_call_its_own_failure_ours() -> None:
    forged = "import os\ndef f():\n    open('.result', 'w').write('{\"status\": \"infra\"}')\n    os._exit(0)\n"
    assert outcome_of(Job(forged, entry="f", limits=QUICK)).status == "crashed"


def test_output_beyond_the_limit_is_cut_and_said() -> None:
    outcome = outcome_of(Job("print('x' * 10000)", limits=QUICK))
    assert outcome.status == "output_limit"
    assert outcome.truncated
    assert len(outcome.stdout) == QUICK.out_bytes


def test_a_value_beyond_the_limit_does_not_come_out() -> None:
    job = Job("def f():\n    return 'x' * 5000", entry="f", limits=Limits(wall_s=2, value_bytes=1000))
    assert outcome_of(job).status == "output_limit"


def test_the_same_seed_gives_the_same_random_numbers() -> None:
    job = Job("import random\nprint(random.random(), hash('a'))", seed=7, limits=QUICK)
    assert outcome_of(job).stdout == outcome_of(job).stdout


@pytest.mark.parametrize("step", ["429", "500", "502", "503", "504", "drop", "garbage", "silent", "kernel error"])
def test_a_failure_of_the_service_while_running_is_never_an_outcome(step: str) -> None:
    assert isinstance(failure_of(ECHO, step), SandboxInfraError)


def test_a_machine_that_stalls_is_given_up_and_killed() -> None:
    failure = failure_of(Job("pass", limits=Limits(wall_s=0.1)), "stall", grace_s=0.4)
    assert isinstance(failure, SandboxInfraError)


def test_a_machine_that_vanished_is_never_an_outcome() -> None:
    assert isinstance(failure_of(ECHO, "404"), SandboxInfraError)


def test_a_refused_key_is_for_the_user_to_fix() -> None:
    failure = failure_of(ECHO, refusals=(401,))
    assert isinstance(failure, SandboxUnavailable)
    assert "E2B_API_KEY" in str(failure)


def test_an_unknown_template_is_for_the_user_to_fix() -> None:
    assert isinstance(failure_of(ECHO, refusals=(404,)), SandboxUnavailable)


@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_service_that_makes_no_machine_is_an_error_of_ours(status: int) -> None:
    assert isinstance(failure_of(ECHO, refusals=(status,) * 8, grace_s=1.0), SandboxInfraError)


def test_a_machine_that_cannot_be_killed_does_not_lose_the_outcome() -> None:
    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        server.kill_status = 500
        assert (await run_unprobed(tier, ECHO)).status == "ok"

    against_double(exchange)


def test_cancelling_a_run_kills_its_machine() -> None:
    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        server.script.append("stall")
        running = asyncio.create_task(run_unprobed(tier, ECHO))
        while not server.executed:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert server.alive == set()

    against_double(exchange)


def test_no_more_machines_live_at_once_than_allowed() -> None:
    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        seen = []

        async def watch() -> None:
            while True:
                seen.append(len(server.alive))
                await asyncio.sleep(0.005)

        watcher = asyncio.create_task(watch())
        await asyncio.gather(*(run_unprobed(tier, ECHO) for _ in range(4)))
        watcher.cancel()
        assert max(seen) <= 2

    against_double(exchange, concurrent=2)


def test_without_a_key_it_says_so_and_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2B_API_KEY", raising=False)
    with pytest.raises(SandboxUnavailable, match="E2B_API_KEY is not set"):
        asyncio.run(E2BSandbox().run(ECHO))
    report = asyncio.run(E2BSandbox().probe())
    assert not report.available
    assert report.fix


def test_a_language_that_the_machine_lacks_is_refused() -> None:
    tier = E2BSandbox(E2BSettings(api_key=double.KEY))
    with pytest.raises(SandboxUnavailable, match="cobol"):
        asyncio.run(tier.run(Job("", language="cobol")))


def test_a_machine_whose_attacks_get_through_is_not_used() -> None:
    """The double runs on this machine, so it reads this machine's name: the probe must notice."""

    async def exchange(server: "double.E2BDouble", tier: E2BSandbox) -> None:
        report = await tier.probe()
        assert not report.available
        assert "read this machine's name" in report.reason
        with pytest.raises(SandboxUnavailable):
            await tier.run(ECHO)

    against_double(exchange)


def test_settings_do_not_show_the_key() -> None:
    assert double.KEY not in repr(E2BSettings(api_key=double.KEY))


def test_packages_are_read_from_the_code_and_from_code_in_arguments() -> None:
    job = Job("import json, requests", args=("from bs4.element import Tag\nimport os.path", 3))
    assert packages_of(job) == ["bs4", "requests"]


@pytest.mark.e2b_live
@pytest.mark.skipif(not os.environ.get("E2B_API_KEY"), reason="E2B_API_KEY is not set: the real service is not tested")
class TestLive:
    def test_a_job_gives_the_value_of_its_entry(self) -> None:
        async def main() -> Outcome:
            tier = E2BSandbox()
            try:
                return await tier.run(ECHO)
            finally:
                await tier.close()

        assert json.loads(asyncio.run(main()).value_json or "") == ["hé", "hé"]

    def test_its_probe_holds(self) -> None:
        report = asyncio.run(E2BSandbox().probe())
        assert report.available, report.reason
