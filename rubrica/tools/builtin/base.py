"""How a plain function becomes a built-in tool: one decorator that records name, description and argument types."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from rubrica.errors import ToolError
from rubrica.tools.base import Arguments, Observation, ToolSpec
from rubrica.tools.sandbox.base import Sandbox
from rubrica.types import Candidate, Evidence, TaskView, Value


class NoArguments(Value):
    """For tools that take none."""


CandidateCheck = Callable[..., Iterable[Observation] | Awaitable[Iterable[Observation]]]
GroupCheck = Callable[..., Iterable[Iterable[Observation]] | Awaitable[Iterable[Iterable[Observation]]]]

BUILTINS: dict[str, "Builtin"] = {}
"""Every built-in tool by name, filled as the modules of this package are imported."""


@dataclass(frozen=True)
class Builtin:
    """A tool made of a function of this package. `sandbox` is set when the function runs untrusted code."""

    spec: ToolSpec
    arguments: type[Value]
    function: Callable[..., Any]
    executes: bool = False
    sandbox: Sandbox | None = None

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        try:
            parsed = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            raise ToolError(f"{self.spec.name}: {error.errors()[0]['msg']} ({error.errors()[0]['loc']})") from None
        extra = {"sandbox": self.sandbox} if self.executes else {}
        if self.spec.scope == "group":
            seen = self.function(task, candidates, parsed, **extra)
            per_candidate = await seen if inspect.isawaitable(seen) else seen
            return [
                self._stamp(candidate, found)
                for candidate, observations in zip(candidates, per_candidate, strict=True)
                for found in observations
            ]
        evidence = []
        for candidate in candidates:
            seen = self.function(task, candidate, parsed, **extra)
            observations = await seen if inspect.isawaitable(seen) else seen
            evidence += [self._stamp(candidate, found) for found in observations]
        return evidence

    def _stamp(self, candidate: Candidate, found: Observation) -> Evidence:
        return Evidence(
            tool=self.spec.name,
            candidate=candidate.id,
            claim=found.claim,
            value=found.value,
            detail=found.detail,
            span=found.span,
            data=found.data,
        )


def builtin(
    name: str,
    description: str,
    *,
    arguments: type[Value] = NoArguments,
    scope: Literal["candidate", "group"] = "candidate",
    executes: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the built-in tool `name`.

    A candidate-scope function is `f(task, candidate, arguments) -> Iterable[Observation]`; a group-scope function is
    `f(task, candidates, arguments) -> Iterable[Iterable[Observation]]`, one inner iterable per candidate, in order.
    Either may be async. With `executes`, it also takes the keyword `sandbox: Sandbox | None` and must answer null
    observations when that is None.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        spec = ToolSpec(name=name, description=description, scope=scope, input_schema=arguments.model_json_schema())
        if name in BUILTINS:
            raise ValueError(f"two built-in tools are called {name!r}")
        BUILTINS[name] = Builtin(spec=spec, arguments=arguments, function=function, executes=executes)
        return function

    return register
