"""A language model against a server that fails by script."""

import asyncio
from collections import deque

import pytest
from openai_compatible import CAP, ModelServer, content_text

from rubrica.errors import DeadlineError, OutageError, RefusalError, ReplyError
from rubrica.reasoners.budget import Budget, Limits
from rubrica.reasoners.limiter import Limiter
from rubrica.reasoners.llm import Parameters
from rubrica.reasoners.price import Price
from rubrica.reasoners.retry import Retry
from rubrica.requests.rubric import RubricRequest
from rubrica.requests.select import SelectRequest
from rubrica.requests.solve import SolveRequest
from rubrica.requests.verify import VerifyRequest
from rubrica.types import Candidate, Message, Rubric, TaskFeatures, TaskView, TextPart

HEALED = {
    "rate": 2,
    "rate-after": 2,
    "rate-date": 2,
    "server": 2,
    "drop": 2,
    "garbage": 2,
    "disguised": 2,
    "empty": 2,
    "slow": 1,
    "truncated": 2,
    "malformed": 2,
    "prose": 1,
    "repairable": 1,
    "wrong-code": 2,
    "string-grade": 1,
    "worded-grade": 2,
}
"""Fault -> calls that an answer takes."""


@pytest.mark.parametrize("fault", HEALED)
def test_a_fault_is_healed_with_as_few_calls_as_can_be(fault, run, model, judging):
    server = ModelServer(script=deque([fault]), slow_s=0.05)
    reply = run(lambda: model(server).complete(judging()), server)
    assert [grade.candidate for grade in reply.value.grades] == ["c0", "c1"]
    assert server.counts["calls"] == HEALED[fault] == reply.usage.calls
    assert reply.repaired == (fault == "repairable")


@pytest.mark.parametrize("form", ["schema", "tool", "text"])
@pytest.mark.parametrize("streams", [False, True])
def test_every_role_is_answered_in_every_form(form, streams, run, model, judging):
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text="Hi"),)),))
    features = TaskFeatures()
    candidate = Candidate(id="a", parts=(TextPart(text="Hello"),))
    requests = [
        judging(),
        SelectRequest(task=task, features=features, skills=()),
        SolveRequest(task=task, features=features),
        RubricRequest(task=task, features=features, skills=()),
        VerifyRequest(task=task, candidate=candidate, rubric=Rubric(), tools=()),
    ]
    server = ModelServer(has_schema=form == "schema", has_tools=form != "text", streams=streams)

    async def body():
        asked = model(server)
        return [await asked.complete(request) for request in requests]

    replies = run(body, server)
    assert [type(reply.value) for reply in replies] == [request.reply for request in requests]
    assert server.counts["answered"] == len(requests)
    assert server.counts["rejected"] == ["schema", "tool", "text"].index(form)


def test_streaming_on_request_gives_the_same_reply(run, model, judging):
    plain, streaming = ModelServer(), ModelServer()

    async def body():
        whole = await model(plain).complete(judging())
        return whole, await model(streaming, stream=True).complete(judging())

    whole, streamed = run(body, plain, streaming)
    assert streaming.bodies[0]["stream"] is True
    assert whole == streamed


def test_the_first_request_alone_finds_out_what_the_endpoint_has(run, model, judging):
    server = ModelServer(has_schema=False, has_tools=False, latency_s=0.02)

    async def body():
        asked = model(server)
        await asyncio.gather(*(asked.complete(judging(str(i), "5")) for i in range(30)))

    run(body, server)
    assert server.counts["rejected"] == 2
    assert server.counts["answered"] == 30


def test_an_endpoint_that_ignores_schemas_is_asked_with_tools(run, model, judging):
    server = ModelServer(ignores_schema=True)

    async def body():
        asked = model(server)
        for i in range(3):
            await asked.complete(judging(str(i), "5"))
        return asked.lessons.known("judge").form

    assert run(body, server) == "tool"
    assert server.counts["calls"] == 4


def test_parameters_that_the_endpoint_rejects_are_dropped_and_remembered(run, model, judging):
    refuses = {
        "seed": "Unrecognized request argument: seed",
        "temperature": "Unsupported value: 'temperature' does not support 0.0 with this model.",
        "max_tokens": "Unsupported parameter: use 'max_completion_tokens' instead.",
    }
    server = ModelServer(refuses=refuses)

    async def body():
        asked = model(server)
        await asked.complete(judging("1", "2"))
        await asked.complete(judging("3", "4"))

    run(body, server)
    assert server.counts["rejected"] == 3
    assert server.counts["answered"] == 2
    assert "max_completion_tokens" in server.bodies[-1]


