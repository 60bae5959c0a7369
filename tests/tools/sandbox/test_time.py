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
    "join": "import threading; t = threading.Thread(target=lambda: time.sleep(60)); import time; t.start(); t.join()",
    "lock": "import threading\nl = threading.RLock(); q = threading.Condition(l)\nwith q: q.wait(60)",
    "queue": "import queue; queue.Queue().get(timeout=60)",
    "digits": "int('9' * 4000) ** 10 ** 6",
    "division": "x = (1 << 10 ** 7) - 1\nwhile True: x % 1234567 // 3",
    "fractions": "from fractions import Fraction as F\nx = F(1, 3)\nwhile True: x = x * x + F(1, 7)",
    "decimal": "import decimal as d\nd.getcontext().prec = 10 ** 6\nd.Decimal(2).sqrt()\nwhile True: d.Decimal(3).ln()",
    "split": "import re; re.split('(x+x+)+y', 'x' * 40)",
    "difference": "import difflib; difflib.SequenceMatcher(None, 'ab' * 20000, 'ba' * 20000).ratio()",
    "equal hashes": "m = (1 << 61) - 1\nwhile True: {i * m for i in range(30000)}",
    "comparison that never ends": "class E:\n    def __eq__(s, o):\n        while True: pass\n[E()].count(1)",
    "hash that never ends": "class E:\n    def __hash__(s):\n        while True: pass\n{E()}",
    "exceptions without end": "def f():\n    try: f()\n    finally: f()\nf()",
    "exit that is caught": "import sys\nwhile True:\n    try: sys.exit()\n    except SystemExit: pass",
    "processor signal caught": "import signal\ntry: signal.signal(signal.SIGXCPU, lambda *a: None)\n"
    "except AttributeError: pass\n"
    "while True: pass",
    "profile": "import sys\ndef p(*a):\n    while True: pass\nsys.setprofile(p)\nlen('')",
    "import that never ends": "import sys\nclass F:\n    def find_spec(s, *a):\n        while True: pass\n"
    "sys.meta_path.insert(0, F())\nimport missing_module",
    "generator": "import itertools, collections; collections.deque(itertools.count(), maxlen=0)",
    "sorting with a slow key": "sorted(range(10), key=lambda x: [0 for _ in range(10 ** 12)])",
    "trace": "import sys; sys.settrace(lambda *a: None)\nwhile True: pass",
    "atexit": "import atexit, sys\ndef endless():\n    while True: pass\natexit.register(endless)\nendless()",
}


ALSO: dict[str, set[str]] = {
    "sorting with a slow key": {"memory"},
    "event": {"ok"},
    "exceptions without end": {"error", "memory", "crashed"},
}
"""How else it may end: out of memory first; or at once, where a lone thread has nobody to wait for."""

for _way in ("join", "lock", "queue", "digits", "division", "decimal", "split", "difference"):
    ALSO[_way] = {"error", "ok", "memory"}


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
