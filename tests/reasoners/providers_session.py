"""Judges through the real litellm in the wire formats of providers, in a process of its own; prints JSON."""

import asyncio
import json
import os
import sys
import warnings
from collections import deque
from typing import Any

from openai_compatible import ModelServer
from providers import KEY, Providers

from rubrica.errors import RubricaError
from rubrica.harness import Harness
from rubrica.library.seed import seed_library
from rubrica.reasoners.capability import FORMS, Capability
from rubrica.reasoners.litellm_transport import LiteLLM
from rubrica.reasoners.llm import LanguageModel, Parameters
from rubrica.reasoners.retry import Retry
from rubrica.reasoners.transport import Form
from rubrica.requests.base import Request
from rubrica.requests.chain import ChainRequest
from rubrica.requests.diagnose import Answer, Chain, DiagnoseRequest, Mechanism
from rubrica.requests.judge import JudgeRequest
from rubrica.requests.propose import ProposeRequest
from rubrica.types import Candidate, Case, Criterion, Message, Task, TaskView, TextPart

CLAUDE, OLD_CLAUDE = "anthropic/claude-sonnet-4-5", "anthropic/claude-3-5-sonnet-20241022"
GEMINI, GEMMA, LLAMA = "gemini/gemini-2.5-flash", "gemini/gemma-3-27b-it", "ollama/llama3.1"
ASKED = (Message(role="user", parts=(TextPart(text="Name a colour that is not red."),)),)
PAIR = tuple(Candidate(id=f"c{n}", parts=(TextPart(text=text),)) for n, text in enumerate(("Blue.", "I like dogs.")))
ONE = JudgeRequest(
    task=TaskView(messages=ASKED), candidates=PAIR, criteria=(Criterion(id="right", text="The answer is right."),)
)
LONG = ONE.model_copy(update={"candidates": (Candidate(id="c0", parts=(TextPart(text="Blue. " * 9000),)),)})

WHOLE = {"claude": CLAUDE, "old claude": OLD_CLAUDE, "gemini": GEMINI, "gemma": GEMMA, "ollama": LLAMA}
"""A pair is judged at medium effort, by every role."""
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "claude overloaded": (CLAUDE, {"script": ["overloaded"]}),
    "claude rate": (CLAUDE, {"script": ["rate"]}),
    "claude cut": (CLAUDE, {"script": ["cut"]}),
    "claude refusal": (CLAUDE, {"script": ["refusal"]}),
    "claude too long": (CLAUDE, {"script": ["too-long"]}),
    "claude unpaid": (CLAUDE, {"script": ["unpaid"]}),
    "claude missing": (CLAUDE, {"script": ["missing"]}),
    "claude small output": (CLAUDE, {"script": ["", "cut", "cut", ""], "max_output": 8192}),
    "claude no temperature": (CLAUDE, {"refuses_temperature": True}),
    "claude 4.7": ("anthropic/claude-opus-4-7", {}),
    "gemini overloaded": (GEMINI, {"script": ["overloaded"]}),
    "gemini rate": (GEMINI, {"script": ["rate"]}),
    "gemini blocked": (GEMINI, {"script": ["blocked"]}),
    "gemini safety": (GEMINI, {"script": ["safety"]}),
    "gemini all thought": (GEMINI, {"script": ["all-thought"]}),
    "gemini nothing": (GEMINI, {"script": ["nothing"]}),
    "gemini too long": (GEMINI, {"script": ["too-long"]}),
    "gemini missing": (GEMINI, {"script": ["missing"]}),
    "gemini no system": (GEMINI, {"refuses_system": True}),
    "ollama thinking": (LLAMA, {"script": ["thinking"]}),
    "ollama tagged": (LLAMA, {"script": ["tagged"]}),
    "ollama cut": (LLAMA, {"script": ["cut"]}),
    "ollama missing": (LLAMA, {"script": ["missing"]}),
    "ollama uncounted": (LLAMA, {"script": ["uncounted"]}),
}
OPENAI = (
    "openai/gpt-4o",
    "openai/gpt-5",
    "openai/o3-mini",
    "mistral/mistral-large-latest",
    "deepseek/deepseek-reasoner",
)
MORE = ("openrouter/qwen/qwen3-32b", "hosted_vllm/Qwen/Qwen3-8B", "groq/llama-3.3-70b-versatile", "xai/grok-4")
RETRY = Retry(failures=3, first_wait_s=0.001, longest_wait_s=0.01)


