"""Marks around and in the answer: tags, a line of a given pattern, code fences, table columns and rows, no Markdown."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, counted, holds
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.tools.builtin.constraints.quantity import BEFORE_UNIT, read_bound
from rubrica.types import Span

_TAG = re.compile(
    r"<(?P<tag>[A-Za-z][\w-]{0,30})>(?:[^<>\n]{0,60}(?:<(?!/)[^<>\n]{1,30}>[^<>\n]{0,30})?</(?P=tag)>"
    r"| ?(?:and|\.\.\.|…) ?</(?P=tag)>| tags?\b)"
)
_MARKED_UP = re.compile(r"\b(?:html|xml|svg|jsx|webpage|web page|element)\b")
_MAKES = re.compile(
    r"\b(?:put|wrap\w*|enclos\w*|surround\w*|place\w*|write|give|return|output|provide|answer|respond|reply|use|using"
    r"|with|inside|within|in|between|format|must|should)\b"
)
_PATTERN = re.compile(
    r"\b(?:format|form|template|pattern|structure)\b[^\n\x00]{0,40}?(?P<quoted>[\"“'‘`]\x00+[\"”'’`])"
)
_UNQUOTED = re.compile(r"\bformat\b[^:\n]{0,40}: ?\n?(?P<line>[^\n]{2,80})")
_SLOT = re.compile(r"<[^<>\n]{1,40}>|\[[^\[\]\n]{1,40}\]|\{[^{}\n]{1,40}\}|\$[A-Za-z_]+|\.\.\.|…|\b[XN]\b")
_FENCE = re.compile(
    r"\b(?:in|inside|within|as|with|using|use|into)(?: a| an| the)?(?: single| one)?(?: [a-z+#]+)? (?:(?:fenced )?code"
    r" (?:block|fence)|triple backticks)s?\b"
)
_PLAIN = re.compile(
    r"(?:\b(?:no|without|avoid\w*|not use|never use)|n['’]t use)(?: any| using)? (?:markdown|rich text)"
    r"(?: formatting| syntax| markup)?\b(?! ?(?:code|fences?|backticks|tables?|lists?|head))"
    r"|\b(?:in|as|use|using) plain[- ]text\b|\bplain[- ]text only\b"
)
_TABLE_SIZE = re.compile(rf"{BEFORE_UNIT}[ -](?:[a-z]+ )?(?P<unit>columns?|rows?)\b")
_NOT_A_FORM = re.compile(r"\b(?:spreadsheet|excel|sql|database|dataframe|pandas|matrix|grid|css|theat)\w*")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "<" in low or "<" in prompt.text:
        yield from _tags(prompt)
    if "format" in low or "form" in low or "template" in low or "pattern" in low:
        yield from _patterns(prompt)
    simple: tuple[tuple[Kind, re.Pattern[str]], ...] = (("fenced", _FENCE), ("plain", _PLAIN))
    for kind, pattern in simple:
        match = pattern.search(low)
        left = prompt.left_of(match.start()) if match else ""
        if match and prompt.asks_at(match.start()) and not negated(left):
            yield Constraint(kind, prompt.source(match.start(), match.end()))
    if "table" in low and "|" not in low and not _NOT_A_FORM.search(low):
        yield from _table_sizes(prompt)


def _tags(prompt: Prompt) -> Iterator[Constraint]:
    """Tags that the answer is to hold; a tag around something long is the prompt's own."""
    if _MARKED_UP.search(prompt.low):
        return
    seen = set()
    for match in _TAG.finditer(prompt.text):
        tag = match["tag"]
        clause = prompt.clause_at(match.start())
        near = prompt.low[clause.start : match.start()][-120:]
        own = re.search(rf"<{re.escape(tag)}>[^<]{{61,}}</{re.escape(tag)}>", prompt.text)
        if tag in seen or own or clause.given or not _MAKES.search(near) or negated(near):
            continue
        if clause.asks or prompt.clause_at(max(0, clause.start - 2)).asks:
            seen.add(tag)
            yield Constraint("tagged", prompt.source(match.start(), match.end()), texts=(tag,))


def _patterns(prompt: Prompt) -> Iterator[Constraint]:
    for pattern, group in ((_PATTERN, "quoted"), (_UNQUOTED, "line")):
        for match in pattern.finditer(prompt.low):
            said = prompt.said(*match.span(group))
            fixed = _SLOT.sub("", said)
            if prompt.asks_at(match.start()) and _is_pattern(said, fixed):
                yield Constraint("line_pattern", prompt.source(match.start(), match.end()), texts=(said,))
                return


