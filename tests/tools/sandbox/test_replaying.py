"""Tests that only make sense as programs: judged without the candidate, whatever it does. Run in the real tiers."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.sandbox import replay
from rubrica.tools.sandbox.assertions import asserts
from rubrica.tools.sandbox.base import Job, Limits, Need, Outcome, Report
from rubrica.tools.sandbox.grading import Graded, grade
from rubrica.tools.sandbox.replaying import literal
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.tools.sandbox.values import same

QUICK = Limits(wall_s=8.0, cpu_s=0.6)
Verdicts = Callable[..., list[Graded]]


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Verdicts]:
    with asyncio.Runner() as runner:
        sandbox = open_sandbox("auto")

        def run(source: str, test: str) -> list[Graded]:
            return list(runner.run(grade(sandbox, source, asserts(test), limits=QUICK))[1])

        yield run
        runner.run(sandbox.close())


DOUBLE = "def f(x):\n    return x * 2\n"
WRONG = "def f(x):\n    return x * 2 + 1\n"
HELPER = """
import math
def assertion(out, exp, atol):
    exact = out == exp
    if not exact and atol:
        assert math.isclose(out, exp, abs_tol=atol)
    else:
        assert exact
def check(candidate):
    inputs = [[1], [2], [5]]
    results = [2, 4, 10]
    for i, (inp, exp) in enumerate(zip(inputs, results)):
        assertion(candidate(*inp), exp, 0)
check(f)
"""
FORMS = {
    "a loop": "for i in range(5):\n    assert f(i) == 2 * i",
    "a table": "table = [(1, 2), (5, 10)]\nfor x, expected in table:\n    assert f(x) == expected",
    "inputs and results": "def check(c):\n    ins, results = [[1], [5]], [2, 10]\n"
    "    for i, r in zip(ins, results):\n        assert c(*i) == r\ncheck(f)",
    "a helper that asserts": HELPER,
    "a helper that is called with values": "def case(x, y):\n    assert f(x) == y\ncase(1, 2)",
    "a helper that compares": "def near(a, b):\n    return abs(a - b) < 1e-6\nassert near(f(1.5), 3.0)",
    "a solution to compare with": "def reference(x):\n    return x + x\nfor i in range(3):\n"
    "    assert f(i) == reference(i)",
    "one call and a solution": "def reference(x):\n    return x + x\nassert f(7) == reference(7)",
    "an expected value with a name": "expected = 8\nassert f(4) == expected",
    "all": "assert all(f(i) == 2 * i for i in range(1, 5))",
    "a difference": "import math\nassert math.fabs(f(1.5) - 3.0) < 1e-6",
    "a chain": "assert 3.9 < f(2) < 4.1",
    "or": "assert f(2) == 4 or f(2) == 44",
    "two calls compared": "assert f(1) + f(2) == f(3)",
    "a raise": "if f(2) != 4:\n    raise AssertionError('no')",
    "a while loop": "i = 1\nwhile i < 5:\n    assert f(i) == i * 2\n    i += 1",
    "inputs drawn at random": "import random\nfor _ in range(5):\n    n = random.randint(1, 99)\n    assert f(n) == n * 2",
    "later calls that depend on earlier": "x = 1\nfor _ in range(3):\n    y = f(x)\n    assert y == 2 * x\n    x = y",
    "rows": "import pytest\n@pytest.mark.parametrize('x, expected', [(1, 2), (3, 6)])\n"
    "def test_f(x, expected):\n    assert f(x) == expected",
    "subtests": "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
    "        for x, y in [(1, 2), (3, 6)]:\n            with self.subTest(x=x):\n                self.assertEqual(f(x), y)",
    "a test that is set up": "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.f = f\n"
    "    def test_a(self):\n        self.assertEqual(self.f(2), 4)",
}
LIARS = {
    "a wrong one": WRONG,
    "always equal": """
