"""The service on a thread of this process: for notebooks, in-process trainers, examples and tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from rubrica.reward import RewardFunction
from rubrica.service.app import build_app
from rubrica.service.desk import Limits

BACKLOG = 2048
"""Connections that wait to be accepted: a trainer opens a thousand at once."""
KEEP_ALIVE_S = 75
"""Seconds that an idle connection stays open, for clients that call once a training step."""


@contextmanager
def running(function: RewardFunction, *, limits: Limits | None = None, token: str = "") -> Iterator[str]:
    """Serve on a free port of the loopback address and yield the URL; ends when what is in flight is answered."""
    app = build_app(function, limits=limits, token=token)
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        server = uvicorn.Server(config_of(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="rubrica-service")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def config_of(app: object, *, grace: int | None = None) -> uvicorn.Config:
    """Return how the app is served, wherever it is."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # FastAPI's app, which is typed more loosely than uvicorn's
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace,
    )
