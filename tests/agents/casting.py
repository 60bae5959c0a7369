"""Cases, libraries and a reasoner that answers by role."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rubrica.harness import Harness, Judged
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.requests.base import Reply, Request
from rubrica.requests.judge import Grade, Grades, JudgeRequest
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Candidate, Case, Criterion, Message, Task, TextPart, Usage, Value


def parts(text: str) -> tuple[TextPart, ...]:
    return (TextPart(text=text),)


def a_case(*texts: str, prompt: str = "Tell me about bees.", **task: Any) -> Case:
    names = "ABCDEFGH"
    return Case(
        task=Task(id="case", messages=(Message(role="user", parts=parts(prompt)),), **task),
        candidates=tuple(Candidate(id=names[i], parts=parts(text)) for i, text in enumerate(texts)),
    )


def a_skill(*criteria: Criterion, name: str = "looks-good", **extra: Any) -> Skill:
    criteria = criteria or (Criterion(id="good", text="It is good.", weight=2.0),)
    return Skill(name=name, description="Use it always.", body="Look closely.", criteria=criteria, **extra)


def a_library(*skills: Skill, tools: Sequence[str] = ()) -> Library:
    return Library.of(skills or (a_skill(),), tools=[builtin_entry(load_builtins()[name]) for name in tools])


Answer = Value | Exception | Callable[[Any], Value]


class ByRole:
    """Answers each role by a function, a value, or a queue of them; roles not named get an empty reply."""

    id = "by-role"

    def __init__(self, answers: Mapping[str, Answer | list[Answer]] | None = None) -> None:
        self.answers = {
            role: list(told) if isinstance(told, list) else [told] for role, told in (answers or {}).items()
        }
        self.requests: list[Request[Any]] = []

    async def complete(self, request: Request[Any]) -> Reply[Any]:
        self.requests.append(request)
        queue = self.answers.get(request.role)
        told = _default(request) if not queue else queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(told, Exception):
            raise told
        return Reply(value=told if isinstance(told, Value) else told(request), by=self.id, usage=Usage(calls=1))

    def asked(self, role: str) -> list[Any]:
        return [request for request in self.requests if request.role == role]


def _default(request: Request[Any]) -> Value:
    if request.role == "selector":
        return request.reply.model_validate({"skills": [{"name": card.name} for card in request.skills]})
    return request.reply()


def grading(quality: Callable[[str, int, JudgeRequest], int | None], **extra: Any) -> Callable[[JudgeRequest], Grades]:
    """Grade every pair by (text, place, request), quote the whole text, and rank by the grades."""

    def answer(request: JudgeRequest) -> Grades:
        levels = {c.id: quality(c.text, place, request) for place, c in enumerate(request.candidates)}
        order = sorted({level or 0 for level in levels.values()}, reverse=True)
        return Grades(
            grades=tuple(
                Grade(criterion=f"c{n}", candidate=c.id, critique="so", quotes=(c.text,), grade=levels[c.id], **extra)
                for n in range(1, len(request.criteria) + 1)
                for c in request.candidates
            ),
            ranking=tuple(tuple(name for name in levels if (levels[name] or 0) == level) for level in order),
        )

    return answer


def judged(case: Case, reasoner: Any, library: Library | None = None, **options: Any) -> Judged:
    harness = Harness(library=library or a_library(), reasoner=reasoner, traced=True, **options)

    async def main() -> Judged:
        async for one in harness.judge([case]):
            return one
        raise AssertionError("no result")

    return asyncio.run(main())
