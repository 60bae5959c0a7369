"""The routes from the outside: the same numbers in every shape, and an error where there is no number."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from rubrica.logs import FIELDS
from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.service.desk import Limits
from rubrica.service.running import running

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "156", "It is 157, and I am quite sure about that, really very sure."]
GROUP = [Sample(PROMPT, answer) for answer in ANSWERS]


def call(
    url: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
) -> tuple[int, Any, Mapping[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    connection.request("GET" if body is None else "POST", path, body=data, headers=sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    is_json = "json" in response.getheader("content-type", "")
    return response.status, json.loads(content) if is_json else content.decode(), dict(response.getheaders())


def alone(reward: RewardFunction, prompt: object, completion: object, reference: object = None) -> float:
    result = reward.using(mode="pointwise").score(Sample(prompt, completion, reference))
    assert isinstance(result, Reward)
    return result.shaped


def test_score_gives_the_numbers_of_python(url: str, reward: RewardFunction) -> None:
    samples = [{"prompt": PROMPT, "completion": answer} for answer in ANSWERS]
    status, reply, _ = call(url, "/v1/score", {"samples": [*samples, {"prompt": "", "completion": "x"}]})
    assert status == 200
    assert reply["values"] == [*reward.values(reward.score_batch(GROUP)), None]
    assert reply["unscored"] == 1
    assert reply["results"][3]["reason"] == "bad_input"
    assert {result["mode"] for result in reply["results"][:3]} == {"group"}
    assert reply["library"] == reward.provenance("group").library


def test_score_group_and_judge_agree_with_score(url: str, reward: RewardFunction) -> None:
    _, grouped, _ = call(url, "/v1/score_group", {"prompt": PROMPT, "completions": ANSWERS})
    _, verdict, _ = call(url, "/v1/judge", {"prompt": PROMPT, "candidates": ANSWERS})
    told = reward.values(reward.score_batch(GROUP))
    assert grouped["values"] == told
    assert [score["reward"] for score in verdict["scores"]] == told
    assert verdict["findings"]


def test_every_trainers_body_gives_the_same_number(url: str, reward: RewardFunction) -> None:
    expected = alone(reward, [{"role": "user", "content": PROMPT}], ANSWERS[0])
    chatml = f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"
    body: Any = {"query": [f"{chatml}{ANSWERS[0]}<|im_end|>\n<|im_end|>"], "prompts": [chatml], "labels": [""]}
    _, told, _ = call(url, "/get_reward", body)
    assert told == {"rewards": [expected], "scores": [expected], "extra_logs": {"judge_ok": [1.0]}}
    assert call(url, "/slime", {"prompt": PROMPT, "response": ANSWERS[0], "label": None})[1] == expected
    output = [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": ANSWERS[0]}]}]
    body = {"responses_create_params": {"input": [{"role": "user", "content": PROMPT}]}, "response": {"output": output}}
    _, told, _ = call(url, "/verify", {**body, "row": 7})
    assert told["reward"] == expected
    assert {key: told[key] for key in (*body, "row")} == {**body, "row": 7}
    example = {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}], "references": {}}
    _, told, _ = call(url, "/gemini", {"example": example, "response": {"parts": [{"text": ANSWERS[0]}]}})
    assert told["reward"] == expected
    messages = [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": ANSWERS[0]}]
    _, told, _ = call(url, "/bedrock", [{"id": "123", "messages": messages, "metadata": {}}])
    assert (told[0]["id"], told[0]["aggregate_reward_score"]) == ("123", expected)


def test_a_label_is_the_reference(url: str, reward: RewardFunction) -> None:
    right = alone(reward, PROMPT, ANSWERS[0], "156")
    wrong = alone(reward, PROMPT, ANSWERS[0], "999")
    assert call(url, "/slime", {"prompt": PROMPT, "response": ANSWERS[0], "label": "156"})[1] == right
    assert call(url, "/slime", {"prompt": PROMPT, "response": ANSWERS[0], "label": "999"})[1] == wrong
    assert right > wrong


def test_unscored_is_an_error_status_where_the_trainer_has_no_word_for_it(url: str) -> None:
    status, reply, _ = call(url, "/slime", {"prompt": "", "response": "x"})
    assert (status, reply["detail"]["reason"]) == (422, "bad_input")
    late = {"prompt": PROMPT, "response": ANSWERS[0]}
    status, reply, headers = call(url, "/slime?run=late&group_size=2&mode=group", late)
    assert (status, reply["detail"]["reason"]) == (503, "timeout")
    assert headers["retry-after"] == "1"


def test_a_sample_that_timed_out_or_left_is_not_counted_twice(reward: RewardFunction) -> None:
    body = {"prompt": PROMPT, "response": ANSWERS[0]}
    with running(reward, limits=Limits(window=20)) as address:
        assert call(address, "/slime?run=a&group_size=2&mode=group&deadline=0.05", body)[0] == 503
        left = http.client.HTTPConnection(urlsplit(address).netloc)
        left.request(
            "POST", "/slime?run=a&group_size=2&mode=group", json.dumps(body), {"Content-Type": "application/json"}
        )
        left.close()
        gone = 'rubrica_requests_total{route="/slime",status="503"} 2.0'
        while gone not in call(address, "/metrics")[1]:
            time.sleep(0.01)
        assert call(address, "/slime?run=a&group_size=2&mode=group&deadline=0.3", body)[0] == 503


def test_a_chosen_number_is_given_and_said(reward: RewardFunction) -> None:
    with RewardFunction(reward.plan, on_unscored=-1.0) as function, running(function) as address:
        assert call(address, "/slime", {"prompt": "", "response": "x"})[1] == -1.0
        _, told, _ = call(address, "/get_reward", {"query": ["x"], "prompts": [""], "labels": []})
        assert told == {"rewards": [-1.0], "scores": [-1.0], "extra_logs": {"judge_ok": [0.0]}}


def test_limits_are_kept(url: str) -> None:
    sample = {"prompt": PROMPT, "completion": "x"}
    assert call(url, "/v1/score", {"samples": [sample] * 65})[0] == 413
    assert call(url, "/v1/score", {"samples": [{"prompt": "x" * (1 << 20), "completion": "x"}]})[0] == 413
    assert call(url, "/v1/score", b"[" * 100_000)[0] in {400, 422}
    assert call(url, "/v1/score?deadlin=3", {"samples": [sample]})[0] == 422
    assert call(url, "/v1/score", {"samples": [{**sample, "text": "y"}]})[0] == 422


def test_a_chunked_body_is_measured_too(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    chunks = (b"x" * 65536 for _ in range(32))
    connection.request(
        "POST", "/v1/score", body=chunks, headers={"Content-Type": "application/json"}, encode_chunked=True
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_a_full_queue_says_when_to_come_back(reward: RewardFunction) -> None:
    with running(reward, limits=Limits(queue=1)) as address:
        samples = [{"prompt": PROMPT, "completion": answer} for answer in ANSWERS]
        status, _, headers = call(address, "/v1/score", {"samples": samples})
        assert (status, headers["retry-after"]) == (429, "1")
        assert call(address, "/v1/score", {"samples": samples[:1]})[0] == 200


def test_a_run_pinned_to_another_library_is_refused(url: str, reward: RewardFunction) -> None:
    version = reward.provenance("group").library
    body = {"samples": [{"prompt": PROMPT, "completion": "x"}]}
    assert call(url, f"/v1/score?library={version[:12]}", body)[0] == 200
    other = "0" if version[0] != "0" else "1"
    assert call(url, f"/v1/score?library={other}{version[1:12]}", body)[0] == 409


def test_the_token_opens_everything_but_health(reward: RewardFunction) -> None:
    with running(reward, token="s3cret") as address:
        assert call(address, "/healthz")[0] == call(address, "/readyz")[0] == 200
        assert call(address, "/metrics")[0] == call(address, "/docs")[0] == 401
        assert call(address, "/metrics", headers={"Authorization": "Bearer s3cres"})[0] == 401
        status, page, _ = call(address, "/metrics", headers={"Authorization": "Bearer s3cret"})
        assert status == 200
        assert "rubrica_samples_total" in page


def test_logs_hold_no_candidate_text(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="rubrica.service"):
        call(url, "/v1/score", {"samples": [{"prompt": "zebra-prompt", "completion": "zebra-answer"}]})
        call(url, "/slime", {"prompt": "", "response": "zebra-answer"})
        while len(caplog.records) < 2:  # a line is written after its answer is sent
            time.sleep(0.001)
    lines = [getattr(record, FIELDS) for record in caplog.records if record.name == "rubrica.service"]
    assert [(line["route"], line["status"], line["samples"]) for line in lines] == [
        ("/v1/score", 200, 1),
        ("/slime", 422, 1),
    ]
    assert "zebra" not in caplog.text
    assert "zebra" not in json.dumps(lines)


def test_strange_text_is_scored_or_refused_and_never_breaks_the_service(url: str) -> None:
    for text in ("\ud800", "\x00", "<|endoftext|>" * 3, "\u202e", ""):
        sample = {"prompt": PROMPT, "completion": text}
        status, reply, _ = call(url, "/v1/score", {"samples": [sample, {"prompt": PROMPT, "completion": "156"}]})
        assert status == 200
        assert len(reply["results"]) == 2
        assert call(url, "/get_reward", {"query": [text], "prompts": [text], "labels": [text]})[0] in {200, 422}


def test_the_openapi_page_has_examples(url: str) -> None:
    _, page, _ = call(url, "/openapi.json")
    assert {"/v1/score", "/get_reward", "/slime", "/verify", "/gemini", "/bedrock"} <= set(page["paths"])
    assert page["components"]["schemas"]["WireSample"]["properties"]["prompt"]["examples"]


def test_a_body_that_is_no_json_names_the_header(url: str) -> None:
    status, told, _ = call(url, "/v1/score", b"{}", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (status, "content-type: application/json" in told["detail"]) == (422, True)


def test_a_bad_sample_is_named_once_and_not_its_list_too(url: str) -> None:
    status, told, _ = call(url, "/v1/score", {"samples": [{"prompt": "x", "response": "y"}]})
    assert status == 422
    assert [problem["loc"] for problem in told["detail"]] == [
        ["body", "samples", 0, "completion"],
        ["body", "samples", 0, "response"],
    ]
