"""Grading: inputs go in, JSON comes out, the comparison is made here; run in the real `wasm` tier."""

import asyncio
import json
import math
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox import guest
from rubrica.tools.sandbox.assertions import asserts
from rubrica.tools.sandbox.base import Job, Limits, Need, Outcome, Report, Sandbox
from rubrica.tools.sandbox.cases import checks_of, doctests
from rubrica.tools.sandbox.grading import Check, Computed, Graded, Known, Run, grade
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.tools.sandbox.source import parse_literal
from rubrica.tools.sandbox.values import Other, Relation, TooLarge, close, decode, holds, parse_json, same, show
from rubrica.types import CodeTest

Grade = Callable[..., tuple[Run, tuple[Graded, ...]]]
QUICK = Limits(wall_s=8.0, cpu_s=0.6)


@pytest.fixture(scope="module")
def graded() -> Iterator[Grade]:
    with asyncio.Runner() as runner:
        sandbox = open_sandbox("wasm")
        yield lambda source, checks, **more: runner.run(grade(sandbox, source, checks, **more))
        runner.run(sandbox.close())


def passed(result: tuple[Run, tuple[Graded, ...]]) -> list[bool | None]:
    return [each.passed for each in result[1]]


DOUBLE = "def f(x):\n    return x * 2\n"


# Forms of test cases


def test_a_call_is_compared_with_its_expected_value(graded: Grade) -> None:
    assert passed(graded(DOUBLE, [Check("", "f(2)", Known(4)), Check("", "f(2)", Known(5))])) == [True, False]


def test_a_program_is_compared_by_what_it_prints(graded: Grade) -> None:
    program = "n = int(input())\nfor i in range(n):\n    print(i, end=' \\n')\n"
    checks = checks_of(CodeTest(kind="stdin", code="2\n", expected="0\n1")) + checks_of(
        CodeTest(kind="stdin", code="2\n", expected="0 1")
    )
    assert passed(graded(program, checks)) == [True, False]


def test_a_call_test_of_the_task_compares_json_values(graded: Grade) -> None:
    assert passed(graded(DOUBLE, checks_of(CodeTest(kind="call", code="f([1])", expected=[1, 1])))) == [True]


def test_doctests_become_calls(graded: Grade) -> None:
    text = """
    >>> f(2)
    4
    >>> f('a')
    'aa'
    >>> y = 5
    >>> f(y) == 10
    True
    >>> f(None)
    Traceback (most recent call last):
    TypeError: unsupported
    >>> print(f(1))
    2
    >>> f(1)
    3
    """
    checks = doctests(text)
    assert passed(graded(DOUBLE, checks)) == [True, True, True, True, True, False]
    assert all(check.trust == "host" for check in checks)


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("assert f(2) == 4", True),
        ("assert 4 == f(2)", True),
        ("assert f(2) == 5, 'message'", False),
        ("assert f(2) != 4", False),
        ("assert not f(0)", True),
        ("assert f(1)", True),
        ("assert f(0) is None", False),
        ("assert f(2) in (3, 4)", True),
        ("assert 3 in f([3])", True),
        ("assert 9 not in f([3])", True),
        ("assert f(2) < 5 and f(2) > 3", True),
        ("assert 5 > f(2)", True),
        ("assert abs(f(0.1) - 0.2) < 1e-9", True),
        ("assert abs(0.3 - f(0.1)) <= 1e-9", False),
        ("import math\nassert math.isclose(f(0.1), 0.2000001, rel_tol=1e-3)", True),
        ("import math\nassert f(2) == math.factorial(3) - 2", True),
        ("x = [1]\nassert f(x) == [1, 1]", True),
        ("assert f([1]) == sorted([1, 1])", True),
        ("def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(1) == 3\ncheck(f)", None),
        ("def check(c):\n    assert c(2) == 4\ndef test_check():\n    check(f)\ntest_check()", True),
        ("from solution import f\nassert f(2) == 4\nif __name__ == '__main__':\n    pass", True),
        ("import pytest\nwith pytest.raises(TypeError):\n    f(None)", True),
        (
            "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(f(2), 4)\n",
            True,
        ),
    ],
)
def test_assertions_are_rewritten_and_compared_here(graded: Grade, statement: str, verdict: bool | None) -> None:
    checks = asserts(statement)
    assert all(check.trust == "host" for check in checks)
    results = passed(graded(DOUBLE, checks))
    assert results == ([True, False] if verdict is None else [verdict] * len(checks))
    assert results


