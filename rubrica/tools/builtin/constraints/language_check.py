"""Which language a text is in: script first, then py3langid among the languages of that script."""

import re
from functools import cache, lru_cache
from typing import Any

_SCRIPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("\u0370-\u03ff", ("el",)),
    ("\u0400-\u052f", ("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn", "ky")),
    ("\u0530-\u058f", ("hy",)),
    ("\u0590-\u05ff", ("he",)),
    ("\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", ("ar", "fa", "ur", "ps", "ug")),
    ("\u0900-\u097f", ("hi", "mr", "ne")),
    ("\u0980-\u09ff", ("bn", "as")),
    ("\u0a00-\u0a7f", ("pa",)),
    ("\u0a80-\u0aff", ("gu",)),
    ("\u0b00-\u0b7f", ("or",)),
    ("\u0b80-\u0bff", ("ta",)),
    ("\u0c00-\u0c7f", ("te",)),
    ("\u0c80-\u0cff", ("kn",)),
    ("\u0d00-\u0d7f", ("ml",)),
    ("\u0d80-\u0dff", ("si",)),
    ("\u0e00-\u0e7f", ("th",)),
    ("\u0e80-\u0eff", ("lo",)),
    ("\u10a0-\u10ff", ("ka",)),
    ("\u1200-\u137f", ("am",)),
    ("\u1780-\u17ff", ("km",)),
    ("\u1100-\u11ff\uac00-\ud7af", ("ko",)),
    ("\u3040-\u30ff", ("ja",)),
    ("\u4e00-\u9fff\u3400-\u4dbf", ("zh", "ja")),
)
_RANGES = tuple((re.compile(f"[{letters}]"), languages) for letters, languages in _SCRIPTS)
_LATIN = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")
_NOISE = re.compile(r"https?://\S+|[\d_*#`|<>{}\[\]()]+")
_LONGEST = 4000


def script_languages(language: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return the letters that a language is written in, and the languages that share them (empty = Latin)."""
    if language == "ja":
        return re.compile("[\u3040-\u30ff\u4e00-\u9fff\u3400-\u4dbf]"), ("ja",)
    for letters, languages in _RANGES:
        if language in languages:
            return letters, languages
    return _LATIN, ()


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=512)
def identify(text: str) -> tuple[str, float]:
    """Return the ISO 639-1 code of a text's language ("und": too few letters) and the confidence in [0, 1]."""
    clean = _NOISE.sub(" ", text[:_LONGEST]).strip()
    letters = sum(map(str.isalpha, clean))
    if letters < 2:
        return "und", 0.0
    for pattern, languages in _RANGES:
        if len(pattern.findall(clean)) > letters * (0.15 if languages == ("ja",) else 0.5):
            return _among(clean, languages)
    if letters < 12:
        return "und", 0.0
    language, confidence = _identifier().classify(clean.lower())
    return str(language), float(confidence)


def _among(text: str, languages: tuple[str, ...]) -> tuple[str, float]:
    if len(languages) == 1:
        return languages[0], 1.0
    ranked = _identifier().rank(text)
    for language, confidence in ranked:
        if language in languages:
            return str(language), max(float(confidence), 0.5)
    return languages[0], 0.5
