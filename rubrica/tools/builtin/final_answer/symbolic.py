"""Equality of formulas by math-verify and sympy, which never see candidate text in this process."""

import atexit
import json
import re
import select
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

MAX_FORMULA = 200
START_S = 60.0
ANSWER_S = 6.0

_ALPHABET = re.compile(r"[0-9A-Za-z\\{}()\[\]^_+\-*/=.,:;|!<>$%° \u221a\u03c0\u221e]+")
_HUGE = re.compile(r"\d{20}|\^\s*[{(]?\s*-?\d{4}|\^[^+\-*/=,]{0,40}\^|\d{4,}\s*!|!\s*!|__|\*\*")


def admissible(formula: str) -> bool:
    """Whether a formula is short, plain and without towers of powers: all that may reach a computer algebra system."""
    return 0 < len(formula) <= MAX_FORMULA and bool(_ALPHABET.fullmatch(formula)) and _HUGE.search(formula) is None


class Worker:
    """One persistent child process; it is started when first asked, and again after it had to be killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def equal(self, gold: str, answer: str) -> bool | None:
        """Whether two admissible formulas are equal; None when that could not be found out in time."""
        if not (admissible(gold) and admissible(answer)):
            return None
        with self._lock:
            reply = self._ask(json.dumps({"gold": gold, "answer": answer}))
        if reply is None:
            return None
        value = json.loads(reply).get("equal")
        return value if isinstance(value, bool) else None

    def close(self) -> None:
        """End the child process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _ask(self, request: str) -> bytes | None:
        try:
            if self._process is None:
                self._start()
            assert self._process is not None
            assert self._process.stdin is not None
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
            return self._line(ANSWER_S)
        except (OSError, TimeoutError):
            self.close()
            return None

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own file, our own interpreter, no shell
            [sys.executable, "-I", str(Path(__file__).with_name("worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            bufsize=0,
        )
        self._line(START_S)

    def _line(self, seconds: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], seconds)
            chunk = self._process.stdout.read(4096) if ready else b""
            if not chunk:
                raise TimeoutError("the formula process did not answer")
            line += chunk
        return line


_WORKER = Worker()
atexit.register(_WORKER.close)


@lru_cache(maxsize=1024)
def equal_formulas(gold: str, answer: str) -> bool | None:
    """Whether two formulas are equal, asked of one shared child process; None = cannot tell."""
    return _WORKER.equal(gold, answer)


def close() -> None:
    """End the shared child process; the next question starts another."""
    _WORKER.close()
