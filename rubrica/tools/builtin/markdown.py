"""Whether the Markdown of the answer is sound: fences closed, tables even, emphasis paired, lists counted in order."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^(?:#{1,6} |[ \t]*(?:[-*+] |\d{1,3}[.)] |\|))", re.MULTILINE)
_EMPTY_LINK = re.compile(r"\[[^\]\n]{0,200}\]\([ ]?\)")
_ITEM = re.compile(r"^(\d{1,3})[.)][ \t]", re.MULTILINE)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")


def problems(text: str) -> list[tuple[str, int]]:
    """List what is broken, with where; empty for sound Markdown and for plain text."""
    found = []
    if text.count("```") % 2:
        found.append(("a code fence is not closed", text.rfind("```")))
    prose = _FENCE.sub(lambda match: " " * len(match[0]), text)
    if len(re.findall(r"\*\*", prose)) % 2:
        found.append(("bold is not closed", prose.rfind("**")))
    empty = _EMPTY_LINK.search(prose)
    if empty:
        found.append(("a link has no target", empty.start()))
    found += _table_problems(prose)
    for before, after in zip(*(list(_ITEM.finditer(prose))[i:] for i in (0, 1)), strict=False):
        first, second = int(before[1]), int(after[1])
        if second not in {1, first, first + 1}:
            found.append((f"item {second} follows item {first}", after.start()))
            break
    return found


def _table_problems(prose: str) -> list[tuple[str, int]]:
    rows = list(_ROW.finditer(prose))
    if len(rows) < 2:
        return []
    tokens = _parser().parse(prose[:50_000])
    if not any(token.type == "table_open" for token in tokens):
        return [("rows of a table without its header line", rows[0].start())]
    widths = [row[0].strip().strip("|").replace("\\|", "").count("|") for row in rows]
    odd = next((i for i, width in enumerate(widths) if i and width != widths[i - 1] and _adjacent(rows, i)), None)
    return [] if odd is None else [(f"a table row of {widths[odd] + 1} cells", rows[odd].start())]


def _adjacent(rows: list[re.Match[str]], index: int) -> bool:
    return rows[index].start() - rows[index - 1].end() <= 1


@builtin("markdown", "The answer's Markdown is sound: 1, 0.5 with one defect, 0 with more; null for plain text.")
def markdown(_task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Report the first defect."""
    text = candidate.text
    claim = "the Markdown is sound"
    if not (any(mark in text for mark in ("**", "```", "](")) or _BLOCK.search(text)):
        yield Observation(claim, None, "plain text")
        return
    found = problems(text)
    value = max(0.0, 1 - len(found) / 2)
    where = read(text).span(found[0][1], min(len(text), found[0][1] + 60)) if found else None
    yield Observation(claim, value, "; ".join(what for what, _ in found) or "no defect", where)
