"""A candidate's text cut into the parts that constraints count: words, sentences, paragraphs, lines, list items."""

import re
from dataclasses import dataclass
from functools import cached_property

from rubrica.types import Span

_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
    "\u0e00-\u0eff\u0f18-\u0fbc\u102b-\u109d\u17b4-\u17d3\u200c\u200d"
)
"""Vowel signs and joiners that belong to a word but that `\\w` leaves out."""
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Han and kana: written without spaces; each character counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}](?:[^\W{_UNSPACED}]|[{_MARKS}])*|[{_MARKS}]+")
_SPOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_THAI = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_STOP = re.compile(r"[.!?\u061f\u06d4\u0964\u0965\u2026]+[\"'”’»)\]*_]*(?=\s|$)|[。！？｡]+[」』”’)）]*")
_ABBREVIATIONS = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "inc", "ltd", "co", "corp", "vs", "etc", "e.g", "i.e", "eg",
    "ie", "fig", "no", "vol", "pp", "gen", "col", "sgt", "capt", "lt", "rev", "hon", "dept", "est", "approx", "u.s",
    "u.k", "a.m", "p.m", "ph.d", "p.s", "p.p.s", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
    "oct", "nov", "dec",
})  # fmt: skip
_NOT_FINAL = frozenset({"etc", "inc", "ltd", "co", "corp", "jr", "sr", "u.s", "u.k", "a.m", "p.m", "ph.d"})
"""Abbreviations that may also end a sentence: they do before a capital letter."""
_BREAK = re.compile(r"\n[ \t]*\n\s*")
_DIVIDER = re.compile(r"[*_#=\-\s]+")
_BULLET = re.compile(r"^([ \t]*)(?:[-•◦▪‣·+–]|\*(?!\*))[ \t]*(?=\S)(?!-|\*\s*$)(.*)$", re.MULTILINE)
_NUMBERED = re.compile(r"^([ \t]*)(?:#{1,6} )?(?:\*\*|__)?\(?(\d{1,3})[.):](?:\*\*)?[ \t]+(.*)$", re.MULTILINE)
_INLINE = re.compile(r"(?:^|(?<=\s))\(?(\d{1,2})[.)]\s")
_EDGE_MARKS = " \t\r\n\"“”„«»'‘’*_#>`"
_SET_APART = re.compile(r"[:：][*_]{0,2}[ \t]*\n\s*[\"“](?P<product>[^\"“”]+)[\"”]\s*$")
_FENCE = re.compile(r"^\s*```[^\n]*\n(.*?)\n?```\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text with its offset."""

    start: int
    text: str

    @property
    def span(self) -> Span:
        return Span(start=self.start, end=self.start + len(self.text), text=self.text[:200])


def _piece(text: str, start: int, end: int) -> Piece:
    raw = text[start:end]
    left = len(raw) - len(raw.lstrip())
    return Piece(start + left, raw.strip())


@dataclass(frozen=True)
class Answer:
    """One text, cut on demand; every cut is computed once."""

    text: str

    @cached_property
    def lower(self) -> str:
        return self.text.lower()

    @cached_property
    def words(self) -> list[str]:
        r"""Runs of letters and digits (`\w+`, the convention of IFEval), sane in scripts with vowel signs."""
        return _WORD.findall(self.text)

    @cached_property
    def spoken_words(self) -> list[str]:
        """Words as people count them: "don't" and "well-known" are one."""
        return [word for word in _SPOKEN.findall(self.text) if any(map(str.isalnum, word))]

    @cached_property
    def spaceless(self) -> bool:
        """Whether the text is mostly in a script whose words cannot be told apart without a dictionary."""
        return len(_THAI.findall(self.text)) > len(self.text) / 4

    @cached_property
    def sentences(self) -> list[Piece]:
        """Sentences by their final marks; line breaks alone do not end one."""
        found, start = [], 0
        for match in _STOP.finditer(self.text):
            if match[0][0] == "." and not self._ends_sentence(match):
                continue
            piece = _piece(self.text, start, match.end())
            if any(map(str.isalnum, piece.text)):
                found.append(piece)
            start = match.end()
        rest = _piece(self.text, start, len(self.text))
        if any(map(str.isalnum, rest.text)):
            found.append(rest)
        return found

    def _ends_sentence(self, stop: re.Match[str]) -> bool:
        before = self.text[max(0, stop.start() - 12) : stop.start()]
        word = re.split(r"[\s(\[\"“'‘*_]", before)[-1].lower()
        after = self.text[stop.end() : stop.end() + 3].lstrip()
        if word in _ABBREVIATIONS:
            return word in _NOT_FINAL and (not after or after[0].isupper())
        if word.isdigit() and len(word) <= 2:
            line = before.rsplit("\n", 1)[-1]
            return line.strip(" \t*#(_") != word
        return not (len(word) == 1 and word.isalpha() and word != "i" and not word.isdigit() and bool(after))

    @cached_property
    def paragraphs(self) -> list[Piece]:
        """Blocks between blank lines that hold more than a divider."""
        cuts = [0, *(end for match in _BREAK.finditer(self.text) for end in match.span()), len(self.text)]
        pieces = (_piece(self.text, a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True))
        return [piece for piece in pieces if piece.text and not _DIVIDER.fullmatch(piece.text)]

    @cached_property
    def lines(self) -> list[Piece]:
        """Lines that hold a letter or digit."""
        found, start = [], 0
        for line in self.text.split("\n"):
            if any(map(str.isalnum, line)):
                found.append(_piece(self.text, start, start + len(line)))
            start += len(line) + 1
        return found

    @cached_property
    def bullets(self) -> list[Piece]:
        """Lines that begin with a bullet mark, at any depth."""
        return [Piece(match.start(2), match[2]) for match in _BULLET.finditer(self.text)]

    @cached_property
    def numbered(self) -> list[Piece]:
        """Numbered list lines of the outermost depth."""
        return _outermost(list(_NUMBERED.finditer(self.text)), 3)

    @cached_property
    def items(self) -> list[Piece] | None:
        """The entries of the answer's list, or None when it holds no marked list."""
        if len(self.numbered) > 1:
            return self.numbered
        bullets = _outermost(list(_BULLET.finditer(self.text)), 2)
        if len(bullets) > 1:
            return bullets
        return self._inline_items()

    def _inline_items(self) -> list[Piece] | None:
        marks: list[re.Match[str]] = []
        for match in _INLINE.finditer(self.text):
            if int(match[1]) == len(marks) + 1:
                marks.append(match)
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.text)]
        return [_piece(self.text, mark.end(), end) for mark, end in zip(marks, ends, strict=True)]

    @cached_property
    def core(self) -> str:
        """The text without surrounding quotes, Markdown marks and a code fence around all of it."""
        fenced = _FENCE.match(self.text) if "```" in self.text else None
        return (fenced[1] if fenced else self.text).strip(_EDGE_MARKS)

    @cached_property
    def product(self) -> str:
        """What is set apart in quotation marks at the end, after a line that leads in with a colon; else all of it."""
        apart = _SET_APART.search(self.text)
        return apart["product"] if apart else self.text

    def parts(self, scope: str) -> list[Piece]:
        """Return the parts that a scope names."""
        match scope:
            case "paragraph":
                return self.paragraphs
            case "sentence":
                return self.sentences
            case "line":
                return self.lines
            case "item":
                return self.items or []
            case "word":
                return [Piece(match.start(), match[0]) for match in _WORD.finditer(self.text)]
        return [_piece(self.text, 0, len(self.text))]


def _outermost(matches: list[re.Match[str]], group: int) -> list[Piece]:
    if not matches:
        return []
    depth = min(len(match[1].expandtabs()) for match in matches)
    return [Piece(m.start(group), m[group]) for m in matches if len(m[1].expandtabs()) <= depth + 1]
