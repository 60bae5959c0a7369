"""Talks to the test server through litellm, in a process of its own, and prints what came of it as JSON."""

import asyncio
import json
import sys
import warnings
from collections import deque

from openai_compatible import ModelServer

from rubrica.errors import ReasonerError
from rubrica.reasoners.litellm_transport import LiteLLM
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.requests.judge import JudgeRequest
from rubrica.types import Candidate, Criterion, Message, TaskView, TextPart

REQUEST = JudgeRequest(
    task=TaskView(messages=(Message(role="user", parts=(TextPart(text="2 + 2?"),)),)),
    candidates=(Candidate(id="a", parts=(TextPart(text="4"),)),),
    criteria=(Criterion(id="right", text="The answer is right."),),
)
SCENES = {
    "clean": {},
    "tools": {"has_schema": False},
    "rate": {"script": ["rate-after"]},
    "server": {"script": ["server"]},
    "refusal": {"script": ["refusal"]},
    "denied": {"key": "other"},
    "rejected": {"refuses": {"messages": "messages are odd"}},
    "drop": {"script": ["drop"]},
}


async def scene(options: dict[str, object]) -> dict[str, object]:
    script = deque(options.get("script", ()))
    async with ModelServer(**{**options, "script": script}) as server:
        transport = LiteLLM("openai/test-model", base=server.url, timeout_s=20.0)
        model = LanguageModel(transport, retry=Retry(failures=3, first_wait_s=0.001, longest_wait_s=0.01))
        try:
            reply = await model.complete(REQUEST)
        except ReasonerError as error:
            return {"error": type(error).__name__, "calls": server.counts["calls"]}
        return {"grades": len(reply.value.grades), "calls": server.counts["calls"], "cost": reply.usage.cost_usd}


async def main() -> None:
    sys.stdout.write(json.dumps({name: await scene(options) for name, options in SCENES.items()}))


warnings.simplefilter("ignore", ResourceWarning)  # litellm leaves its own sessions to the end of the process
asyncio.run(main())
