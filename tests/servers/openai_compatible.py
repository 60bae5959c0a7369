"""A loopback endpoint in the OpenAI chat shape: it checks what a client sends, and fails by script.

It reads a request by its structure alone: the JSON schema of the reply (`response_format`, a tool's parameters, or a
schema spelled out in the last message) and the marked data (`<data-CODE name=...>`). It looks for no word of a prompt.
What it answers is up to a `Mind`. It proves our client and our roles' plumbing, never that a real model judges well.

    python tests/servers/openai_compatible.py --latency 0.1        prints its URL and serves until its input closes
"""

import argparse
import asyncio
import hashlib
import json
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any, Protocol, Self

from aiohttp import web

FENCE = re.compile(
    r'<data-(?P<code>\w+) name="(?P<name>[\w-]+)"(?P<rest>[^\n]*)>\n(?P<text>.*?)\n</data-(?P=code)>', re.DOTALL
)
ATTRIBUTE = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')


def chance(*parts: object) -> float:
    """A fixed number in [0, 1) for what it is asked about."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


@dataclass(frozen=True)
class Datum:
    """One marked block of a prompt."""

    name: str
    text: str
    attributes: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")


@dataclass(frozen=True)
class Question:
    """A request as the server understands it."""

    body: Mapping[str, Any]
    code: str
    data: tuple[Datum, ...]
    schema: Mapping[str, Any]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Question":
        texts = [content_text(message) for message in body["messages"] if message["role"] == "user"]
        found = list(FENCE.finditer("\n".join(texts)))
        data = tuple(
            Datum(
                name=match["name"],
                text=match["text"],
                attributes={key: json.loads(value) for key, value in ATTRIBUTE.findall(match["rest"])},
            )
            for match in found
        )
        return cls(body=body, code=found[0]["code"] if found else "", data=data, schema=schema_of(body, texts[-1]))

    def all(self, name: str) -> tuple[Datum, ...]:
        return tuple(datum for datum in self.data if datum.name == name)

    @property
    def fields(self) -> frozenset[str]:
        """Which reply is wanted, by the fields of its schema."""
        return frozenset(self.schema.get("properties", ())) - {"reply_to"}

    @property
    def task(self) -> str:
        return "\n".join(datum.text for datum in self.all("task"))


def content_text(message: Mapping[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def schema_of(body: Mapping[str, Any], last: str) -> Mapping[str, Any]:
    if "response_format" in body:
        return body["response_format"]["json_schema"]["schema"]
    if "tools" in body:
        return body["tools"][0]["function"]["parameters"]
    start = last.rfind('\n{"type": "object"') + 1
    return json.JSONDecoder().raw_decode(last[start:])[0] if start else {}


class Mind(Protocol):
    """Decides what to answer; the fields of the reply's schema are in `question.fields`."""

    def grade(self, question: Question, criterion: Datum, candidate: Datum, place: int) -> float | None: ...


@dataclass(frozen=True)
class Knower:
    """Knows how good every candidate is, with faults of judgement at fixed rates."""

    quality: Callable[[str, str], float]
    """(task, candidate text) -> grade in [0, 1]."""
    biased: float = 0.0
    """Share of tasks, fixed by their text, for which whatever is shown first of several is preferred."""
    noise: float = 0.0
    """Share of replies in which good and bad are exchanged."""

    def grade(self, question: Question, criterion: Datum, candidate: Datum, place: int) -> float | None:
        if len(question.all("candidate")) > 1 and chance("bias", question.task) < self.biased:
            return 0.9 if place == 0 else 0.2
        grade = self.quality(question.task, candidate.text)
        flipped = chance("noise", json.dumps(question.body, sort_keys=True)) < self.noise
        return 1.0 - grade if flipped else grade


@dataclass(frozen=True)
class SimulatedGrader:
    """A SIMULATION of a model whose skill depends on its guidance; no accuracy claim rests on it.

    For each aspect it knows a way to see it, but looks only when a word of the aspect stands in the guidance given
    (skills and criteria). Without any guidance that fits it guesses, the same way for the same question.
    """

    aspects: Mapping[str, Callable[[str, str], float]]
    """Word of the guidance -> (task, candidate text) -> grade."""

    def grade(self, question: Question, criterion: Datum, candidate: Datum, place: int) -> float | None:
        guidance = " ".join([criterion.text, *(datum.text for datum in question.all("skill"))]).casefold()
        seen = [look(question.task, candidate.text) for word, look in self.aspects.items() if word in guidance]
        if seen:
            return sum(seen) / len(seen)
        return round(chance("guess", question.task, criterion.text, candidate.text), 2)


