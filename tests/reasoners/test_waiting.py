"""An endpoint that answers 429 for ever is no silence."""

import logging
from collections import deque

import pytest
from openai_compatible import ModelServer

from rubrica.errors import OutageError
from rubrica.reasoners.retry import Retry
from rubrica.reasoners.waiting import Waiting


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, logger="rubrica")
    logging.getLogger("rubrica").propagate = True
    return lambda: [record.getMessage() for record in caplog.records]


def test_refusals_without_an_answer_are_said_now_and_then(said):
    clock = Clock()
    waiting = Waiting(every_s=10.0, clock=clock)
    for clock.now in range(25):
        waiting.refused(asked_s=None)
    assert said() == [f"waiting for the endpoint: rate limited, {n} retries" for n in (11, 21)]


def test_a_long_wait_that_is_asked_for_is_said_at_once(said):
    waiting = Waiting(clock=Clock())
    for _ in range(3):
        waiting.refused(asked_s=37.0)
    assert said() == ["waiting for the endpoint: rate limited, 1 retry; it asked to wait 37 s"]


def test_a_low_rate_limit_that_lets_calls_through_is_not_worth_a_line(said):
    clock = Clock()
    waiting = Waiting(every_s=10.0, clock=clock)
    for clock.now in range(100):
        waiting.refused(asked_s=2.0)
        waiting.answered()
    assert said() == []


def test_an_endpoint_that_only_says_wait_is_said_and_then_an_outage(run, model, judging, said):
    server = ModelServer(rates={"rate-after": 1.0}, retry_after_s=0.02)
    options = {"retry": Retry(deadline_s=0.2), "waiting": Waiting(every_s=0.0)}
    with pytest.raises(OutageError, match="attempts failed"):
        run(lambda: model(server, **options).complete(judging()), server)
    assert server.counts["calls"] == len(said()) > 1
    assert said()[-1].startswith(f"waiting for the endpoint: rate limited, {len(said())} retries")


def test_what_gets_through_in_the_end_is_an_answer(run, model, judging, said):
    server = ModelServer(script=deque(["rate-after"] * 3), retry_after_s=0.02)
    reply = run(lambda: model(server, waiting=Waiting(every_s=0.0)).complete(judging()), server)
    assert (len(said()), reply.usage.calls) == (3, 4)
