import asyncio
import sys
from pathlib import Path

import pytest

from rubrica.errors import ConfigError, ToolError
from rubrica.tools.entry import ToolEntry
from rubrica.tools.mcp_tool import McpServer, McpTool
from rubrica.types import Candidate, Message, TaskView, TextPart

SERVER = Path(__file__).parents[1] / "servers" / "mcp_checks.py"
TASK = TaskView(messages=(Message(role="user", parts=(TextPart(text="Write to Ann."),)),))
LIMIT = {"limit": {"type": "integer"}, "candidate": {"type": "string"}}


def tool(remote, properties=LIMIT, **metadata):
    return ToolEntry(
        name="an-mcp-tool",
        description="It does not shout.",
        kind="mcp",
        input_schema={"type": "object", "properties": properties, "required": list(properties)[-1:]},
        metadata={"tool": remote, **metadata},
    )


def check(entry, *texts, arguments=None, timeout_s=20.0):
    candidates = tuple(Candidate(id=f"{i}", parts=(TextPart(text=text),)) for i, text in enumerate(texts))

    async def main():
        server = McpServer(command=(sys.executable, str(SERVER)), timeout_s=timeout_s)
        try:
            return await McpTool(entry, server).check(TASK, candidates, arguments or {})
        finally:
            await server.close()

    return asyncio.run(main())


def test_a_structured_value_is_evidence_about_each_candidate():
    evidence = check(tool("shouts"), "Hi!", "Hi!!! Ho!", arguments={"limit": 2})
    assert [(item.candidate, item.value) for item in evidence] == [("0", 1.0), ("1", 0.0)]
    assert evidence[1].detail == "4 exclamation marks"


def test_free_text_settles_nothing():
    (evidence,) = check(tool("looks_up", {"prompt": {"type": "string"}}), "x")
    assert evidence.value is None
    assert evidence.detail == "about: Write to Ann."


def test_an_error_of_the_server_is_the_tools_error():
    with pytest.raises(ToolError, match="broken inside"):
        check(tool("fails"), "x")


def test_a_server_that_does_not_answer_is_the_tools_error():
    with pytest.raises(ToolError, match="did not answer within"):
        check(tool("hangs"), "x", timeout_s=5.0)


def test_the_candidates_text_is_not_the_callers_to_give():
    with pytest.raises(ToolError, match="filled in"):
        check(tool("shouts"), "x", arguments={"candidate": "y"})


def test_a_caller_is_not_shown_what_is_filled_in():
    spec = McpTool(tool("shouts"), McpServer(command=("none",))).spec
    assert spec.input_schema["properties"] == {"limit": {"type": "integer"}}
    assert spec.input_schema["required"] == []


def test_a_program_that_cannot_start_is_the_tools_error():
    async def main():
        await McpServer(command=("/no/such/program",)).call("x", {})

    with pytest.raises(ToolError):
        asyncio.run(main())


def test_a_server_has_one_address():
    with pytest.raises(ConfigError, match="either a command or a url"):
        McpServer(command=("x",), url="http://127.0.0.1:1/mcp")