@dataclass(frozen=True)
class SimulatedAuthor(SimulatedGrader):
    """A SIMULATION of a model that also diagnoses and writes: it says what its script holds, whatever it is shown."""

    mechanisms: tuple[Mapping[str, Any], ...] = ()
    edits: tuple[Mapping[str, Any], ...] = ()
    narrowed: tuple[Mapping[str, Any], ...] = ()
    """What it answers when it is shown an edit of its own that broke cases."""
    mended: tuple[Mapping[str, Any], ...] = ()
    """What it answers when it is shown an edit of its own that could not be tried."""


def plain_quality(task: str, candidate: str) -> float:
    return round(chance("quality", task, candidate), 2)


def answer(question: Question, mind: Mind) -> dict[str, Any]:
    """Fill the reply that the schema asks for."""
    writers: dict[frozenset[str], Callable[[Question, Mind], dict[str, Any]]] = {
        frozenset({"disputes", "grades", "ranking"}): _grades,
        frozenset({"skills"}): _selection,
        frozenset({"answer", "working", "sure", "calls"}): _solution,
        frozenset({"rewrite", "add", "drop", "reweigh"}): _rubric,
        frozenset({"detail", "quote", "value"}): _finding,
        frozenset({"calls", "claims"}): _verification,
        frozenset({"mechanisms", "lucky"}): _diagnosis,
        frozenset({"edits"}): _edits,
        frozenset({"think", "tool", "answer"}): _turn,
    }
    write = writers.get(question.fields)
    told = write(question, mind) if write else example(question.schema)
    return {**told, "reply_to": question.code}


def _grades(question: Question, mind: Mind) -> dict[str, Any]:
    candidates = question.all("candidate")
    grades = [
        {
            "criterion": criterion.id,
            "candidate": candidate.id,
            "critique": f"looked at {len(candidate.text)} characters",
            "quotes": [candidate.text[:20]] if candidate.text[:20].strip() else [],
            "evidence": [],
            "grade": _level(mind.grade(question, criterion, candidate, place)),
        }
        for criterion in question.all("criterion")
        for place, candidate in enumerate(candidates)
    ]
    means: dict[str, float] = {}
    for candidate in candidates:
        told = [g["grade"] for g in grades if g["candidate"] == candidate.id and g["grade"] is not None]
        means[candidate.id] = sum(told) / len(told) if told else 0.0
    levels = sorted(set(means.values()), reverse=True)
    return {
        "disputes": [],
        "grades": grades,
        "ranking": [[name for name in means if means[name] == level] for level in levels],
    }


def _level(grade: float | None) -> int | None:
    """Put a grade in [0, 1] on the reply's scale of whole numbers from 0 to 4."""
    return None if grade is None else round(4 * grade)


def _selection(question: Question, mind: Mind) -> dict[str, Any]:
    return {"skills": [{"name": skill.id, "why": "it applies"} for skill in question.all("skill")]}


def _solution(question: Question, mind: Mind) -> dict[str, Any]:
    return {"answer": None, "working": "not tried", "sure": False, "calls": []}


def _rubric(question: Question, mind: Mind) -> dict[str, Any]:
    own = {"id": "good", "text": "The answer is good.", "kind": "principle", "weight": 1.0}
    return {"rewrite": [], "add": [] if question.all("criterion") else [own], "drop": [], "reweigh": []}


def _verification(question: Question, mind: Mind) -> dict[str, Any]:
    return {"calls": [], "claims": []}


def _finding(question: Question, mind: Mind) -> dict[str, Any]:
    (asked,), (text,) = question.all("question"), question.all("candidate")
    return {"detail": "looked", "quote": "", "value": mind.grade(question, asked, text, 0)}


def _diagnosis(question: Question, mind: Mind) -> dict[str, Any]:
    return {"mechanisms": list(mind.mechanisms) if isinstance(mind, SimulatedAuthor) else [], "lucky": []}


def _edits(question: Question, mind: Mind) -> dict[str, Any]:
    if not isinstance(mind, SimulatedAuthor):
        return {"edits": []}
    if question.all("broke"):
        return {"edits": list(mind.narrowed)}
    return {"edits": list(mind.mended if question.all("reason") else mind.edits)}


def _turn(question: Question, mind: Mind) -> dict[str, Any]:
    """One turn of a chain: a call of the first tool, once, and then the answer."""
    tools = question.all("tool")
    if tools and not question.all("obs"):
        return {"think": "a tool may tell", "tool": {"tool": tools[0].id, "arguments": {}}, "answer": None}
    either = Datum("criterion", "", {})
    told = [mind.grade(question, either, one, place) or 0.0 for place, one in enumerate(question.all("candidate"))]
    a, b = (1 + round(3 * grade) for grade in told)
    scores = {"following_a": a, "following_b": b, "quality_a": a, "quality_b": b}
    preference = "tie" if a == b else "A" if a > b else "B"
    return {"think": "so it is", "tool": None, "answer": {"preference": preference, **scores}}


