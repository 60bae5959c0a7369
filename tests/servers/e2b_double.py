"""A loopback stand-in for E2B's control plane and code interpreter, in the wire format of the SDK that we install.

It proves our client: requests, deadlines, error mapping, clean-up. It proves nothing about E2B's isolation. `/execute`
runs the cell as a plain Python process, so only programs written for these tests may be sent to it.
"""

import asyncio
import json
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

KEY = "e2b_" + "0" * 40


@dataclass
class E2BDouble:
    """`script` holds what the next `/execute` calls do instead of running; `refusals` answer the next creations."""

    url: str = ""
    script: deque[str] = field(default_factory=deque)
    refusals: deque[int] = field(default_factory=deque)
    kill_status: int = 204
    alive: set[str] = field(default_factory=set)
    created: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    executed: list[dict[str, object]] = field(default_factory=list)
    disconnected: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.add_routes(
            [
                web.post("/v2/sandboxes", self._create),
                web.post("/sandboxes", self._create),
                web.delete("/sandboxes/{id}", self._kill),
                web.post("/execute", self._execute),
                web.get("/health", self._health),
            ]
        )
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._runner.cleanup()

    async def _create(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("X-API-KEY", ""))
        if self.refusals:
            status = self.refusals.popleft()
            return web.json_response({"code": status, "message": f"refused with {status}"}, status=status)
        body = await request.json()
        self.created.append(body)
        name = f"sbx{len(self.created)}"
        self.alive.add(name)
        made = {
            "sandboxID": name,
            "templateID": body["templateID"],
            "clientID": "double",
            "envdVersion": "0.4.0",
            "envdAccessToken": "token",
            "domain": None,
        }
        return web.json_response(made, status=201)

    async def _kill(self, request: web.Request) -> web.Response:
        self.alive.discard(request.match_info["id"])
        return web.Response(status=self.kill_status)

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _execute(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.executed.append({**body, "headers": dict(request.headers)})
        step = self.script.popleft() if self.script else "run"
        if step.isdigit():
            return web.Response(status=int(step), text=f"refused with {step}")
        response = web.StreamResponse()
        await response.prepare(request)
        if step == "stall":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.disconnected += 1
                raise
        elif step == "drop":
            await self._send(response, {"type": "stdout", "text": "half of", "timestamp": 0})
            assert request.transport is not None
            request.transport.close()
        elif step == "garbage":
            await response.write(b"this is no JSON\n")
        elif step == "silent":
            await self._send(response, {"type": "number_of_executions", "execution_count": 1})
        elif step == "kernel error":
            await self._send(response, {"type": "error", "name": "OSError", "value": "disk full", "traceback": ""})
        else:
            await self._send(response, {"type": "stdout", "text": await _run(body["code"]), "timestamp": 0})
        return response

    async def _send(self, response: web.StreamResponse, event: dict[str, object]) -> None:
        await response.write(json.dumps(event).encode() + b"\n")


async def _run(cell: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(cell.encode())
    return out.decode()
