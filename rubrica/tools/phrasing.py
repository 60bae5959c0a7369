"""Where a text uses the phrases of the lexicon, found once for all who ask."""

from functools import lru_cache

from rubrica.tools import lexicon
from rubrica.tools.text import read

PHRASES = lexicon.phrases("phrases")


@lru_cache(maxsize=512)
def phrases_in(text: str) -> tuple[tuple[str, int, int], ...]:
    """Find (section, first word, end word) of every phrase, as indices into the words of the text."""
    return tuple(PHRASES.find(read(text).words))