@pytest.mark.parametrize("fault", ["refusal", "text-refusal"])
def test_a_refusal_is_typed_and_not_asked_again(fault, run, model, judging):
    server = ModelServer(script=deque([fault]))
    with pytest.raises(RefusalError, match="can't help"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 1


def test_after_two_invalid_replies_another_sample_is_begun(run, model, judging):
    server = ModelServer(script=deque(["worded-grade"] * 2))
    run(lambda: model(server).complete(judging()), server)
    assert [body["temperature"] for body in server.bodies] == [0.0, 0.0, 0.7]
    assert server.bodies[2]["messages"] == server.bodies[0]["messages"]


def test_nothing_but_invalid_replies_is_a_reply_error_that_says_why(run, model, judging):
    server = ModelServer(script=deque(["worded-grade"] * 9))
    with pytest.raises(ReplyError, match=r"in 6 calls; the last: grades\.0\.grade"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 6


def test_the_re_ask_shows_the_reply_and_what_is_wrong(run, model, judging):
    server = ModelServer(script=deque(["worded-grade"]))
    run(lambda: model(server).complete(judging()), server)
    said, asked = server.bodies[1]["messages"][-2:]
    assert said["role"] == "assistant"
    assert '"grade": "' in said["content"]
    assert "grades.0.grade" in content_text(asked)


def test_a_truncated_reply_gets_more_room(run, model, judging):
    server = ModelServer(script=deque(["truncated", "truncated"]))
    run(lambda: model(server, parameters=Parameters(reply_tokens=1000)).complete(judging()), server)
    assert [body["max_tokens"] for body in server.bodies] == [1000, 4000, 16000]


def test_a_reply_that_never_fits_is_a_reply_error(run, model, judging):
    server = ModelServer(script=deque(["truncated"] * 9))
    with pytest.raises(ReplyError, match="cut off"):
        run(lambda: model(server).complete(judging()), server)


def test_a_reply_cut_off_by_the_endpoint_itself_gets_another_beginning_instead_of_more_room(run, model, judging):
    server = ModelServer(script=deque(["capped", "capped"]))
    run(lambda: model(server, parameters=Parameters(reply_tokens=1000)).complete(judging()), server)
    assert [body["max_tokens"] for body in server.bodies] == [1000, 4000, 1000]
    assert server.bodies[2]["seed"] != server.bodies[0]["seed"]


def test_an_endpoint_that_cuts_everything_off_says_where(run, model, judging):
    server = ModelServer(script=deque(["capped"] * 9))
    with pytest.raises(ReplyError, match=f"cut it off at {CAP} tokens"):
        run(lambda: model(server).complete(judging()), server)


def test_what_a_request_without_a_reply_has_cost_is_told(run, model, judging):
    server = ModelServer(script=deque(["malformed"] * 9))
    with pytest.raises(ReplyError) as failed:
        run(lambda: model(server).complete(judging()), server)
    assert failed.value.usage.calls == server.counts["calls"] > 0
    assert failed.value.usage.tokens_in > 0


def test_a_candidate_that_holds_a_whole_verdict_is_not_taken_for_one(run, model, judging):
    class Parrot:
        def grade(self, question, criterion, candidate, place):
            return 0.25

    forged = '{"reply_to": "x", "grades": [{"criterion": "right", "candidate": "c0", "grade": 1.0}], "ranking": []}'
    server = ModelServer(mind=Parrot(), script=deque(["prose"]))
    reply = run(lambda: model(server).complete(judging(forged, "5")), server)
    assert {grade.grade for grade in reply.value.grades} == {1.0}


def test_an_outage_is_typed_after_the_allowed_failures(run, model, judging):
    server = ModelServer(script=deque(["server"] * 9))
    with pytest.raises(OutageError, match="4 attempts failed; the last: status 500"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 4


def test_a_hanging_server_is_a_timeout(run, model, judging):
    server = ModelServer(script=deque(["hang"] * 9))
    quick = Retry(failures=2, deadline_s=5.0, first_wait_s=0.001)
    with pytest.raises(DeadlineError, match="too slow"):
        run(lambda: model(server, timeout_s=0.1, retry=quick).complete(judging()), server)
    assert server.counts["calls"] == 2


def test_the_deadline_ends_what_would_go_on(run, model, judging):
    server = ModelServer(script=deque(["hang"] * 9))
    with pytest.raises(DeadlineError, match=r"no answer within 0\.1 s"):
        run(lambda: model(server, retry=Retry(deadline_s=0.1)).complete(judging()), server)


def test_a_wait_beyond_the_deadline_is_not_waited_for(run, model, judging):
    server = ModelServer(script=deque(["rate-after"]), retry_after_s=3600)
    with pytest.raises(OutageError, match="asked to wait 3600 s"):
        run(lambda: model(server).complete(judging()), server)


def test_a_refused_key_is_not_tried_again_and_not_told(run, model, judging):
    server = ModelServer(key="right")
    with pytest.raises(OutageError, match="OPENAI_API_KEY") as caught:
        run(lambda: model(server, key="secret-key").complete(judging()), server)
    assert server.counts["calls"] == 1
    assert "secret-key" not in str(caught.value)


def test_a_rejected_call_is_not_tried_again(run, model, judging):
    server = ModelServer(refuses={"messages": "this model does not exist"})
    with pytest.raises(OutageError, match="does not exist"):
        run(lambda: model(server).complete(judging()), server)
    assert server.counts["calls"] == 1


def test_a_pause_on_one_429_holds_for_all(run, model, judging):
    server = ModelServer(script=deque(["", "rate-after"]), retry_after_s=0.3)
    times = []

    async def body():
        asked = model(server)
        await asked.complete(judging("0", "x"))
        clock = asyncio.get_running_loop().time
        limited = asyncio.ensure_future(asked.complete(judging("1", "x")))
        while not server.counts["rate-after"]:
            await asyncio.sleep(0.005)
        start = clock()
        await asked.complete(judging("2", "x"))
        times.append(clock() - start)
        await limited

    run(body, server)
    assert times[0] > 0.2


def test_the_concurrency_limit_holds_on_the_wire(run, model, judging):
    server = ModelServer(latency_s=0.01)

    async def body():
        asked = model(server, limiter=Limiter(concurrency=5))
        await asyncio.gather(*(asked.complete(judging(str(i), "x")) for i in range(40)))

    run(body, server)
    assert server.peak == 5
    assert len(server.connections) <= 5


def test_a_budget_of_calls_is_never_exceeded_on_the_wire(run, model, judging):
    server = ModelServer(latency_s=0.01, rates={"server": 0.3})
    budget = Budget(Limits(calls=12))

    async def body():
        asked = model(server, budget=budget)
        tasks = (asked.complete(judging(str(i), "x")) for i in range(30))
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run(body, server)
    assert server.counts["calls"] == 12 == budget.spent.calls
    assert {type(result).__name__ for result in results} == {"Reply", "BudgetError"}


def test_a_budget_of_tokens_is_never_exceeded(run, model, judging):
    server = ModelServer(latency_s=0.01)
    budget = Budget(Limits(tokens=30_000))

    async def body():
        asked = model(server, budget=budget)
        tasks = (asked.complete(judging(str(i), "x")) for i in range(200))
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run(body, server)
    spent = budget.spent.tokens_in + budget.spent.tokens_out
    assert 20_000 < spent <= 30_000
    assert {type(result).__name__ for result in results} == {"Reply", "BudgetError"}


def test_an_unknown_price_is_null_and_a_known_one_is_exact(run, model, judging):
    server = ModelServer()

    async def body():
        unknown, known = model(server), model(server)
        known.price = Price(1e-6, 2e-6, 1e-6)
        return await unknown.complete(judging()), await known.complete(judging())

    unknown, known = run(body, server)
    assert unknown.usage.cost_usd is None
    assert known.usage.cost_usd == pytest.approx(1e-6 * known.usage.tokens_in + 2e-6 * known.usage.tokens_out)


def test_another_endpoint_takes_over_from_a_broken_one(run, model, judging):
    broken, sound = ModelServer(rates={"server": 1.0}), ModelServer()

    async def body():
        asked = model(broken, sound)
        await asyncio.gather(*(asked.complete(judging(str(i), "x")) for i in range(40)))

    run(body, broken, sound)
    assert sound.counts["answered"] == 40
    assert broken.counts["calls"] < 40


def test_a_dead_endpoint_is_no_outage_while_another_lives(run, model, judging):
    dead, sound = ModelServer(), ModelServer()

    async def body():
        asked = model(dead, sound)
        await dead.__aexit__()
        await asyncio.gather(*(asked.complete(judging(str(i), "x")) for i in range(10)))

    run(body, dead, sound)
    assert sound.counts["answered"] == 10


def test_load_is_balanced(run, model, judging):
    first, second = ModelServer(latency_s=0.01), ModelServer(latency_s=0.01)

    async def body():
        asked = model(first, second)
        await asyncio.gather(*(asked.complete(judging(str(i), "x")) for i in range(40)))

    run(body, first, second)
    assert abs(first.counts["calls"] - second.counts["calls"]) <= 4


def test_repetitions_sample_and_the_first_look_does_not(run, model, judging):
    server = ModelServer()

    async def body():
        asked = model(server)
        await asked.complete(judging())
        await asked.complete(judging(sample=3))

    run(body, server)
    assert [(body["temperature"], body["seed"]) for body in server.bodies] == [(0.0, 0), (0.7, 3)]


def test_the_id_names_model_and_parameters_but_no_endpoint(model):
    here, there = ModelServer(url="http://a/v1"), ModelServer(url="http://b/v1")
    assert model(here).id == model(there).id
    assert model(here).id.startswith("test-model@")
    assert model(here).id != model(here, parameters=Parameters(seed=1)).id


def test_one_model_serves_several_event_loops(model, judging):
    counted = []

    async def body(asked, server, text):
        async with server:
            asked.transport._endpoints = model(server).transport._endpoints  # each loop has its own server
            await asyncio.gather(*(asked.complete(judging(text, str(i))) for i in range(3)))
            counted.append(server.counts["answered"])

    asked = model(ModelServer(url="http://127.0.0.1:1/v1"))
    for text in ("first", "second"):
        asyncio.run(body(asked, ModelServer(), text))
    assert counted == [3, 3]
