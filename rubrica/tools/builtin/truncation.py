"""Whether the answer stops before its end: mid-sentence, inside a fence or bracket, or after announcing more."""

import re
from collections.abc import Iterator

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView

_ENDS = re.compile(r"[.!?…。！？:;)\]}\"'”’»`*_>|~$%\u2190-\u32ff\U0001f000-\U0001ffff-]$")
_MARKS = frozenset(".!?…\"”')。！？")
_PENDING = frozenset(
    (
        "the",
        "a",
        "an",
        "of",
        "to",
        "and",
        "or",
        "with",
        "for",
        "in",
        "on",
        "by",
        "from",
        "is",
        "are",
        "as",
        "that",
        "but",
    )
)
_NEVER_LAST = frozenset(("the", "an", "of", "and", "or", "with", "from", "that"))
"""Those that end no short text either: "vitamin A", "log in" and "what it is" are whole."""
_LIST_ITEM = re.compile(r"^\s{0,8}(?:(?P<number>\d{1,3})[.)]|[-*•+])(?:[ \t]+(?P<body>.*))?$")
_CODE_LINE = re.compile(r"(?:return|yield|raise) [^.!?]*$|[A-Za-z_][\w.\[\]'\"]*(?:, ?[\w.]+)* [-+*/|&]?= \S[^.!?]*$")
"""A statement on the last line of code without a fence: it needs no mark, and may end on a variable called `a`."""
_CLOSING = re.compile(r"\n[^\n.!?]{2,50},[ \t]*\n{1,2}[^\n.!?,;:]{1,40}$")
"""Who signs a letter: "With our deepest sympathy," and a name on the next line."""
_EQUATION = re.compile(r"^(?=[^\n]*\d)(?:\S{1,80}\s){0,8}?\S{0,80}(?:=|≈|≤|≥|\\approx)\s?\S[^\n]*$")
"""A last line of working: "x = 8" or "M(3) = 16/27 gallons" needs no mark."""
_ANSWER = re.compile(r"#{2,6}\s{0,4}[^\s#][^\n]{0,60}$|=\s?[$\\]{0,2}-?\d[\d.,]*(?:\s\w{1,20})?$")
"""A last item that gives its result: "... #### 12" or "... = 800 gallons"."""
_ANNOUNCED = re.compile(r"(?:following|as follows|below|here (?:is|are)|these(?: are)?)\b[^.\n]{0,60}:$", re.IGNORECASE)


def truncated(text: str) -> str:
    """Say how the text breaks off; "" when it does not seem to. Text without sentences (a value, a title) is whole."""
    body = text.rstrip()
    if not body:
        return ""
    if body.count("```") % 2:
        return "a code fence is not closed"
    if body.endswith("```"):
        return ""
    last = body[body.rfind("\n") + 1 :].strip()
    if _CODE_LINE.match(last):
        return ""
    words = read(body).words
    pending = words[-1] in _PENDING if len(words) > 5 else len(words) > 1 and words[-1] in _NEVER_LAST
    if pending and not _ENDS.search(last):
        return f"ends on {words[-1]!r}"
    if last.endswith((",", " -", "(")):
        return f"ends on {last[-1]!r}"
    item = _LIST_ITEM.match(last)
    if item and not (item["body"] or "").strip():
        return "ends on an empty list item"
    if _ANNOUNCED.search(last):
        return "announces what does not follow"
    return _unfinished_item(body, item) if item else _unfinished_sentence(body, last)


def _unfinished_item(body: str, last: re.Match[str]) -> str:
    """Tell an unfinished last item by the others: they end in a mark and this one, of several words, does not."""
    if _ENDS.search(last.string) or len(last["body"].split()) < 3 or _ANSWER.search(last.string):
        return ""
    items = [found["body"] or "" for line in body.split("\n")[:-1] if (found := _LIST_ITEM.match(line))]
    ended = sum(item.rstrip()[-1:] in _MARKS for item in items if item)
    return "the last item is not ended" if len(items) >= 2 and ended == len(items) else ""


def _unfinished_sentence(body: str, last: str) -> str:
    """Tell an unfinished last sentence by its own text: the others end in a mark and this one, in prose, does not."""
    if _ENDS.search(last) or last.startswith(("#", "|", "\\")):
        return ""
    if _CLOSING.search(body) or (len(last.split()) <= 12 and _EQUATION.match(last)):
        return ""
    reading = read(body)
    sentences = reading.sentence_texts[-30:]
    alone = last == sentences[-1].strip() if sentences else True
    if len(sentences) < 3 or (alone and len(reading.sentence_words[-1]) < 4):
        return ""  # a name or a greeting on a line of its own needs no mark
    ended = sum(sentence[-1] in _MARKS for sentence in sentences[:-1])
    return "the last sentence is not ended" if ended >= 0.8 * (len(sentences) - 1) else ""


@builtin(
    "truncation", "The answer is complete: it does not stop mid-sentence, in an open fence or in an unfinished list."
)
def truncation(_task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Report how the answer breaks off, if it does."""
    text = candidate.text
    claim = "the text does not break off"
    if not text.strip():
        yield Observation(claim, None, "the answer is empty")
        return
    why = truncated(text)
    end = len(text.rstrip())
    where = read(text).span(max(0, end - 60), end) if why else None
    yield Observation(claim, 0.0 if why else 1.0, why or "ends properly", where)
