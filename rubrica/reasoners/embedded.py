"""The default reasoner: deterministic, offline, no model.

It selects skills whose condition holds, takes their criteria as the rubric, and leaves grading to the tools. What only
a reader can grade it leaves ungraded, which lowers the verdict's confidence: it is honest about what it cannot see.
"""

import hashlib
from functools import cache, singledispatch
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar, cast

from rubrica.errors import ReplyError
from rubrica.requests.base import Reply, Request
from rubrica.requests.judge import Grades, JudgeRequest
from rubrica.requests.rubric import RubricDraft, RubricRequest
from rubrica.requests.select import Choice, Selection, SelectRequest
from rubrica.requests.solve import Solution, SolveRequest
from rubrica.requests.verify import Verification, VerifyRequest
from rubrica.skills.when import parse
from rubrica.types import Value

T = TypeVar("T", bound=Value)

JUDGING_PACKAGES = ("agents", "reasoners", "rewards", "skills", "tools")
"""What decides a verdict of this reasoner; the hash of these sources is part of its id."""


@cache
def source_digest() -> str:
    """Return 12 hex digits over the sources that decide a verdict: other code, other reasoner."""
    digest = hashlib.sha256()
    root = resources.files("rubrica")
    for package in JUDGING_PACKAGES:
        _feed(digest, root / package, package)
    return digest.hexdigest()[:12]


def _feed(digest: "hashlib._Hash", folder: Traversable, name: str) -> None:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir() and entry.name not in ("__pycache__", "seed"):
            _feed(digest, entry, f"{name}/{entry.name}")
        elif entry.name.endswith(".py"):
            digest.update(f"{name}/{entry.name}".encode())
            digest.update(entry.read_bytes())


class Embedded:
    """Answers every request from rules; see the module."""

    @property
    def id(self) -> str:
        return f"embedded:{source_digest()}"

    async def complete(self, request: Request[T]) -> Reply[T]:
        return Reply(value=cast("T", _answer(request)), by=self.id)


@singledispatch
def _answer(request: Request[Value]) -> Value:
    raise ReplyError(f"the embedded reasoner cannot answer a {request.role} request; use --model for that")


@_answer.register
def _select(request: SelectRequest) -> Selection:
    return Selection(
        skills=tuple(
            Choice(name=card.name, why=f"applies: {card.when}" if card.when else "always applies")
            for card in request.skills
            if parse(card.when).holds(request.features)
        )
    )


@_answer.register
def _rubric(request: RubricRequest) -> RubricDraft:  # the skills' criteria stand as they are
    del request
    return RubricDraft()


@_answer.register
def _solve(request: SolveRequest) -> Solution:  # tools hold what can be computed without a model
    del request
    return Solution()


@_answer.register
def _verify(request: VerifyRequest) -> Verification:  # the rubric's own checks have run already
    del request
    return Verification()


@_answer.register
def _judge(request: JudgeRequest) -> Grades:  # what no tool can grade stays ungraded
    del request
    return Grades()
