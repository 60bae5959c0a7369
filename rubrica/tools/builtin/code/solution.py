"""The program that an answer amounts to: its code blocks joined, or its lines put where the prompt's stub ends."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from rubrica.tools.builtin.code.blocks import Block, bare_python, blocks, parse_python, python_error
from rubrica.tools.builtin.code.task import CodeTask, read_task
from rubrica.types import Span


@dataclass(frozen=True, slots=True)
class Solution:
    """The code of one answer."""

    source: str
    """The answer's own code, ready to be parsed; a bare body has the prompt's signature in front."""
    language: str
    """Empty = cannot be told."""
    span: Span
    entry: str | None
    """The function that answers the task, when one is defined."""
    error: tuple[int, str] | None
    """Line and message of the first syntax error (Python)."""

    @property
    def tree(self) -> ast.Module | None:
        return parse_python(self.source) if self.language == "python" else None


@lru_cache(maxsize=1024)
def solution_of(prompt: str, answer: str) -> Solution | None:
    """Return the code of an answer to a prompt, None when it has none."""
    task = read_task(prompt)
    if not task.writes:
        return None
    marked = [block for block in blocks(answer) if block.source.strip()]
    if marked:
        return _from_blocks(task, answer, marked)
    if task.language not in ("", "python"):
        return None
    return _from_bare(task, answer)


def holds_code(prompt: str, answer: str) -> bool:
    """Whether the function that is asked for is written in the answer, though nothing sets the code apart."""
    entry = read_task(prompt).entry
    return entry is not None and bool(_definition(entry.name).search(answer))


@lru_cache(maxsize=256)
def _definition(name: str) -> re.Pattern[str]:
    name = re.escape(name)
    return re.compile(
        rf"\bdef\s{{1,4}}{name}\s?\([^\n]{{0,300}}:|\b(?:const|let|var)\s{{1,4}}{name}\s{{0,4}}="
        rf"|[\w>\])&*]\s{{1,4}}[&*]{{0,2}}{name}\s?(?:<[^\n>]{{0,80}}>)?\s?\([^)]{{0,400}}\)[^{{.\n]{{0,80}}\s{{0,8}}\{{"
    )


def _from_blocks(task: CodeTask, answer: str, marked: list[Block]) -> Solution | None:
    language = _language(task, marked)
    chosen = [block for block in marked if block.language in ("", language)] or marked
    if language != "python":
        block = max(chosen, key=lambda b: len(b.source))
        return Solution(block.source, language, block.span(answer), None, None)
    parts = [block for block in chosen if parse_python(block.source)]
    defining = [block for block in parts if _functions(block.source)]
    if not parts:
        body = _as_body(task, chosen[0].source)
        if body:
            return _python(task, body, chosen[0].span(answer))
        block = max(chosen, key=lambda b: len(b.source))
        return _python(task, block.source, block.span(answer))
    if defining:
        kept = [block for block in parts if block in defining or _only_sets_up(block.source)]
        main = next(
            (b for b in reversed(defining) if task.entry and task.entry.name in _functions(b.source)), defining[-1]
        )
        return _python(task, "\n\n".join(block.source for block in kept), main.span(answer))
    body = _as_body(task, parts[0].source)
    return _python(task, body or parts[0].source, parts[0].span(answer))


def _from_bare(task: CodeTask, answer: str) -> Solution | None:
    whole = Span(start=0, end=len(answer), text=answer)
    owner = task.entry.owner if task.entry else ""
    whole_class = bool(task.entry and owner and _has_method(answer, owner, task.entry.name))
    if answer.strip() and parse_python(answer) and (_functions(answer) or whole_class):
        return _python(task, answer, whole)
    body = _as_body(task, answer)
    if body and (answer[:1].isspace() or "return" in answer):
        return _python(task, body, whole)
    found = bare_python(answer)
    if found and task.entry and task.entry.name not in _functions(found.source) and holds_code(task.text, answer):
        return None  # what parses is a remainder: the function itself could not be taken out
    if found:
        return _python(task, _without_headings(found.source), found.span(answer))
    if answer.lstrip().startswith(("def ", "class ", "import ", "from ", "@")) and task.language == "python":
        return _python(task, answer, whole)
    return None


def _without_headings(source: str) -> str:
    """Blank out lines between code that are one word of prose ("Examples"), which parse as a name that nothing uses."""
    tree = parse_python(source)
    lone = {n.lineno for n in tree.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Name)} if tree else set()
    return "\n".join("" if number in lone else line for number, line in enumerate(source.split("\n"), 1))


def _python(task: CodeTask, source: str, span: Span) -> Solution:
    functions = _functions(source)
    entry = None
    if task.entry and task.entry.owner and _has_method(source, task.entry.owner, task.entry.name):
        entry = task.entry.call
    elif task.entry and task.entry.name in functions:
        entry = task.entry.name
    elif functions and (task.entry is None or len(functions) == 1):
        entry = functions[-1]
    return Solution(source, "python", span, entry, python_error(source))


def _as_body(task: CodeTask, text: str) -> str | None:
    """Put lines that are no module of their own behind the prompt's stub; None when that gives no function either."""
    if not task.entry or not task.entry.stub or _functions(text):
        return None
    stub = task.entry.stub.rstrip()
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        return None
    inner = "\n".join(text.splitlines())
    if not first[0].isspace():
        inner = "\n".join(f"    {line}" if line.strip() else line for line in text.splitlines())
    for end in (len(inner.splitlines()), *_top_level(inner)):
        source = f"{stub}\n" + "\n".join(inner.splitlines()[:end]) + "\n"
        tree = parse_python(source)
        if tree and end:
            return source
    return None


def _top_level(text: str) -> list[int]:
    """Return the numbers of lines before the first line that is not indented."""
    lines = text.splitlines()
    return [i for i, line in enumerate(lines) if line.strip() and not line[0].isspace()][:1]


def _language(task: CodeTask, marked: list[Block]) -> str:
    said = [block.language for block in marked if block.language]
    if task.language and (task.language in said or not said):
        return task.language
    if said:
        return max(said, key=said.count)
    return "python" if any(parse_python(block.source) and _functions(block.source) for block in marked) else ""


def _functions(source: str) -> list[str]:
    """Return the names of the module's functions, `name = lambda` included."""
    tree = parse_python(source)
    names = []
    for node in tree.body if tree else ():
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.append(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                names.append(name)
    return names


def _has_method(source: str, owner: str, name: str) -> bool:
    tree = parse_python(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner] if tree else []
    return any(isinstance(m, ast.FunctionDef) and m.name == name for node in classes for m in node.body)


def _only_sets_up(source: str) -> bool:
    tree = parse_python(source)
    return tree is not None and all(isinstance(n, ast.Import | ast.ImportFrom | ast.ClassDef) for n in tree.body)
