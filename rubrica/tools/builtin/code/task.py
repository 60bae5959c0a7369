"""What a prompt asks for when it asks for code: language, function, signature, and the code that is given."""

import ast
import builtins
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rubrica.tools.builtin.code.blocks import Block, bare_python, blocks, dedent, parse_python

_VERB = (
    r"(?:write|implement|create|complete|define|develop|code|program|build|finish|design|provide|give|show|generate|fix"
    r"|refactor|rewrite)"
)
_THING = r"(?:function|program|script|method|class|code|snippet|subroutine|algorithm|decorator|generator)"
_NOT_ASKED = (
    r"(?:when|what|how|why|whether|if|output|result|assertion|explanation|description|summary"
    r"|comments?|tests?|about|of)"
)
_ASKS = re.compile(
    rf"\b{_VERB}(?:\s{{1,4}}(?!{_NOT_ASKED}\b)[\w'+#./`*\"-]{{1,24}},?){{0,7}}?\s{{1,4}}[`*]{{0,3}}{_THING}s?\b"
    rf"|\b{_VERB}\s{{1,4}}(?:[a-z]{{1,12}}\s{{1,4}}){{0,3}}?[`*]{{1,3}}[A-Za-z_]\w{{0,60}}\([^`\n]{{0,120}}\)[`*]",
    re.IGNORECASE,
)
ASKS_OUTPUT = re.compile(
    r"complete the assertion|\boutput of\b|\bwhat (?:does|will|would|is|are|do)\b[^.?!\n]{0,100}\b"
    r"(?:print|output|return|evaluate|printed|returned|displayed|result|value|outputs?)"
    r"|\b(?:predict|determine|give|state|tell me|find|what's)\b[^.?!\n]{0,60}"
    r"\b(?:output|return value|returned value|result)\b"
    r"|== \?\?",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:function|method|class)\b[^.?!\n]{0,30}?\b(?:named|called|name is|with the name)"
    r"\s{1,4}[`'\"*]{0,3}([A-Za-z_]\w{0,60})"
    r"|\b(?:function|method)\s{1,4}[`*]{1,3}([A-Za-z_]\w{0,60})"
    r"|[`*]{1,3}([A-Za-z_]\w{0,60})\([^`\n]{0,120}\)[`*]{1,3}"
    r"|\bfunction\s{1,4}([A-Za-z_]\w{0,60})\(",
    re.IGNORECASE,
)
_DECLARATION = re.compile(
    r"(?:const|let|var)\s{1,4}([A-Za-z_]\w{0,60})\s{0,4}="
    r"|func\s{1,4}\([^()`\n]{0,60}\)\s{0,4}([A-Za-z_]\w{0,60})\("
    r"|(?:[\w<>\[\],:*&?]{1,60}\s{1,4}){0,6}?[*&]{0,2}([A-Za-z_]\w{0,60})"
    r"\s?(?:<[^>`\n]{0,80}>)?\("
)
_INLINE_DEF = re.compile(r"\bdef\s{1,4}[A-Za-z_]\w{0,60}\s{0,4}\([^\n]{0,300}")
_MENTIONS = (
    ("python", re.compile(r"\bpython3?\b|\bpytest\b", re.IGNORECASE)),
    ("typescript", re.compile(r"\btypescript\b", re.IGNORECASE)),
    ("javascript", re.compile(r"\bjavascript\b|\bnode\.?js\b|\bin JS\b", re.IGNORECASE)),
    ("java", re.compile(r"\bjava\b", re.IGNORECASE)),
    ("cpp", re.compile(r"\bc\+\+", re.IGNORECASE)),
    ("rust", re.compile(r"\b(?:in|using) rust\b|\brust (?:function|program|code)\b", re.IGNORECASE)),
    ("go", re.compile(r"\bgolang\b|\b(?:in|using) Go\b|\bGo (?:function|program|code)\b")),
    ("bash", re.compile(r"\bbash\b|\bshell script\b", re.IGNORECASE)),
    ("c", re.compile(r"\b(?:in|using) C\b|\bC (?:function|program|code)\b")),
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function as the prompt wants it."""

    name: str
    parameters: tuple[str, ...] | None = None
    """Positional parameter names; None = not said."""
    required: int = 0
    variadic: bool = False
    returns: str = ""
    """Source of the return annotation."""
    annotations: tuple[str, ...] = ()
    """Source of each parameter's annotation, empty where there is none."""
    stub: str = ""
    """Source of the unfinished function, when the prompt has it."""
    owner: str = ""
    """The class whose method it is ("class Solution: ..."); empty = a function of the module."""

    @property
    def call(self) -> str:
        """What stands before the brackets of a call."""
        return f"{self.owner}().{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class CodeTask:
    """A prompt read as a programming task."""

    writes: bool
    """Code is asked for."""
    predicts: bool
    """The result of code that is given is asked for."""
    language: str
    """Empty = not said."""
    entry: Signature | None
    given: str
    """Python definitions and imports of the prompt that a solution may use."""
    code: str
    """All Python code of the prompt as it stands."""
    text: str

    @property
    def strict(self) -> bool:
        """An answer without any code misses the task for sure."""
        return self.writes and self.entry is not None


@lru_cache(maxsize=512)
def read_task(prompt: str) -> CodeTask:
    """Read a prompt; one that has nothing to do with code has neither `writes` nor `predicts`."""
    prompt = prompt[:60_000]
    block = _given_block(prompt)
    code = block.source if block else ""
    tree = parse_python(code) if code else None
    if tree is None and code:
        code, tree = _finished(code)
    stubs = [node for node in tree.body if _is_stub(node)] if tree else []
    method = _method_stub(tree) if tree and not stubs else None
    prose = prompt if block is None else prompt[: block.start] + prompt[block.end :]
    asks = bool(_ASKS.search(prose))
    shown = tree is not None and (bool(block and block.fenced) or _does_something(tree))
    predicts = shown and not (stubs or method) and bool(ASKS_OUTPUT.search(prompt)) and not asks
    writes = bool(stubs) or method is not None or asks
    entry = method or (_entry(prose, code, stubs) if writes else None)
    language = block.language if block and block.language else _mentioned(prose)
    if stubs or method or (not language and (tree is not None or (entry and entry.parameters is not None))):
        language = "python"
    given = _definitions(tree, stubs) if tree else ""
    return CodeTask(writes, predicts, language, entry, given, code, prompt)


def _given_block(prompt: str) -> Block | None:
    found = blocks(prompt)
    pythons = [b for b in found if b.language == "python" or (not b.language and _defines(b.source))]
    if pythons:
        return max(pythons, key=lambda b: (_defines(b.source), len(b.source)))
    if found:
        return None
    bare = bare_python(prompt)
    if bare is None:
        cut = re.search(r"^(?:from|import|def|class|@)\b", prompt, re.MULTILINE)
        tail = Block(prompt[cut.start() :], cut.start(), len(prompt), "python", fenced=False) if cut else None
        return tail if tail and _finished(tail.source)[1] else None
    return bare


def _defines(source: str) -> bool:
    return bool(re.search(r"^\s{0,20}(?:async )?(?:def|class) \w", source, re.MULTILINE))


def _finished(code: str) -> tuple[str, ast.Module | None]:
    """Complete a source that stops at a signature or has `??` where a value is asked for."""
    for candidate in (code.replace("??", "..."), code.rstrip() + "\n    ...\n", code.rstrip() + "\n        ...\n"):
        tree = parse_python(candidate)
        if tree:
            return candidate, tree
    return code, None


def _is_stub(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_placeholder(node)


def _method_stub(tree: ast.Module) -> Signature | None:
    """Read the one unfinished method of a class that is made without arguments, as programming contests state tasks."""
    found = [
        (node.name, method)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not any(getattr(m, "name", "") == "__init__" for m in node.body)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and is_placeholder(method) and method.args.args[:1]
    ]
    if len(found) != 1:
        return None
    owner, method = found[0]
    described = signature(method)
    return replace(
        described,
        owner=owner,
        parameters=(described.parameters or ())[1:],
        required=max(0, described.required - 1),
        annotations=described.annotations[1:],
    )


def is_placeholder(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a body does nothing: a docstring, `pass`, `...`, `raise NotImplementedError`."""
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Raise) and "NotImplemented" in ast.unparse(statement))
        for statement in function.body
    )


def _does_something(tree: ast.Module) -> bool:
    """Tell code from prose or another notation that happens to parse: it defines a function or prints."""
    return any(
        isinstance(node, ast.FunctionDef) or (isinstance(node, ast.Name) and node.id == "print")
        for node in ast.walk(tree)
    )


def _definitions(tree: ast.Module, stubs: list[ast.stmt]) -> str:
    """Keep what a solution may use; an assignment that needs what is asked for (s = Stack()) belongs to an example."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    bound = set(dir(builtins))
    kept = []
    for node in tree.body:
        names = [item for item in ast.walk(node) if isinstance(item, ast.Name)]
        assigns = isinstance(node, ast.Assign | ast.AnnAssign)
        known = all(item.id in bound for item in names if isinstance(item.ctx, ast.Load))
        if not isinstance(node, kinds) or node in stubs or (assigns and not known):
            continue
        kept.append(ast.unparse(node))
        bound |= {item.id for item in names if isinstance(item.ctx, ast.Store)} | {getattr(node, "name", "")}
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return "\n".join(kept)


def _entry(prose: str, code: str, stubs: list[ast.stmt]) -> Signature | None:
    if stubs:
        node = stubs[-1]
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        return signature(node, ast.get_source_segment(code, node) or "")
    for match in _INLINE_DEF.finditer(prose):
        head = match[0].rstrip("`*' ")
        for text in (head, head.partition(":")[0] if "->" not in head else head, head.rpartition(":")[0]):
            tree = parse_python(text.rstrip(": ") + ":\n    ...")
            if tree and isinstance(tree.body[0], ast.FunctionDef):
                return signature(tree.body[0], "")
    names = [_declared(prose, match) for match in _NAMED.finditer(prose)]
    names = [name for name in names if name.lower() not in _NOT_NAMES]
    return Signature(names[0]) if names else None


def _declared(prose: str, match: re.Match[str]) -> str:
    """Return the name that a match gives; of a whole declaration in back quotes, the name that it declares."""
    name = str(next(filter(None, match.groups())))
    quoted = prose[match.start(2) :].partition("`")[0] if match[2] else ""
    declaration = _DECLARATION.match(quoted)
    return str(next(filter(None, declaration.groups()))) if declaration else name


_NOT_NAMES = frozenset(
    [
        "that",
        "which",
        "to",
        "for",
        "in",
        "and",
        "or",
        "the",
        "a",
        "an",
        "is",
        "with",
        "named",
        "called",
        "it",
        "this",
        "using",
        "print",
        "return",
    ]
)


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef, stub: str = "") -> Signature:
    """Describe a function from its syntax tree."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    return Signature(
        name=node.name,
        parameters=tuple(argument.arg for argument in arguments),
        required=len(arguments) - len(node.args.defaults),
        variadic=node.args.vararg is not None,
        returns=ast.unparse(node.returns) if node.returns else "",
        annotations=tuple(ast.unparse(a.annotation) if a.annotation else "" for a in arguments),
        stub=dedent(stub),
    )


def _mentioned(prose: str) -> str:
    return next((language for language, pattern in _MENTIONS if pattern.search(prose)), "")
