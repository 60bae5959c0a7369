"""The client against real and failing services: it retries what may pass, keeps its deadline, and makes nothing up."""

import asyncio
import json
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from rubrica.adapters.client import Client, retry_after
from rubrica.errors import ConfigError, UnscoredError
from rubrica.reward import RewardFunction
from rubrica.samples import Sample
from rubrica.service.desk import Limits
from rubrica.service.running import running

ROOT = Path(__file__).parents[2]
PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "156", "I cannot tell.", "It is 157, and I am quite sure about that, really very sure."]
GROUP = [{"prompt": PROMPT, "completion": answer} for answer in ANSWERS]


def values(client: Client) -> list[float | None]:
    return [answer.value for answer in client.score(GROUP)]


def expected(reward: RewardFunction) -> list[float | None]:
    return reward.values(reward.score_batch([Sample(PROMPT, answer) for answer in ANSWERS]))


Script = Callable[[int, BaseHTTPRequestHandler], None]


@contextmanager
def failing(script: Script) -> Iterator[tuple[str, list[float]]]:
    """Serve HTTP by script: called with the number of the request and its handler."""
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked.append(time.monotonic())
            self.rfile.read(int(self.headers["Content-Length"]))
            script(len(asked), self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, status: int, body: object, **headers: str) -> None:
    data = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


GOOD = {
    "results": [{"kind": "reward", "mode": "group"}] * 4,
    "values": [0.1, 0.2, 0.3, 0.4],
}


def test_the_service_gives_the_numbers_of_python(url: str, reward: RewardFunction) -> None:
    client = Client(url=url)
    assert values(client) == expected(reward)
    assert asyncio.run(client.ascore(GROUP)) == client.score(GROUP)
    assert client.score([]) == []


def test_messages_of_a_trainers_own_types_are_sent_as_they_are_written(url: str, reward: RewardFunction) -> None:
    class Turn(BaseModel):
        role: str
        content: str
        reasoning_content: str | None = None

    group = [
        {"prompt": [Turn(role="user", content=PROMPT)], "completion": [Turn(role="assistant", content=answer)]}
        for answer in ANSWERS
    ]
    assert [answer.value for answer in Client(url=url).score(group)] == expected(reward)


def test_one_client_serves_many_loops_threads_and_copies(url: str, reward: RewardFunction) -> None:
    client = pickle.loads(pickle.dumps(Client(url=url, concurrency=4)))

    def batch(_: int) -> list[float | None]:
        return [answer.value for answer in asyncio.run(client.ascore(GROUP))]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(batch, range(24))) == [expected(reward)] * 24


