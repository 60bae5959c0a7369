"""The code tools that only read: extraction, parsing, names, examples; and that they bear hostile text."""

import asyncio
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin import code  # noqa: F401  importing it registers the tools
from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.code.blocks import blocks
from rubrica.tools.builtin.code.examples import examples_of
from rubrica.tools.builtin.code.generate import LIMIT, inputs_of
from rubrica.tools.builtin.code.literals import literal_at
from rubrica.tools.builtin.code.output import question_of, stated_value
from rubrica.tools.builtin.code.properties import properties_of
from rubrica.tools.builtin.code.solution import solution_of
from rubrica.tools.builtin.code.task import read_task
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

STUB = '''Complete this function.

```python
from typing import List

def half(n: int) -> int:
    """Return n divided by two, rounded down.
    >>> half(9)
    4
    """
```'''


def view(prompt: str) -> TaskView:
    return TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))


def answer(text: str) -> Candidate:
    return Candidate(id="a", parts=(TextPart(text=text),))


def check(tool: str, prompt: str, text: str) -> list[Evidence]:
    return asyncio.run(BUILTINS[tool].check(view(prompt), [answer(text)], {}))


def values(tool: str, prompt: str, text: str) -> list[float | None]:
    return [evidence.value for evidence in check(tool, prompt, text)]


# What a prompt asks for


@pytest.mark.parametrize(
    "prompt",
    [
        "Write a Python function that adds two numbers.",
        "Please implement an efficient algorithm for sorting in Java.",
        "Give me the code for a login form.",
        "Can you create a class named `Stack`?",
        STUB,
        "def f(x):\n    '''Return x.'''\n",
    ],
)
def test_a_request_for_code_is_seen(prompt: str) -> None:
    assert read_task(prompt).writes


@pytest.mark.parametrize(
    "prompt",
    [
        "Write a poem about spring.",
        "What is the capital of France?",
        "Write an essay about the function of the heart.",
        "Complete the sentence with the output of the program.",
        "Summarize the following text: the code of conduct was written in 1920.",
        "How does photosynthesis work?",
        "",
    ],
)
@pytest.mark.parametrize("tool", ["code-parse", "code-names", "code-run", "code-properties", "code-output"])
def test_every_tool_is_silent_where_no_code_is_asked_for(tool: str, prompt: str) -> None:
    assert values(tool, prompt, "```python\nprint(1\n```") == [None]


def test_the_function_and_its_signature_are_read_from_a_stub() -> None:
    entry = read_task(STUB).entry
    assert entry is not None
    assert (entry.name, entry.parameters, entry.returns) == ("half", ("n",), "int")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Write a function named `top` that returns the largest element.", "top"),
        ("Implement a function called find_it in Python.", "find_it"),
        ("Write a function `add(a, b)` that adds.", "add"),
        ("Write the function def mul(a, b): that multiplies", "mul"),
        ("Write a function that adds.", None),
    ],
)
def test_the_name_asked_for_is_read_from_prose(prompt: str, name: str | None) -> None:
    entry = read_task(prompt).entry
    assert (entry.name if entry else None) == name


def test_code_that_the_prompt_gives_is_kept_without_the_stub() -> None:
    prompt = "Complete it.\n```python\nimport math\ndef area(r):\n    return math.pi * r\ndef twice(r):\n    pass\n```"
    assert read_task(prompt).given == "import math\ndef area(r):\n    return math.pi * r"


# Extraction


@pytest.mark.parametrize(
    "text",
    [
        "def half(n):\n    return n // 2",
        "Sure!\n\n```python\ndef half(n):\n    return n // 2\n```\nIt divides.",
        "Here is the function:\n\ndef half(n):\n    return n // 2\n\nIt uses integer division.",
        "    return n // 2",
        "```\n    return n // 2\n```",
        "```python\ndef half(n):\n    return n // 2",
        "  ```py\n  def half(n):\n      return n // 2\n  ```",
        "```python\nimport math\n```\nthen\n```python\ndef half(n):\n    return n // 2\n```",
    ],
)
def test_the_solution_is_found_in_every_usual_form(text: str) -> None:
    solution = solution_of(STUB, text)
    assert solution is not None
    assert (solution.entry, solution.error) == ("half", None)
    assert "n // 2" in solution.source
    assert "n // 2" in solution.span.text
    assert text[solution.span.start : solution.span.end] == solution.span.text


