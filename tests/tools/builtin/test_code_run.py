"""The code tools that run code, in the real `wasm` tier."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.builtin import code  # noqa: F401  importing it registers the tools
from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.sandbox.base import Job, Outcome
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Candidate, CodeTest, Evidence, Message, TaskView, TextPart

Check = Callable[..., list[Evidence]]
EXECUTING = ("code-run", "code-properties", "code-agreement", "code-output")


@pytest.fixture(scope="module")
def check() -> Iterator[Check]:
    with asyncio.Runner() as runner:
        sandbox = open_sandbox("wasm")

        def run(tool: str, prompt: str, *answers: str, tests: tuple[CodeTest, ...] = ()) -> list[Evidence]:
            bound = replace(BUILTINS[tool], sandbox=sandbox)
            return runner.run(bound.check(view(prompt, tests), candidates(*answers), {}))

        yield run
        runner.run(sandbox.close())


def view(prompt: str, tests: tuple[CodeTest, ...] = ()) -> TaskView:
    return TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),), tests=tests)


def candidates(*answers: str) -> list[Candidate]:
    return [Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(answers)]


def stub(docstring: str, signature: str = "f(x)", before: str = "") -> str:
    return f"Complete it.\n\n```python\n{before}def {signature}:\n    '''{docstring}'''\n```"


DOUBLE = stub("Double.\n    >>> f(2)\n    4\n    f(3) == 6\n    f([1]) -> [1, 1]\n    ")


# code-run


def test_all_stated_examples_pass(check: Check) -> None:
    (evidence,) = check("code-run", DOUBLE, "def f(x):\n    return x * 2")
    assert evidence.value == 1.0
    assert evidence.data["passed"] == 3
    assert evidence.data["trust"] == "host"


def test_the_share_that_passes_is_the_value_and_the_failure_is_shown(check: Check) -> None:
    (evidence,) = check("code-run", DOUBLE, "```python\ndef f(x):\n    return x + x if x != 3 else 7\n```")
    assert evidence.value == pytest.approx(2 / 3)
    assert "f(3) gave 7, expected 6" in evidence.detail
    assert evidence.span is not None
    assert evidence.span.text.startswith("def f(x)")


def test_a_bare_body_is_put_behind_the_signature(check: Check) -> None:
    assert check("code-run", DOUBLE, "    return x * 2")[0].value == 1.0


def test_code_that_the_prompt_gives_may_be_used(check: Check) -> None:
    prompt = stub("f(2) == 5", before="import math\nK = 3\ndef add(a, b):\n    return a + b\n\n")
    assert check("code-run", prompt, "def f(x):\n    return add(x, K) + math.floor(0.5)")[0].value == 1.0


def test_a_function_of_another_name_is_tried_when_it_is_the_only_one(check: Check) -> None:
    prompt = "Write a Python function. Example:\nInput: 3\nOutput: 9"
    assert check("code-run", prompt, "def square(n):\n    return n * n")[0].value in (1.0, None)


def test_code_that_does_not_load_scores_nothing(check: Check) -> None:
    (evidence,) = check("code-run", "Write a Python function that adds.", "```python\ndef f(a b):\n```")
    assert evidence.value == 0.0
    (evidence,) = check("code-run", "Write a Python function that adds.", "```python\nimport re\nre.nothing\n```")
    assert evidence.value == 0.0
    assert "AttributeError" in evidence.detail


def test_code_that_waits_for_input_is_not_judged_without_any(check: Check) -> None:
    assert (
        check("code-run", "Write a Python program that adds.", "```python\nprint(int(input()) + 1)\n```")[0].value
        is None
    )


def test_a_program_is_held_to_the_stated_run(check: Check) -> None:
    prompt = "Write a Python program that doubles a number.\n\nInput: 4\nOutput: 8\n"
    assert check("code-run", prompt, "```python\nprint(int(input()) * 2)\n```")[0].value == 1.0
    assert check("code-run", prompt, "```python\nprint(int(input()) * 3)\n```")[0].value == 0.0


@pytest.mark.parametrize(
    ("test", "value"),
    [
        (CodeTest(kind="assert", code="assert f(5) == 10"), 1.0),
        (CodeTest(kind="assert", code="assert f(5) == 11"), 0.0),
        (CodeTest(kind="call", code="f('a')", expected="aa"), 1.0),
        (CodeTest(kind="doctest", code=">>> f(0)\n0\n"), 1.0),
        (CodeTest(kind="stdin", code="", expected="done"), 1.0),
    ],
)
def test_the_tests_of_the_task_are_run(check: Check, test: CodeTest, value: float) -> None:
    answer = "```python\ndef f(x):\n    return x * 2\nprint('done')\n```"
    assert check("code-run", "Write a Python function f.", answer, tests=(test,))[0].value == value


def test_an_endless_loop_fails_its_example_only(check: Check) -> None:
    (evidence,) = check("code-run", DOUBLE, "def f(x):\n    while x == 3:\n        pass\n    return x * 2")
    assert evidence.value == pytest.approx(2 / 3)
    assert "timeout" in evidence.detail


def test_a_package_that_is_not_here_is_not_the_codes_fault(check: Check) -> None:
    (evidence,) = check("code-run", DOUBLE, "import numpy as np\ndef f(x):\n    return np.multiply(x, 2)")
    assert evidence.value is None
    assert "numpy" in evidence.detail.lower()


# code-properties


def holds(check: Check, prompt: str, answer: str) -> float | None:
    return check("code-properties", prompt, answer)[0].value


def test_a_function_with_the_stated_properties_has_them_all(check: Check) -> None:
    prompt = stub(
        "Return the sorted list without duplicates.\n    f([2, 1, 2]) == [1, 2]\n    f([3]) == [3]\n    ", "f(xs)"
    )
    assert holds(check, prompt, "def f(xs):\n    return sorted(set(xs))") == 1.0
    for broken in (
        "list(set(xs))[::-1]",
        "sorted(xs)",
        "tuple(sorted(set(xs)))",
        "sorted(set(xs)) if len(xs) < 2 else 1 / 0",
    ):
        value = holds(check, prompt, f"def f(xs):\n    return {broken}")
        assert value is not None
        assert value < 1.0


def test_a_result_of_another_type_than_annotated_is_seen(check: Check) -> None:
    prompt = stub("Halve it.", "f(n: int) -> int")
    assert holds(check, prompt, "def f(n: int) -> int:\n    return n // 2") == 1.0
    assert holds(check, prompt, "def f(n: int) -> int:\n    return n / 2") == pytest.approx(2 / 3)


def test_a_result_that_changes_from_call_to_call_is_seen(check: Check) -> None:
    prompt = stub("Do it.", "f(n: int) -> int")
    counted = "seen = []\ndef f(n: int) -> int:\n    seen.append(n)\n    return len(seen)"
    assert "the same result twice" in check("code-properties", prompt, counted)[0].detail


def test_an_equation_in_the_prompt_is_tried(check: Check) -> None:
    prompt = stub("f(0) == 0\n    f(1) == 1\n    f(n) == f(n-1) + f(n-2)\n    ", "f(n)")
    right = "def f(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a"
    assert holds(check, prompt, right) == 1.0
    assert "the stated equation" in check("code-properties", prompt, "def f(n):\n    return n")[0].detail


def test_a_function_must_undo_its_given_opposite(check: Check) -> None:
    given = "def encode_it(s):\n    return s[::-1] + '!'\n\n"
    prompt = stub("Undo encode_it.", "decode_it(s: str)", given)
    assert holds(check, prompt, "def decode_it(s: str):\n    return s[:-1][::-1]") == 1.0
    assert "it undoes encode_it" in check("code-properties", prompt, "def decode_it(s):\n    return s")[0].detail


def test_a_task_that_says_too_little_has_no_properties(check: Check) -> None:
    assert holds(check, "Write a Python function f.", "def f(x):\n    return x") is None


# code-agreement


def test_the_one_that_differs_from_the_others_agrees_least(check: Check) -> None:
    right, wrong = "def f(x):\n    return x * 2", "def f(x):\n    return x + 2 if x != [1] else [1, 1]"
    first, second, third = check("code-agreement", DOUBLE, right, right.replace("x * 2", "x + x"), wrong)
    assert first.value == second.value
    assert third.value is not None
    assert first.value is not None
    assert third.value < first.value


def test_of_two_that_differ_only_the_one_that_fails_is_marked_down(check: Check) -> None:
    prompt = stub("f(1) == 1\n    f(0) == 0\n    ", "f(n)")
    good, failing, other = (
        "def f(n):\n    return n",
        "def f(n):\n    return n and n // (n % 7)",
        "def f(n):\n    return n * n",
    )
    kept, lost = check("code-agreement", prompt, good, failing.replace("% 7", "% 1"))
    assert (kept.value, lost.value) == (1.0, pytest.approx(lost.value))
    assert lost.value is not None
    assert lost.value < 1.0
    assert [evidence.value for evidence in check("code-agreement", prompt, good, other)] == [None, None]


# code-output

ASSERTION = "Complete the assertion.\n[PYTHON]\ndef f(x):\n    return [x, str(x)]\nassert f(3) == ??\n[/PYTHON]"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Answer: [3, '3']", 1.0),
        ('assert f(3) == [3, "3"]', 1.0),
        ("Answer: [3, 3]", 0.0),
        ("Answer: ['3', 3]", 0.0),
        ("Answer: [3.0, '3']", 0.0),
        ("Answer: (3, '3')", 0.0),
        ("Answer: [3, '3'] or maybe not.\nAnswer: [3, 4]", 0.0),
        ("It returns [3, '3'].\nAnswer: a list of both", 0.0),
        ("I do not know.", None),
        ("Thought process:", None),
    ],
)
def test_the_stated_value_is_compared_by_literal(check: Check, answer: str, value: float | None) -> None:
    assert check("code-output", ASSERTION, answer)[0].value == value


def test_printed_output_is_compared_as_text(check: Check) -> None:
    prompt = "What does this program print?\n```python\nfor i in range(2):\n    print(i)\n```"
    assert check("code-output", prompt, "It prints\n```\n0\n1\n```")[0].value == 1.0
    assert check("code-output", prompt, "It prints\n```\n1\n2\n```")[0].value == 0.0


def test_an_exception_is_a_result_too(check: Check) -> None:
    prompt = "What does this program print?\n```python\nprint([][1])\n```"
    assert check("code-output", prompt, "It raises an IndexError.")[0].value == 1.0
    assert check("code-output", prompt, "The output is 1")[0].value == 0.0


def test_an_answer_that_names_every_outcome_is_held_to_its_last(check: Check) -> None:
    prompt = "What does this program print?\n```python\nprint([][1])\n```"
    assert check("code-output", prompt, "IndexError? No: a KeyError.")[0].value == 0.0
    prompt = "What does this program print?\n```python\nprint(1)\n```"
    assert check("code-output", prompt, "The output is 1\nThe output is 2")[0].value == 0.0


def test_a_string_may_be_stated_without_its_quotes(check: Check) -> None:
    prompt = "What does f(3) return?\n```python\ndef f(x):\n    return 'ab c'\n```"
    assert check("code-output", prompt, "Answer: ab c")[0].value == 1.0


def test_code_of_the_answer_is_never_run_as_if_it_were_the_prompts(check: Check) -> None:
    answer = "```python\ndef f(x):\n    return 7\n```\nAnswer: 7"
    assert check("code-output", ASSERTION, answer)[0].value == 0.0


# Without a sandbox, and when it fails


@pytest.mark.parametrize("tool", EXECUTING)
def test_without_a_sandbox_it_answers_null_and_says_so(tool: str) -> None:
    prompt = ASSERTION if tool == "code-output" else DOUBLE
    found = asyncio.run(
        BUILTINS[tool].check(view(prompt), candidates("def f(x):\n    return 1", "def f(x): return 2"), {})
    )
    assert [evidence.value for evidence in found] == [None, None]
    assert all("no sandbox" in evidence.detail for evidence in found)


@pytest.mark.parametrize("tool", EXECUTING)
@pytest.mark.parametrize("error", [SandboxInfraError("lost"), SandboxUnavailable("nothing safe here")])
def test_a_sandbox_that_fails_is_an_error_and_one_that_refuses_is_null(tool: str, error: Exception) -> None:
    class Failing:
        async def run(self, job: Job) -> Outcome:
            raise error

    bound = replace(BUILTINS[tool], sandbox=Failing())  # type: ignore[arg-type]
    prompt = ASSERTION if tool == "code-output" else DOUBLE
    run = bound.check(view(prompt), candidates("def f(x):\n    return 1", "def f(x): return 2"), {})
    if isinstance(error, SandboxInfraError):
        with pytest.raises(SandboxInfraError):
            asyncio.run(run)
    else:
        assert [evidence.value for evidence in asyncio.run(run)] == [None, None]


@pytest.mark.parametrize("tool", EXECUTING)
def test_the_same_question_gives_the_same_evidence(check: Check, tool: str) -> None:
    prompt = ASSERTION if tool == "code-output" else DOUBLE
    answers = ("def f(x):\n    import random\n    return random.random()", "def f(x):\n    return hash(str(x))")
    assert check(tool, prompt, *answers) == check(tool, prompt, *answers)
