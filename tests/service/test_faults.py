"""Faults behind and in the service, as trainers see them: the number of an undisturbed run, or none."""

import asyncio
import json
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from openai_compatible import ModelServer

from rubrica.adapters import openrlhf
from rubrica.adapters.client import Answer, Client
from rubrica.adapters.trl import TRLReward
from rubrica.errors import UnscoredError
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.reward import RewardFunction
from rubrica.samples import Sample
from rubrica.service.desk import Limits
from rubrica.service.running import running

QUICK = Retry(failures=4, deadline_s=60.0, first_wait_s=0.001, longest_wait_s=0.01)
STEP = [
    {"prompt": f"Name {n} colours that are not blue.", "completion": f"Red, and {n} others. " * (1 + n % 4)}
    for n in range(24)
]
ONE = STEP[0]
SLIME = {"prompt": ONE["prompt"], "response": ONE["completion"]}


@contextmanager
def serving(server: ModelServer) -> Iterator[ModelServer]:
    """Run a model server on a thread."""
    ready, over = threading.Event(), threading.Event()

    async def play() -> None:
        async with server:
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(play(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        over.set()
        thread.join()


def judged_by(url: str) -> RewardFunction:
    model = LanguageModel(Direct("test-model", [url], timeout_s=10.0), retry=QUICK)
    return RewardFunction(Plan(library=seed_library(), sandbox="none", effort="low", reasoner=model, in_flight=64))


@pytest.fixture(scope="module")
def undisturbed() -> list[float | None]:
    with serving(ModelServer()) as server, judged_by(server.url) as function:
        told = function.values(function.score_batch([Sample(each["prompt"], each["completion"]) for each in STEP]))
    assert all(isinstance(value, float) for value in told)
    return told


def trl(url: str, samples: Sequence[Mapping[str, str]], **settings: Any) -> tuple[list[float | None], list[str]]:
    """Return what TRL is given, and the reasons in its log."""
    logged: dict[str, Any] = {}
    ask = TRLReward(Client(url=url, **settings))
    columns: dict[str, Any] = {"log_extra": logged.__setitem__}
    values = ask([each["prompt"] for each in samples], [each["completion"] for each in samples], **columns)
    return values, logged["rubrica_unscored"]


def post(url: str, body: object) -> tuple[int, Any, Mapping[str, str]]:
    """Post JSON without any retry."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused), refused.headers


def counted(url: str, pattern: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics") as page:
        found: list[str] = re.findall(rf"^{pattern} (\S+)$", page.read().decode(), re.MULTILINE)
    return int(sum(map(float, found)))


def each_alone(client: Client, samples: Sequence[Mapping[str, str]], pool: ThreadPoolExecutor) -> list[Future[Answer]]:
    """Ask for every sample in a request of its own, all at once."""
    return [pool.submit(lambda sample=sample: client.score([sample])[0]) for sample in samples]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def test_a_model_that_is_down_is_none_an_error_or_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    with judged_by(f"http://127.0.0.1:{closed_port()}/v1") as function, running(function) as url:
        assert trl(url, STEP) == ([None] * len(STEP), ["outage"] * len(STEP))
        monkeypatch.setenv("REWARD_URL", url)
        monkeypatch.setenv("REWARD_DEADLINE", "0.5")
        with pytest.raises(UnscoredError, match="503"):
            openrlhf.reward_func([ONE["prompt"] + ONE["completion"]], [ONE["prompt"]], [None])
        for route, body in (
            ("/slime", SLIME),
            ("/get_reward", {"query": [ONE["prompt"] + ONE["completion"]], "prompts": [ONE["prompt"]]}),
            ("/v1/judge", {"prompt": ONE["prompt"], "candidates": [ONE["completion"]]}),
        ):
            status, told, headers = post(url + route, body)
            assert (status, told["detail"]["reason"], headers["Retry-After"]) == (503, "outage", "1")
        status, told, _ = post(f"{url}/v1/score", {"samples": [ONE]})
        assert (status, told["values"], told["unscored"]) == (200, [None], 1)
        assert told["results"][0]["reason"] == "outage"


def test_a_model_that_comes_back_is_asked_again(undisturbed: list[float | None]) -> None:
    down = ModelServer(rates={"server": 1.0})
    with serving(down) as server, judged_by(server.url) as function, running(function) as url:
        assert trl(url, STEP[:2])[0] == [None, None]
        assert post(f"{url}/slime", SLIME)[0] == 503
        down.rates = {}
        assert trl(url, STEP)[0] == undisturbed
        assert post(f"{url}/slime", SLIME)[1] == undisturbed[0]


def test_a_slow_model_is_a_timeout_and_its_answer_is_there_when_asked_again(undisturbed: list[float | None]) -> None:
    slow = ModelServer(latency_s=1.0)
    with serving(slow) as server, judged_by(server.url) as function, running(function) as url:
        status, told, headers = post(f"{url}/slime?deadline=0.2", SLIME)
        assert (status, told["detail"]["reason"], headers["Retry-After"]) == (503, "timeout", "1")
        assert trl(url, STEP, deadline=0.3) == ([None] * len(STEP), ["timeout"] * len(STEP))
        assert trl(url, STEP)[0] == undisturbed
        assert slow.counts["calls"] == len(STEP)


def test_a_flapping_model_gives_the_same_numbers_or_none(undisturbed: list[float | None]) -> None:
    faults = {"server": 0.2, "rate-after": 0.15, "drop": 0.15, "malformed": 0.1, "garbage": 0.1, "wrong-ids": 0.05}
    with serving(ModelServer(rates=faults)) as server, judged_by(server.url) as function, running(function) as url:
        told, reasons = trl(url, STEP)
        assert server.counts["calls"] > len(STEP)
    assert [value for value in told if value is not None]
    for value, wanted, reason in zip(told, undisturbed, reasons, strict=True):
        assert (value == wanted and not reason) or (value is None and reason in {"outage", "parse"})


def test_a_full_queue_sends_clients_away_and_all_come_back(undisturbed: list[float | None]) -> None:
    with (
        serving(ModelServer(latency_s=0.2)) as server,
        judged_by(server.url) as function,
        running(function, limits=Limits(queue=10)) as url,
        ThreadPoolExecutor(len(STEP)) as pool,
    ):
        told = each_alone(Client(url=url), STEP, pool)
        assert [answer.result().value for answer in told] == undisturbed
        assert counted(url, r'rubrica_requests_total{route="/v1/score",status="429"}') > 0
        assert server.peak <= 10


def test_a_deadline_that_passes_in_the_queue_is_a_timeout() -> None:
    with (
        serving(ModelServer(latency_s=2.0)) as server,
        judged_by(server.url) as function,
        running(function, limits=Limits(queue=1)) as url,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(post, f"{url}/slime?deadline=1.5", SLIME)
        while not counted(url, "rubrica_in_flight_samples"):
            assert not first.done()
        status, _, headers = post(f"{url}/slime", SLIME)
        assert (status, headers["Retry-After"]) == (429, "1")
        assert trl(url, STEP[1:2], deadline=0.5) == ([None], ["outage"])
        assert first.result()[0] == 503


@pytest.mark.parametrize("with_model", [pytest.param(False, marks=pytest.mark.slow), True], ids=["embedded", "model"])
def test_killed_in_the_middle_of_a_step_and_restarted(
    serve: Callable[..., Any], undisturbed: list[float | None], reward: RewardFunction, *, with_model: bool
) -> None:
    samples = (
        STEP if with_model else [{**each, "prompt": f"{each['prompt']} Part {n}."} for n in range(20) for each in STEP]
    )
    wanted = (
        undisturbed
        if with_model
        else reward.values(reward.score_batch([Sample(each["prompt"], each["completion"]) for each in samples]))
    )
    with serving(ModelServer(latency_s=0.1)) as model, ThreadPoolExecutor(64) as pool:
        asks = ("--model", "test-model", "--api-base", model.url, "--cache", "replies.sqlite", "--effort", "low")
        options = (*asks, "--concurrency", "4") if with_model else ("--workers", "1")
        first = serve(*options)
        told = each_alone(Client(url=first.url, deadline=100), samples, pool)
        while sum(answer.done() for answer in told) < 4:
            time.sleep(0.005)
        assert first.stop(signal.SIGKILL) == -signal.SIGKILL
        assert not all(answer.done() for answer in told)
        second = serve(*options, port=first.port)
        assert [answer.result().value for answer in told] == wanted
        assert [each.value for each in Client(url=second.url).score(samples)] == wanted
        assert second.stop(signal.SIGTERM) == 0
