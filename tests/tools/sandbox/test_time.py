"""The deadline holds whatever the code does."""

import pytest

from rubrica.tools.sandbox.base import Limits

SHORT = Limits(wall_s=0.4, cpu_s=5.0)
ENDLESS = {
    "loop": "while True: pass",
    "loop that catches all": """
while True:
    try:
        while True: pass
    except BaseException:
        pass
""",
    "loop in a finalizer": """
class Endless:
    def __del__(self):
        while True: pass
del (lambda: Endless())().x
Endless()
""",
    "signals ignored": """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
""",
    "native call": "sum(range(10 ** 13))",
    "regex": "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
    "power": "pow(3, 10 ** 8, 10 ** 100000)",
    "sleep": "import time; time.sleep(60)",
    "select": "import select; select.select([], [], [], 60)",
    "event": "import threading; threading.Event().wait(60)",
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(60))",
    "generator": "import itertools, collections; collections.deque(itertools.count(), maxlen=0)",
    "sorting with a slow key": "sorted(range(10), key=lambda x: [0 for _ in range(10 ** 12)])",
    "trace": "import sys; sys.settrace(lambda *a: None)\nwhile True: pass",
    "atexit": "import atexit, sys\ndef endless():\n    while True: pass\natexit.register(endless)\nendless()",
}


ALSO = {"sorting with a slow key": {"memory"}, "event": {"ok"}}
"""How else it may end: out of memory first; or at once, where a lone thread has nobody to wait for."""


@pytest.mark.parametrize("way", ENDLESS)
def test_the_deadline_ends_it(way, execute):
    outcome = execute(ENDLESS[way], limits=SHORT)
    assert outcome.status in {"timeout", *ALSO.get(way, ())}, outcome
    assert execute("print(1)").stdout == "1\n"


def test_processor_time_has_its_own_limit(execute):
    assert execute("while True: pass", limits=Limits(wall_s=30.0, cpu_s=0.3)).status == "timeout"


@pytest.mark.parametrize(
    "code", ["input()", "import sys; sys.stdin.buffer.read(1)[0]", "next(iter(__import__('sys').stdin))"]
)
def test_waiting_for_input_ends_at_once_because_input_ends(code, execute):
    assert execute(code, limits=Limits(wall_s=20.0)).status == "error"
