"""What comes out is capped, is text, and is JSON."""

import json

import pytest

from rubrica.tools.sandbox.base import Limits

CAPPED = Limits(wall_s=5.0, out_bytes=1 << 14, value_bytes=1 << 14)
FLOODS = {
    "endless lines": "while True: print('x' * 100)",
    "endless lines to stderr": "import sys\nwhile True: print('x' * 100, file=sys.stderr)",
    "endless, errors caught": "while True:\n    try: print('x' * 100)\n    except BaseException: break",
    "one long line": "print('x' * (50 << 20))",
    "endless without line ends": "import sys\nwhile True: sys.stdout.write('xxxx')",
    "binary": "import sys\nwhile True: sys.stdout.buffer.write(bytes(range(256)))",
}


@pytest.mark.parametrize("way", FLOODS)
def test_a_flood_is_cut_and_told(way, execute):
    outcome = execute(FLOODS[way], limits=CAPPED)
    assert outcome.status == "output_limit"
    assert outcome.truncated
    assert len(outcome.stdout.encode()) <= 3 * CAPPED.out_bytes  # a byte that is no text becomes three


def test_what_was_printed_before_the_flood_is_kept(execute):
    outcome = execute("print('first')\nwhile True: print('x' * 100)", limits=CAPPED)
    assert outcome.stdout.startswith("first\n")


def test_binary_output_becomes_text(execute):
    outcome = execute("import sys; sys.stdout.buffer.write(bytes(range(256)))")
    assert outcome.status == "ok"
    outcome.stdout.encode("utf-8")


def test_lone_surrogates_do_not_break_the_way_out(execute):
    outcome = execute("def f():\n    print('\\ud800')\n    return 'ok'", entry="f")
    assert outcome.value_json == '"ok"'
    outcome.stdout.encode("utf-8")


VALUES = {
    "not a number": "float('nan')",
    "infinite": "float('inf')",
    "a set": "{1, 2}",
    "an object": "object()",
    "bytes": "b'x'",
    "a function": "lambda: 0",
    "a cycle": "(lambda l: (l.append(l), l)[1])([])",
    "a generator": "(x for x in 'ab')",
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_that_is_not_json_is_an_error(kind, execute):
    outcome = execute(f"def f(): return {VALUES[kind]}", entry="f")
    assert (outcome.status, outcome.value_json) == ("error", None)


def test_a_deep_value_does_not_reach_the_host(execute):
    code = "def f():\n    deep = []\n    for _ in range(200000): deep = [deep]\n    return deep"
    assert execute(code, entry="f").value_json is None


def test_a_large_value_is_refused(execute):
    outcome = execute("def f(): return 'x' * (1 << 20)", entry="f", limits=CAPPED)
    assert (outcome.status, outcome.value_json) == ("output_limit", None)


@pytest.mark.parametrize("value", [None, True, 0, -1, 1.5, 10**30, "ü\n\0", [1, [2]], {"a": [None]}])
def test_json_values_come_out_as_they_are(value, execute):
    outcome = execute("def f(x): return x", value, entry="f")
    assert outcome.value_json is not None
    assert json.loads(outcome.value_json) == value
    assert type(json.loads(outcome.value_json)) is type(value)
