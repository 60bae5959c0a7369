"""A run finds nothing of the runs before it, and the same job gives the same answer."""

import pytest

LEAVE = {
    "builtins": ("import builtins; builtins.left = 1", "import builtins\ndef f(): return hasattr(builtins, 'left')"),
    "a patched function": ("import json; json.left = 1", "import json\ndef f(): return hasattr(json, 'left')"),
    "a module": (
        "import sys, types; sys.modules['left'] = types.ModuleType('left')",
        "def f():\n    import left\n    return True",
    ),
    "a file": ("open('left.txt', 'w').write('x')", "import os\ndef f(): return os.path.exists('left.txt')"),
    "a file in /tmp": (
        "open('/tmp/left.txt', 'w').write('x')",
        "import os\ndef f(): return os.path.exists('/tmp/left.txt')",
    ),
    "the environment": ("import os; os.environ['LEFT'] = '1'", "import os\ndef f(): return 'LEFT' in os.environ"),
    "the recursion limit": (
        "import sys; sys.setrecursionlimit(77)",
        "import sys\ndef f(): return sys.getrecursionlimit() == 77",
    ),
    "an exit handler": (
        "import atexit; atexit.register(print, 'left')",
        "import atexit\ndef f(): return atexit._ncallbacks() > 50",
    ),
    "random state": (
        "import random; random.seed(5)",
        "import random\ndef f(): return random.random() == 0.6229016948897019",
    ),
    "the decimal context": (
        "import decimal; decimal.getcontext().prec = 3",
        "import decimal\ndef f(): return decimal.getcontext().prec == 3",
    ),
    "objects": (
        "left = ['leftover-%d' % 12345] * 3",
        "import gc\ndef f(): return any(type(o) is list and 'leftover-' + str(12345) in o for o in gc.get_objects())",
    ),
    "a poisoned class": (
        "import collections; collections.OrderedDict = None",
        "import collections\ndef f(): return collections.OrderedDict is None",
    ),
}


@pytest.mark.parametrize("what", LEAVE)
def test_the_next_run_does_not_find(what, execute):
    leave, look = LEAVE[what]
    for _ in range(3):  # whichever worker comes next
        assert execute(leave).status == "ok"
    for _ in range(3):
        assert execute(look, entry="f").value_json in {"false", None}


def test_memory_of_an_earlier_run_is_not_readable(execute):
    for _ in range(3):
        execute("import sys\nword = sys.argv.append('-'.join(['earlier', 'run']) * 1000)")
    code = """
import gc
def f():
    words = [o for o in gc.get_objects() if isinstance(o, list) and len(o) < 1000]
    return any(isinstance(word, str) and word.startswith("-".join(["earlier", "run"])) for o in words for word in o)
"""
    assert execute(code, entry="f").value_json == "false"


def test_the_same_seed_gives_the_same_randomness(execute):
    code = """
import random, secrets, uuid, os
def f():
    return [random.random(), secrets.token_hex(8), str(uuid.uuid4()), os.urandom(8).hex()]
"""
    first = execute(code, entry="f", seed=1).value_json
    assert first is not None
    assert first == execute(code, entry="f", seed=1).value_json
    assert first != execute(code, entry="f", seed=2).value_json


def test_the_order_of_a_set_is_the_same_in_every_run(execute):
    code = "def f(): return list({'a', 'b', 'c', 'd', 'e', 'f', 'g'})"
    assert len({execute(code, entry="f").value_json for _ in range(6)}) == 1
