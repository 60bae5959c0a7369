"""The direct client: OpenAI-compatible endpoints (vLLM, SGLang, llama.cpp, proxies) over aiohttp, for the hot path."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from rubrica.errors import ConfigError
from rubrica.reasoners.completion import completion_of, completion_of_events
from rubrica.reasoners.endpoints import Endpoint, Endpoints
from rubrica.reasoners.failure import RATE_PAUSE_S, CallError, one_line, refused
from rubrica.reasoners.perloop import PerLoop
from rubrica.reasoners.transport import Call, Completion

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 10.0
KEEP_ALIVE_S = 4.0
"""Below the 5 s after which uvicorn drops an idle connection: a reused one should still be open."""
BODY_MAX = 32 << 20
"""Bytes of an answer that are read at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, read to its end."""

    status: int
    type: str
    body: bytes
    headers: Mapping[str, str]


class Direct:
    """Posts calls to `/chat/completions` of one or several endpoints that serve the same model."""

    def __init__(
        self, model: str, bases: Sequence[str], *, key: str = "", timeout_s: float = 120.0, stream: bool = False
    ) -> None:
        if not bases:
            raise ConfigError("the direct client needs at least one --api-base URL")
        self.model = model
        urls = [completions_url(base) for base in bases]
        self.place = ",".join(sorted(urls))
        self._endpoints = Endpoints(urls)
        self._key, self._timeout_s, self._stream = key, timeout_s, stream
        self._keepers: PerLoop[AsyncGenerator[aiohttp.ClientSession]] = PerLoop(partial(keep_session, key, timeout_s))
        self._sessions: PerLoop[list[aiohttp.ClientSession]] = PerLoop(list)

    async def send(self, call: Call) -> Completion:
        body = call.body(self.model)
        if self._stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        endpoint = self._endpoints.pick()
        endpoint.in_flight += 1
        try:
            answer = await self._post(endpoint, json.dumps(body, ensure_ascii=False, default=dict).encode())
            completion = self._read(answer)
        except CallError as error:
            self._note(endpoint, error)
            raise
        finally:
            endpoint.in_flight -= 1
        self._endpoints.worked(endpoint)
        return completion

    async def _post(self, endpoint: Endpoint, body: bytes) -> Answer:
        import aiohttp

        session = await self._session()
        try:
            async with session.post(endpoint.url, data=body, allow_redirects=False) as response:
                return Answer(response.status, response.content_type, await _read_all(response), response.headers)
        except TimeoutError:
            raise CallError(f"{endpoint.url}: no answer within {self._timeout_s:g} s", kind="timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            told = one_line(f"{type(error).__name__}: {error}")
            raise CallError(f"{endpoint.url}: {told}", kind="connection") from None

    def _read(self, answer: Answer) -> Completion:
        text = answer.body.decode("utf-8", "replace")
        if answer.status != 200:
            told = text.replace(self._key, "[key]") if self._key else text
            raise refused(answer.status, told, answer.headers, prefix=f"status {answer.status}: ")
        if answer.type == "text/event-stream":
            return completion_of_events(text)
        try:
            return completion_of(json.loads(text))
        except ValueError:
            raise CallError(f"the answer is not JSON: {one_line(text)}", kind="server") from None

    def _note(self, endpoint: Endpoint, error: CallError) -> None:
        if error.kind == "rate":
            self._endpoints.busy(endpoint, RATE_PAUSE_S if error.retry_after is None else error.retry_after)
            error.pause = self._endpoints.pause()
        elif error.passes:
            self._endpoints.failed(endpoint)

    async def _session(self) -> "aiohttp.ClientSession":
        held = self._sessions.get()
        if not held:
            held.append(await anext(self._keepers.get()))
        return held[0]


async def keep_session(key: str, timeout_s: float) -> "AsyncGenerator[aiohttp.ClientSession]":
    """Hold a loop's session; a loop that ends closes its asynchronous generators, and with this one the connections.

    A function of its own, so that no reference leads from the session back to the client.
    """
    import aiohttp

    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
        timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
    ) as session:
        yield session


async def _read_all(response: "aiohttp.ClientResponse") -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > BODY_MAX:
            raise CallError(f"the answer is longer than {BODY_MAX >> 20} MiB", kind="server")
        chunks.append(chunk)
    return b"".join(chunks)


def completions_url(base: str) -> str:
    """Return the chat completions URL of a base such as `http://host:8000/v1`; a bare host gets `/v1`.

    Raises:
        ConfigError: it is not an http(s) URL, or holds a password.
    """
    parts = urlsplit(base.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"--api-base {base!r} is not a URL; it looks like http://localhost:8000/v1")
    if parts.username or parts.password:
        raise ConfigError("--api-base may not hold a user or password; set OPENAI_API_KEY or RUBRICA_API_KEY")
    path = parts.path.rstrip("/") or "/v1"
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