def _is_pattern(said: str, fixed: str) -> bool:
    """One line with slots and a word or two that stay as they are, such as "Answer: <letter>"; JSON is none."""
    if "\n" in said or said[:1] in "{[" or fixed == said:
        return False
    return any(map(str.isalpha, fixed)) and ":" in fixed and len(fixed.split()) <= 6


def _table_sizes(prompt: Prompt) -> Iterator[Constraint]:
    for match in _TABLE_SIZE.finditer(prompt.low):
        clause = prompt.clause_at(match.start())
        if not prompt.asks_at(match.start()) or "table" not in prompt.low[clause.start : clause.end]:
            continue
        bound = read_bound(match, prompt.left_of(match.start()))
        kind: Kind = "columns" if match["unit"].startswith("column") else "rows"
        if bound:
            yield Constraint(kind, prompt.source(match.start(), match.end()), bound=bound)


# Checking


def _check_tag(constraint: Constraint, answer: Answer) -> Reading:
    tag = re.escape(constraint.texts[0])
    match = re.search(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL | re.IGNORECASE)
    if match is None:
        return holds(False, f"no <{constraint.texts[0]}>...</{constraint.texts[0]}>")
    span = Span(start=match.start(), end=match.end(), text=match[0][:200])
    return holds(bool(match[1].strip()), "found it" if match[1].strip() else "it is empty", span)


def _check_pattern(constraint: Constraint, answer: Answer) -> Reading:
    said, at, body = constraint.texts[0].strip().rstrip("."), 0, []
    for slot in _SLOT.finditer(said):
        body += [_loose(said[at : slot.start()]), r"\S[^\n]*?"]
        at = slot.end()
    body.append(_loose(said[at:]))
    match = re.search(rf"^[\s*_>\"'`]*{''.join(body)}[\s*_\"'`.]*$", answer.text, re.MULTILINE | re.IGNORECASE)
    if match is None:
        return holds(False, f"no line of the form {said!r}")
    return holds(True, "found it", Span(start=match.start(), end=match.end(), text=match[0][:200]))


def _loose(fixed: str) -> str:
    """Fixed words with any white space and emphasis between them."""
    return r"[\s*_]*" + r"[\s*_]*".join(re.escape(word) for word in fixed.split()) + r"[\s*_]*" if fixed.strip() else ""


def _check_fence(_: Constraint, answer: Answer) -> Reading:
    at = answer.text.find("```")
    return holds(0 <= at < answer.text.rfind("```"), "found a code fence" if at >= 0 else "no code fence")


_MARKS = re.compile(
    r"^#{1,6} \S|\*\*[^*\n]+\*\*|__[^_\n]+__|^[ \t]*[*+-] \S|^```|^\|.*\|[ \t]*$|\[[^\]\n]+\]\(http", re.MULTILINE
)


def _check_plain(_: Constraint, answer: Answer) -> Reading:
    match = _MARKS.search(answer.text)
    if match is None:
        return holds(True, "no Markdown seen")
    return holds(False, f"found {match[0][:20]!r}", Span(start=match.start(), end=match.end(), text=match[0]))


_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$")


def _check_size(constraint: Constraint, answer: Answer) -> Reading:
    """Measure the first Markdown table; a header counts as no row, but may."""
    assert constraint.bound is not None
    lines = answer.text.split("\n")
    rule = next((i for i, line in enumerate(lines) if i and "|" in line and _RULE.match(line)), None)
    if rule is None:
        return Reading(None, "no Markdown table to measure")
    if constraint.kind == "columns":
        found = len(re.split(r"(?<!\\)\|", lines[rule - 1].strip().removeprefix("|").removesuffix("|")))
        return Reading(constraint.bound.grade(found), f"found {counted(found, 'columns')}")
    rows = next((i for i, line in enumerate(lines[rule + 1 :]) if "|" not in line), len(lines) - rule - 1)
    grade = max(constraint.bound.grade(rows), constraint.bound.grade(rows + 1))
    return Reading(grade, f"found {counted(rows, 'rows')} under the header")


_CHECKS: dict[Kind, Check] = {
    "tagged": _check_tag,
    "line_pattern": _check_pattern,
    "fenced": _check_fence,
    "plain": _check_plain,
    "columns": _check_size,
    "rows": _check_size,
}
FAMILY = Family("markup", _find, _CHECKS)