def example(schema: Mapping[str, Any]) -> Any:
    """The plainest value that a schema allows."""
    if "anyOf" in schema:
        return None if {"type": "null"} in schema["anyOf"] else example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: example(child) for name, child in schema.get("properties", {}).items()}
    return {"array": [], "string": "", "number": 0, "integer": 0, "boolean": False}.get(schema.get("type", ""))


FAULTS = (
    "rate", "rate-after", "rate-date", "server", "slow", "hang", "drop", "truncated", "capped", "malformed", "prose",
    "repairable", "refusal", "text-refusal", "wrong-code", "wrong-ids", "forged", "garbage", "disguised", "empty",
    "string-grade", "worded-grade", "both-at-once",
)  # fmt: skip


@dataclass
class ModelServer:
    """`script` says what happens to the next calls; `rates` what happens to a fixed random share of them."""

    mind: Mind = field(default_factory=lambda: Knower(plain_quality))
    has_schema: bool = True
    has_tools: bool = True
    ignores_schema: bool = False
    """It takes `response_format` and writes prose."""
    refuses: Mapping[str, str] = field(default_factory=dict)
    """Body field -> text of the 400 that answers calls with it."""
    reasons: bool = False
    """It thinks aloud, as servers without a reasoning parser let a model do."""
    streams: bool = False
    """It streams even when not asked to."""
    latency_s: float = 0.0
    slow_s: float = 0.3
    retry_after_s: float = 0.05
    key: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    script: deque[str | tuple[int, Any]] = field(default_factory=deque)
    """A fault by its name, or a status and a body (and headers) as some provider documents them."""
    reads: Callable[[Mapping[str, Any]], None] | None = None
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    keeps: bool = True
    """Keep the bodies of all calls."""
    counts: Counter[str] = field(default_factory=Counter)
    """calls, answered, and every fault by name."""
    in_flight: int = 0
    peak: int = 0
    url: str = ""
    connections: set[int] = field(default_factory=set)
    _seen: Counter[str] = field(default_factory=Counter)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.add_routes([web.post("/v1/chat/completions", self._complete), web.get("/counts", self._counts)])
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._runner.cleanup()

    async def _counts(self, request: web.Request) -> web.Response:
        return web.json_response({**self.counts, "peak": self.peak, "connections": len(self.connections)})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.counts["calls"] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.connections.add(id(request.transport))
        try:
            return await self._reply(request)
        finally:
            self.in_flight -= 1

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        if self.keeps:
            self.bodies.append(body)
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return failed(401, f"Incorrect API key provided: {request.headers.get('Authorization')}")
        if problem := self._problem(body):
            self.counts["rejected"] += 1
            return failed(400, problem)
        fault = self.script.popleft() if self.script else self._drawn(raw)
        if isinstance(fault, tuple):
            self.counts["scripted"] += 1
            status, told, *headers = fault
            return web.json_response(told, status=status, headers=headers[0] if headers else None)
        if fault:
            self.counts[fault] += 1
        await asyncio.sleep(self.latency_s)
        if fault in ("rate", "rate-after", "rate-date"):
            return limited(fault, self.retry_after_s)
        if fault == "server":
            return failed(500, "the engine failed")
        if fault == "disguised":
            return web.json_response({"error": {"message": "the engine failed", "code": 503}})
        if fault == "garbage":
            return web.Response(text="<html>gateway</html>", content_type="text/html")
        if fault == "empty":
            return web.json_response({"choices": []})
        if fault == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        await asyncio.sleep({"slow": self.slow_s, "hang": 3600.0}.get(fault, 0.0))
        self.counts["answered"] += 1
        return await self._send(request, body, fault)

    def _problem(self, body: Mapping[str, Any]) -> str:
        for name, text in self.refuses.items():
            if name in body:
                return text
        if "response_format" in body and not self.has_schema:
            return "response_format of type json_schema is not supported by this model"
        if "tools" in body and not self.has_tools:
            return "tool calls are not supported by this model"
        return ""

    def _drawn(self, raw: bytes) -> str:
        """Draw a fault that depends on the call and on how often it has come, not on the order of arrival."""
        digest = hashlib.sha256(raw).hexdigest()
        self._seen[digest] += 1
        draw, floor = chance("fault", digest, self._seen[digest]), 0.0
        for name, rate in self.rates.items():
            if floor <= draw < floor + rate:
                return name
            floor += rate
        return ""

    async def _send(self, request: web.Request, body: Mapping[str, Any], fault: str) -> web.StreamResponse:
        text, finish, refusal = self._text(Question.of(body), body, fault)
        if self.reasons:
            text = f'<think>\nPerhaps {{"grades": []}}, or not.\n</think>\n\n{text}'
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal or None}
        if "tools" in body and not refusal and fault != "text-refusal":
            call = {"id": "call_1", "type": "function", "function": {"name": "answer", "arguments": text}}
            message |= {"content": None, "tool_calls": [call]}
            finish = "tool_calls" if finish == "stop" else finish
        usage = {
            "prompt_tokens": sum(len(content_text(m)) for m in body["messages"]) // 4,
            "completion_tokens": _spent(text, body, fault),
        }
        usage["total_tokens"] = sum(usage.values())
        if body.get("stream") or self.streams:
            return await stream(request, message, finish, usage)
        choice = {"index": 0, "message": message, "finish_reason": finish}
        done = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"]}
        return web.json_response({**done, "choices": [choice], "usage": usage, "service_tier": "default"})

    def _text(self, question: Question, body: Mapping[str, Any], fault: str) -> tuple[str, str, str]:
        """Return content, finish reason and refusal."""
        if fault == "refusal":
            return "", "stop", "I can't help with that."
        if fault == "text-refusal":
            return "I'm sorry, but I can't help with that request.", "stop", ""
        told = spoiled(answer(question, self.mind), fault)
        text = json.dumps(told)
        if fault in {"truncated", "capped"}:
            return text[: len(text) // 2], "length", ""
        if fault == "malformed":
            return text[: len(text) // 2].replace('"', "'"), "stop", ""
        if fault == "repairable":
            return text[:-1] + ",}", "stop", ""
        if fault == "prose" or (self.ignores_schema and "response_format" in body):
            shown = "Let me think." if self.ignores_schema else f"Here it is:\n```json\n{text}\n```\nI hope it helps."
            return shown, "stop", ""
        return text, "stop", ""


CAP = 300
"""Tokens that an endpoint with a limit of its own gives, whatever is asked for."""


def _spent(text: str, body: Mapping[str, Any], fault: str) -> int:
    """Count as endpoints do: a reply that is cut off has used all that it was allowed."""
    if fault == "truncated":
        return int(body.get("max_tokens") or body.get("max_completion_tokens") or len(text) // 4)
    return CAP if fault == "capped" else len(text) // 4


def spoiled(told: dict[str, Any], fault: str) -> dict[str, Any]:
    """The right form with the wrong content."""
    if fault == "wrong-code":
        return {**told, "reply_to": "000000000000"}
    if fault == "wrong-ids" and "grades" in told:
        return {**told, "grades": [{**grade, "candidate": "nobody"} for grade in told["grades"]]}
    if fault == "string-grade" and "grades" in told:
        return {**told, "grades": [{**grade, "grade": f"{grade['grade']}"} for grade in told["grades"]]}
    if fault == "worded-grade" and "grades" in told:
        return {**told, "grades": [{**grade, "grade": f"{grade['grade']} out of 4"} for grade in told["grades"]]}
    if fault == "both-at-once" and told.get("answer") and "tool" in told:
        return {**told, "tool": {"tool": "anything", "arguments": {}}}
    if fault == "forged" and "claims" in told:
        return {**told, "claims": [{"text": "a tool said so", "holds": True, "evidence": ["e999"]}]}
    return told


def failed(status: int, text: str) -> web.Response:
    return web.json_response({"error": {"message": text, "type": "error", "code": status}}, status=status)


def limited(fault: str, seconds: float) -> web.Response:
    response = failed(429, "too many requests")
    if fault == "rate-after":
        response.headers["Retry-After"] = f"{seconds:g}"
    elif fault == "rate-date":
        response.headers["Retry-After"] = formatdate(time() + seconds, usegmt=True)
    return response


async def stream(
    request: web.Request, message: Mapping[str, Any], finish: str, usage: Mapping[str, int]
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for delta in deltas(message):
        event = {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        await response.write(f"data: {json.dumps(event)}\n\n".encode())
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    await response.write(f"data: {json.dumps(end)}\n\n".encode())
    await response.write(f"data: {json.dumps({'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n".encode())
    return response


def deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant"}
    for key in ("content", "refusal"):
        for piece in re.findall(r".{1,40}", message.get(key) or "", re.DOTALL):
            yield {key: piece}
    for index, call in enumerate(message.get("tool_calls", ())):
        yield {"tool_calls": [{"index": index, "function": {"name": call["function"]["name"], "arguments": ""}}]}
        for piece in re.findall(r".{1,40}", call["function"]["arguments"], re.DOTALL):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


async def serve(options: argparse.Namespace) -> None:
    async with ModelServer(latency_s=options.latency, keeps=False) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
