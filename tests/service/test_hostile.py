"""Callers that mean harm, or are broken: they get an error, and everybody else an answer."""

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from select import select
from typing import Any
from urllib.parse import urlsplit

import pytest

from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.service.buffer import GroupBuffer
from rubrica.service.connection import Connection
from rubrica.service.desk import Limits
from rubrica.service.running import running
from rubrica.types import Unscored

PROMPT = "What is 12 * 13? Answer in at most 5 words."
SLIME = json.dumps({"prompt": PROMPT, "response": "It is 156."})
SAMPLE = {"prompt": PROMPT, "completion": "It is 156."}
TEMPLATE = '{"samples": [{"prompt": "a", "completion": "x", %s}]}'


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def ask(url: str, path: str, body: str | bytes, **headers: str) -> tuple[int, Any]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    connection.request("POST", path, data, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content)


def raw(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def head(path: str, length: int, *more: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: a", "Content-Type: application/json", f"Content-Length: {length}", *more)
    return "\r\n".join([*lines, "", ""]).encode()


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Read so many answers, which may come in one piece."""
    found = []
    with connection.makefile("rb") as stream:
        for _ in range(count):
            status = int(stream.readline().split()[1])
            told = dict(line.lower().split(b": ") for line in iter(lambda: stream.readline().strip(), b""))
            found.append((status, stream.read(int(told.get(b"content-length", b"-1")))))
    return found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/score", "NaN"),
        ("/v1/score", TEMPLATE % '"id": NaN'),
        ("/v1/score", TEMPLATE % '"id": "\\ud800"'),
        ("/v1/score", TEMPLATE % '"other": -Infinity'),
        ("/v1/score", TEMPLATE % '"other": "\\ud800"'),
        ("/v1/score", TEMPLATE % f'"context": {"9" * 5000}'),
        ("/v1/score", TEMPLATE % f'"context": {nested(300)}'),
        ("/v1/score", TEMPLATE % f'"other": {nested(900)}'),
        ("/v1/score", TEMPLATE % f'"context": {nested(100_000)}'),
        ("/v1/score", b'{"samples": [{"prompt": "\xe9", "completion": "x"}]}'),
        ("/v1/score", ""),
        ("/v1/judge", "[]"),
        ("/v1/judge", '{"prompt": "a", "candidates": ["b"], "meta": {"a": NaN}}'),
        ("/v1/judge", '{"prompt": [{"role": "\\ud800", "content": "a"}], "candidates": ["b"]}'),
        ("/bedrock?run=a&group_size=2", "[]"),
        ("/get_reward", '{"query": ["a b", "a c"], "prompts": ["a"]}'),
        ("/get_reward", '{"query": ["a b"], "prompts": ["a"], "labels": ["1", "2"]}'),
        ("/slime?deadline=nan&run=a&group_size=2", SLIME),
        ("/slime?deadline=inf", SLIME),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_an_error_of_ours(url: str, path: str, body: str | bytes) -> None:
    assert ask(url, path, body)[0] in {400, 422}


def test_a_refusal_does_not_send_the_body_back(url: str) -> None:
    status, told = ask(url, "/v1/score", TEMPLATE % '"other": "zebra"')
    assert (status, "zebra" in json.dumps(told)) == (422, False)


@pytest.mark.parametrize("extra", ['"\\ud800"', f'{{"a": {"[" * 300}1{"]" * 300}}}'])
def test_nemo_gym_gets_back_what_it_sent_however_strange(url: str, extra: str) -> None:
    body = f'{{"responses_create_params": {{"input": "{PROMPT}"}}, "response": {{"output": [%s]}}, "row": {extra}}}'
    said = '{"type": "message", "content": "It is 156."}'
    status, told = ask(url, "/verify", body % said)
    assert (status, told["row"]) == (200, json.loads(extra))


def test_a_body_that_dribbles_in_is_given_up(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(body_s=0.2)) as url:
        for token in ((), ("Authorization: Bearer wrong",)):
            with raw(url) as connection:
                connection.sendall(head("/slime", len(SLIME), *token) + SLIME[:5].encode())
                assert [status for status, _ in answers(connection, 1)] == [408]
                assert connection.recv(1) == b""
    with running(reward, limits=Limits(body_s=0.2), token="right") as url, raw(url) as connection:
        connection.sendall(head("/slime", len(SLIME)) + SLIME[:5].encode())
        assert [status for status, _ in answers(connection, 1)] == [401]
        assert connection.recv(1) == b""


def test_a_head_that_never_ends_is_given_up(reward: RewardFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "idle_s", 0.3)
    with running(reward) as url, raw(url) as silent, raw(url) as first, raw(url) as second:
        first.sendall(b"POST /slime HTTP/1.1\r\nHost: a\r\n")
        second.sendall(head("/slime", len(SLIME)) + SLIME.encode())
        assert [status for status, _ in answers(second, 1)] == [200]
        second.sendall(b"POST /sl")
        assert silent.recv(1) == first.recv(1) == second.recv(1) == b""


def test_a_request_that_takes_long_is_not_given_up(reward: RewardFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "idle_s", 0.05)
    with running(reward, limits=Limits(window=0.5)) as url:
        assert ask(url, "/slime?run=a&group_size=2", SLIME)[0] == 200


def test_long_bodies_are_not_held_in_any_number(reward: RewardFunction) -> None:
    part = b"x" * ((1 << 20) - 1)
    with running(reward, limits=Limits(body_mb=1)) as url, ExitStack() as stack:
        senders = [stack.enter_context(raw(url)) for _ in range(9)]
        for sender in senders:
            sender.sendall(head("/slime", len(part) + 1) + part)
        ready, _, _ = select(senders, [], [], 30)
        assert [status for status, _ in answers(ready[0], 1)] == [429]
        for sender in senders:
            sender.close()
        until = time.monotonic() + 30
        while ask(url, "/slime", SLIME)[0] != 200:
            assert time.monotonic() < until


def test_pipelined_requests_are_answered_in_order(url: str, reward: RewardFunction) -> None:
    bodies = [json.dumps({"prompt": PROMPT, "response": text}) for text in ("156", "It is 157.", "No.")]
    with raw(url) as connection:
        connection.sendall(b"".join(head("/slime", len(body)) + body.encode() for body in bodies))
        told = [json.loads(content) for _, content in answers(connection, 3)]
    alone = reward.using(mode="pointwise")
    assert told == alone.values(alone.score_batch([Sample(PROMPT, text) for text in ("156", "It is 157.", "No.")]))


def test_two_lengths_are_no_way_in(url: str) -> None:
    inner = b"POST /slime HTTP/1.1\r\nHost: a\r\n\r\n"
    with raw(url) as connection:
        connection.sendall(head("/slime", 5, "Transfer-Encoding: chunked") + b"0\r\n\r\n" + inner)
        assert [status for status, _ in answers(connection, 1)] == [400]


@pytest.mark.parametrize("given", ["s3cret", "bearer s3cret", "Bearer ", "Bearer s3cre\u00e9", "Basic s3cret"])
def test_only_the_token_is_the_token(reward: RewardFunction, given: str) -> None:
    with running(reward, token="s3cret") as url:
        assert ask(url, "/slime", SLIME, Authorization=given)[0] == 401


def test_a_second_header_does_not_help(reward: RewardFunction) -> None:
    with running(reward, token="s3cret") as url, raw(url) as connection:
        both = ("Authorization: Bearer wrong", "Authorization: Bearer s3cret")
        connection.sendall(head("/slime", len(SLIME), *both) + SLIME.encode())
        assert [status for status, _ in answers(connection, 1)] == [401]


def test_callers_who_leave_in_mid_body_leave_nothing_behind(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(queue=1)) as url:
        for _ in range(5):
            with raw(url) as connection:
                connection.sendall(head("/slime", len(SLIME)) + SLIME[:9].encode())
        assert ask(url, "/slime", SLIME)[0] == 200


def test_an_id_that_comes_again_with_another_text_is_another_sample(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(window=0.1)) as url:
        told = []
        for text in ("156", "It is 157, I am sure about that, I think, really.", "156"):
            sample = {"prompt": PROMPT, "completion": text, "id": "1"}
            _, reply = ask(url, "/v1/score?run=a&group_size=2", json.dumps({"samples": [sample]}))
            told += reply["values"]
    alone = reward.using(mode="pointwise")
    assert told[:2] == alone.values(alone.score_batch([Sample(PROMPT, "156")])) + alone.values(
        alone.score_batch([Sample(PROMPT, "It is 157, I am sure about that, I think, really.")])
    )
    assert told[2] == told[0]


def test_no_sample_gets_into_a_group_of_another_run_size_or_mode(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer = GroupBuffer(window=0.1)
        asked = [
            ("a", reward.using(group_size=2, mode="group")),
            ("b", reward.using(group_size=2, mode="group")),
            ("a", reward.using(group_size=3, mode="group")),
            ("a", reward.using(group_size=2, mode="auto")),
        ]
        found = [buffer.add(function, [Sample(PROMPT, "156")], run=run, ids=[""])[0] for run, function in asked]
        assert len(buffer) == 4
        results = await asyncio.gather(*found)
        assert [isinstance(result, Unscored) for result in results] == [True, True, True, False]
        assert len(buffer) == 0

    asyncio.run(play())


def test_a_hasty_member_does_not_end_its_group(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer = GroupBuffer(window=20)
        hasty, patient = (reward.using(group_size=2, mode="group", deadline=seconds) for seconds in (1e-9, 60.0))
        first = buffer.add(hasty, [Sample("Name a colour.", "red")], run="a", ids=["1"])
        second = buffer.add(patient, [Sample("Name a colour.", "blue")], run="a", ids=["2"])
        assert all(isinstance(result, Reward) for result in await asyncio.gather(*first, *second))

    asyncio.run(play())


def test_work_that_nobody_waits_for_counts_as_work(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(queue=8, window=20)) as url, ThreadPoolExecutor(8) as pool:

        def hasty(number: int) -> int:
            sample = {**SAMPLE, "id": str(number)}
            query = "run=a&group_size=100&mode=group&deadline=0.01"
            return ask(url, f"/v1/score?{query}", json.dumps({"samples": [sample]}))[0]

        statuses = list(pool.map(hasty, range(20)))
    assert statuses.count(200) == 8
    assert statuses.count(429) == 12