def test_prose_is_no_solution() -> None:
    assert solution_of(STUB, "I would divide n by two.") is None


def test_lines_after_a_bare_body_do_not_spoil_it() -> None:
    solution = solution_of(STUB, "    return n // 2\n\nprint(half(3))")
    assert solution is not None
    assert solution.error is None


# code-parse


def test_python_that_parses() -> None:
    assert values("code-parse", STUB, "def half(n):\n    return n // 2") == [1.0]


def test_python_that_does_not_parse_is_shown_with_its_line() -> None:
    (evidence,) = check("code-parse", STUB, "```python\ndef half(n):\n    return (n // 2\n```")
    assert evidence.value == 0.0
    assert "line 2" in evidence.detail
    assert evidence.span is not None


def test_no_code_where_a_function_is_begun_is_a_miss_and_elsewhere_unknown() -> None:
    assert values("code-parse", STUB, "I cannot do that.") == [0.0]
    assert values("code-parse", "Write some code.", "I cannot do that.") == [None]


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("bash", "for i in 1 2; do echo $i; done", "for i in 1 2; do echo $i"),
        ("c", "int main(void) { return 0; }", "int main(void) { return 0;"),
        ("cpp", "int main() { auto x = 1; return x; }", "int main() { auto = ; }"),
        ("go", "package main\nfunc main() {}", "package main\nfunc main( {}"),
        ("java", "class A { int f() { return 1; } }", "class A { int f( { return 1; } }"),
        ("javascript", "const f = (x) => x + 1;", "const f = (x => x + ;"),
        ("rust", "fn main() { let x = 1; }", "fn main() { let x = ; }"),
        ("typescript", "function f(x: number): number { return x; }", "function f(x: ): number { return x; }"),
    ],
)
def test_other_languages_are_parsed_too(language: str, good: str, bad: str) -> None:
    prompt = f"Write a {language} program."
    assert values("code-parse", prompt, f"```{language}\n{good}\n```") == [1.0]
    assert values("code-parse", prompt, f"```{language}\n{bad}\n```") == [0.0]


def test_an_unknown_language_is_not_judged() -> None:
    assert values("code-parse", "Write a program in COBOL.", "```cobol\nDISPLAY 'HI'.\n```") == [None]


# code-names


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def half(n):\n    return math.floor(n / 2)", "math is used but not imported"),
        ("def half(n):\n    return m // 2", "m is used but never defined"),
        ("def half(n, k):\n    return n // k", "takes 2 arguments"),
        ("def halve(n):\n    return n // 2\ndef other():\n    return 1", "half is not defined"),
        ("def half(n):\n    pass", "left empty"),
        ("def half(n):\n    '''Halve.'''", "left empty"),
        ("def half(n):\n    raise NotImplementedError", "left empty"),
        ("def half(n):\n    print(n // 2)", "never returns a value"),
        ("def help(n):\n    return n\ndef half(n):\n    return help(n, 2)", "called with 2 arguments"),
        ("def help(n, m):\n    return n\ndef half(n):\n    return help(n)", "no value for 'm'"),
        ("def half(n):\n    nonlocal k\n    return n // 2", "does not compile"),
    ],
)
def test_defects_are_named(text: str, what: str) -> None:
    found = check("code-names", STUB, text)
    assert all(evidence.value == 0.0 for evidence in found)
    assert any(what in evidence.detail for evidence in found)
    assert all(
        evidence.span and text[evidence.span.start : evidence.span.end] == evidence.span.text for evidence in found
    )


