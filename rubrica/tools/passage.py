"""The two halves of a prompt: the instruction, and the passage that it hands over to be worked on.

A passage is found by what sets it off: a label ("Text:", "Article:"), a fence or long quotation, paragraphs that
neither ask nor command, or whatever follows an instruction that points at "the following". Else there is none.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rubrica.tools.text import read
from rubrica.types import TaskView

_LABEL = re.compile(
    r"^[ \t#*_]{0,6}((?:input|given|original|source|news|following)?[ ]?(?:text|article|passage|input|context|document|"
    r"paragraph|source|sentence|story|e-?mail|message|abstract|transcript|review|conversation|dialogue|dialog|"
    r"background|excerpt|content|data|facts|information|info|premise|statement|quote|poem|essay|report|post|tweet|"
    r"description|knowledge|evidence|notes?|letter|speech|log|words?|list)s?)[ ]?\d{0,2}[ ]?[*_]{0,3}[ ]?[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_ASKING_LABEL = re.compile(
    r"^[ \t#*_]{0,6}(?:question|q|query|task|instructions?|request|answer|a|output|response|summary|translation|"
    r"options?|choices?)[ ]?\d{0,2}[ ]?[*_]{0,3}[ ]?[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_FENCES = (
    ('"""', '"""'),
    ("'''", "'''"),
    *((f"<{tag}>", f"</{tag}>") for tag in ("text", "article", "document", "source", "passage", "context", "input")),
)
_QUOTED = re.compile(r'"([^"\n]{16,4000})"|“([^“”\n]{16,4000})”|(?:(?<=\s)|^)\'([^\'\n]{16,4000})\'(?=\W|$)')
_TITLED = re.compile(
    r"\b(?:paper|article|book|novel|essay|study|report|film|movie|song|album|poem|play|story|series|show|game|painting|"
    r"course|lecture|talk|titled|entitled|called|named) \Z",
    re.IGNORECASE,
)
"""What stands before the title of a work, which is no material: the paper "Attention Is All You Need"."""
_POINTING = re.compile(
    r"\b(?:following|below|(?:this|these|the|given|provided|above) (?:\w{1,20} )?(?:text|sentences?|paragraphs?|"
    r"article|passage|e-?mail|story|document|phrases?|words?|essay|review|abstract|statements?|message|transcript|content))\b",
    re.IGNORECASE,
)
TRANSFORM = re.compile(
    r"\b(?:re-?write|re-?phrase|paraphrase|edit|correct|proof-?read|translate|convert|simplify|shorten|summari[sz]e|"
    r"condense|classify|categori[sz]e|label|extract|identify|rearrange|reorder|re-?word|reformat|improve|fix|combine|"
    r"complete|continue|punctuate|capitali[sz]e|expand|change|replace|transform|turn|find|sort|determine|detect|"
    r"analy[sz]e|make)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|^\W*(?:please|can|could|would|will|what|who|when|where|why|how|which|is|are|do|does|did|explain|describe|give|"
    r"write|list|tell|name|create|generate|compose|suggest|provide|help|find|calculate|compute|determine|solve|"
    r"summari[sz]e|rewrite|rephrase|translate|classify|answer|use|using|make|your|you|i want|i need|i would|i'd)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt taken apart. `instruction` is never empty unless the prompt is."""

    instruction: str
    passage: str = ""
    start: int = -1
    """Where the passage starts in the prompt; -1 without one."""


_TURN = re.compile(r"(?:\A|\n\n)(Human|Assistant):[ ]?")
"""What parts the turns of a conversation that stands in one text (hh-rlhf); the first may go without."""


@lru_cache(maxsize=256)
def split_prompt(prompt: str) -> Prompt:
    """Take a prompt apart into instruction and passage; of a conversation in one text, the last turn asks."""
    begins = _last_turn(prompt)
    if begins:
        asked = split_prompt(prompt[begins:])
        return Prompt(asked.instruction, asked.passage, begins + asked.start if asked.passage else -1)
    for find in (_labelled, _delimited, _paragraphs, _pointed, _quoted):
        found = find(prompt)
        if found is not None:
            start, end = found
            passage = prompt[start:end].strip()
            instruction = (prompt[:start] + "\n" + prompt[end:]).strip()
            if instruction and len(read(passage).words) >= 4:
                return Prompt(instruction, passage, start)
    return Prompt(prompt.strip())