def test_an_expected_expression_is_computed_without_the_candidate(graded: Grade) -> None:
    spoiled = "import math\nmath.factorial = lambda n: 7\ndef f(x):\n    return 7\n"
    checks = asserts("import math\nassert f(4) == math.factorial(4)")
    assert isinstance(checks[0].expected, Computed)
    assert passed(graded(spoiled, checks)) == [False]


def test_what_the_expected_value_needs_from_the_task_is_given(graded: Grade) -> None:
    check = Check("", "f(1)", Computed("twice(1)"))
    assert passed(graded(DOUBLE, [check], given="def twice(x):\n    return x + x\n")) == [True]


def test_an_expected_value_that_cannot_be_computed_is_no_verdict(graded: Grade) -> None:
    assert passed(graded(DOUBLE, [Check("", "f(1)", Computed("unknown(1)"))])) == [None]


def test_text_that_is_no_python_gives_no_checks() -> None:
    assert asserts("assert f(") == []
    assert doctests("no prompt here") == []


# Isolation of cases


def test_one_case_that_raises_does_not_touch_the_others(graded: Grade) -> None:
    source = "def f(x):\n    if x == 1:\n        raise SystemExit\n    return x\n"
    assert passed(graded(source, asserts("assert f(0) == 0\nassert f(1) == 1\nassert f(2) == 2"))) == [
        True,
        False,
        True,
    ]


def test_one_case_that_never_ends_does_not_touch_the_others(graded: Grade) -> None:
    source = "def f(x):\n    while x == 1:\n        pass\n    return x\n"
    run, results = graded(source, asserts("assert f(0) == 0\nassert f(1) == 1\nassert f(2) == 2"), limits=QUICK)
    assert [each.passed for each in results] == [True, False, True]
    assert results[1].observed.status == "timeout"
    assert run.module.status == "ok"


def test_the_rest_is_not_run_once_two_cases_have_run_out_of_time(graded: Grade) -> None:
    source = "def f(x):\n    while True:\n        pass\n"
    _, results = graded(source, asserts("\n".join(f"assert f({i}) == 1" for i in range(9))), limits=QUICK)
    assert [each.observed.status for each in results] == ["timeout"] * 2 + ["not run"] * 7


def test_variables_of_one_case_are_not_seen_by_another(graded: Grade) -> None:
    checks = [Check("", "y", Known(1), setup="y = 1"), Check("", "y", Known(1))]
    assert passed(graded("", checks)) == [True, False]


# What a candidate cannot forge


@pytest.mark.parametrize(
    "forged",
    [
        "class A:\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return A()\n",
        "class A(int):\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return A(7)\n",
        "import builtins\nbuiltins.repr = lambda x: '4'\nclass A:\n    pass\ndef f(x):\n    return A()\n",
        "class A(list):\n    def __iter__(self):\n        return iter([4])\ndef f(x):\n    return A()\n",
        "import json\njson.dumps = lambda *a, **k: '4'\ndef f(x):\n    return 5\n",
        "import sys\ndef f(x):\n    print('{\"value\": 4}')\n    sys.exit(0)\n",
        "import os\ndef f(x):\n    os._exit(0)\n",
        "def f(x):\n    raise AssertionError\n",
        "f = 4\n",
    ],
)
def test_a_forged_result_does_not_pass(graded: Grade, forged: str) -> None:
    assert passed(graded(forged, asserts("assert f(2) == 4"), limits=QUICK)) == [False]


