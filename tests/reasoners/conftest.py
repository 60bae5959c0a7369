"""Requests, and language models that ask a real server on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from openai_compatible import ModelServer

from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.requests.judge import JudgeRequest
from rubrica.types import Candidate, Criterion, Message, TaskView, TextPart

T = TypeVar("T")
QUICK = Retry(failures=4, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)


@pytest.fixture
def judging() -> Callable[..., JudgeRequest]:
    """Make a judge's request over candidates with these texts."""

    def make(*texts: str, prompt: str = "What is 2 + 2?", **extra: Any) -> JudgeRequest:
        return JudgeRequest(
            task=TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),)),
            candidates=tuple(
                Candidate(id=f"c{index}", parts=(TextPart(text=text),))
                for index, text in enumerate(texts or ("4", "5"))
            ),
            criteria=(Criterion(id="right", text="The answer is right."),),
            **extra,
        )

    return make


@pytest.fixture
def model() -> Callable[..., LanguageModel]:
    """Make a language model that talks to these servers."""

    def make(*servers: ModelServer, **options: Any) -> LanguageModel:
        carried = {name: options.pop(name) for name in ("key", "timeout_s", "stream") if name in options}
        direct = Direct("test-model", [server.url for server in servers], **{"timeout_s": 10.0, **carried})
        return LanguageModel(direct, **{"retry": QUICK, **options})

    return make


@pytest.fixture
def run() -> Callable[..., Any]:
    """Run something while servers serve."""

    def inside(body: Callable[[], Awaitable[T]], *servers: ModelServer) -> T:
        async def main() -> T:
            async with asyncio.TaskGroup() as group:
                for server in servers:
                    group.create_task(server.__aenter__())
            try:
                return await body()
            finally:
                for server in servers:
                    await server.__aexit__()

        return asyncio.run(main())

    return inside
