import json

import pytest

from rubrica.errors import ConfigError
from rubrica.reasoners.completion import completion_of, completion_of_events
from rubrica.reasoners.direct import Direct, completions_url
from rubrica.reasoners.endpoints import Endpoints
from rubrica.reasoners.failure import CallError

CALLED = {"function": {"name": "answer", "arguments": '{"a": 1}'}}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
        ("https://host/proxy/openai", "https://host/proxy/openai/chat/completions"),
        ("https://host/v1/chat/completions", "https://host/v1/chat/completions"),
        ("https://host/v1?api-version=2", "https://host/v1/chat/completions?api-version=2"),
    ],
)
def test_a_base_becomes_the_url_of_completions(base, url):
    assert completions_url(base) == url


@pytest.mark.parametrize("base", ["localhost:8000", "ftp://host", "", "http://user:password@host/v1", "file:///etc"])
def test_what_is_no_plain_url_is_refused(base):
    with pytest.raises(ConfigError):
        completions_url(base)


def test_no_endpoint_is_refused():
    with pytest.raises(ConfigError, match="--api-base"):
        Direct("m", [])


def test_the_key_is_not_part_of_what_an_object_shows():
    assert "secret" not in repr(Direct("m", ["http://h"], key="secret"))


@pytest.mark.parametrize(
    "message",
    [
        {"content": "hi"},
        {"content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]},
        {"content": None, "tool_calls": [{"function": {"name": "answer", "arguments": "hi"}}]},
        {"content": "", "reasoning_content": "hm", "tool_calls": [{"function": {"name": "answer", "arguments": "hi"}}]},
    ],
)
def test_the_text_is_found_wherever_providers_put_it(message):
    assert completion_of({"choices": [{"message": message, "finish_reason": "stop"}]}).text == "hi"


def test_tokens_that_are_not_told_are_not_known():
    completion = completion_of({"choices": [{"message": {"content": "x"}}]})
    assert (completion.tokens_in, completion.tokens_out) == (None, None)


def choice(message, finish="stop", **more):
    return {"choices": [{"message": message, "finish_reason": finish, **more}]}


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "tool_calls": [{"function": {"name": "reply", "arguments": {"a": 1}}}]},
        {"content": None, "tool_calls": [{"function": {"name": "x", "arguments": "no"}}, CALLED]},
        {"content": None, "reasoning_content": '{"a": 1}'},
        {"content": "", "reasoning": '{"a": 1}'},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": '{"a": 1}'},
            ]
        },
    ],
)
def test_a_reply_in_an_odd_place_is_found(message):
    assert completion_of(choice(message)).text == '{"a": 1}'


def test_reasoning_that_was_cut_off_is_no_reply():
    assert completion_of(choice({"content": None, "reasoning": '{"a": 1}'}, "length")).text == ""


@pytest.mark.parametrize(
    ("told", "finish"),
    [
        *(("length", "length"), ("MAX_TOKENS", "length"), ("model_length", "length"), ("max_tokens", "length")),
        *(("SAFETY", "content_filter"), ("refusal", "content_filter"), ("content_filter", "content_filter")),
        *(("stop", "stop"), ("tool_calls", "tool_calls"), (None, "")),
    ],
)
def test_every_providers_word_for_the_end_is_known(told, finish):
    assert completion_of(choice({"content": "x"}, told)).finish == finish


@pytest.mark.parametrize(
    "data",
    [
        choice({"content": ""}, "error"),
        choice({"content": "half"}, "abort"),
        choice({"content": ""}, error={"code": 502, "message": "Provider error"}),
        choice({"content": None}),
        {"choices": None},
        {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "overloaded"}}},
    ],
)
def test_a_server_that_broke_off_is_a_passing_failure(data):
    with pytest.raises(CallError) as caught:
        completion_of(data)
    assert caught.value.kind == "server"


def test_moderation_in_a_body_of_status_200_is_told_apart():
    flagged = {"error": {"message": "Input was flagged", "code": 403, "metadata": {"reasons": ["violence"]}}}
    with pytest.raises(CallError) as caught:
        completion_of(flagged)
    assert caught.value.kind == "flagged"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, (10, 5, 0, None)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}, (10, 105, 0, None)),  # xAI
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}},
            (10, 5, 8, None),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8}, (10, 5, 8, None)),  # DeepSeek
        ({"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25}, (10, 5, 0, 0.25)),  # OpenRouter
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, (None, None, 0, None)),
        (None, (None, None, 0, None)),
    ],
)
def test_what_was_used_is_read_in_every_shape(usage, counted):
    told = completion_of({**choice({"content": "x"}), "usage": usage})
    assert (told.tokens_in, told.tokens_out, told.tokens_cached, told.cost_usd) == counted


@pytest.mark.parametrize("data", [[], None, {}, {"choices": []}, {"choices": [{}]}, {"choices": [None]}])
def test_what_is_no_completion_is_a_passing_failure(data):
    with pytest.raises(CallError) as caught:
        completion_of(data)
    assert caught.value.passes


def test_an_error_in_disguise_keeps_its_status():
    with pytest.raises(CallError) as caught:
        completion_of({"error": {"message": "slow down", "code": 429}})
    assert caught.value.kind == "rate"


def test_a_stream_that_breaks_off_is_no_completion():
    event = {"choices": [{"delta": {"content": "half"}, "finish_reason": None}]}
    with pytest.raises(CallError, match="ended before"):
        completion_of_events(f"data: {json.dumps(event)}\n\n")


def test_an_error_in_a_stream_is_a_failure():
    with pytest.raises(CallError, match="engine"):
        completion_of_events('data: {"error": {"message": "engine died", "code": 500}}\n\n')


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_endpoint_rests_after_failures_and_is_tried_again():
    clock = Clock()
    pool = Endpoints(["a", "b"], clock=clock)
    broken = next(endpoint for endpoint in pool._all if endpoint.url == "a")
    for _ in range(3):
        pool.failed(broken)
    assert {pool.pick().url for _ in range(4)} == {"b"}
    clock.now = 3.0
    assert {pool.pick().url for _ in range(4)} == {"a", "b"}


def test_a_busy_endpoint_is_no_pause_while_another_is_free():
    pool = Endpoints(["a", "b"], clock=Clock())
    first, second = pool._all
    pool.busy(first, 5.0)
    assert pool.pause() == 0.0
    pool.busy(second, 3.0)
    assert pool.pause() == 3.0
    assert pool.pick().url == "b"


def test_the_least_loaded_endpoint_is_next():
    pool = Endpoints(["a", "b", "c"], clock=Clock())
    for endpoint in pool._all[:2]:
        endpoint.in_flight = 4
    assert {pool.pick().url for _ in range(3)} == {"c"}
