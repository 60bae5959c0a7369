"""What to evaluate of a function to see its properties: every input twice, stated equations, inverses."""

import ast
import re
from dataclasses import dataclass

from rubrica.tools.builtin.code.examples import examples_of
from rubrica.tools.builtin.code.generate import inputs_of
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.sandbox.source import parse_expression


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluation: a pair of expressions that must agree; `arguments` are set when the first is a plain call."""

    name: str
    expression: str
    call: str
    arguments: tuple[object, ...] | None = None


def trials_of(prompt: str, name: str) -> list[Trial]:
    """Return what to evaluate: every input twice in one go, and the equations that the prompt states."""
    calls = [(", ".join(map(repr, arguments)), arguments) for arguments in inputs_of(prompt)]
    repeated = [
        Trial("the same result twice", f"({name}({a}), {name}({a}))", f"{name}({a})", args) for a, args in calls
    ]
    return [*repeated, *_equations(prompt, name), *_inverses(prompt, name)]


def _equations(prompt: str, name: str) -> list[Trial]:
    """`f(n) = f(n-1) + f(n-2)`, tried above the largest stated example."""
    task = read_task(prompt)
    names = task.entry.parameters if task.entry and task.entry.name == name else None
    if not names or len(names) != 1:
        return []
    stated = [e.arguments[0] for e in examples_of(prompt) if e.arguments and isinstance(e.arguments[0], int)]
    trials = []
    pattern = (
        rf"(?<![\w.]){re.escape(name)}\({re.escape(names[0])}\)[ \t]{{0,4}}(?:==?|->|=>|:=)[ \t]{{0,4}}([^\n]{{1,200}})"
    )
    for match in list(re.finditer(pattern, task.text))[:4]:
        right = match[1].strip().rstrip(".;,")
        used = _names_in(right)
        if used is None or not used <= {name, names[0]} or name not in used or not stated:
            continue
        start = max(stated) + 1
        for n in range(start, start + 4):
            call = f"{name}({n})"
            trials.append(Trial("the stated equation", f"({call}, (lambda {names[0]}: {right})({n}))", call))
    return trials


def _names_in(expression: str) -> set[str] | None:
    try:
        tree = parse_expression(expression)
    except ValueError:
        return None
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


_OPPOSITES = (
    ("encode", "decode"),
    ("encrypt", "decrypt"),
    ("compress", "decompress"),
    ("serialize", "deserialize"),
    ("pack", "unpack"),
    ("escape", "unescape"),
)
_TEXTS = ("", "a", "abc", "hello", "abcdefg", "zebra", "xyzxyzxyz", "mississippi")


def _inverses(prompt: str, name: str) -> list[Trial]:
    """`decode_x` must undo the `encode_x` that the prompt gives, on lower-case words."""
    given = read_task(prompt).given
    trials = []
    for pair in (*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)):
        there, back = pair
        other = name.replace(back, there, 1)
        if name.startswith(back) and re.search(rf"^def {re.escape(other)}\(", given, re.MULTILINE):
            for text in _TEXTS:
                whole = f"{name}({other}({text!r}))"
                trials.append(Trial(f"it undoes {other}", f"({whole}, {text!r})", whole))
    return trials
