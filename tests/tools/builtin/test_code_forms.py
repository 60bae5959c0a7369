"""Tasks without a stub are run too: named by examples, classes in use, contest classes, one line of prose."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Candidate, Message, TaskView, TextPart

Run = Callable[..., list[float | None]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """`run(tool, prompt, *answers)` -> the value for each answer."""
    with asyncio.Runner() as runner:
        sandbox = open_sandbox("wasm")

        def ask(tool: str, prompt: str, *answers: str) -> list[float | None]:
            task = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
            candidates = [Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(answers)]
            tool_ = replace(BUILTINS[tool], sandbox=sandbox)
            return [one.value for one in runner.run(tool_.check(task, candidates, {}))]

        yield ask
        runner.run(sandbox.close())


@pytest.mark.parametrize(
    "example",
    [
        "fib(0) = 0, fib(1) = 1, fib(10) = 55.",
        "e.g. fib(10) -> 55",
        "For instance, fib(10) should return 55.",
        "fib(10) returns 55",
        "\n>>> fib(10)\n55",
    ],
)
def test_the_examples_name_the_function(run: Run, example: str) -> None:
    right = "def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a"
    wrong = right.replace("0, 1", "1, 1")
    prompt = f"Write a Python function that returns the n-th Fibonacci number, {example}"
    other = right.replace("def fib", "def fibonacci")
    assert run("code-run", prompt, right, wrong, other) == [1.0, 0.0 if "fib(0)" not in example else 1 / 3, 1.0]


STACK = (
    "class Stack:\n    def __init__(self):\n        self.items = []\n"
    "    def push(self, x):\n        self.items.append(x)\n"
    "    def pop(self):\n        return self.items.pop()"
)


@pytest.mark.parametrize(
    "use",
    [
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2",
        "s = Stack()\ns.push(1)\ns.push(2)\ns.pop()  # returns 2",
        ">>> s = Stack()\n>>> s.push(1)\n>>> s.push(2)\n>>> s.pop()\n2",
    ],
)
def test_a_class_is_used_as_shown(run: Run, use: str) -> None:
    prompt = f"Implement a class `Stack` with the methods push and pop in Python. Example:\n\n{use}"
    assert run("code-run", prompt, STACK, STACK.replace("pop()", "pop(0)")) == [1.0, 0.0]


@pytest.mark.parametrize(
    "use",
    [
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert s.pop() == 1",
        ">>> s = Stack()\n>>> s.push(1)\n>>> s.push(2)\n>>> s.pop()\n2\n>>> s.pop()\n1",
    ],
)
def test_what_one_call_did_the_next_one_sees(run: Run, use: str) -> None:
    prompt = f"Implement a class `Stack` with the methods push and pop in Python. Example:\n\n{use}"
    assert run("code-run", prompt, STACK, STACK.replace("pop()", "pop(0)")) == [1.0, 0.0]


def test_a_scene_of_other_names_is_not_run(run: Run) -> None:
    prompt = "Implement a class `Stack` in Python. Example:\n\nq = Queue()\nq.push(1)\nassert q.size == 1"
    assert run("code-run", prompt, STACK) == [1.0]  # it loads; there is nothing to hold it to


def test_a_contest_class_is_called(run: Run) -> None:
    prompt = (
        "You are given a list of lists. Return the flattened list.\n\nExample 1:\nInput: nested = [[1,2],[3],[]]\n"
        "Output: [1,2,3]\n\nclass Solution:\n    def flatten(self, nested: list[list[int]]) -> list[int]:"
    )
    right = "class Solution:\n    def flatten(self, nested):\n        return [x for xs in nested for x in xs]"
    wrong = "class Solution:\n    def flatten(self, nested):\n        return nested"
    assert run("code-run", prompt, right, f"Here:\n```python\n{right}\n```", wrong) == [1.0, 1.0, 0.0]
    assert run("code-names", prompt, right) == [1.0]


def test_input_and_output_may_stand_in_one_line(run: Run) -> None:
    prompt = "Write a function top(xs) in Python. Input: [4, 1, 9] Output: 9. Input: [5, 3] Output: 5."
    assert run("code-run", prompt, "def top(xs):\n    return max(xs)", "def top(xs):\n    return xs[0]") == [1.0, 0.5]


def test_a_call_in_backticks_is_what_is_to_be_written(run: Run) -> None:
    prompt = "Implement `gcd(a, b)` in Python.\n\nTest cases:\nassert gcd(12, 18) == 6\nassert gcd(7, 5) == 1"
    right = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a"
    assert run("code-run", prompt, right, right.replace("return a", "return b")) == [1.0, 0.0]


PRINTS = "What does this print?\n```python\nx = [1, 2, 3]\ny = x\ny.append(4)\nprint(len(x))\n```"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("It prints 4, because y is the same list as x.", 1.0),
        ("It prints 3, because y is a copy of x.", 0.0),
        ("The output is 4 (y is x).", 1.0),
        ("The output is `4`.", 1.0),
        ("What it prints is the length of the list after one more item was appended to it.", None),
    ],
)
def test_an_output_may_be_given_with_its_reason(run: Run, answer: str, value: float | None) -> None:
    assert run("code-output", PRINTS, answer) == [value]


def test_code_in_a_line_of_prose_is_run(run: Run) -> None:
    prompt = "What is the output of print(sum(i for i in range(5) if i % 2 == 0))?"
    assert run("code-output", prompt, "It prints 6.", "It prints 11.") == [1.0, 0.0]
    assert run("code-output", "What is the output of print(secret)?", "It prints 6.") == [None]


@pytest.mark.parametrize(
    ("prompt", "loose"),
    [
        (
            "Write a Python function `double(n)` that doubles a number.",
            "Here it is: def double(n): return n * 2 This works for every number.",
        ),
        (
            "Write a Rust function `double(n: i32) -> i32` that doubles a number.",
            "Here it is:\n\nfn double(n: i32) -> i32 {\n    n * 2\n}\n\nThis works for every number.",
        ),
        (
            "Write a C++ function `vector<int> twice(vector<int> all)` that doubles each.",
            "Take\n\nvector<int> twice(vector<int> all) {\n    for (auto& one : all) one *= 2;\n    return all;\n}",
        ),
        (
            "Write a JavaScript function `const double = (n)` that doubles a number.",
            "const double = (n) => {\n  return n * 2;\n};\n\nThat is all.",
        ),
    ],
)
def test_code_that_nothing_sets_apart_is_not_missing(run: Run, prompt: str, loose: str) -> None:
    prose = "The function double(n) or twice returns the double of n; you can write it in one line."
    for tool in ("code-parse", "code-run"):
        found = run(tool, prompt, loose, prose)
        assert found[0] in (None, 1.0)
        assert found[1] == 0.0


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        ("vector<int> twice(vector<int> all)", "twice"),
        ("map<string, vector<int>> by_name(const string& all)", "by_name"),
        ("const isFull = (a, b)", "isFull"),
        ("public static Optional<String> hashOf(String text) throws IOException", "hashOf"),
        ("func (s *Stack) Push(x int) error", "Push"),
        ("fn pick<T>(all: Vec<T>) -> T", "pick"),
        ("twice(n)", "twice"),
        ("twice", "twice"),
    ],
)
def test_a_declaration_in_back_quotes_names_what_it_declares(declaration: str, name: str) -> None:
    entry = read_task(f"Write a function `{declaration}` to solve the following problem: turn it around.").entry
    assert entry is not None
    assert entry.name == name


def test_a_remainder_of_code_is_not_taken_for_all_of_it(run: Run) -> None:
    prompt = "Write a Python function `double(n)` that doubles a number."
    broken = "So:\n\ndef double(n):\n    Doubles a number.\n    return n * 2\n\nTest cases\nprint(double(2))\nprint(n)"
    for tool in ("code-names", "code-parse", "code-run"):
        assert run(tool, prompt, broken) == [None]


def test_a_heading_between_lines_of_code_is_no_name(run: Run) -> None:
    prompt = "Write a Python function `double(n)` that doubles a number."
    told = "So:\n\ndef double(n):\n    return n * 2\n\nExamples\nprint(double(2))"
    assert run("code-names", prompt, told) == [1.0]
    assert run("code-names", prompt, told.replace("n * 2", "n * factor")) == [0.0]
