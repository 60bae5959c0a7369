"""Ask a built-in tool about one answer, or about a group, the way the verifier does."""

import asyncio
import importlib
import pkgutil
from collections.abc import Callable

import pytest
from pydantic import JsonValue

import rubrica.tools.builtin
from rubrica.tools.builtin.base import BUILTINS
from rubrica.types import Candidate, Document, Evidence, Message, TaskView, TextPart

Ask = Callable[..., list[Evidence]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """`ask(tool, prompt, *answers, context=(), reference=None, **arguments)` -> the evidence, in candidate order."""
    for module in pkgutil.iter_modules(rubrica.tools.builtin.__path__):
        importlib.import_module(f"rubrica.tools.builtin.{module.name}")

    def run(
        tool: str,
        prompt: str,
        *answers: str,
        context: tuple[str, ...] = (),
        reference: str | None = None,
        **arguments: JsonValue,
    ) -> list[Evidence]:
        task = TaskView(
            messages=(Message(role="user", parts=(TextPart(text=prompt),)),),
            context=tuple(Document(text=text) for text in context),
            reference=reference,
        )
        candidates = [Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(answers)]
        return asyncio.run(BUILTINS[tool].check(task, candidates, arguments))

    return run


@pytest.fixture
def value(ask: Ask) -> Callable[..., float | None]:
    """`value(tool, prompt, answer, ...)` -> the value of the one piece of evidence."""
    return lambda *args, **kwargs: ask(*args, **kwargs)[0].value
