"""A language model that runs on this machine, and `rubrica` asked as a user asks it."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).parent.parent
MODEL_PYTHON = os.environ.get("MODEL_PYTHON", str(ROOT / ".venv-model" / "bin" / "python"))
"""Python of the environment that holds the model."""
CONTEXT, SLOTS = 8192, 2
LONGEST = 200
"""Tokens of a reply."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the base address of llama.cpp's own endpoint."""
    command = [MODEL_PYTHON, str(Path(__file__).parent / "model_server.py"), str(CONTEXT), str(SLOTS)]
    log = tmp_path_factory.mktemp("model") / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http"), log.read_text()
            yield f"{address}/v1"
        finally:
            process.kill()


class Between(BaseHTTPRequestHandler):
    """Passes requests on, with short replies: a model this small does not come to an end by itself."""

    behind = ""
    refused: tuple[str, ...] = ()
    """Fields that are answered with an error."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if unknown := next((name for name in self.refused if name in body), None):
            self._answer(400, json.dumps({"error": {"message": f"{unknown} is not supported", "code": 400}}).encode())
            return
        body["max_tokens"] = min(body.get("max_tokens") or LONGEST, LONGEST)
        asked = Request(
            f"{self.behind}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urlopen(asked, timeout=600) as told:
                self._answer(told.status, told.read())
        except HTTPError as error:
            self._answer(error.code, error.read())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@contextmanager
def between(behind: str, *refused: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Between,), {"behind": behind, "refused": refused}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


@pytest.fixture
def model(llama: str) -> Iterator[str]:
    """Yield the model's endpoint."""
    with between(llama) as url:
        yield url


@pytest.fixture
def plain(llama: str) -> Iterator[str]:
    """Yield an endpoint of the same model that takes no JSON schema and no tools, and is asked in words alone."""
    with between(llama, "response_format", "tools") as url:
        yield url


@pytest.fixture
def rubrica(tmp_path: Path) -> Run:
    """Run the command line in an empty folder."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "RUBRICA_API_KEY": "none"}
        command = [os.environ.get("JUDGE_PYTHON", str(ROOT / ".venv" / "bin" / "python")), "-m", "rubrica.cli"]
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    return run
