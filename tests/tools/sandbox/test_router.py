"""Routing, on tiers that say what they offer and answer with their name."""

import asyncio
from dataclasses import dataclass, field

import pytest

from rubrica.errors import ConfigError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Need, Outcome, Report
from rubrica.tools.sandbox.jail import JailSandbox
from rubrica.tools.sandbox.router import Router, open_sandbox


@dataclass
class Tier:
    name: str
    offers: Need
    isolation: Isolation = "os-ns"
    available: bool = True
    answer: Outcome = field(default_factory=lambda: Outcome(status="ok"))
    jobs: list[Job] = field(default_factory=list)
    probes: int = 0

    async def probe(self) -> Report:
        self.probes += 1
        reason, fix = ("", "") if self.available else (f"no {self.name} here", f"install {self.name}")
        return Report(self.name, self.isolation, self.offers, available=self.available, reason=reason, fix=fix)

    async def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        return Outcome(status=self.answer.status, stderr=self.answer.stderr, backend=self.name)

    async def close(self) -> None: ...


def tiers(**changes):
    wasm = Tier("wasm", Need.PURE, "wasm+os", **changes.get("wasm", {}))
    jail = Tier("jail", Need.NUMPY | Need.IMAGE | Need.FILES, "os-ns", **changes.get("jail", {}))
    e2b = Tier("e2b", ~Need.PURE, "vm", **changes.get("e2b", {}))
    return wasm, jail, e2b


@pytest.fixture(scope="module")
def auto():
    with asyncio.Runner() as runner:
        sandbox = open_sandbox("auto")
        walls = JailSandbox()
        report = runner.run(walls.probe())
        runner.run(walls.close())
        if report.isolation != "os-ns" or not report.available:
            pytest.skip(f"no namespaces here: {report.reason}")
        yield lambda code: runner.run(sandbox.run(Job(code=code)))
        runner.run(sandbox.close())


def run(router, **fields):
    return asyncio.run(router.run(Job(**fields)))


ERROR = {"answer": Outcome(status="error", stderr="ValueError: no")}
ABSENT = {"available": False}


@pytest.mark.parametrize(
    ("code", "need", "backend"),
    [
        ("print(1)", Need.PURE, "wasm"),
        ("import numpy", Need.PURE, "jail"),
        ("print(1)", Need.IMAGE, "jail"),
        ("import requests", Need.PURE, "e2b"),
        ("print(1)", Need.NETWORK, "e2b"),
    ],
)
def test_the_need_picks_the_tier(code, need, backend):
    assert run(Router(tiers()), code=code, need=need).backend == backend


def test_a_tier_that_failed_its_probe_is_passed_over():
    assert run(Router(tiers(jail=ABSENT)), code="import numpy").backend == "e2b"


def test_pure_code_is_never_sent_away():
    with pytest.raises(SandboxUnavailable):
        run(Router(tiers(wasm=ABSENT, jail=ABSENT)), code="print(1)")


def test_another_language_runs_only_where_it_can():
    assert run(Router(tiers()), code="puts 1", language="ruby").backend == "e2b"
    with pytest.raises(SandboxUnavailable, match="ruby"):
        run(Router(tiers(e2b=ABSENT)), code="puts 1", language="ruby")


def test_the_refusal_names_the_need_the_reasons_and_the_fixes():
    with pytest.raises(SandboxUnavailable) as refusal:
        run(Router(tiers(jail=ABSENT, e2b=ABSENT)), code="print(1)", need=Need.IMAGE)
    text = str(refusal.value)
    assert "IMAGE" in text
    assert "no jail here" in text
    assert "install e2b" in text


def test_a_suspected_need_that_nothing_offers_is_tried_where_it_can_do_no_harm():
    router = Router(tiers(jail=ABSENT, e2b=ABSENT))
    assert run(router, code="import subprocess").backend == "wasm"


