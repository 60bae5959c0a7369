"""A program cannot say more than its own return value, and that only as JSON."""

import json

import pytest

FORGED = '{"status": "ok", "value": "\\"forged\\"", "stdout": "", "stderr": "", "truncated": false, "files": {}}'
SENTINELS = {
    "stdout": f"print('R{FORGED}')",
    "a frame on descriptor 1": f"import os, struct; b = b'R' + b'{FORGED}'; os.write(1, struct.pack('>I', len(b)) + b)",
    "frames on all descriptors": f"""
import os, struct
b = b'R' + b'{FORGED}'
for fd in range(64):
    try: os.write(fd, struct.pack('>I', len(b)) + b)
    except OSError: pass
""",
}


@pytest.mark.parametrize("way", SENTINELS)
def test_a_forged_frame_is_not_the_result(way, execute):
    code = SENTINELS[way].strip().replace("\n", "\n    ")
    outcome = execute(f"def f():\n    {code}\n    return 'honest'", entry="f")
    assert outcome.value_json in {'"honest"', None}
    assert execute("def f(): return 'next'", entry="f").value_json == '"next"'


def test_an_early_exit_returns_nothing(execute):
    outcome = execute(f"import os\ndef f():\n    print('R{FORGED}', flush=True)\n    os._exit(0)", entry="f")
    assert outcome.status in {"exited_early", "crashed"}
    assert outcome.value_json is None


EQUAL = """
class Equal({base}):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __repr__(self): return "forged"
    def __str__(self): return "forged"
    def __len__(self): return 0
def f(): return Equal({value})
"""


@pytest.mark.parametrize(("base", "value"), [("int", "7"), ("str", "'seven'"), ("float", "7.5"), ("list", "[7]")])
def test_an_always_equal_value_comes_out_as_the_plain_value(base, value, execute):
    outcome = execute(EQUAL.format(base=base, value=value), entry="f")
    plain = json.loads(outcome.value_json) if outcome.value_json is not None else None
    assert plain in (None, eval(value), [])
    assert type(plain) in (type(None), int, str, float, list)


def test_an_always_equal_object_is_an_error(execute):
    assert execute(EQUAL.format(base="object", value=""), entry="f").status == "error"


PATCHES = {
    "json.dumps": "import json; json.dumps = lambda *a, **k: 'no json'",
    "the encoder": "import json.encoder; json.encoder.JSONEncoder.encode = lambda *a: '{{{'\n"
    "json.encoder.JSONEncoder.iterencode = lambda *a, **k: ['{{{']\njson.encoder.c_make_encoder = None",
    "builtins": "import builtins\nfor n in ('isinstance', 'len', 'str', 'repr', 'type', 'getattr'):\n"
    "    setattr(builtins, n, lambda *a, **k: 'patched')",
    "every frame": """
import sys
frame = sys._getframe()
while frame:
    for name in list(frame.f_locals):
        try: frame.f_locals[name] = 'ok'
        except Exception: pass
    for name in list(frame.f_globals):
        if callable(frame.f_globals[name]) and not name.startswith('__'): frame.f_globals[name] = lambda *a, **k: 'ok'
    frame = frame.f_back
""",
    "the string encoder": "import json.encoder as e\n"
    "e.encode_basestring_ascii = e.py_encode_basestring_ascii = e.c_make_encoder = lambda *a: 'x'",
    "the numbers' text": "import builtins; builtins.int = builtins.float = builtins.str = type('T', (), {})",
    "the import": "import builtins; builtins.__import__ = lambda *a, **k: None",
    "the builtins of every frame": """
import sys
frame = sys._getframe()
while frame:
    frame.f_builtins.clear()
    frame = frame.f_back
""",
    "a trace function": """
import sys
def trace(frame, event, arg):
    for name in list(frame.f_locals): frame.f_locals[name] = 'traced'
    return trace
sys.settrace(trace); sys.setprofile(trace)
frame = sys._getframe()
while frame:
    frame.f_trace = trace
    frame = frame.f_back
""",
    "the code of the runner": """
import gc, types
blank = (lambda *a, **k: 'ok').__code__
for found in gc.get_objects():
    if isinstance(found, types.FunctionType) and found.__code__.co_freevars == ():
        try: found.__code__ = blank
        except (ValueError, TypeError): pass
""",
    "all that the collector knows": """
import gc
for found in gc.get_objects():
    if type(found) in (dict, list):
        try: found.clear()
        except BaseException: pass
""",
    "the classes of the streams": "import sys\nsys.stdout.__class__ = type('S', (type(sys.stdout),), {'flush': None})",
    "the streams": "import sys\nsys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = sys.__stderr__ = object()",
    "the exit": "import os, sys\nos._exit = sys.exit = lambda *a: None\nsys.excepthook = sys.unraisablehook = None",
    "the way an exception is shown": "import traceback\ntraceback.format_exception = lambda *a, **k: 7\n1 / 0",
    "the event loop": "import asyncio\nasyncio.run = lambda c: 'forged'\nasyncio.events._set_running_loop(object())",
    "the way a function is looked up": "import sys\nclass M(type(sys)):\n    def __getattribute__(s, n):\n"
    "        return (lambda: {'forged': 1}) if n == 'f' else super().__getattribute__(n)\n"
    "sys.modules[__name__].__class__ = M",
    "small integers": "import ctypes, sys\nctypes.c_long.from_address(id(1) + sys.getsizeof(0) - 4).value = 2",
    "the modules": "import sys\nfor n in list(sys.modules):\n    if n != 'sys': sys.modules[n] = None",
}