def test_the_sandbox_never_sees_what_was_expected() -> None:
    class Recorder:
        name, isolation, offers = "recorder", "wasm", Need.PURE
        jobs: list[Job]

        def __init__(self) -> None:
            self.jobs = []

        async def run(self, job: Job) -> Outcome:
            self.jobs.append(job)
            return Outcome("timeout")

        async def probe(self) -> Report:
            raise NotImplementedError

        async def close(self) -> None: ...

    recorder: Sandbox = Recorder()  # type: ignore[assignment]
    asyncio.run(grade(recorder, DOUBLE, asserts("assert f(2) == 'a secret'")))
    assert all("a secret" not in repr(job) for job in recorder.jobs)  # type: ignore[attr-defined]
    assert recorder.jobs  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [SandboxInfraError("lost"), SandboxUnavailable("none")])
def test_a_failure_of_the_sandbox_is_never_a_verdict(error: Exception) -> None:
    class Broken:
        async def run(self, job: Job) -> Outcome:
            raise error

    with pytest.raises(type(error)):
        asyncio.run(grade(Broken(), DOUBLE, asserts("assert f(2) == 4")))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[]", "{}", '{"module": 1, "cases": []}', "NaN", "[" * 5000, '{"cases": [1]}', "x"])
def test_a_malformed_report_fails_the_candidate_and_nothing_else(text: str) -> None:
    class Fake:
        async def run(self, job: Job) -> Outcome:
            return Outcome("ok", value_json=text)

    _, results = asyncio.run(grade(Fake(), DOUBLE, asserts("assert f(2) == 4")))  # type: ignore[arg-type]
    assert [each.passed for each in results] == [False]


# Values

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=12,
)


@given(plain)
def test_a_value_survives_the_wire(value: object) -> None:
    wire = json.loads(json.dumps(guest.encode(value), allow_nan=False))
    assert same(decode(wire), value, exact=True)


@given(st.sets(st.integers() | st.text()))
def test_sets_survive_the_wire(value: set[object]) -> None:
    assert decode(json.loads(json.dumps(guest.encode(value)))) == value


@given(plain, plain)
def test_exact_equality_implies_equality_and_is_symmetric(left: object, right: object) -> None:
    assert same(left, right) == same(right, left)
    assert not same(left, right, exact=True) or same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [(True, 1), (0, False), ([1], (1,)), ("1", 1), (math.nan, math.nan), ({1: 2}, {True: 2}), (b"a", "a")],
)
def test_unlike_values_are_not_the_same(left: object, right: object) -> None:
    assert not same(left, right)
    assert not same([left], [right])


def test_an_integer_is_a_float_of_the_same_value_unless_exactness_is_asked() -> None:
    assert same([6], [6.0])
    assert not same([6], [6.0], exact=True)


def test_a_tolerance_reaches_into_lists_but_not_to_truth_values() -> None:
    assert close([0.1 + 0.2, 1], [0.3, 1], tolerance=1e-9)
    assert not close([0.4], [0.3], tolerance=1e-9)
    assert not close(True, 1, tolerance=1)


def test_values_that_python_will_not_order_stand_in_no_order() -> None:
    assert not holds("<", "a", 1)
    assert not holds("in", 1, 5)
    assert not holds("not in", 1, 5)


def test_a_huge_value_is_reported_as_too_large() -> None:
    assert show(decode(guest.encode(list(range(100_000))))) != ""
    assert not same(decode(guest.encode("x" * 1_000_000)), "x" * 1_000_000)


def test_a_value_that_contains_itself_ends() -> None:
    knot: list[object] = []
    knot.append(knot)
    assert "too large" in json.dumps(guest.encode(knot))


