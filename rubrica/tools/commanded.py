"""Whether a piece of a request asks for content, so that it may be called open when its words are missing.

What a person tells of themselves ("I'm writing a novel", "my colleague wants to cut it"), a premise ("two friends
compare their stamps") and a rule of form ("fewer than 20 words in each sentence") are met by no words of their own.
"""

import re

from rubrica.tools import lexicon
from rubrica.tools.text import read, stem

_COMMANDS = lexicon.words("words")["command"] | lexicon.words("words")["make"] | {
    "analyse", "analyze", "calculate", "choose", "convert", "define", "determine", "draw", "evaluate", "fix", "include",
    "introduce", "mention", "outline", "pick", "propose", "quote", "rank", "recommend", "review", "say", "solve",
    "sort",
}  # fmt: skip
_VERBS = frozenset(map(stem, _COMMANDS))
_LEAD = re.compile(
    r"\W*(?:(?:please|also|then|and|now|next|first|second|finally|kindly|just|but|so|\d{1,2}[.)])\W+)*"
    r"(?:(?:can|could|will|would) you |(?:i|we)(?:['’]d| would)? (?:want|need|like|love) (?:you )?(?:to )?"
    r"|(?:i|we)(?:['’]d| would) (?:like|love) (?:you )?(?:to )?|you (?:should|must|have to|need to) |let['’]s )?"
    r"(?:please )?(?:also )?(?P<word>[a-z]+)",
    re.IGNORECASE,
)
_WANTS = re.compile(r"\W*(?:i|we)(?:['’]d| would)? (?:want|need|like|love|wish|wonder)\b", re.IGNORECASE)
_ASKING = re.compile(r"\W*(?:and |also |then )?(?:what|why|how|who|where|which|when)\b", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”")
_FORM = frozenset(map(stem, (
    "word", "words", "sentence", "sentences", "paragraph", "paragraphs", "letter", "letters", "lowercase", "uppercase",
    "capital", "capitals", "case", "bullet", "bullets", "point", "points", "line", "lines", "stanza", "stanzas",
    "times", "comma", "commas", "character", "characters", "section", "sections", "exactly", "fewer", "length",
    "total", "maximum", "minimum", "entirely", "completely", "starting", "ending", "story", "poem", "essay", "text",
    "list", "answer", "response", "reply", "short", "brief", "long", "title", "heading", "number", "numbered",
    "english", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twenty", "thirty", "fifty",
    "hundred",
)))  # fmt: skip
"""Words that say how the answer looks, not what it is about."""


def asks_content(piece: str) -> bool:
    """Whether the piece is a question or a command, and about more than the form of the answer."""
    about = {part for part in read(_QUOTED.sub(" ", piece)).content if not part[0].isdigit()} - _FORM - _VERBS
    if not about:
        return False
    if "?" in piece or _ASKING.match(piece):
        return True
    lead = _LEAD.match(piece)
    return _WANTS.match(piece) is not None or (lead is not None and lead["word"].lower() in _COMMANDS)
