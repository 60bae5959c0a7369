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
    "the modules": "import sys\nfor n in list(sys.modules):\n    if n != 'sys': sys.modules[n] = None",
}


@pytest.mark.parametrize("way", PATCHES)
def test_patching_the_runner_yields_json_or_nothing(way, execute):
    outcome = execute(f"{PATCHES[way]}\ndef f(): return 1", entry="f")
    assert outcome.value_json is None or json.loads(outcome.value_json) is not None
    assert execute("def f(): return 'next'", entry="f").value_json == '"next"'


def test_a_claimed_status_is_not_believed(execute):
    code = """
import json
json.dumps = lambda *a, **k: '{"status": "excellent"}'
def f(): return 1
"""
    outcome = execute(code, entry="f")
    assert outcome.status in {"ok", "error", "crashed"}
    assert outcome.value_json in {"1", None}
