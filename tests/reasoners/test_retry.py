import asyncio
from datetime import UTC, datetime

import pytest

from rubrica.config import Settings
from rubrica.errors import DeadlineError, OutageError
from rubrica.reasoners.failure import CallError, failure_of
from rubrica.reasoners.open import open_budget, open_model
from rubrica.reasoners.retry import Retry
from rubrica.reasoners.retry_after import asked_wait, seconds_of


def attempts(*errors):
    """Make an attempt that fails like this, one after the other, and then works."""
    left = list(errors)

    async def attempt(_watch):
        if left:
            raise left.pop(0)
        return "done"

    return attempt


def tried(retry, *errors):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    policy = Retry(failures=retry.failures, deadline_s=retry.deadline_s, sleep=sleep)
    return asyncio.run(policy.run(attempts(*errors))), slept


def error(kind, retry_after=None):
    return CallError("it failed", kind=kind, retry_after=retry_after)


def test_what_passes_is_tried_again():
    assert tried(Retry(), error("server"), error("connection"), error("timeout"))[0] == "done"


@pytest.mark.parametrize("kind", ["denied", "rejected"])
def test_what_does_not_pass_is_tried_once(kind):
    with pytest.raises(CallError):
        tried(Retry(), error(kind))


def test_failures_are_counted():
    with pytest.raises(OutageError, match="3 attempts failed"):
        tried(Retry(failures=3), *[error("server")] * 3)


def test_being_told_to_wait_is_no_failure():
    result, slept = tried(Retry(failures=2), *[error("rate", 0.5)] * 20, error("server"))
    assert result == "done"
    assert len(slept) == 21


def test_a_requested_wait_is_kept_with_a_little_more():
    _, slept = tried(Retry(), error("rate", 8.0))
    assert 8.0 <= slept[0] <= 10.0


def test_a_wait_beyond_the_deadline_ends_it_at_once():
    with pytest.raises(OutageError, match="asked to wait 3600 s"):
        tried(Retry(deadline_s=60), error("rate", 3600.0))


def waits(count, *, moving):
    answered = iter(range(10_000))

    async def sleep(_seconds):
        pass

    policy = Retry(deadline_s=60.0, sleep=sleep)
    attempt = attempts(*[error("rate", 8.0)] * count)
    return asyncio.run(policy.run(attempt, answered=(lambda: next(answered)) if moving else int))


def test_waiting_for_ones_turn_is_no_outage_while_others_get_through():
    assert waits(500, moving=True) == "done"
    with pytest.raises(OutageError, match="attempts failed"):
        waits(500, moving=False)


def test_a_long_wait_counts_whoever_gets_through():
    with pytest.raises(OutageError, match="asked to wait 3600 s"):
        asyncio.run(Retry().run(attempts(error("rate", 3600.0)), answered=iter(range(99)).__next__))


def test_slow_attempts_are_a_timeout():
    with pytest.raises(DeadlineError, match="2 attempts were too slow"):
        tried(Retry(failures=2), *[error("timeout")] * 2)


def test_time_in_our_own_queues_does_not_count():
    async def body():
        async def attempt(watch):
            await asyncio.sleep(0.1)  # waiting for a slot
            async with watch.running():
                return "done"

        return await Retry(deadline_s=0.05).run(attempt)

    assert asyncio.run(body()) == "done"


@pytest.mark.parametrize(("attempt_s", "answer"), [(5.0, "done"), (0.0, None)])
def test_an_attempt_that_was_begun_has_its_own_time_whatever_the_deadline_has_left(attempt_s, answer):
    """A slow local model after a wait: the deadline decides whether there is another attempt, and no more."""

    async def body():
        async def attempt(watch):
            async with watch.running():
                await asyncio.sleep(0.1)
                return "done"

        return await Retry(deadline_s=0.01, attempt_s=attempt_s).run(attempt)

    if answer:
        assert asyncio.run(body()) == answer
    else:
        with pytest.raises(DeadlineError, match=r"no answer within 0\.01 s"):
            asyncio.run(body())


@pytest.mark.parametrize("timeout", [5.0, 600.0, 3600.0])
def test_a_longer_timeout_of_the_user_makes_the_deadline_longer(timeout):
    settings = Settings(timeout=timeout, api_base="http://127.0.0.1:1/v1")
    retry = open_model(settings, "slow", open_budget(settings)).retry
    assert retry.deadline_s >= max(600.0, 2 * timeout)
    assert retry.attempt_s > timeout


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((429, "rate"), (500, "server"), (503, "server"), (529, "server"), (409, "server"), (504, "timeout")),
        *((401, "denied"), (402, "denied"), (403, "barred"), (404, "missing"), (413, "long"), (524, "timeout")),
        *(
            (400, "rejected"),
            (422, "rejected"),
            (307, "rejected"),
            (501, "rejected"),
            (498, "server"),
            (408, "timeout"),
        ),
    ],
)
def test_statuses_are_sorted(status, kind):
    assert failure_of(status) == kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.25", 0.25),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert seconds_of(header, now=datetime(2026, 11, 21, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("headers", "told", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, "", 1.5),
        ({"Retry-After": "17"}, "Please try again in 3s.", 17.0),
        ({}, "Limit 30000, Used 29000, Requested 5000. Please try again in 8.123s. Visit", 8.123),
        ({}, "Please try again in 1m2.5s.", 62.5),
        ({}, "Please try again in 120ms.", 0.12),
        ({}, 'Please retry in 37.5s. "retryDelay": "37s"', 37.5),
        ({}, '{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}', 37.0),
        ({}, "Try again later.", None),
    ],
)
def test_a_wait_is_found_wherever_providers_put_it(headers, told, seconds):
    assert asked_wait(headers, told) == seconds