def test_a_forked_child_opens_its_own_connections(url: str, reward: RewardFunction) -> None:
    client = Client(url=url)
    assert values(client) == expected(reward)
    code = (
        "import os, sys, warnings\n"
        "from rubrica.adapters.client import Client\n"
        f"client = Client(url={url!r}); sample = [{{'prompt': 'Say hi.', 'completion': 'hi'}}]\n"
        "before = client.score(sample)\n"
        "child = os.fork()\n"
        "same = client.score(sample) == before\n"
        "if child == 0: os._exit(0 if same else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or (not same))\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, cwd=ROOT)


def test_a_full_queue_is_asked_again_when_it_says() -> None:
    def script(count: int, handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 429, {}, Retry_After="0.2") if count == 1 else answer(handler, 200, GOOD)

    with failing(script) as (address, asked):
        assert values(Client(url=address)) == GOOD["values"]
        assert asked[1] - asked[0] >= 0.2


def test_dropped_connections_and_outages_are_tried_again() -> None:
    def script(count: int, handler: BaseHTTPRequestHandler) -> None:
        if count == 1:
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif count == 2:
            answer(handler, 503, {"detail": "draining"})
        elif count == 3:
            answer(handler, 500, {})
        else:
            answer(handler, 200, GOOD)

    with failing(script) as (address, asked):
        assert values(Client(url=address)) == GOOD["values"]
        assert len(asked) == 4


def test_a_silent_service_is_a_timeout() -> None:
    over = threading.Event()
    with failing(lambda _, __: over.wait(10) and None) as (address, _):  # type: ignore[func-returns-value]
        told = Client(url=address, deadline=0.2).score(GROUP)
        over.set()
    assert [(each.value, each.ok, each.reason) for each in told] == [(None, False, "timeout")] * 4


def test_no_service_is_an_outage_and_never_a_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    told = Client(url=f"http://127.0.0.1:{port}", deadline=0.2).score(GROUP)
    assert {(each.value, each.reason) for each in told} == {(None, "outage")}
    with pytest.raises(UnscoredError, match="outage"):
        told[0].number()


def test_the_users_number_is_given_and_marked() -> None:
    told = Client(url="http://127.0.0.1:9", deadline=0.1, on_unscored=-2.0).score(GROUP)
    assert {(each.value, each.ok) for each in told} == {(-2.0, False)}


@pytest.mark.parametrize("number", ["Infinity", "NaN", "-Infinity"])
def test_a_number_that_is_not_finite_is_unscored(number: str) -> None:
    def script(_: int, handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 200, {**GOOD, "values": [0.1, float(number), 0.3, 0.4]})

    with failing(script) as (address, _):
        assert values(Client(url=address)) == [0.1, None, 0.3, 0.4]


def test_an_answer_that_is_not_one_a_sample_is_an_error() -> None:
    def fewer(_: int, handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 200, {name: each[:3] for name, each in GOOD.items()})

    def page(_: int, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "6")
        handler.end_headers()
        handler.wfile.write(b"<html>")

    for script, told in ((fewer, "3 results for 4 samples"), (page, "no reward service")):
        with failing(script) as (address, _), pytest.raises(ConfigError, match=told):
            Client(url=address).score(GROUP)


def test_a_refusal_is_an_error_at_once(reward: RewardFunction) -> None:
    with running(reward, token="right") as address:
        with pytest.raises(ConfigError, match="401"):
            Client(url=address, token="wrong").score(GROUP)
        assert values(Client(url=address, token="right")) == expected(reward)
        with pytest.raises(ConfigError, match="409"):
            Client(url=address, token="right", library="00000000").score(GROUP)


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after("1.5", now=0) == 1.5
    assert retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=20) == 40
    assert retry_after("soon", now=0) == retry_after("", now=0) == retry_after("-3", now=0) == 0


def test_the_environment_configures_and_settings_override(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", "http://there:1")
    monkeypatch.setenv("REWARD_GROUP_SIZE", "8")
    assert Client.from_env(run="a", other=1) == Client(url="http://there:1", group_size=8, run="a")
    monkeypatch.setenv("REWARD_DEADLINE", "soon")
    with pytest.raises(ConfigError, match="REWARD_DEADLINE"):
        Client.from_env()


def test_groups_split_over_ranks_are_joined(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(window=20)) as address, ThreadPoolExecutor(2) as ranks:
        client = Client(url=address, run="a", group_size=4)
        halves = list(ranks.map(client.score, (GROUP[:2], GROUP[2:])))
    told = [each for half in halves for each in half]
    assert {each.mode for each in told} == {"group"}
    assert [each.value for each in told] == pytest.approx(expected(reward), abs=1e-12)


def test_a_service_killed_in_mid_batch_and_restarted_gives_the_same_numbers(
    serve: Callable[..., Any], reward: RewardFunction
) -> None:
    options = ("--mode", "group", "--workers", "1")
    first = serve(*options)
    client = Client(url=first.url, run="a", group_size=4, deadline=60)
    with ThreadPoolExecutor(2) as ranks:
        early = ranks.submit(client.score, GROUP[:2])  # waits in the service for the other half
        watcher = Client(url=client.url, deadline=30)
        assert watcher.score(GROUP[:1])[0].ok
        assert not early.done()
        first.stop(signal.SIGKILL)
        second = serve(*options, port=first.port)
        late = ranks.submit(client.score, GROUP[2:])
        told = [*early.result(), *late.result()]
    assert second.stop(signal.SIGTERM) == 0
    assert [each.value for each in told] == pytest.approx(expected(reward), abs=1e-12)


def test_sigterm_answers_what_is_in_flight(serve: Callable[..., Any]) -> None:
    service = serve("--mode", "group", "--workers", "1")
    client = Client(url=service.url, run="a", group_size=4, deadline=60)
    with ThreadPoolExecutor(1) as rank:
        waiting = rank.submit(client.score, GROUP[:2])
        assert Client(url=client.url).score(GROUP[:1])[0].ok
        assert service.stop(signal.SIGTERM) == 0
        assert {(each.value, each.reason) for each in waiting.result()} == {(None, "timeout")}