class E(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __add__ = __sub__ = __rsub__ = __abs__ = lambda self, *a: E(0)
    __hash__ = int.__hash__
def f(x): return E(777)
""",
    "an object that is all things": """
class E:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __add__ = __sub__ = __rsub__ = __abs__ = lambda self, *a: self
    __float__ = lambda self: 0.0
    __getattr__ = lambda self, name: lambda *a, **k: self
def f(x): return E()
""",
    "one that reads the frames": """
import sys
def f(x):
    frame = sys._getframe(1)
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            for name in ("expected", "exp", "y", "r"):
                if isinstance(names.get(name), int): return names[name]
            for name in ("table", "results"):
                for row in names.get(name) or []:
                    if isinstance(row, tuple) and row[0] == x: return row[1]
            if callable(names.get("reference")): return names["reference"](x)
        frame = frame.f_back
    return -1
""",
    "one that patches what compares": """
import builtins, math, sys
for place, name in ((builtins, "all"), (builtins, "abs"), (builtins, "isinstance"), (math, "fabs"), (math, "isclose")):
    setattr(place, name, lambda *a, real=getattr(place, name), **k: 0 if "fabs" in real.__name__ else True
            if sys._getframe(1).f_code.co_filename in ("<test>", "<setup>") else real(*a, **k))
def f(x): return None
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_solution_passes(form: str, verdicts: Verdicts) -> None:
    found = verdicts(DOUBLE, FORMS[form])
    assert [each.passed for each in found] == [True] * len(found)
    assert found
    assert {each.check.trust for each in found} == {"host"}


@pytest.mark.parametrize("who", LIARS)
@pytest.mark.parametrize("form", FORMS)
def test_no_liar_passes(form: str, who: str, verdicts: Verdicts) -> None:
    found = verdicts(LIARS[who], FORMS[form])
    assert not all(each.passed for each in found)


def test_the_candidate_s_instance_sees_the_arguments_and_nothing_else_of_a_test() -> None:
    class Recorder:
        name, isolation, offers = "recorder", "wasm", Need.PURE

        def __init__(self) -> None:
            self.inner, self.beside = open_sandbox("wasm"), list[Job]()

        async def run(self, job: Job) -> Outcome:
            if job.entry == "exercise":
                self.beside.append(job)
            return await self.inner.run(job)

        async def probe(self) -> Report:
            return await self.inner.probe()

        async def close(self) -> None:
            await self.inner.close()

    async def main() -> tuple[bool | None, list[Job]]:
        sandbox = Recorder()
        test = "expected = [1234567, 7654321]\nfor i in range(2):\n    assert f('input', i) == expected[i]"
        _, (only,) = await grade(sandbox, "def f(a, i): return [1234567, 7654321][i]", asserts(test))  # type: ignore[arg-type]
        await sandbox.close()
        return only.passed, sandbox.beside

    passed, beside = asyncio.run(main())
    assert passed
    assert any("'input'" in repr(job.args[1]) for job in beside)
    assert all("1234567" not in repr(job.args[1:]) for job in beside)


def test_what_a_candidate_does_to_its_arguments_is_seen(verdicts: Verdicts) -> None:
    test = "for x in ([3, 1], [2, 1, 0]):\n    f(x)\n    assert x == sorted(x)"
    assert [each.passed for each in verdicts("def f(x): x.sort()", test)] == [True]
    assert [each.passed for each in verdicts("def f(x): x.reverse(); x.append(0)", test)] == [False]


def test_an_exception_of_the_candidate_is_the_test_s_to_judge(verdicts: Verdicts) -> None:
    test = "for x in (1, 0):\n    try:\n        f(x)\n    except ZeroDivisionError:\n        continue\n    assert x"
    assert [each.passed for each in verdicts("def f(x): return 1 / x", test)] == [True]
    assert [each.passed for each in verdicts("def f(x): raise ValueError(x)", test)] == [False]


def test_the_methods_of_a_solution_class_are_asked_one_by_one(verdicts: Verdicts) -> None:
    test = "s = Solution()\nfor i in range(3):\n    assert s.g(i) == 2 * i"
    (only,) = verdicts("class Solution:\n    def g(self, i): return 2 * i", test)
    assert (only.passed, only.check.trust) == (True, "host")
    assert [each.passed for each in verdicts("class Solution:\n    def g(self, i): return i", test)] == [False]


OBJECTS = {
    "an object with a state": (
        "class Stack(list):\n    def push(self, x): self.append(x)",
        "s = Stack()\nfor i in range(3):\n    s.push(i)\n    assert s.pop() == i",
    ),
    "a named tuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(i): return P(i, 0)",
        "for i in range(3):\n    assert f(i).x == i",
    ),
    "a generator": (
        "def f(n):\n    yield from range(n)",
        "for n in range(3):\n    assert list(f(n)) == list(range(n))",
    ),
    "a fraction": (
        "from fractions import Fraction\ndef f(n): return Fraction(n, 2)",
        "from fractions import Fraction\nfor n in range(3):\n    assert f(n) == Fraction(n, 2)",
    ),
    "a function as an argument": (
        "def f(g, x): return g(x)",
        "for i in range(3):\n    assert f(lambda x: x + 1, i) == i + 1",
    ),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_what_cannot_be_replayed_is_run_beside_the_candidate_and_says_so(kind: str, verdicts: Verdicts) -> None:
    (only,) = verdicts(*OBJECTS[kind])
    assert (only.passed, only.check.trust) == (True, "in-process")


def test_a_loop_that_waits_for_an_answer_ends(verdicts: Verdicts) -> None:
    assert [each.passed for each in verdicts(DOUBLE, "i = 1\nwhile f(i) < 50:\n    i += 1\nassert i == 25")] == [True]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(values)
def test_a_value_is_the_same_after_its_source_is_evaluated(value: object) -> None:
    for text in (literal(value), replay.literal(value)):
        again = eval(text)
        assert same(again, value, exact=True) or "nan" in text