def asking(model: str, base: str) -> LanguageModel:
    return LanguageModel(
        LiteLLM(model, base=base, timeout_s=20.0), retry=RETRY, parameters=Parameters(reply_tokens=4096)
    )


async def whole(model: str, form: Form = "schema") -> dict[str, Any]:
    async with Providers() as server:
        case = Case(task=Task(id="1", messages=ASKED), candidates=PAIR)
        reasoner = asking(model, server.url)
        reasoner.lessons.capability = Capability(form=form)
        harness = Harness(library=seed_library(), reasoner=reasoner, effort="medium")
        (judged,) = [one async for one in harness.judge([case])]
        result = judged.result.model_dump(mode="json")
        calls = server.counts["calls"]
        return {
            "kind": result["kind"],
            "detail": result.get("detail"),
            "calls": calls,
            "usage": judged.usage.model_dump(),
        }


async def asked(model: LanguageModel, *requests: Request[Any]) -> dict[str, Any]:
    try:
        for request in requests:
            reply = await model.complete(request)
    except RubricaError as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"grades": len(getattr(reply.value, "grades", ())), "usage": reply.usage.model_dump()}


async def learning(model: str, form: Form) -> dict[str, Any]:
    """The roles that write the library, and RewardHarness's chain: the largest schemas there are."""
    async with Providers() as server:
        asked_model = asking(model, server.url)
        asked_model.lessons.capability = Capability(form=form)
        seen = Chain(id="1", prompt="Hi", answers=(Answer(label="A", text="Hello", place=1),), right=False)
        wrong = Mechanism(name="too-short", description="It prefers what is short.", cause="missing-skill")
        diagnose, propose = DiagnoseRequest(chains=(seen,)), ProposeRequest(mechanisms=(wrong,))
        chain = ChainRequest(task=TaskView(messages=ASKED), answer_a="Blue.", answer_b="I like dogs.")
        told = [await asked(asked_model, request) for request in (diagnose, propose, chain)]
        return {"errors": [one["text"] for one in told if "error" in one], "calls": server.counts["calls"]}


async def fault(model: str, options: dict[str, Any]) -> dict[str, Any]:
    script = deque(options.get("script", ()))
    async with Providers(**{**options, "script": script}) as server:
        requests = [ONE.model_copy(update={"sample": n}) for n in range(2 if options.get("max_output") else 1)]
        told = await asked(asking(model, server.url), *requests)
        return {**told, "calls": server.counts["calls"], "last": server.bodies[-1]}


async def compatible(model: str) -> dict[str, Any]:
    async with ModelServer() as server:
        language_model = asking(model, server.url)
        told = await asked(language_model, ONE, LONG)
        return {**told, "calls": server.counts["calls"], "bodies": [_brief(body) for body in server.bodies]}


def _brief(body: Any) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "messages"}


async def window() -> list[int]:
    async with Providers() as server:
        model = asking(LLAMA, server.url)
        for request in (ONE, LONG, ONE):
            await asked(model, request)
        return [body["options"]["num_ctx"] for body in server.bodies]


async def keyless(model: str) -> dict[str, Any]:
    return await asked(asking(model, "http://127.0.0.1:9"), ONE)


async def main() -> None:
    told: dict[str, Any] = {name: await whole(model) for name, model in WHOLE.items()}
    told |= {f"{name} tool": await whole(model, "tool") for name, model in WHOLE.items()}
    told |= {f"{name} text": await whole(model, "text") for name, model in WHOLE.items()}
    told |= {f"{name} {form} learning": await learning(WHOLE[name], form) for name in WHOLE for form in FORMS}
    told |= {name: await fault(model, options) for name, (model, options) in FAULTS.items()}
    told |= {model: await compatible(model) for model in (*OPENAI, *MORE)}
    told["window"] = await window()
    told["no provider"] = await keyless("llama3")
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY"):
        del os.environ[name]
    told |= {f"no key {model}": await keyless(model) for model in (CLAUDE, GEMINI, "openai/gpt-4o")}
    sys.stdout.write(json.dumps(told))


for provider in ("ANTHROPIC", "GEMINI", "OPENAI", "MISTRAL", "DEEPSEEK", "OPENROUTER", "GROQ", "XAI"):
    os.environ[f"{provider}_API_KEY"] = KEY
warnings.simplefilter("ignore", ResourceWarning)  # litellm leaves its own sessions to the end of the process
asyncio.run(main())
