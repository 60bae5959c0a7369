"""Examples of input and output that a prompt states in its usual free forms, as checks that can be run."""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rubrica.tools.builtin.code.literals import close_of, literal_at
from rubrica.tools.builtin.code.task import CodeTask, Signature, read_task
from rubrica.tools.sandbox.cases import doctests
from rubrica.tools.sandbox.grading import Check, Known
from rubrica.tools.sandbox.source import parse_expression

MAX_CALLS = 80
_SAYS = (
    r"(?:returns?|gives?|yields?|outputs?|produces?|prints?|equals?|be|is|evaluates? to|results? in|return value is)"
)
_CONNECTOR = re.compile(
    r"[`'\"*]{0,3}[ \t]{0,8}"
    r"(?:={1,3}>?|-{1,2}>|=>|→|➞|➜|⇒|>>>|:|#{1,2} ?(?:=>|->|→|returns?|output:?)?|//|"
    rf",?\s{{0,4}}(?:which |that |it )?(?:(?:should|must|will|would|shall)\s{{1,4}})?{_SAYS}\b)"
    r"[ \t]{0,8}:?\s{0,4}`{0,3}",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"(?:(?:outputs?|results?|answer|returns?|returned|return value)\b(?:[ \t]{1,4}(?:should|must|will|would)\b)?"
    r"(?:[ \t]{1,4}(?:be|is|return|are))?|->|=>|➞|→)[ \t]{0,4}[:=]?[ \t]{0,4}[`]{0,3}",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:for|if|when|given|with|example:?)[ \t]{1,4}`{0,3}(?=[A-Za-z_]\w{0,40}[ \t]{0,4}=[^=])", re.IGNORECASE
)
_INPUT = re.compile(
    r"(?:^|(?<=[.:;!?)] ))[^\w\n]{0,12}(?:sample |example )?inputs?\b[^\w\n:]{0,6}(?:\d{0,2})[^\w\n:]{0,4}:"
    r"[*_` \t]{0,8}",
    re.IGNORECASE | re.MULTILINE,
)
_OUTPUT = re.compile(
    r"(?:^|(?<=[\w\])}\"',.;] ))[^\w\n]{0,12}(?:sample |example |expected )?outputs?\b[^\w\n:]{0,6}(?:\d{0,2})"
    r"[^\w\n:]{0,4}:[*_` \t]{0,8}",
    re.IGNORECASE | re.MULTILINE,
)
_ASSIGNED = re.compile(r"`{0,3}([A-Za-z_]\w{0,40})[ \t]{0,4}=[ \t]{0,4}(?!=)")
_BETWEEN = re.compile(r"`{0,3}[ \t]{0,4}(?:,|;|and|\n)?[ \t]{0,4}(?:and[ \t]{1,4})?")


@dataclass(frozen=True, slots=True)
class Example:
    """One stated example: positional arguments (`None` for a program) and what comes out."""

    arguments: tuple[object, ...]
    expected: object
    stated: str
    """The words of the prompt."""


@lru_cache(maxsize=512)
def examples_of(prompt: str) -> tuple[Example, ...]:
    """Return the examples of calls in a prompt that asks for a function; contradicting ones are left out."""
    task = read_task(prompt)
    found = list(_all(task)) if task.writes else []
    kept: dict[str, Example | None] = {}
    for example in found:
        key = repr(example.arguments)
        before = kept.get(key, example)
        kept[key] = example if before and repr(before.expected) == repr(example.expected) else None
    return tuple(example for example in kept.values() if example)


def _all(task: CodeTask) -> Iterator[Example]:
    name = task.entry.name if task.entry else ""
    calls = list(_calls(task, name)) if name else []
    if not calls:
        calls = list(_calls(task, _alias(task, name), words=False))
    yield from calls
    yield from _assignments(task)
    yield from _input_output(task)


def stated_name(prompt: str) -> str:
    """Return the name under which the prompt's examples call what it asks for, when it is named nowhere else."""
    task = read_task(prompt)
    return _alias(task, "") if task.writes and task.entry is None else ""


def checks_of_prompt(prompt: str, name: str) -> tuple[Check, ...]:
    """Return the prompt's examples and doctests as checks on the function `name`."""
    task = read_task(prompt)
    checks = {}
    for example in examples_of(prompt):
        arguments = ", ".join(repr(argument) for argument in example.arguments)
        call = f"{name}({arguments})"
        checks[call] = Check(example.stated, call, Known(example.expected))
    if task.entry and task.entry.name == name:
        for check in doctests(task.text):
            checks.setdefault(check.expression, check)
    return tuple(checks.values())


def _calls(task: CodeTask, name: str, *, words: bool = True) -> Iterator[Example]:
    """`f(1, 2) == 3` and its many relatives, wherever a call of the function with literals is followed by a literal."""
    if not name:
        return
    text = task.text
    for match in list(re.finditer(rf"(?<![\w.]){re.escape(name)}[ \t]{{0,2}}\(", text))[:MAX_CALLS]:
        end = close_of(text, match.end() - 1)
        if end is None:
            continue
        arguments = _arguments(text[match.end() - 1 : end], task.entry, words=words)
        connector = _CONNECTOR.match(text, end)
        after = connector.end() if connector else _next_line(text, match.start(), end)
        result = literal_at(text, after) if arguments is not None and after is not None else None
        if arguments is not None and result:
            yield Example(arguments, result[0], text[match.start() : result[1]])


def _next_line(text: str, start: int, end: int) -> int | None:
    """Return where the expected result of an interpreter prompt begins."""
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    if not text[line:start].strip().startswith(">>>") or text[line:start].strip() != ">>>" or stop < 0:
        return None
    if text[end:stop].strip():
        return None
    return stop + 1 + (len(text[stop + 1 :]) - len(text[stop + 1 :].lstrip(" \t")))


