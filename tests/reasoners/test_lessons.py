"""What a language model learns of its endpoint, from answers in the forms that providers document."""

from collections import deque

import pytest
from openai_compatible import ModelServer, content_text

from rubrica.errors import AccessError, OutageError, RefusalError, ReplyError, TooLongError
from rubrica.reasoners.budget import Budget
from rubrica.requests.select import SelectRequest
from rubrica.types import Message, TaskFeatures, TaskView, TextPart


def told(message, code=None, **more):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code, **more}}


DENIED = {
    "key": (401, told("Incorrect API key provided: sk-1", "invalid_api_key")),
    "quota": (429, told("You exceeded your current quota", "insufficient_quota"), {"Retry-After": "1"}),
    "credit": (402, told("This request requires more credits, or fewer max_tokens.", 402)),
    "model": (404, told("The model `test-model` does not exist.", 404)),
    "forbidden": (403, told("You are not allowed to sample from this model")),
}


@pytest.mark.parametrize("name", DENIED)
def test_what_no_call_escapes_ends_the_run_after_one(name, run, model, judging):
    server = ModelServer(script=deque([DENIED[name]] * 3))
    with pytest.raises(AccessError, match=r"no call of test-model gets through: status 4.*; check"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 1


@pytest.mark.parametrize(("name", "ends"), [("key", True), ("credit", True), ("model", False), ("forbidden", False)])
def test_once_answered_only_the_key_and_the_account_end_a_run(name, ends, run, model, judging):
    server = ModelServer(script=deque(["", DENIED[name]]))

    async def body():
        asked = model(server)
        await asked.complete(judging("1", "2"))
        await asked.complete(judging("3", "4"))

    with pytest.raises(OutageError) as caught:
        run(body, server)
    assert isinstance(caught.value, AccessError) == ends


def test_an_endpoint_that_is_not_there_ends_the_run(run, model, judging):
    server = ModelServer(url="http://127.0.0.1:9/v1")
    asked = model(server)
    with pytest.raises(AccessError, match="check --api-base"):
        run(lambda: asked.complete(judging()))


def test_an_endpoint_that_rejects_everything_ends_the_run(run, model, judging):
    server = ModelServer(refuses={"messages": "something is odd"})

    async def body():
        asked = model(server)
        return [await caught(asked.complete(judging(str(number)))) for number in range(20)]

    async def caught(answer):
        with pytest.raises(OutageError) as error:
            await answer
        return isinstance(error.value, AccessError)

    assert run(body, server) == [False] * 19 + [True]


def test_a_case_that_is_too_long_is_said_to_be_after_one_call(run, model, judging):
    server = ModelServer(script=deque([(400, told("prompt is too long: 215432 tokens > 200000 maximum"))]))
    with pytest.raises(TooLongError, match=r"does not fit into the model's context: status 400: .*215432"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 1


VLLM = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (4904 in the messages, "


def test_a_reply_gets_less_room_where_the_context_is_short(run, model, judging):
    server = ModelServer(script=deque([(400, told(f"{VLLM}4096 in the completion)."))]))
    run(lambda: model(server).complete(judging()), server)
    assert [body["max_tokens"] for body in server.bodies] == [4096, 2048]


def test_a_reply_that_is_cut_off_where_the_context_ends_is_not_asked_for_in_circles(run, model, judging):
    server = ModelServer(
        script=deque(["truncated", (400, told(f"{VLLM}16384 in the completion).")), *["truncated"] * 9])
    )
    with pytest.raises(ReplyError, match="cut off at 8192 tokens"):
        run(lambda: model(server).complete(judging()), server)
    assert [body["max_tokens"] for body in server.bodies] == [4096, 16384, 8192]


@pytest.mark.parametrize(
    "said", [{"content": None, "reasoning_content": "Hm, let me think."}, {"content": "<think>\nHm, let me think."}]
)
def test_reasoning_that_took_the_whole_room_gets_more_from_then_on(said, run, model, judging):
    message = {"role": "assistant", **said}
    thought = {"choices": [{"message": message, "finish_reason": "length"}], "usage": {"completion_tokens": 4096}}
    server = ModelServer(script=deque([(200, thought)]))

    async def body():
        asked = model(server)
        await asked.complete(judging("1", "2"))
        await asked.complete(judging("3", "4"))

    run(body, server)
    assert [body["max_tokens"] for body in server.bodies] == [4096, 16384, 16384]


def test_a_model_that_reasons_keeps_its_own_temperature(run, model, judging):
    server = ModelServer(reasons=True)

    async def body():
        asked = model(server)
        await asked.complete(judging("1", "2"))
        await asked.complete(judging("3", "4"))

    run(body, server)
    assert [body.get("temperature") for body in server.bodies] == [0.0, None]
    assert "seed" in server.bodies[1]


def test_many_grades_get_room_for_all_of_them(run, model, judging):
    server = ModelServer()
    request = judging(*map(str, range(8)))
    request = request.model_copy(update={"criteria": request.criteria * 12})
    reply = run(lambda: model(server).complete(request), server)
    assert len(reply.value.grades) == 96
    assert [body["max_tokens"] for body in server.bodies] == [96 * 150]


def test_what_a_proxy_passes_on_is_read_to_its_end(run, model, judging):
    raw = "at " * 150 + "Unsupported value: 'temperature' does not support 0.0 with this model."
    server = ModelServer(script=deque([(400, told("Provider returned error", 400, metadata={"raw": raw}))]))
    run(lambda: model(server).complete(judging()), server)
    assert ["temperature" in body for body in server.bodies] == [True, False]


def test_a_template_without_a_system_role_gets_that_text_from_the_user(run, model, judging):
    server = ModelServer(script=deque([(500, told("Jinja Exception: System role not supported", 500))]))
    run(lambda: model(server).complete(judging()), server)
    first, second = (body["messages"] for body in server.bodies)
    assert [message["role"] for message in second] == ["user"]
    assert second[0]["content"] == f"{first[0]['content']}\n\n{first[1]['content']}"


def test_a_schema_that_is_too_much_for_the_endpoint_costs_no_other_its_own(run, model, judging):
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text="Hi"),)),))
    other = SelectRequest(task=task, features=TaskFeatures(), skills=())
    server = ModelServer(script=deque(["", (400, told("Invalid schema for response_format 'selector': too deep"))]))

    async def body():
        asked = model(server)
        for request in (judging("1", "2"), other, judging("3", "4"), other):
            await asked.complete(request.model_copy(update={"sample": len(server.bodies)}))

    run(body, server)
    forms = ["schema" if "response_format" in body else "tool" for body in server.bodies]
    assert forms == ["schema", "schema", "tool", "schema", "tool"]


