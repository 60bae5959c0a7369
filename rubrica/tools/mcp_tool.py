"""A tool of an MCP server, through the official SDK (extra `mcp`).

A library entry names a server's tool; how the server is reached comes from the user's own settings, so a library from
elsewhere cannot start a program or open a connection. The server's `candidate` and `prompt` arguments, where it takes
them, are filled in here. A structured result with a `value` in [0, 1] is evidence; any other text is shown with a null
value: something to read, which settles nothing by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from rubrica.errors import ConfigError, ToolError
from rubrica.tools.base import Arguments, ToolSpec
from rubrica.tools.checked import conforms
from rubrica.tools.entry import ToolEntry
from rubrica.types import Candidate, Evidence, TaskView

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult

DETAIL_MAX = 2000
"""Characters kept of a result's text."""
FILLED = ("candidate", "prompt")
"""Arguments that are not the caller's to give."""


@dataclass
class McpServer:
    """One server, reached by a command (stdio) or a URL (streamable HTTP), from its first call until it is closed."""

    command: tuple[str, ...] = ()
    url: str = ""
    timeout_s: float = 30.0
    _session: "asyncio.Future[ClientSession] | None" = field(default=None, init=False, repr=False)
    _owner: "asyncio.Task[None] | None" = field(default=None, init=False, repr=False)
    _closing: asyncio.Event = field(default_factory=asyncio.Event, init=False, repr=False)

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise ConfigError("an MCP server has either a command or a url")

    async def call(self, tool: str, arguments: Mapping[str, JsonValue]) -> "CallToolResult":
        """Call a tool of the server.

        Raises:
            ToolError: the server cannot be reached, or does not answer in time.
        """
        try:
            session = await asyncio.wait_for(self._connected(), self.timeout_s)
            return await asyncio.wait_for(session.call_tool(tool, dict(arguments)), self.timeout_s)
        except TimeoutError:
            raise ToolError(f"{tool}: the MCP server did not answer within {self.timeout_s:g} s") from None
        except ToolError:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK documents no error type; all are the server's failure
            raise ToolError(f"{tool}: the MCP server failed: {type(error).__name__}: {error}") from None

    async def close(self) -> None:
        """End the connection and, for a command, its process."""
        self._closing.set()
        if self._owner is not None:
            await asyncio.gather(self._owner, return_exceptions=True)
        self._session = self._owner = None
        self._closing = asyncio.Event()

    async def _connected(self) -> "ClientSession":
        if self._session is None:
            self._session = asyncio.get_running_loop().create_future()
            self._owner = asyncio.create_task(self._own(self._session))
        return await asyncio.shield(self._session)

    async def _own(self, opened: "asyncio.Future[ClientSession]") -> None:
        """Hold the session open: the SDK wants it closed by the task that opened it."""
        try:
            async with self._open() as session:
                opened.set_result(session)
                await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - the SDK documents no error type; all are the server's failure
            self._session = None  # the next call tries again
            if not opened.done():
                opened.set_exception(ToolError(f"the MCP server cannot be reached: {error}"))

    @asynccontextmanager
    async def _open(self) -> "AsyncIterator[ClientSession]":
        try:
            from mcp import ClientSession, StdioServerParameters, stdio_client
            from mcp.client.streamable_http import streamablehttp_client
        except ImportError:
            raise ToolError("MCP tools need the extra 'mcp': pip install 'rubrica[mcp]'") from None
        if self.command:
            parameters = StdioServerParameters(command=self.command[0], args=list(self.command[1:]))
            async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
                await session.initialize()
                yield session
        else:
            async with streamablehttp_client(self.url) as (read, write, _), ClientSession(read, write) as session:
                await session.initialize()
                yield session


@dataclass(frozen=True)
class McpTool:
    """A library entry of kind `mcp`, made callable; its server knows it by `metadata.tool` or by the entry's name."""

    entry: ToolEntry
    server: McpServer

    @property
    def spec(self) -> ToolSpec:
        schema = dict(self.entry.input_schema)
        properties = schema.get("properties")
        if isinstance(properties, dict):
            schema["properties"] = {name: item for name, item in properties.items() if name not in FILLED}
        required = schema.get("required")
        if isinstance(required, list):
            schema["required"] = [name for name in required if name not in FILLED]
        return ToolSpec(
            name=self.entry.name,
            description=self.entry.description,
            kind="mcp",
            input_schema=schema,
            output_schema=self.entry.output_schema,
        )

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        if taken := sorted(set(arguments) & set(FILLED)):
            raise ToolError(f"{self.entry.name}: {taken[0]!r} is filled in, not given")
        return [await self._check(task, candidate, arguments) for candidate in candidates]

    async def _check(self, task: TaskView, candidate: Candidate, arguments: Arguments) -> Evidence:
        properties = self.entry.input_schema.get("properties")
        taken = properties if isinstance(properties, dict) else {}
        known = {"candidate": candidate.text, "prompt": task.prompt}
        given = {**arguments, **{name: text for name, text in known.items() if name in taken}}
        conforms(self.entry.name, given, self.entry.input_schema, what="arguments")
        result = await self.server.call(self.entry.metadata.get("tool", self.entry.name), given)
        text = "\n".join(block.text for block in result.content if block.type == "text")[:DETAIL_MAX]
        if result.isError:
            raise ToolError(f"{self.entry.name}: {text or 'the server reports an error'}")
        structured = result.structuredContent or {}
        conforms(self.entry.name, structured, self.entry.output_schema, what="result")
        detail = structured.get("detail")
        return Evidence(
            tool=self.entry.name,
            candidate=candidate.id,
            claim=self.entry.description,
            value=_value(structured.get("value")),
            detail=(detail if isinstance(detail, str) else text)[:DETAIL_MAX],
        )


def _value(value: object) -> float | None:
    """Return a number in [0, 1]; whatever else a server calls a value is none of ours."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None
