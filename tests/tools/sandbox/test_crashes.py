"""However a run ends, its status says so and the next run is untouched."""

import pytest

ENDS = {
    "os._exit": ("import os; os._exit(0)", {"exited_early", "crashed"}),
    "exit status": ("import sys; sys.exit(3)", {"exited_early"}),
    "exit message": ("raise SystemExit('bye')", {"exited_early"}),
    "abort": ("import os; os.abort()", {"crashed"}),
    "segmentation fault": ("import faulthandler; faulthandler._sigsegv()", {"crashed"}),
    "fatal error": ("import faulthandler; faulthandler._fatal_error(b'x')", {"crashed", "error"}),
    "kill itself": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", {"crashed", "error"}),
    "deep recursion": ("def f(n): return f(n + 1)\nf(0)", {"error"}),
    "unbounded recursion": (
        "import sys; sys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n + 1)\nf(0)",
        {"error", "crashed", "memory", "timeout"},
    ),
    "deep repr": ("x = []\nfor _ in range(10 ** 5): x = [x]\nrepr(x)", {"error", "crashed", "memory"}),
    "bad bytecode": (
        "def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 8), co_stacksize=0)\nf()",
        {"crashed", "error", "timeout", "ok"},
    ),
    "broken frames": ("import sys; sys.stdout = None; sys.stderr = None; raise ValueError('x')", {"error"}),
    "an exception that cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E",
        {"error"},
    ),
    "an exception whose class lies": (
        "class E(BaseException):\n    __class__ = int\nraise E",
        {"error"},
    ),
    "syntax": ("def", {"error"}),
    "null character": ("x = '\0'", {"error", "ok"}),
}


@pytest.mark.parametrize("way", ENDS)
def test_the_status_tells_how_it_ended(way, execute):
    code, statuses = ENDS[way]
    assert execute(code).status in statuses
    assert execute("print(1)").stdout == "1\n"


def test_an_error_ends_with_its_type_and_message(execute):
    outcome = execute("def g():\n    raise KeyError('k')\ng()")
    assert outcome.stderr.rstrip().endswith("KeyError: 'k'")
    assert "line 2" in outcome.stderr


@pytest.mark.parametrize(
    "code", ["import sys; print('x'); sys.exit()", "print('x'); exit(0)", "print('x'); raise SystemExit"]
)
def test_a_script_that_exits_with_success_is_ok(code, execute):
    outcome = execute(code)
    assert (outcome.status, outcome.stdout) == ("ok", "x\n")


def test_a_function_that_exits_returned_nothing(execute):
    assert execute("import sys\ndef f(): sys.exit(0)", entry="f").status == "exited_early"


def test_a_missing_entry_is_an_error(execute):
    outcome = execute("def g(): pass", entry="f")
    assert outcome.status == "error"
    assert "'f'" in outcome.stderr