def test_moderation_is_a_refusal(run, model, judging):
    flagged = told("Your chosen model requires moderation and your input was flagged", 403, metadata={"reasons": ["x"]})
    server = ModelServer(script=deque([(403, flagged)]))
    with pytest.raises(RefusalError, match="moderation"):
        run(lambda: model(server).complete(judging()), server)


def test_a_reply_that_the_provider_threw_away_is_asked_for_again(run, model, judging):
    server = ModelServer(script=deque([(400, told("Failed to generate JSON.", "json_validate_failed"))]))
    reply = run(lambda: model(server).complete(judging()), server)
    assert len(reply.value.grades) == 2
    assert server.bodies[1]["messages"][-2] == {"role": "assistant", "content": "(empty)"}


def test_the_re_ask_spells_the_schema_out_in_case_it_was_ignored(run, model, judging):
    server = ModelServer(script=deque(["wrong-code"]))
    run(lambda: model(server).complete(judging()), server)
    first, second = (content_text(body["messages"][-1]) for body in server.bodies)
    assert '"additionalProperties": false' in second
    assert '"additionalProperties": false' not in first


def test_a_reply_that_a_server_took_for_reasoning_is_read(run, model, judging):
    whole = ModelServer()
    request = judging()
    reply = run(lambda: model(whole).complete(request), whole)
    text = reply.value.model_copy().model_dump_json()
    message = {"role": "assistant", "content": None, "reasoning": f'{{"reply_to": "{request.code}", {text[1:]}'}
    server = ModelServer(script=deque([(200, {"choices": [{"message": message, "finish_reason": "stop"}]})]))
    assert run(lambda: model(server).complete(request), server).value == reply.value


def test_half_a_character_is_no_reason_to_fail(run, model, judging):
    server = ModelServer()
    run(lambda: model(server).complete(judging("half \ud83d of a smile", "5")), server)
    assert "half ? of a smile" in content_text(server.bodies[0]["messages"][-1])


def test_what_the_endpoint_does_not_count_is_booked_at_its_bound(run, model, judging):
    message = {"role": "assistant", "content": "I'm sorry, but I can't help with that request."}
    uncounted = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": None}
    server = ModelServer(script=deque([(200, uncounted)]))
    budget = Budget()
    with pytest.raises(RefusalError):
        run(lambda: model(server, budget=budget).complete(judging()), server)
    assert budget.spent.tokens_out == 4096
    assert budget.spent.tokens_in > 1000
