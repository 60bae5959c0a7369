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
    "an abstract class's registry": (
        "import collections.abc as c; c.Sequence.register(int)",
        "import collections.abc as c\ndef f(): return isinstance(1, c.Sequence)",
    ),
    "a codec": (
        "import codecs; codecs.register(lambda n: codecs.lookup('utf-8') if n == 'left' else None)",
        "def f(): return b'x'.decode('left')",
    ),
    "a warning filter": (
        "import warnings; warnings.simplefilter('error')",
        "import warnings\ndef f():\n    return any(entry[0] == 'error' for entry in warnings.filters)",
    ),
    "an import hook": (
        "import sys; sys.meta_path.insert(0, type('Left', (), {'find_spec': lambda *a: None})())",
        "import sys\ndef f(): return any(type(m).__name__ == 'Left' for m in sys.meta_path)",
    ),
    "a search path": ("import sys; sys.path.append('/left')", "import sys\ndef f(): return '/left' in sys.path"),
    "a compiled pattern": (
        "import re; re._cache.clear(); re.compile('left-over')",
        "import re\ndef f(): return any('left-over' in str(key) for key in re._cache)",
    ),
    "lines of source": (
        "import linecache; linecache.cache['left'] = (1, None, ['x'], 'left')",
        "import linecache\ndef f(): return 'left' in linecache.cache",
    ),
    "a trace function": (
        "import sys; sys.settrace(lambda *a: None)",
        "import sys\ndef f(): return sys.gettrace() is not None",
    ),
    "the collector's state": ("import gc; gc.disable()", "import gc\ndef f(): return not gc.isenabled()"),
    "the switch interval": (
        "import sys; sys.setswitchinterval(0.5)",
        "import sys\ndef f(): return sys.getswitchinterval() > 0.4",
    ),
    "the digits allowed": (
        "import sys; sys.set_int_max_str_digits(0)",
        "import sys\ndef f(): return sys.get_int_max_str_digits() == 0",
    ),
    "a reducer": (
        "import copyreg; copyreg.pickle(int, str)",
        "import copyreg\ndef f(): return int in copyreg.dispatch_table",
    ),
    "a mode of the folder": (
        "import os; os.chmod('.', 0o500) if hasattr(os, 'chmod') else None",
        "import os\ndef f():\n    open('x', 'w').write('x')\n    return os.stat('.').st_mode & 0o777 == 0o500",
    ),
    "times of the folder": (
        "import os; os.utime('.', (77, 77)) if hasattr(os, 'fork') else None",
        "import os\ndef f(): return int(os.stat('.').st_mtime) == 77",
    ),
    "a hidden file": (
        "open('/tmp/.left', 'w').write('x')",
        "import os\ndef f(): return '.left' in os.listdir('/tmp')",
    ),
    "an audit hook": (
        "import sys, builtins\nsys.addaudithook(lambda *a: setattr(builtins, 'left', 1))",
        "import builtins\ndef f():\n    open('x', 'w').close()\n    return hasattr(builtins, 'left')",
    ),
    "the mask of new files": (
        "import os; os.umask(0o777) if hasattr(os, 'umask') else None",
        "import os\ndef f(): return hasattr(os, 'umask') and os.umask(0o22) == 0o777",
    ),
    "limits": (
        "try:\n    import resource as r\n    r.setrlimit(r.RLIMIT_NOFILE, (20, 20))\nexcept ImportError: pass",
        "def f():\n    import resource\n    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] == 20",
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
        assert execute(leave).status in {"ok", "error"}  # a wall may refuse even to leave it
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