def _arguments(source: str, entry: Signature | None, *, words: bool = True) -> tuple[object, ...] | None:
    """Read the arguments of a call; a bare word that is no parameter is a string whose quotes were forgotten."""
    try:
        call = parse_expression(f"f{source}")
    except ValueError:
        return None
    if not isinstance(call, ast.Call):
        return None
    names = list(entry.parameters or ()) if entry else []
    strings = words and len(names) == 1
    values: list[object] = []
    for argument in call.args:
        value = _value(argument, names, strings=strings)
        if value is None:
            return None
        values.append(value[0])
    for keyword in call.keywords:
        value = _value(keyword.value, names, strings=strings)
        if value is None or len(values) >= len(names) or names[len(values)] != keyword.arg:
            return None
        values.append(value[0])
    if entry is None or entry.parameters is None or entry.variadic:
        return tuple(values)
    return tuple(values) if entry.required <= len(values) <= len(entry.parameters) else None


def _value(node: ast.expr, names: list[str], *, strings: bool) -> tuple[object] | None:
    if isinstance(node, ast.Name):
        constants: dict[str, object] = {"true": True, "false": False, "null": None}
        if node.id in constants:
            return (constants[node.id],)
        return (node.id,) if strings and node.id not in names else None
    try:
        return (ast.literal_eval(node),)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _alias(task: CodeTask, name: str) -> str:
    """Return the one other function name that the prompt's examples call with literals, empty when there is none."""
    taken = {name, *dir(builtins)}
    used = {
        match[1]
        for match in list(re.finditer(r"(?<![\w.])([A-Za-z_]\w{0,60})\(", task.text))[:MAX_CALLS]
        if match[1] not in taken and any(True for _ in _calls(task, match[1], words=False))
    }
    return used.pop() if len(used) == 1 else ""


def _assignments(task: CodeTask) -> Iterator[Example]:
    """`For x = [1, 2] and k = 1 the output should be 3`, on one line."""
    if not task.entry or not task.entry.parameters:
        return
    for match in list(_GIVEN.finditer(task.text))[:MAX_CALLS]:
        read = _read_assignments(task.text, match.end(), task.entry)
        if read is None:
            continue
        arguments, end = read
        line_end = task.text.find("\n", end)
        rest_end = line_end if line_end >= 0 else len(task.text)
        for result in _RESULT.finditer(task.text, end, min(rest_end, end + 240)):
            value = literal_at(task.text, result.end())
            if value and value[1] <= rest_end:
                yield Example(arguments, value[0], task.text[match.end() : value[1]])
                break


def _read_assignments(text: str, start: int, entry: Signature) -> tuple[tuple[object, ...], int] | None:
    values: dict[str, object] = {}
    position = start
    while match := _ASSIGNED.match(text, position):
        value = literal_at(text, match.end())
        if value is None:
            break
        values[match[1]] = value[0]
        position = value[1]
        gap = _BETWEEN.match(text, position)
        if not gap or not _ASSIGNED.match(text, gap.end()):
            break
        position = gap.end()
    names = entry.parameters or ()
    taken = names[: len(values)]
    if not values or set(values) != set(taken) or len(values) < entry.required:
        return None
    return tuple(values[name] for name in taken), position


def _input_output(task: CodeTask) -> Iterator[Example]:
    """`Input: ...` and `Output: ...` on their own lines; the input is a call, assignments, or literals by position."""
    if not task.entry:
        return
    for match in list(_INPUT.finditer(task.text))[:MAX_CALLS]:
        output = _OUTPUT.search(task.text, match.end(), match.end() + 2000)
        if not output:
            continue
        result = literal_at(task.text, output.end() + _blank(task.text, output.end()))
        begin = match.end() + _blank(task.text, match.end())
        arguments = _inputs(task.text, begin, output.start(), task.entry)
        if result and arguments is not None:
            yield Example(arguments, result[0], task.text[match.start() : result[1]].strip())


def _blank(text: str, start: int) -> int:
    return len(text[start : start + 40]) - len(text[start : start + 40].lstrip(" \t\n`"))


def _inputs(text: str, begin: int, end: int, entry: Signature) -> tuple[object, ...] | None:
    assigned = _read_assignments(text, begin, entry) if entry.parameters else None
    if assigned:
        return assigned[0]
    given = text[begin:end].strip().strip("`").strip()
    if given.startswith(f"{entry.name}("):
        return _arguments(given[len(entry.name) :], entry)
    return _arguments(f"({given.replace(chr(10), ', ')})", entry)


def program_examples(prompt: str) -> tuple[Check, ...]:
    """Return stated runs of a whole program: text after `Input:`, text after `Output:`."""
    task = read_task(prompt)
    if not task.writes or task.entry:
        return ()
    checks = []
    for match in list(_INPUT.finditer(prompt))[:MAX_CALLS]:
        output = _OUTPUT.search(prompt, match.end(), match.end() + 2000)
        if output:
            stdin = prompt[match.end() : output.start()].strip().strip("`").strip()
            stop = re.compile(
                r"\n[ \t]{0,8}\n|^[^\w\n]{0,12}(?:explanation|note|example|sample|input)\b",
                re.IGNORECASE | re.MULTILINE,
            )
            end = stop.search(prompt, output.end() + 1)
            stdout = prompt[output.end() : end.start() if end else len(prompt)].strip().strip("`").strip()
            if stdin and stdout:
                checks.append(Check(f"input {stdin!r}", stdin=f"{stdin}\n", expected=Known(stdout), form="stdout"))
    return tuple(checks)
