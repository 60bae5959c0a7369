"""The tools that a judgement may call: each call runs once, and a tool that fails becomes null evidence."""

import json
import logging
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rubrica.errors import ReasonerError, SandboxInfraError, SandboxUnavailable, ToolError
from rubrica.tools.base import Arguments, Tool, ToolSpec
from rubrica.types import Candidate, Evidence, TaskView

log = logging.getLogger(__name__)


def call_key(tool: str, arguments: Arguments) -> str:
    """Return the text under which equal calls are the same call."""
    return f"{tool} {json.dumps(dict(arguments), sort_keys=True)}" if arguments else tool


class Toolbox:
    """Tools by name."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = dict(tools)
        self.specs: tuple[ToolSpec, ...] = tuple(tools[name].spec for name in sorted(tools))

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def is_group(self, name: str) -> bool:
        return name in self._tools and self._tools[name].spec.scope == "group"

    async def check(
        self, task: TaskView, candidates: Sequence[Candidate], tool: str, arguments: Mapping[str, JsonValue]
    ) -> list[Evidence]:
        """Run one tool over the candidates; whatever goes wrong inside it is evidence with a null value.

        Raises:
            SandboxInfraError: our sandbox failed, so nothing may be concluded; the case is tried again or unscored.
            ReasonerError: nobody answered a prompt tool; the same.
        """
        if tool not in self._tools:
            return [self._null(tool, candidate, "this library has no such tool") for candidate in candidates]
        try:
            return await self._tools[tool].check(task, candidates, arguments)
        except (SandboxInfraError, ReasonerError):
            raise
        except (ToolError, SandboxUnavailable) as error:
            return [self._null(tool, candidate, str(error)) for candidate in candidates]
        except Exception as error:
            log.warning("tool %s failed: %s", tool, error, exc_info=True)
            return [self._null(tool, candidate, f"{type(error).__name__}: {error}") for candidate in candidates]

    @staticmethod
    def _null(tool: str, candidate: Candidate, detail: str) -> Evidence:
        return Evidence(tool=tool, candidate=candidate.id, claim="the tool ran", value=None, detail=detail)