@pytest.mark.parametrize(
    "text",
    [
        "def half(n):\n    return n // 2",
        "def half(n: int) -> List[int]:\n    return [n]",
        "from math import *\ndef half(n):\n    return floor(n / 2)",
        "def half(n, k=2):\n    return n // k",
        "def half(*args):\n    return args[0] // 2",
        "def half(n):\n    global cache\n    cache = {}\n    return cache.get(n, n // 2)",
        "def half(n):\n    try:\n        return n // 2\n    except TypeError as error:\n        print(error)",
        "def half(n):\n    return [y for y in (n,)][0] if (z := n) else z",
        "class A:\n    x = 1\n    y = x\ndef half(n):\n    return A.y",
        "half = lambda n: n // 2",
        "def half(n):\n    yield n",
        "class E(Exception):\n    pass\ndef half(n):\n    return n",
    ],
)
def test_sound_code_has_no_defects(text: str) -> None:
    assert values("code-names", STUB, text) == [1.0]


# Examples in prompts


@pytest.mark.parametrize(
    "stated",
    [
        ">>> twice(3)\n6",
        "twice(3) == 6",
        "twice(3) = 6",
        "twice(3) -> 6",
        "twice(3) => 6",
        "twice(3) ➞ 6",
        "twice(3) # => 6",
        "`twice(3)` returns `6`",
        "twice(3) should return 6.",
        "For example, twice(3) gives 6, as it should.",
        "twice(n=3) == 6",
        "For n = 3 the output should be 6.",
        "If n = 3, the result is 6",
        "Input: 3\nOutput: 6",
        "Input: n = 3\nOutput: 6 # three and three",
        "**Input:** `3`\n**Output:** `6`",
        "assert double(3) == 6",
    ],
)
def test_an_example_is_read_in_each_usual_form(stated: str) -> None:
    prompt = f"Complete it.\n\n```python\ndef twice(n):\n    '''Double it.\n    {stated}\n    '''\n```"
    assert [(example.arguments, example.expected) for example in examples_of(prompt)] == [((3,), 6)]


@pytest.mark.parametrize(
    "stated",
    ["twice(3) = 2 * 3", "twice(n) == 6", "twice(3) is fun", "twice(3, 4) == 6", "twice(3) == 6 and twice(3) == 7"],
)
def test_what_is_no_example_or_contradicts_another_is_left_out(stated: str) -> None:
    assert examples_of(f"Complete it.\n```python\ndef twice(n):\n    '''{stated}'''\n```") == ()


@given(st.lists(st.integers(-99, 99) | st.text("ab, ", max_size=4) | st.lists(st.booleans(), max_size=2), max_size=3))
def test_any_literal_written_as_an_example_is_read_back(value: list[object]) -> None:
    prompt = f"Complete it.\n```python\ndef same(x):\n    '''\n    same({value!r}) == {value!r}\n    '''\n```"
    found = examples_of(prompt)
    assert [(example.arguments, example.expected) for example in found] == [((value,), value)]


@given(st.recursive(st.integers() | st.text(max_size=5) | st.booleans() | st.none(), st.lists, max_leaves=6))
def test_a_literal_in_prose_ends_where_it_ends(value: object) -> None:
    text = f"it is {value!r}, or not"
    assert literal_at(text, 6) == (value, 6 + len(repr(value)))


# Inputs and properties


def test_generated_inputs_stay_in_the_range_of_the_examples() -> None:
    prompt = (
        "Complete it.\n```python\ndef root(n):\n    '''n is positive.\n    root(4) == 2\n    root(9) == 3\n    '''\n```"
    )
    inputs = inputs_of(prompt)
    assert 0 < len(inputs) <= LIMIT
    assert all(isinstance(n, int) and n > 0 for (n,) in inputs)


def test_no_empty_input_is_made_for_a_non_empty_one() -> None:
    prompt = "Complete it.\n```python\ndef top(xs):\n    '''xs is a non-empty list.\n    top([1, 2]) == 2\n    '''\n```"
    assert all(xs for (xs,) in inputs_of(prompt))


