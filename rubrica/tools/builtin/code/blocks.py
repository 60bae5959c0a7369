"""Where code is in a text: fenced blocks, tagged blocks, or bare Python between prose."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rubrica.tools.sandbox.source import MAX_SOURCE, NotPythonError, parse_module
from rubrica.types import Span

LANGUAGES = {
    "python": "python",
    "python3": "python",
    "py": "python",
    "pycon": "python",
    "bash": "bash",
    "sh": "bash",
    "shell": "bash",
    "zsh": "bash",
    "c": "c",
    "cpp": "cpp",
    "c++": "cpp",
    "cc": "cpp",
    "go": "go",
    "golang": "go",
    "java": "java",
    "javascript": "javascript",
    "js": "javascript",
    "jsx": "javascript",
    "node": "javascript",
    "rust": "rust",
    "rs": "rust",
    "typescript": "typescript",
    "ts": "typescript",
    "tsx": "typescript",
}
"""What people write behind a fence -> the language's name here."""

_FENCE = re.compile(r"^[ \t]{0,12}(`{3,8}|~{3,8})[ \t]{0,4}([^\s`]{0,24})[^`\n]{0,200}$")
_TAGGED = re.compile(r"\[(PYTHON|CODE)\]\n?(.*?)(?:\[/\1\]|\Z)", re.DOTALL)
_STARTS_CODE = re.compile(
    r"(?:async def|def|class|import|from|for|while|if|try|with|return|print|@)\b|@\w|\w{1,60} ?(?:=|\()"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of code inside a text: `source` may differ from the text by its indentation only."""

    source: str
    start: int
    end: int
    language: str = ""
    """Empty = not said."""
    tag: str = ""
    """What stood behind the fence."""
    fenced: bool = True

    def span(self, text: str) -> Span:
        return Span(start=self.start, end=self.end, text=text[self.start : self.end])


@lru_cache(maxsize=512)
def blocks(text: str) -> tuple[Block, ...]:
    """Return the marked blocks of code in order; an unclosed block reaches to the end."""
    return (*_fenced(text), *_tagged(text))


def prose(text: str, *, bare: bool = False) -> str:
    """Return the text with its code blanked out, with `bare` unmarked Python too; positions and lines stay."""
    found = list(blocks(text))
    unmarked = bare_python(text) if bare and not found else None
    for block in (*found, *([unmarked] if unmarked else [])):
        blank = re.sub(r"[^\n]", " ", text[block.start : block.end])
        text = text[: block.start] + blank + text[block.end :]
    return text


def _fenced(text: str) -> Iterator[Block]:
    position = 0
    opened: tuple[str, str, int] | None = None
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line.rstrip("\r\n"))
        if opened is None and match:
            opened = (match[1], match[2], position + len(line))
        elif opened and match and match[1].startswith(opened[0]) and not match[2]:
            yield _block(text, opened, position)
            opened = None
        position += len(line)
    if opened and opened[2] < len(text):
        yield _block(text, opened, len(text))


def _block(text: str, opened: tuple[str, str, int], end: int) -> Block:
    _, tag, start = opened
    return Block(dedent(text[start:end]), start, end, LANGUAGES.get(tag.lower().strip("{}."), ""), tag)


def _tagged(text: str) -> Iterator[Block]:
    for match in _TAGGED.finditer(text):
        language = "python" if match[1] == "PYTHON" else ""
        yield Block(dedent(match[2]), match.start(2), match.end(2), language, match[1])


def dedent(source: str) -> str:
    """Remove the indentation that the first line has from every line that has it."""
    lines = source.splitlines()
    first = next((line for line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip())]
    if not margin:
        return source
    return "\n".join(line.removeprefix(margin) for line in lines)


def parse_python(source: str) -> ast.Module | None:
    """Return the syntax tree, or None when the source is not Python or too long to be looked at."""
    return _parse(source)[0]


def python_error(source: str) -> tuple[int, str] | None:
    """Return the line and message of the first syntax error, None when there is none."""
    return _parse(source)[1]


@lru_cache(maxsize=1024)
def _parse(source: str) -> tuple[ast.Module | None, tuple[int, str] | None]:
    try:
        return parse_module(source), None
    except NotPythonError as error:
        return None, (error.line, str(error))
    except ValueError as error:
        return None, (1, str(error))


@lru_cache(maxsize=512)
def bare_python(text: str) -> Block | None:
    """Return the longest run of lines that is Python code in a text without marked blocks, None when there is none.

    Prose seldom parses; where a line of it does ("Solution"), it counts only when something is defined or called.
    """
    if len(text) > MAX_SOURCE:
        return None
    lines = text.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    tried = 0
    first = 0
    while first < len(lines) and tried < 40:
        if not _STARTS_CODE.match(lines[first]):
            first += 1
            continue
        last = _longest(lines, first)
        tried += 1
        if last > first:
            source = "".join(lines[first:last])
            tree = parse_python(source)
            if tree and _is_code(tree):
                return Block(source, offsets[first], offsets[first] + len(source.rstrip()), "python", fenced=False)
        first = max(last, first + 1)
    return None


def _longest(lines: list[str], first: int) -> int:
    """Return the end of the longest run of lines from `first` that parses, cutting at each syntax error in turn."""
    last = len(lines)
    for _ in range(12):
        error = python_error("".join(lines[first:last]))
        if error is None:
            return last
        cut = min(last - 1, first + error[0] - 1)
        if cut <= first:
            return first
        while cut > first + 1 and lines[cut - 1].strip() and not lines[cut - 1][0].isspace() and cut == last:
            cut -= 1
        last = cut
    return first


def _is_code(tree: ast.Module) -> bool:
    defines = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.For, ast.While)
    return any(isinstance(node, defines) for node in tree.body) or any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) for node in tree.body
    )