def test_a_failure_for_want_of_a_suspected_need_is_not_the_code_s():
    with pytest.raises(SandboxUnavailable, match="SUBPROCESS"):
        run(Router(tiers(wasm=ERROR, jail=ABSENT, e2b=ABSENT)), code="import subprocess")


def test_a_failure_of_the_code_itself_is_its_outcome():
    assert run(Router(tiers(wasm=ERROR)), code="raise ValueError('no')").status == "error"


@pytest.mark.parametrize(
    ("status", "last"),
    [
        ("error", "ModuleNotFoundError: No module named 'bz2'"),
        ("error", "FileNotFoundError: x"),
        ("error", "AttributeError: module 'hashlib' has no attribute 'scrypt'"),
        ("error", "sqlite3.OperationalError: unable to open database file"),
        ("crashed", "wasm trap: call stack exhausted"),
    ],
)
def test_a_pure_job_gets_one_second_chance_where_there_is_more(status, last):
    wasm, jail, e2b = tiers(wasm={"answer": Outcome(status=status, stderr=f"...\n{last}\n")})
    assert run(Router((wasm, jail, e2b)), code="print(1)").backend == "jail"
    assert (len(wasm.jobs), len(jail.jobs), len(e2b.jobs)) == (1, 1, 0)


@pytest.mark.parametrize(("status", "last"), [("crashed", "the worker ended twice"), ("error", "KeyError: 'x'")])
def test_other_ends_are_the_code_s_own(status, last):
    wasm, jail, e2b = tiers(wasm={"answer": Outcome(status=status, stderr=last)})
    assert run(Router((wasm, jail, e2b)), code="print(1)").backend == "wasm"


RICHER = {
    "time zones": "from zoneinfo import ZoneInfo\nfrom datetime import datetime\n"
    "print(datetime(2024, 7, 1, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset())",
    "a key derived": "import hashlib\nprint(hashlib.scrypt(b'p', salt=b's', n=16, r=1, p=1).hex()[:6])",
    "deep recursion through C": "import sys, functools\nsys.setrecursionlimit(20000)\n@functools.lru_cache(None)\n"
    "def f(n): return 1 if n < 2 else f(n - 1) + 1\nprint(f(1500))",
    "a database in a file": "import sqlite3\nprint(sqlite3.connect('x.db').execute('select 1').fetchone())",
    "a log in a file": "import logging\nlogging.basicConfig(filename='l.log')\nlogging.error('x')\nprint(open('l.log').read())",
    "folders": "import os\nos.makedirs('a/b')\nprint(os.listdir('a'))",
    "a tree copied": "import os, shutil\nos.mkdir('a')\nopen('a/f', 'w').close()\nshutil.copytree('a', 'b')\nprint(os.listdir('b'))",
}


@pytest.mark.parametrize("kind", RICHER)
def test_what_one_tier_lacks_is_found_in_the_next(kind, auto):
    outcome = auto(RICHER[kind])
    assert (outcome.status, outcome.backend) == ("ok", "jail"), outcome.stderr


def test_each_tier_is_probed_once_and_only_when_wanted():
    wasm, jail, e2b = tiers()
    router = Router((wasm, jail, e2b))
    for _ in range(3):
        run(router, code="print(1)")
    assert (wasm.probes, jail.probes, e2b.probes) == (1, 0, 0)


def test_what_is_offered_is_what_held():
    report = asyncio.run(Router(tiers(e2b=ABSENT)).probe())
    assert report.offers == Need.NUMPY | Need.IMAGE | Need.FILES


def test_an_unknown_name_is_a_setting_error():
    with pytest.raises(ConfigError, match="auto, wasm"):
        open_sandbox("subprocess")


def test_an_explicit_tier_is_not_replaced():
    sandbox = open_sandbox("wasm")
    with pytest.raises(SandboxUnavailable, match="NUMPY"):
        run(sandbox, code="print(1)", need=Need.NUMPY)
    asyncio.run(sandbox.close())
