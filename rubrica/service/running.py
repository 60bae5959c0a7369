"""The service on a thread of this process: for notebooks, in-process trainers, examples and tests."""

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from rubrica.errors import ConfigError
from rubrica.reward import RewardFunction
from rubrica.service.app import build_app
from rubrica.service.connection import KEEP_ALIVE_S, Connection
from rubrica.service.desk import Limits

BACKLOG = 2048
"""Connections that wait to be accepted: a trainer opens a thousand at once."""


@contextmanager
def running(function: RewardFunction, *, limits: Limits | None = None, token: str = "") -> Iterator[str]:
    """Serve on a free port of the loopback address and yield the URL; ends when what is in flight is answered."""
    app = build_app(function, limits=limits, token=token)
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(config_of(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="rubrica-service")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def allow_many_connections() -> None:
    """Raise the number of files that this process may open to what it is allowed: each connection is one."""
    with suppress(ImportError, OSError, ValueError):  # not on Windows, nor beyond what the system grants
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket whose connections send at once.

    asyncio switches Nagle's algorithm off only on sockets that name their protocol, and a socket from `create_server`
    does not: answers in two writes would wait 40 ms for the caller's delayed acknowledgement.

    Raises:
        ConfigError: the address is not ours, or taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "the port is taken; name another with --port, 0 for any" if taken else error.strerror or str(error)
        raise ConfigError(f"cannot listen on {host}:{port}: {why}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def config_of(app: object, *, grace: int | None = None) -> uvicorn.Config:
    """Return how the app is served, wherever it is."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # FastAPI's app, which is typed more loosely than uvicorn's
        http=Connection,
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace,
    )