def test_inputs_follow_annotations_where_there_is_no_example() -> None:
    prompt = "Complete it.\n```python\ndef f(xs: list[int], s: str) -> int:\n    '''Do it.'''\n```"
    inputs = inputs_of(prompt)
    assert inputs
    assert all(isinstance(xs, list) and isinstance(s, str) for xs, s in inputs)


def test_a_property_that_the_examples_do_not_bear_out_is_dropped() -> None:
    prompt = "Complete it.\n```python\ndef f(xs):\n    '''Return the sorted list {}\n    f([2, 1]) == {}\n    '''\n```"
    names = [item.name for item in properties_of(prompt.format("xs.", "[1, 2]"))]
    assert "sorted" in names
    assert "sorted" not in [item.name for item in properties_of(prompt.format("backwards.", "[2, 1]"))]


# code-output: what is asked, what is stated


@pytest.mark.parametrize(
    ("prompt", "expression"),
    [
        ("Complete the assertion.\n[PYTHON]\ndef f(x):\n    return x\nassert f(3) == ??\n[/PYTHON]", "f(3)"),
        ("What does this print?\n```python\nprint(1 + 1)\n```", ""),
        ("What does f(3) return?\n```python\ndef f(x):\n    return x\n```", "f(3)"),
        ("What is the output of\n```python\ndef f(x):\n    return x\nf(3)\n```", "f(3)"),
    ],
)
def test_the_question_about_given_code_is_read(prompt: str, expression: str) -> None:
    question = question_of(prompt)
    assert question is not None
    assert question.expression == expression


@pytest.mark.parametrize(
    "text",
    [
        "It doubles.\n\nAnswer: [1, 2]",
        "**Answer:** `[1, 2]`",
        "assert f(1) == [1, 2]",
        "First it returns [1]. Then the final answer is [1, 2].",
        "[1, 2]",
        "The function returns [1, 2]",
    ],
)
def test_the_value_that_an_answer_ends_on_is_read(text: str) -> None:
    found = stated_value(text)
    assert found is not None
    assert found[0] == [1, 2]
    assert text[found[1].start : found[1].end] == found[1].text


# Hostile text


HOSTILE = [
    "(" * 100_000,
    "[" * 5_000 + "]" * 5_000,
    "f(" * 30_000,
    "```" * 30_000,
    "```\n" * 25_000,
    "def f(x):\n" * 10_000,
    "def " * 25_000,
    ">>> " * 25_000,
    "Input: " * 14_000,
    "Input: 1\n" * 11_000,
    "for x = " * 12_000,
    "write a " * 12_000,
    "write " + "a " * 50_000,
    "answer is " * 10_000,
    "assert " * 14_000,
    "== " * 33_000,
    "'" * 100_000,
    "-" * 100_000 + "1",
    "lambda:" * 14_000,
    "1+" * 50_000 + "1",
    "x = " * 25_000,
    "`" * 100_000,
    " " * 100_000,
    "\n" * 100_000,
    "[PYTHON]" * 12_000,
    "\ud800\x00" * 1000,
    "a.b" * 33_000,
    "not " * 25_000 + "x",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
@pytest.mark.timeout(20)
def test_hostile_text_is_read_in_bounded_time_and_without_an_exception(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for prompt in (STUB, f"Write a function `f(x)`.\n{text}", text):
            for tool in ("code-parse", "code-names", "code-run", "code-properties", "code-output"):
                check(tool, prompt, text)
            examples_of(prompt)
            inputs_of(prompt)
            properties_of(prompt)


@given(st.text(alphabet="`~ \nab", max_size=200))
def test_blocks_lie_inside_the_text_and_in_order(text: str) -> None:
    found = blocks(text)
    assert all(0 <= block.start <= block.end <= len(text) for block in found)
    assert [block.start for block in found] == sorted(block.start for block in found)
