"""A loopback endpoint that speaks the wire formats of Anthropic (Messages), Gemini (generateContent) and Ollama (chat).

It is strict about what each provider documents (required fields, headers, schema subsets) and answers in the documented
forms, failures included. What it says is up to the same `Mind` as that of the OpenAI-compatible server. It proves that
requests reach a provider in a form that it takes and that its answers are understood, never that a model judges well.

    python tests/servers/providers.py        prints its URL and serves until its input closes
"""

import asyncio
import json
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from openai_compatible import Knower, Mind, Question, answer, plain_quality
from strict_schema import anthropic_problem, gemini_problem, openai_problem

KEY = "right"
THOUGHT = 'The reply might be {"grades": 7}, or not.'
MESSAGES_FIELDS = {
    *("model", "messages", "max_tokens", "system", "temperature", "tools", "tool_choice", "output_format"),
    *("output_config", "thinking", "metadata", "stop_sequences", "stream", "top_p", "top_k", "service_tier"),
}
JSON_SCHEMA_KEYS = ("response_json_schema", "responseJsonSchema", "response_schema", "responseSchema")


Problem = tuple[int, str, str]
"""Status, the provider's name for it, and its words."""


@dataclass
class Providers:
    """`script` names what happens to the next calls, in each provider's own form."""

    mind: Mind = field(default_factory=lambda: Knower(plain_quality))
    script: deque[str] = field(default_factory=deque)
    max_output: int = 64_000
    refuses_temperature: bool = False
    refuses_system: bool = False
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.add_routes(
            [
                web.post("/v1/messages", self._anthropic),
                web.post("/models/{call}", self._gemini),
                web.post("/v1beta/models/{call}", self._gemini),
                web.post("/api/chat", self._ollama),
                web.get("/counts", self._counts),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._runner.cleanup()

    async def _counts(self, request: web.Request) -> web.Response:
        return web.json_response(self.counts)

    async def _taken(self, request: web.Request) -> tuple[dict[str, Any], str]:
        body = await request.json()
        self.bodies.append(body)
        self.counts["calls"] += 1
        fault = self.script.popleft() if self.script else ""
        self.counts[fault or "answered"] += 1
        return body, fault

    def _reply(self, messages: list[dict[str, Any]], schema: Mapping[str, Any] | None) -> str:
        body: dict[str, Any] = {"messages": messages}
        if schema:
            body["response_format"] = {"json_schema": {"schema": schema}}
        return json.dumps(answer(Question.of(body), self.mind))

    # Anthropic: docs.anthropic.com, Messages, Errors, Structured outputs

    async def _anthropic(self, request: web.Request) -> web.Response:
        body, fault = await self._taken(request)
        problem = next(self._anthropic_problems(request, body), ANTHROPIC_ERRORS.get(fault))
        if problem:
            status, kind, text = problem
            told = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}
            return web.json_response(told, status=status, headers={"retry-after": "0"} if status == 429 else None)
        tools = body.get("tools") or []
        schema = (body.get("output_format") or {}).get("schema") or (tools[0]["input_schema"] if tools else None)
        content, stop = self._anthropic_content(body, schema, fault)
        usage = {"input_tokens": 900, "output_tokens": 80}
        usage |= {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 0}
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
        return web.json_response(
            {**head, "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}
        )

    def _anthropic_content(
        self, body: dict[str, Any], schema: Mapping[str, Any] | None, fault: str
    ) -> tuple[list[Any], str]:
        if fault == "refusal":
            return [], "refusal"
        said = [{"role": m["role"], "content": anthropic_text(m["content"])} for m in body["messages"]]
        text = self._reply(said, schema)
        if fault == "cut":
            return [{"type": "text", "text": text[:40]}], "max_tokens"
        if body.get("tools"):
            call = {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": json.loads(text)}
            return [call], "tool_use"
        return [{"type": "text", "text": text}], "end_turn"

    def _anthropic_problems(self, request: web.Request, body: dict[str, Any]) -> Iterator[Problem]:
        if request.headers.get("x-api-key") != KEY or "anthropic-version" not in request.headers:
            yield 401, "authentication_error", "invalid x-api-key"
        invalid = "invalid_request_error"
        for name in body.keys() - MESSAGES_FIELDS:
            yield 400, invalid, f"{name}: Extra inputs are not permitted"
        if not isinstance(body.get("max_tokens"), int):
            yield 400, invalid, "max_tokens: Field required"
        elif body["max_tokens"] > self.max_output:
            most = f"{self.max_output}, which is the maximum allowed number of output tokens for {body['model']}"
            yield 400, invalid, f"max_tokens: {body['max_tokens']} > {most}"
        if self.refuses_temperature and "temperature" in body:
            yield 400, invalid, "`temperature` is deprecated for this model."
        if not 0 <= body.get("temperature", 0) <= 1:
            yield 400, invalid, "temperature: range: 0..1"
        for text in message_problems(body["messages"]):
            yield 400, invalid, f"messages{text}"
        if "output_format" in body and "structured-outputs" not in request.headers.get("anthropic-beta", ""):
            yield 400, invalid, "output_format: Extra inputs are not permitted"
        if "output_format" in body and (problem := anthropic_problem(body["output_format"]["schema"])):
            yield 400, invalid, f"output_format.schema: {problem}"

    # Gemini: ai.google.dev/api/generate-content, Structured output, Troubleshooting

    async def _gemini(self, request: web.Request) -> web.Response:
        body, fault = await self._taken(request)
        config = body.get("generationConfig") or {}
        schema = next((config[name] for name in JSON_SCHEMA_KEYS if name in config), None)
        problem = next(self._gemini_problems(request, body, schema), GEMINI_ERRORS.get(fault))
        if problem:
            status, kind, text = problem
            told: dict[str, Any] = {"code": status, "message": text, "status": kind}
            if status == 429:
                told["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s"}]
            return web.json_response({"error": told}, status=status)
        return web.json_response(self._gemini_answer(body, schema, fault))

    def _gemini_problems(
        self, request: web.Request, body: dict[str, Any], schema: Mapping[str, Any] | None
    ) -> Iterator[Problem]:
        invalid = "INVALID_ARGUMENT"
        if KEY not in (request.headers.get("x-goog-api-key"), request.query.get("key")):
            yield 400, invalid, "API key not valid. Please pass a valid API key."
        if schema and (problem := gemini_problem(schema)):
            yield 400, invalid, f"Invalid JSON payload received: schema: {problem}"
        for function in (f for tool in body.get("tools", ()) for f in tool["function_declarations"]):
            if problem := gemini_problem(function["parameters"], function=True):
                yield 400, invalid, f"functionDeclaration {function['name']} parameters: {problem}"
        if any(content["role"] not in ("user", "model") for content in body["contents"]):
            yield 400, invalid, "Please use a valid role: user, model."
        if self.refuses_system and ("system_instruction" in body or "systemInstruction" in body):
            yield 400, invalid, "Developer instruction is not enabled for this model"

    def _gemini_answer(self, body: dict[str, Any], schema: Mapping[str, Any] | None, fault: str) -> dict[str, Any]:
        usage: dict[str, Any] = {"promptTokenCount": 1000, "candidatesTokenCount": 80, "thoughtsTokenCount": 300}
        usage["totalTokenCount"] = sum(usage.values())
        head = {"usageMetadata": usage, "modelVersion": "test", "responseId": "1"}
        if fault == "blocked":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **head}
        if fault == "safety":
            return {"candidates": [{"finishReason": "SAFETY", "index": 0}], **head}
        if fault == "all-thought":
            usage |= {"candidatesTokenCount": 0, "totalTokenCount": 1300}
            return {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}], **head}
        if fault == "nothing":
            usage |= {"candidatesTokenCount": 0, "thoughtsTokenCount": 0, "totalTokenCount": 1000}
            return {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}], **head}
        names = {"user": "user", "model": "assistant"}
        said = [
            {"role": names[one["role"]], "content": "\n".join(part["text"] for part in one["parts"])}
            for one in body["contents"]
        ]
        functions = [f for tool in body.get("tools", ()) for f in tool.get("function_declarations", ())]
        text = self._reply(said, schema or (functions[0]["parameters"] if functions else None))
        part = (
            {"functionCall": {"name": functions[0]["name"], "args": json.loads(text)}} if functions else {"text": text}
        )
        parts = [{"text": THOUGHT, "thought": True}, part]
        return {
            "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
            **head,
        }

    # Ollama: docs/api.md

    async def _ollama(self, request: web.Request) -> web.Response:
        body, fault = await self._taken(request)
        if fault == "missing":
            return web.json_response({"error": f"model '{body['model']}' not found"}, status=404)
        if "format" in body and (problem := openai_problem(body["format"])):
            return web.json_response({"error": f"invalid JSON schema in format: {problem}"}, status=400)
        said = [{"role": m["role"], "content": m["content"]} for m in body["messages"]]
        functions = [tool["function"] for tool in body.get("tools", ())]
        text = self._reply(said, body.get("format") or (functions[0]["parameters"] if functions else None))
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if functions:
            call = {"function": {"name": functions[0]["name"], "arguments": json.loads(text)}}
            message |= {"content": "", "tool_calls": [call]}
        if fault == "thinking":
            message = {"role": "assistant", "content": text, "thinking": THOUGHT}
        if fault == "tagged":
            message = {"role": "assistant", "content": f"<think>\n{THOUGHT}\n</think>\n\n{text}"}
        reason = "stop"
        if fault == "cut":
            message["content"], reason = text[:40], "length"
        told = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z", "message": message, "done": True}
        counted = {} if fault == "uncounted" else {"prompt_eval_count": 1000, "eval_count": 80}
        return web.json_response({**told, "done_reason": reason, **counted})


ANTHROPIC_ERRORS: dict[str, Problem] = {
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "rate": (429, "rate_limit_error", "This request would exceed the rate limit for your organization"),
    "missing": (404, "not_found_error", "model: claude-nope"),
    "too-long": (400, "invalid_request_error", "prompt is too long: 215432 tokens > 200000 maximum"),
    "unpaid": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
}
GEMINI_ERRORS: dict[str, Problem] = {
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "rate": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan. Please retry in 0.2s.",
    ),
    "missing": (404, "NOT_FOUND", "models/gemini-nope is not found for API version v1beta"),
    "too-long": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed.",
    ),
}


def message_problems(messages: list[dict[str, Any]]) -> Iterator[str]:
    for number, message in enumerate(messages):
        if message["role"] not in ("user", "assistant"):
            yield f".{number}.role: Input should be 'user' or 'assistant'"
        if not anthropic_text(message["content"]).strip():
            yield ": text content blocks must contain non-whitespace text"
    if messages[0]["role"] != "user":
        yield ': first message must use the "user" role'


def anthropic_text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


async def serve() -> None:
    async with Providers() as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