@pytest.mark.parametrize("wire", [{"set": [[{"list": []}]]}, {"int": "zz"}, {"a": 1, "b": 2}, [1], {"dict": 3}, 1.5])
def test_what_was_not_encoded_by_us_is_refused(wire: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the type is the contract
        decode(wire)  # type: ignore[arg-type]


HASH_MODULUS = (1 << 61) - 1
COLLIDING = [number * HASH_MODULUS for number in range(5000)]


@pytest.mark.parametrize("wire", [{"set": COLLIDING}, {"frozenset": COLLIDING}, {"dict": [[n, 1] for n in COLLIDING]}])
def test_items_chosen_to_collide_are_refused_before_they_are_compared(wire: JsonValue) -> None:
    with pytest.raises(ValueError, match="equal hashes"):
        decode(wire)


ODD: dict[str, object] = {
    "a long integer": 10**5000,
    "a long negative": -(10**5000),
    "a large float": 1e308,
    "not a number": math.nan,
    "half a character": "\ud800",
    "an object that shows half a character": Other("A", "\ud800"),
    "too large": TooLarge("x"),
    "bytes": b"\xff",
    "complex": complex(math.nan, 1),
}


@pytest.mark.parametrize("relation", ["equal", "unequal", "is", "is not", "<", ">=", "in", "not in", "true"])
@pytest.mark.parametrize("kind", ODD)
def test_no_value_that_can_come_out_breaks_a_comparison(relation: Relation, kind: str) -> None:
    value = ODD[kind]
    for expected in (10**5000, 1.5, "x", [1], None, {"a": 1}, True):
        assert holds(relation, value, expected) in (True, False)
        assert close(value, expected, tolerance=1e-6, relative=1e-6) in (True, False)
    show(value).encode()


SPEAKS = {
    "prints": "print('\\ud800')",
    "raises": "raise ValueError('\\ud800')",
    "returns": "class A:\n    def __repr__(self): return '\\ud800'\ndef f(): return A()",
}


@pytest.mark.parametrize("way", SPEAKS)
def test_what_a_candidate_says_can_be_encoded(graded: Grade, way: str) -> None:
    run, results = graded(SPEAKS[way], [Check("", "f()", Known(1)), Check("", expected=Known("1"), form="stdout")])
    for seen in (run.module, *(result.observed for result in results)):
        f"{seen}{seen.stdout}{seen.message}".encode()


STREAMS = {
    "input": "print(input())",
    "bytes": "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.readline())",
    "the descriptor": "print(open(0).read())",
    "lines": "import sys\nfor line in sys.stdin: sys.stdout.write(line)",
    "a closed output": "import sys\nprint(input())\nsys.stdout.close()",
}


@pytest.mark.parametrize("way", STREAMS)
def test_a_program_may_read_and_print_in_any_ordinary_way(graded: Grade, way: str) -> None:
    checks = [Check("", expected=Known(text), form="stdout", stdin=f"{text}\n") for text in ("5", "ü")]
    assert passed(graded(STREAMS[way], checks)) == [True, True]


FORGE = """
import sys
from functools import reduce
frame = sys._getframe()
while frame:
    if 'encode' in frame.f_globals and 'exercise' in frame.f_globals:
        frame.f_globals['encode'] = lambda *a: {}
    frame = frame.f_back
def f(): return 1
"""
FORGED = [
    "{'set': [{'list': []}]}",
    "{'int': 'z'}",
    "{'int': 'f' * 10 ** 6}",
    "{'float': '1e999'}",
    "{'set': [n * ((1 << 61) - 1) for n in range(20000)]}",
    "reduce(lambda inner, _: {'list': [inner]}, range(95), 1)",
    "reduce(lambda inner, _: {'list': [inner]}, range(400), 1)",
    "{'dict': [[{'tuple': [1]}, {'float': 'nan'}]]}",
    "object()",
]


@pytest.mark.parametrize("report", FORGED)
def test_a_forged_report_fails_the_candidate_and_nothing_else(graded: Grade, report: str) -> None:
    checks = [Check("", "f()", Known(1)), Check("", "f()", Known(1.5), tolerance=1.0)]
    assert set(passed(graded(FORGE.format(report), checks))) == {False}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "[-Infinity]", "1e999", "[" * 201 + "]" * 201])
def test_json_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not JSON|infinite|nested"):
        parse_json(text)


@pytest.mark.parametrize(
    "text", ["f(1)", "__import__('os')", "(" * 3000, "-" * 5000 + "1", "1" + "+1" * 9000, "x" * 30_000, "[" * 150]
)
def test_only_literals_are_read_as_literals(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the type is the contract
        parse_literal(text)