def _last_turn(prompt: str) -> int:
    """Return where the last turn of a conversation in one text starts; 0 when the text is none."""
    marks = list(_TURN.finditer(prompt)) if "Assistant:" in prompt else []
    opens = ("Human" if marks[0].start() == 0 else "Assistant") if marks else ""
    alternate = all(mark[1] != after[1] for mark, after in pairwise(marks))
    spoken = len(marks) > 1 and marks[0][1] == opens and marks[-1][1] == "Human" and alternate
    return marks[-1].end() if spoken and prompt[marks[-1].end() :].strip() else 0


def source_of(view: TaskView) -> str:
    """Return the text that the answer may be held to: context documents and the passages of all turns; "" without."""
    parts = [document.text for document in view.context]
    for message in view.messages:
        if message.role in {"user", "tool"}:
            passage = message.text if message.role == "tool" else split_prompt(message.text).passage
            if passage:
                parts.append(passage)
    return "\n\n".join(parts)


def _labelled(prompt: str) -> tuple[int, int] | None:
    label = _LABEL.search(prompt)
    if label is None:
        return None
    asking = _ASKING_LABEL.search(prompt, label.end())
    return label.end(), asking.start() if asking else _trailing_question(prompt, label.end())


def _trailing_question(prompt: str, start: int) -> int:
    """Find where the passage ends: before a last paragraph that asks something, else at the end of the prompt."""
    last = prompt.rstrip().rfind("\n\n", start)
    return last if last > start and _ASKS.search(prompt[last:].strip()) else len(prompt)


def _delimited(prompt: str) -> tuple[int, int] | None:
    if "```" in prompt or "def " in prompt:
        return None
    for opening, closing in _FENCES:
        start = prompt.find(opening)
        end = prompt.find(closing, start + len(opening)) if start >= 0 else -1
        if end > 0:
            return start + len(opening), end
    return None


def _paragraphs(prompt: str) -> tuple[int, int] | None:
    """Find the run of paragraphs that neither ask nor command, when it holds 40 words and something else does ask."""
    offsets = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+(?:\n[^\n]+)*", prompt)]
    if len(offsets) < 2:
        return None
    telling = [
        (start, end)
        for start, end in offsets
        if len(read(prompt[start:end]).words) >= 25 and not _asks(prompt[start:end])
    ]
    if not telling or len(telling) == len(offsets):
        return None
    start, end = telling[0][0], telling[-1][1]
    return (start, end) if len(read(prompt[start:end]).words) >= 40 else None


def _asks(paragraph: str) -> bool:
    sentences = read(paragraph).sentence_texts
    return any(_ASKS.search(sentence) for sentence in (*sentences[:1], *sentences[-1:])) if sentences else False


def _pointed(prompt: str) -> tuple[int, int] | None:
    """Take what follows the first sentence when that sentence transforms a text that it points at."""
    sentences = read(prompt).sentences
    if not sentences:
        return None
    line = prompt.partition("\n")[0]
    if line.rstrip().endswith(":") and TRANSFORM.search(line) and len(prompt) - len(line) > 20:
        return len(line), _trailing_question(prompt, len(line))
    start, end = sentences[0]
    first = prompt[start:end]
    colon = first.find(":")
    if TRANSFORM.search(first) and colon > 0 and len(first) - colon > 20:
        return start + colon + 1, len(prompt)
    if len(sentences) > 1 and TRANSFORM.search(first) and _POINTING.search(first):
        return end, _trailing_question(prompt, end)
    return None


def _quoted(prompt: str) -> tuple[int, int] | None:
    told = [
        match
        for match in _QUOTED.finditer(prompt)
        if not _TITLED.search(prompt, max(0, match.start() - 20), match.start())
    ]
    found = max(told, key=lambda match: match.end() - match.start(), default=None)
    if found is None or not (TRANSFORM.search(prompt) or _POINTING.search(prompt)):
        return None
    return found.span(found.lastindex or 0)
