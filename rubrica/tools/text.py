"""A text read once: its words, sentences, lines and stems, each computed on first use and kept.

Words are runs of letters and digits, joined by inner apostrophes and hyphens; a Chinese or Japanese character is a word
of its own. Sentences end at terminal punctuation, at blank lines and at line breaks that do not continue in lower case.
"""

import re
from bisect import bisect_left
from functools import cached_property, lru_cache

from rubrica.tools import lexicon
from rubrica.types import Span

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’-][^\W_]+)*")
_STOP = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s|$)|[。！？]+[」』”）]*|\n[\n \t]*")
_ABBREVIATIONS = lexicon.words("words")["abbreviations"]
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
FUNCTION_WORDS = lexicon.words("words")["function"]
_SUFFIXES = ("ization", "ations", "ation", "ingly", "ments", "ment", "ness", "edly", "ing", "ies", "ied", "ers", "ed")
_SHORT_SUFFIXES = ("est", "er", "ly", "es", "s", "e", "y")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Cut an English word (lower case) to a light stem, so that "running", "runs" and "run" meet."""
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    for suffix in _SHORT_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word[:-1] + "y" if word.endswith("i") else word


class Text:
    """One text and what reading it yields; get it from `read`, which keeps the last ones."""

    def __init__(self, raw: str) -> None:
        self.raw = raw

    @cached_property
    def tokens(self) -> tuple[tuple[int, int], ...]:
        """Half-open character range of each word."""
        return tuple([match.span() for match in _WORD.finditer(self.raw)])

    @cached_property
    def cased(self) -> tuple[str, ...]:
        """The words as written."""
        return tuple(_WORD.findall(self.raw))

    @cached_property
    def by_character(self) -> bool:
        """Whether most words are single Chinese or Japanese characters, two of which say about as much as one word."""
        single = sum(len(word) == 1 and word >= "\u3040" for word in self.cased)
        return 2 * single > len(self.tokens)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words in lower case."""
        return tuple(map(str.lower, self.cased))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def lower(self) -> str:
        return self.raw.lower()

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Stems of the content words, in order: function words are left out."""
        return _stems(self.words)

    @cached_property
    def content(self) -> frozenset[str]:
        """The distinct content stems."""
        return frozenset(self.stems)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines that hold anything, stripped."""
        return tuple(line for line in map(str.strip, self.raw.splitlines()) if line)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Half-open character range of each sentence, without the white space around it."""
        return tuple(_sentences(self.raw))

    @cached_property
    def sentence_words(self) -> tuple[tuple[str, ...], ...]:
        """The words of each sentence, in lower case."""
        starts = [start for start, _ in self.tokens]
        edges = [bisect_left(starts, start) for start, _ in self.sentences] + [len(starts)]
        return tuple(self.words[edges[i] : edges[i + 1]] for i in range(len(self.sentences)))

    @cached_property
    def sentence_content(self) -> tuple[frozenset[str], ...]:
        """The distinct content stems of each sentence."""
        return tuple(frozenset(_stems(words)) for words in self.sentence_words)

    @cached_property
    def sentence_texts(self) -> tuple[str, ...]:
        return tuple(self.raw[start:end] for start, end in self.sentences)

    def span(self, start: int, end: int) -> Span:
        return span(self.raw, start, end)


def _stems(words: tuple[str, ...]) -> tuple[str, ...]:
    content = [word for word in words if word not in FUNCTION_WORDS]
    return tuple([stem(word) for word in content if word.isalnum() or _plain(word) not in FUNCTION_WORDS])


def _plain(word: str) -> str:
    return word.replace("'", "").replace("’", "")


def span(text: str, start: int, end: int) -> Span:
    """Give the range as a `Span` that carries at most 200 characters of what it holds."""
    return Span(start=start, end=end, text=text[start : min(end, start + 200)])


def _sentences(raw: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(raw):
        if not _ends_sentence(raw, stop):
            continue
        _append(found, raw, start, stop.end())
        start = stop.end()
    _append(found, raw, start, len(raw))
    return found


def _append(found: list[tuple[int, int]], raw: str, start: int, end: int) -> None:
    piece = raw[start:end]
    body = piece.strip()
    if any(map(str.isalnum, body)):
        offset = start + len(piece) - len(piece.lstrip())
        found.append((offset, offset + len(body)))


def _ends_sentence(raw: str, stop: re.Match[str]) -> bool:
    mark = stop[0]
    following = raw[stop.end() : stop.end() + 1]
    if mark[0] == "\n":
        return "\n" in mark[1:] or not following.islower()
    if mark[0] != ".":
        return True
    before = _LAST_WORD.search(raw, max(0, stop.start() - 24), stop.start())
    word = before[0] if before else ""
    at_line_start = before is not None and raw[before.start() - 1 : before.start()] in {"", "\n"}
    numbered = at_line_start and word.isdigit() and len(word) <= 2
    initial = len(word) == 1 and word.isalpha() and word.isupper() and word != "I"
    return not (numbered or initial or word.lower() in _ABBREVIATIONS)


def read(raw: str) -> Text:
    """Read the text; equal strings share one reading while it is kept (long texts less long)."""
    return _usual(raw) if len(raw) <= 20_000 else _long(raw)


@lru_cache(maxsize=512)
def _usual(raw: str) -> Text:
    return Text(raw)


@lru_cache(maxsize=4)
def _long(raw: str) -> Text:
    return Text(raw)
