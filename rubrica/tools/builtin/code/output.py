"""`code-output`: the prompt asks what given code returns or prints; it is run, and the stated answer compared."""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rubrica.errors import SandboxUnavailable
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.blocks import blocks, parse_python
from rubrica.tools.builtin.code.literals import close_of, literal_at
from rubrica.tools.builtin.code.task import ASKS_OUTPUT, read_task
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.grading import Observed, observe
from rubrica.tools.sandbox.values import same, same_output, show
from rubrica.types import Candidate, Span, TaskView

_CUE = re.compile(
    r"(?:final answer|answer|output|result|return(?:s|ed)?(?: value)?|prints?|printed|value|==|=>|->)"
    r"(?:[ \t]{1,3}(?:is|are|be|will be|would be|should be))?"
    r"[ \t]{0,3}[:=]{0,2}[ \t]{0,3}[*`]{0,3}[ \t]{0,3}[:]?[ \t]{0,3}[*`]{0,3}",
    re.IGNORECASE,
)
_FINAL = re.compile(r"\banswer\b[*_ \t]{0,4}(?:(?:is|was)\b[ \t]{0,2}:?|[:=])[*_ \t`]{0,6}", re.IGNORECASE)
_COMPLETED = re.compile(r"assert [^\n]{1,400}?== ?`?")
_REASON = re.compile(r"(?:,| -| –| —)? (?:because|since|as|which|so|due to|not)\b|[.;,]? \(|\. |[.;]?$")
"""Where an output ends and the reason for it begins."""
_EXCEPTION = re.compile(r"\b[A-Z]\w{2,40}(?:Error|Exception|Exit|Interrupt|Iteration)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be worked out about the prompt's code."""

    source: str
    """Python to run first."""
    expression: str
    """Whose value is asked for; empty = what is printed."""


@lru_cache(maxsize=512)
def question_of(prompt: str) -> Question | None:
    """Read which result a prompt asks for, None when it asks for none or it cannot be told."""
    task = read_task(prompt)
    tree = parse_python(task.code) if task.predicts else None
    if tree is None:
        return _inline(prompt) if not (task.code or task.writes) else None
    open_assertions = [node for node in tree.body if isinstance(node, ast.Assert) and _is_open(node.test)]
    if open_assertions:
        test = open_assertions[-1].test
        assert isinstance(test, ast.Compare)
        side = test.comparators[0] if _is_gap(test.left) else test.left
        rest = [node for node in tree.body if not isinstance(node, ast.Assert)]
        return Question("\n".join(map(ast.unparse, rest)), ast.unparse(side))
    outside = task.text.replace(task.code, " ")
    if re.search(r"\bprint(?:s|ed)?\b|\bdisplay(?:s|ed)?\b", outside, re.IGNORECASE) or "print(" in task.code:
        return Question(task.code, "")
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return Question("\n".join(map(ast.unparse, tree.body[:-1])), ast.unparse(last.value))
    call = _asked_call(outside, {node.name for node in tree.body if isinstance(node, ast.FunctionDef)})
    return Question(task.code, call) if call else None


def _inline(prompt: str) -> Question | None:
    """Find the one `print(...)` of built-in names that a prompt asks the output of, in a line of prose."""
    places = list(re.finditer(r"(?<![\w.])print\(", prompt))
    if len(places) != 1 or not ASKS_OUTPUT.search(prompt):
        return None
    end = close_of(prompt, places[0].end() - 1)
    source = prompt[places[0].start() : end] if end else ""
    tree = parse_python(source) if source else None
    if tree is None:
        return None
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    known = all(node.id in made or hasattr(builtins, node.id) for node in names)
    return Question(source, "") if known else None


def _is_open(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and (_is_gap(test.left) or _is_gap(test.comparators[0]))


def _is_gap(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _asked_call(text: str, names: set[str]) -> str:
    """Return the one call of a defined function that the prose names, empty when there is none or several."""
    calls = set()
    for name in sorted(names):
        for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
            end = close_of(text, match.end() - 1)
            if end is not None and parse_python(text[match.start() : end]):
                calls.add(text[match.start() : end])
    return calls.pop() if len(calls) == 1 else ""


@builtin(
    "code-output",
    "For tasks that ask what given Python code returns or prints: runs the prompt's code in the sandbox and compares "
    "the answer's final value with it, strictly by literal. Null for every other task.",
    executes=True,
)
async def code_output(
    task: TaskView, candidate: Candidate, _: NoArguments, *, sandbox: Sandbox | None
) -> list[Observation]:
    """Run the prompt's code, never the candidate's: its answer is only read."""
    question = question_of(task.prompt)
    claim = "the stated result is what the code gives"
    if question is None:
        return [Observation(claim, None, "the prompt does not ask for the result of given code")]
    claim = f"the stated result is what {question.expression or 'the program'} gives"
    if sandbox is None:
        return [Observation(claim, None, "no sandbox: code is not run")]
    cases = [{"expression": question.expression}] if question.expression else [{"stdin": ""}]
    try:
        run = await observe(sandbox, question.source, cases)
    except SandboxUnavailable as error:
        return [Observation(claim, None, f"not run: {error}")]
    seen = run.cases[0]
    if seen.status != "ok" and not (seen.status == "raised" and seen.raised):
        return [Observation(claim, None, f"the prompt's code ended with {seen.status}")]
    return [_compare(claim, question, seen, candidate.text)]


def _compare(claim: str, question: Question, seen: Observed, answer: str) -> Observation:
    truth = repr(seen.stdout) if not question.expression and seen.status == "ok" else str(seen)
    if seen.status == "raised" and "ImportError" in seen.raised:
        return Observation(claim, None, f"the prompt's code cannot be run here: {truth}")
    if seen.status == "raised":
        named = _EXCEPTION.findall(answer)[-1:] == [seen.raised[0]]
        detail = f"it raises {truth}; the answer {'says so' if named else 'does not say so'}"
        return Observation(claim, float(named), detail)
    if not question.expression:
        return _compare_printed(claim, seen.stdout, answer)
    stated = stated_value(answer)
    if stated is None:
        return _compare_words(claim, seen.value, answer)
    value, span = stated
    right = same(value, seen.value, exact=True)
    return Observation(claim, float(right), f"the answer says {show(value)}, the code gives {truth}", span)


def _compare_words(claim: str, truth: object, answer: str) -> Observation:
    """Compare a final answer that is no literal: right only as the very text of a string."""
    final = _final_text(answer)
    if final is None:
        return Observation(claim, None, f"the code gives {show(truth)}; no stated value could be read")
    text, span = final
    detail = f"the answer says {text[:120]}, which is no literal; the code gives {show(truth)}"
    return Observation(claim, float(text == truth), detail, span)


def _compare_printed(claim: str, printed: str, answer: str) -> Observation:
    final = _stated_output(answer)
    if final is None:
        return Observation(claim, None, f"the code prints {printed[:120]!r}; no stated output could be read")
    text, span = final
    short = _REASON.split(text)[0]
    variants = (text, text.strip("\"'"), text.rstrip("."), short, short.strip("\"'`* "))
    right = any(same_output(variant.strip(), printed.strip()) for variant in variants)
    detail = f"the answer says {text[:120]!r}, the code prints {printed[:120]!r}"
    if not right and "\n" not in text and len(short.split()) > 8:
        return Observation(claim, None, f"{detail}; that is a sentence, not an output", span)
    return Observation(claim, float(right), detail, span)


def _stated_output(answer: str) -> tuple[str, Span] | None:
    """Return what an answer gives as printed output: its last block that is not code, or its last words on it."""
    shown = [block for block in blocks(answer) if block.language != "python" and block.source.strip()]
    if shown:
        return shown[-1].source, shown[-1].span(answer)
    whole = answer.strip().strip("`")
    cues = list(_CUE.finditer(answer))
    if whole and "\n" not in whole and not cues:
        start = answer.index(whole)
        return whole, _span(answer, start, start + len(whole))
    return _final_text(answer) or next(filter(None, (_line(answer, cue.end()) for cue in reversed(cues))), None)


def _line(answer: str, start: int) -> tuple[str, Span] | None:
    end = answer.find("\n", start)
    text = answer[start : end if end >= 0 else len(answer)].strip().strip("`*").strip()
    return (text, _span(answer, start, start + len(text))) if text else None


def _final_text(answer: str) -> tuple[str, Span] | None:
    """Return what stands behind the last "Answer:"."""
    finals = list(_FINAL.finditer(answer))
    return _line(answer, finals[-1].end()) if finals else None


def stated_value(answer: str) -> tuple[object, Span] | None:
    """Return the literal that an answer ends on: behind its last "Answer:", in a completed assertion, or stated last.

    Nothing is returned when there is an "Answer:" without a literal: an earlier value is not what it ends on.
    """
    finals = list(_FINAL.finditer(answer))
    starts = [finals[-1].end()] if finals else list(_starts(answer))
    for begin in starts:
        found = literal_at(answer, begin)
        if found:
            return found[0], _span(answer, begin, found[1])
    return None


def _starts(answer: str) -> Iterator[int]:
    yield from reversed([match.end() for match in _COMPLETED.finditer(answer)][-2:])
    yield from reversed([match.end() for match in _CUE.finditer(answer)][-6:])
    bare = answer.strip().strip("`")
    if bare and "\n" not in bare:
        yield answer.index(bare)


def _span(text: str, start: int, end: int) -> Span:
    return Span(start=start, end=end, text=text[start:end])
