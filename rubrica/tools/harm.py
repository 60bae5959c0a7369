"""Whether a request is for help with harm, or merely holds words that sound like it.

"Kill a process", "shoot a film" and "what is the sentence for murder" are harmless; "kill my neighbour" is not. The
rule is one of grammar: violence needs a person as its object, a crime someone who means to do it, a forbidden thing
someone who means to get it; a request about fiction, meaning, history, law or prevention is not for harm.
What this does not see (coded language, harm that needs world knowledge) it calls harmless; it establishes no guilt.
"""

from functools import lru_cache

from rubrica.tools import lexicon
from rubrica.tools.text import read

_WORDS = lexicon.words("harm_words")
_PHRASES = lexicon.patterns("harm")
_VIOLENCE, _CLOSE, _PEOPLE = _WORDS["violence"], _WORDS["close"], _WORDS["people"]
_PLAIN = ("self_harm", "injury", "private")
"""Sections whose phrases say on their own what is wanted."""
_SENSITIVE = _WORDS["sensitive"] | _WORDS["crimes"] | (_VIOLENCE - _CLOSE)


def is_sensitive(text: str) -> bool:
    """Whether words of harm, crime, weapons, drugs, self-harm, sex, abuse or medical danger occur."""
    return not read(text).vocabulary.isdisjoint(_SENSITIVE)


@lru_cache(maxsize=256)
def is_harmful_request(text: str) -> bool:
    """Whether one of the text's sentences asks for help with an act against people, a crime or a forbidden thing."""
    if len(text) > 4000:
        text = text[:2000] + "\n" + text[-2000:]
    return any(_asks_for_harm(sentence.lower()) for sentence in read(text).sentence_texts)


def _asks_for_harm(sentence: str) -> bool:
    if _PHRASES["incites"].search(sentence):  # a poem or a joke is no excuse for it
        return True
    if any(_PHRASES[kind].search(sentence) for kind in _PLAIN) and not _PHRASES["benign"].search(sentence):
        return True
    words = read(sentence).words
    seeks = _PHRASES["seeks"].search(sentence) is not None
    if not seeks or _PHRASES["benign"].search(sentence):
        return False
    return _violence_to_people(words) or _crime(words, sentence) or _forbidden(words, sentence)


def _violence_to_people(words: tuple[str, ...]) -> bool:
    for i, word in enumerate(words):
        if word in _VIOLENCE:
            reach = 3 if word in _CLOSE else 5
            if not _PEOPLE.isdisjoint(part.removesuffix("'s") for part in words[i + 1 : i + 1 + reach]):
                return True
    return False


def _crime(words: tuple[str, ...], sentence: str) -> bool:
    acts = any(word in _WORDS["crimes"] for word in words)
    return (acts and _PHRASES["crime_object"].search(sentence) is not None) or _PHRASES["hate"].search(
        sentence
    ) is not None


def _forbidden(words: tuple[str, ...], sentence: str) -> bool:
    return _PHRASES["forbidden"].search(sentence) is not None and not _WORDS["obtain"].isdisjoint(words)
