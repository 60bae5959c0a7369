"""Word lists and cue patterns, kept as text beside this module: `[section]` headers, `#` comments.

In a word file a section is words between white space; in a phrase file, phrases between commas, matched word by word;
in a pattern file, one regular expression a line, written so that it runs in linear time. Case is ignored; a pattern
stands between word boundaries unless its line starts with `~`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources


def _sections(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in resources.files(__name__).joinpath(f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and re.fullmatch(r"\[[\w-]+\]", line):
            lines = found.setdefault(line[1:-1], [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line)
    return found


@cache
def words(name: str) -> dict[str, frozenset[str]]:
    """Read a word file: section name to its words."""
    return {section: frozenset(" ".join(lines).split()) for section, lines in _sections(name).items()}


@cache
def patterns(name: str) -> dict[str, re.Pattern[str]]:
    """Read a pattern file: section name to one pattern that matches any of its lines."""
    return {section: _any_of(lines) for section, lines in _sections(name).items()}


def _any_of(lines: list[str]) -> re.Pattern[str]:
    bounded = "|".join(line for line in lines if not line.startswith("~"))
    raw = [line[1:] for line in lines if line.startswith("~")]
    alternatives = [*([rf"\b(?:{bounded})\b"] if bounded else []), *raw]
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE)


Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Phrases by their first word; looking them up in a text costs one dictionary access a word."""

    heads: dict[str, tuple[tuple[str, Phrase], ...]]

    def find(self, text: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Yield (section, first word, end word) for every phrase in a sequence of lower-case words."""
        heads = self.heads
        for i, word in enumerate(text):
            for section, phrase in heads.get(word, ()):
                if len(phrase) == 1 or tuple(text[i : i + len(phrase)]) == phrase:
                    yield section, i, i + len(phrase)


@cache
def phrases(name: str) -> PhraseBook:
    """Read a phrase file: phrases between commas, by section."""
    heads: dict[str, list[tuple[str, Phrase]]] = {}
    for section, lines in _sections(name).items():
        for phrase in dict.fromkeys(tuple(part.split()) for part in ",".join(lines).split(",") if part.strip()):
            heads.setdefault(phrase[0], []).append((section, phrase))
    return PhraseBook({head: tuple(entries) for head, entries in heads.items()})
