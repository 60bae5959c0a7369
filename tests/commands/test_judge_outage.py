"""`rubrica judge --model` when the endpoint answers nothing."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from click.testing import Result


class Ailing(BaseHTTPRequestHandler):
    """An endpoint that is never well."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.send_header("retry-after", "0")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_model_that_answers_nothing_is_no_success(
    judge: Callable[..., Result], rows: Callable[..., Path], tmp_path: Path
) -> None:
    source = rows({"prompt": "Name a fruit.", "candidates": ["Plum.", "Car."]})
    with ThreadingHTTPServer(("127.0.0.1", 0), Ailing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}/v1"
        told = judge(
            source,
            "--model",
            "m",
            "--api-base",
            where,
            "--cache",
            "off",
            "--out",
            tmp_path / "v.jsonl",
        )
        server.shutdown()
    assert told.exit_code == 2
    assert "without a verdict: 1 (outage 1)" in told.stderr
    assert told.stderr.splitlines()[-1].startswith(
        "rubrica: the model answered for none of the 1 row: 6 attempts failed"
    )
    assert (tmp_path / "v.jsonl").read_text().count("\n") == 1
