"""A small MCP server over standard input and output, made with the official SDK."""

import asyncio
from typing import Any

from mcp.server.fastmcp import FastMCP

server = FastMCP("checks")


@server.tool()
def shouts(candidate: str, limit: int = 1) -> dict[str, Any]:
    """Whether the text holds at most `limit` exclamation marks."""
    found = candidate.count("!")
    return {"value": float(found <= limit), "detail": f"{found} exclamation marks"}


@server.tool()
def looks_up(prompt: str) -> str:
    """Free text about a prompt."""
    return f"about: {prompt}"


@server.tool()
def fails(candidate: str) -> str:
    """Raise."""
    raise ValueError("broken inside")


@server.tool()
async def hangs(candidate: str) -> str:
    """Answer never."""
    await asyncio.sleep(3600)
    return candidate


if __name__ == "__main__":
    server.run()
