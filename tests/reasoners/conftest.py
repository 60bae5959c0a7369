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


def judging(*texts: str, prompt: str = "What is 2 + 2?", **extra: Any) -> JudgeRequest:
    """A judge's request over candidates with these texts."""
    return JudgeRequest(
        task=TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),)),
        candidates=tuple(
            Candidate(id=f"c{index}", parts=(TextPart(text=text),)) for index, text in enumerate(texts or ("4", "5"))
        ),
        criteria=(Criterion(id="right", text="The answer is right."),),
        **extra,
    )


def model(*servers: ModelServer, **options: Any) -> LanguageModel:
    """A language model that talks to these servers."""
    direct = Direct(
        "test-model",
        [server.url for server in servers],
        key=options.pop("key", ""),
        timeout_s=options.pop("timeout_s", 10.0),
        stream=options.pop("stream", False),
    )
    return LanguageModel(direct, **{"retry": QUICK, **options})


@pytest.fixture
def run() -> Callable[[ModelServer, Callable[[], Awaitable[T]]], T]:
    """Run something while a server serves."""

    def inside(server: ModelServer, body: Callable[[], Awaitable[T]]) -> T:
        async def main() -> T:
            async with server:
                return await body()

        return asyncio.run(main())

    return inside