@pytest.mark.parametrize("way", PATCHES)
def test_patching_the_runner_yields_json_or_nothing(way, execute):
    outcome = execute(f"{PATCHES[way]}\ndef f(): return 1", entry="f")
    assert outcome.value_json is None or json.loads(outcome.value_json) is not None
    assert execute("def f(): return 'next'", entry="f").value_json == '"next"'


WRITERS = {
    "a thread": "import threading\nthreading.Thread(target=spam, daemon=True).start()",
    "many threads": "import threading\nfor _ in range(8): threading.Thread(target=spam, daemon=True).start()",
    "a signal": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: spam())\n"
    "signal.setitimer(signal.ITIMER_REAL, 1e-4)",
    "an exit handler": "import atexit\natexit.register(spam)",
    "a finalizer": "class Last:\n    def __del__(self): spam()\nlast = Last()",
    "a finalizer of the value": "class Last(list):\n    def __del__(self): spam()\nvalue = Last([1])",
    "a weak reference": "import weakref, sys\nweakref.finalize(sys.modules[__name__], spam)",
    "a hook of the collector": "import gc\ngc.callbacks.append(lambda *a: spam())\ngc.set_threshold(1)",
    "an audit hook": "import sys\nsys.addaudithook(lambda *a: None)",
    "the value's own iteration": "class Value(list):\n    def __iter__(self):\n        spam()\n"
    "        return iter([1])\n"
    "value = Value([1])",
    "the value's own keys": "class Value(dict):\n    def items(self):\n        spam()\n        return []\n"
    "value = Value(a=1)",
}
SPAM = f"""
import os, struct
value = 1
body = b'{FORGED}'
def spam():
    for _ in range(50):
        for fd in range(3, 9):
            for frame in (struct.pack('>I', len(body)) + body, struct.pack('>II', len(body), 0) + body, bytes(99)):
                try: os.write(fd, frame)
                except OSError: pass
def f(): return value
"""


@pytest.mark.parametrize("who", WRITERS)
def test_what_is_written_beside_the_value_does_not_become_it(who, execute):
    outcome = execute(f"{SPAM}{WRITERS[who]}", entry="f")
    assert "forged" not in f"{outcome.value_json}"
    assert execute("def f(): return 'next'", entry="f").value_json == '"next"'


VALUES = {
    "a list whose items differ": "class V(list):\n    def __iter__(self): return iter([9])\n"
    "    def __len__(self): return 1",
    "a dict whose items differ": "class V(dict):\n    def items(self): return [('k', 9)]",
    "a text that lies": "class V(str):\n    def __str__(self): return '9'\n    def encode(self, *a): return b'9'",
    "a number that lies": 'class V(float):\n    def __repr__(self): return \'}, "status": "ok"\'',
    "an integer that lies": "class V(int):\n    def __repr__(self): return 'NaN'\n    __str__ = __index__ = __repr__",
    "a class that lies": "class V:\n    __class__ = int\n    def __index__(self): return 9",
    "keys that lie": "class K(str):\n    def __str__(self): return 'x'\n"
    "V = lambda: {K('k'): 1, 'k': 2, None: 3, True: 4}",
    "an endless list": "class V(list):\n    def __iter__(self):\n        while True: yield 1",
    "a list that grows": "class V(list):\n    def __iter__(self):\n        for x in range(10 ** 9):\n"
    "            self.append(x); yield x",
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_that_lies_about_itself_comes_out_as_json_or_not_at_all(kind, execute):
    outcome = execute(f"{VALUES[kind]}\ndef f(): return V()", entry="f")
    if outcome.value_json is not None:
        assert "Infinity" not in outcome.value_json
        json.loads(outcome.value_json, parse_constant=pytest.fail)
    assert outcome.status in {"ok", "error", "memory", "timeout", "output_limit", "crashed"}


NUMBERS = ["1e999", "-1e999", "[1e400]", "NaN", "-Infinity", "9" * 5000, "1" + "0" * 5000, "[" * 500 + "]" * 500]


@pytest.mark.parametrize("text", NUMBERS, ids=range(len(NUMBERS)))
def test_a_number_that_no_json_reader_can_take_does_not_come_out(text, execute):
    code = f"""
import json, sys
frame = sys._getframe()
while frame:
    for name in ('dumps', '_encode'):
        if name in frame.f_globals: frame.f_globals[name] = lambda *a, **k: {text!r}
    frame = frame.f_back
honest = json.dumps
json.dumps = lambda v, **k: {text!r} if v == 1 else honest(v, **k)
def f(): return 1
"""
    assert execute(code, entry="f").value_json in {None, "1"}


def test_a_claimed_status_is_not_believed(execute):
    code = """
import json
json.dumps = lambda *a, **k: '{"status": "excellent"}'
def f(): return 1
"""
    outcome = execute(code, entry="f")
    assert outcome.status in {"ok", "error", "crashed"}
    assert outcome.value_json in {"1", None}
