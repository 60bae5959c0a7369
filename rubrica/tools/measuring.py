"""Take all measures of a text in one pass, unscaled, and keep them."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import log
from types import MappingProxyType

from rubrica.tools.facts import names, numbers
from rubrica.tools.measures import PER_HUNDRED, STARTS, STRETCHES
from rubrica.tools.passage import split_prompt
from rubrica.tools.phrasing import PHRASES, phrases_in
from rubrica.tools.text import FUNCTION_WORDS, Text, read

_IMPERATIVES = frozenset(
    word for word, entries in PHRASES.heads.items() if any(section == "imperative" for section, _ in entries)
)
_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[-*•+–][ \t]+\S", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*(?:\d{1,3}|[a-zA-Z])[.)][ \t]+\S", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]{1,200}\*\*|__[^_\n]{1,200}__")
_INLINE = re.compile(r"(?<!`)`[^`\n]{1,200}`(?!`)")
_LINK = re.compile(r"https?://|\]\([^)\n]{1,500}\)|\bwww\.")
_ROW = re.compile(r"^[ \t]*\|.+\|[ \t]*$", re.MULTILINE)
_EQUATION = re.compile(r"[\w)%}][ ]?=[ ]?[-\w($\\{]|\\[(\[]|\$[^$\n]{1,200}\$")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_QUOTED = re.compile(r'"[^"\n]{2,300}"|“[^“”\n]{2,300}”')
_END = re.compile(r"[.!?…。！？)\]}\"”'’`*:|]$")


@lru_cache(maxsize=512)
def measure_text(text: str, prompt: str = "", source: str = "") -> Mapping[str, float]:
    """Take every measure that is defined for this text, unscaled."""
    reading = read(text)
    found = _surface(reading) | _length(len(reading.words))
    if reading.words:
        found |= _start(reading, read(prompt)) | _sentences(reading) | _vocabulary(reading) | _phrases(reading)
        found |= _relations(reading, read(split_prompt(prompt).instruction), read(prompt))
        if source:
            theirs = read(source).content
            found["source_share"] = _share(reading.content, theirs)
            found["source_recall"] = _share(theirs, reading.content)
    return MappingProxyType(found)


def _surface(reading: Text) -> dict[str, float]:
    text, lines = reading.raw, reading.lines
    length = max(1, len(text))
    code = sum(match.end(1) - match.start(1) for match in _FENCE.finditer(text)) if "```" in text else 0
    bullets = len(_BULLET.findall(text))
    numbered = len(_NUMBERED.findall(text))
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    spaces = sum(map(str.isspace, text))
    end = text.rstrip()[-1:]
    return {
        "words": len(reading.words),
        "characters": len(text),
        "sentences": len(reading.sentences),
        "paragraphs": len([block for block in text.split("\n\n") if block.strip()]),
        "lines": len(lines),
        "bullets": bullets,
        "numbered": numbered,
        "headings": len(_HEADING.findall(text)) if "#" in text else 0,
        "bold": len(_BOLD.findall(text)) if "**" in text or "__" in text else 0,
        "code_blocks": text.count("```") // 2,
        "inline_code": len(_INLINE.findall(text)) if "`" in text else 0,
        "links": len(_LINK.findall(text)) if "http" in text or "](" in text or "www" in text else 0,
        "table_rows": len(_ROW.findall(text)) if "|" in text else 0,
        "equations": len(_EQUATION.findall(text)) if "=" in text or "$" in text or "\\" in text else 0,
        "emoji": 0 if text.isascii() else len(_EMOJI.findall(text)),
        "questions": text.count("?"),
        "exclamations": text.count("!"),
        "quotations": len(_QUOTED.findall(text)) if '"' in text or "“" in text else 0,
        "parentheses": text.count("("),
        "colons": text.count(":"),
        "numbers": len(numbers(text)) if digits else 0,
        "names": len(names(text)),
        "list_share": min(1.0, (bullets + numbered) / max(1, len(lines))),
        "code_share": code / length,
        "digit_share": digits / length,
        "uppercase_share": sum(map(str.isupper, text)) / max(1, letters),
        "punctuation_share": (length - letters - digits - spaces) / length if text else 0.0,
        "non_ascii_share": 0.0 if text.isascii() else 1 - sum(map(str.isascii, text)) / length,
        "ends_asking": float(end in {"?", "？"}),
        "ends_properly": float(_END.search(end) is not None),
        "starts_lower": float(text.lstrip()[:1].islower()),
        "starts_yes_no": float(reading.words[:1] in {("yes",), ("no",), ("yeah",), ("nope",)}),
        "title": float(
            len(lines) > 1 and len(lines[0]) <= 70 and lines[0][-1] not in ".,;:?!" and lines[0][0] not in "-*•1"
        ),
    }


def _length(words: int) -> dict[str, float]:
    return {
        name: min(1.0, max(0.0, log((words + 1) / low) / log(high / low))) for name, (low, high) in STRETCHES.items()
    }


def _start(reading: Text, prompt: Text) -> dict[str, float]:
    word, sign = reading.words[0], reading.raw.lstrip()[:1]
    return {
        **{name: float(word in kinds) for name, (_, kinds) in STARTS.items()},
        "starts_number": float(sign.isdigit()),
        "starts_quote": float(sign in "\"“'‘«"),
        "starts_prompt_word": float(word not in FUNCTION_WORDS and word in prompt.vocabulary),
    }


def _sentences(reading: Text) -> dict[str, float]:
    lengths = [len(words) for words in reading.sentence_words]
    mean = sum(lengths) / len(lengths)
    return {
        "commas_per_sentence": reading.raw.count(",") / len(lengths),
        "mean_sentence": mean,
        "longest_sentence": max(lengths),
        "first_sentence": lengths[0],
        "sentence_variation": (sum((n - mean) ** 2 for n in lengths) / len(lengths)) ** 0.5,
        "imperatives": sum(words[0] in _IMPERATIVES for words in reading.sentence_words if words) / len(lengths),
        "mean_line": len(reading.words) / max(1, len(reading.lines)),
        "words_per_paragraph": len(reading.words) / max(1, reading.raw.strip().count("\n\n") + 1),
    }


def _vocabulary(reading: Text) -> dict[str, float]:
    words = reading.words
    head = words[:200]
    particulars = len(numbers(reading.raw)) + len(names(reading.raw))
    return {
        "mean_word": sum(map(len, words)) / len(words),
        "long_words": sum(len(word) >= 7 for word in words) / len(words),
        "function_share": sum(word in FUNCTION_WORDS for word in words) / len(words),
        "type_token": len(set(head)) / len(head),
        "repeated": 1 - len(reading.content) / len(reading.stems) if reading.stems else 0.0,
        "specificity": min(1.0, particulars / len(words)),
    }


def _phrases(reading: Text) -> dict[str, float]:
    counts = Counter(section for section, _, _ in phrases_in(reading.raw))
    return {name: 100 * counts[name] / len(reading.words) for name in PER_HUNDRED}


def _relations(reading: Text, instruction: Text, prompt: Text) -> dict[str, float]:
    found = {"length_ratio": len(reading.words) / max(1, len(prompt.words))}
    if instruction.content:
        found["prompt_recall"] = _share(instruction.content, reading.content)
        found["prompt_share"] = _share(reading.content, prompt.content)
        found["first_sentence_recall"] = _share(instruction.content, reading.sentence_content[0])
    return found


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    """Give the share of `part` that lies in `whole`; 0 for an empty part."""
    return len(part & whole) / len(part) if part else 0.0
