"""Which letters a language is written in, and which languages share them."""

import re

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


def script_languages(language: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return the letters that a language is written in, and the languages that share them (empty = Latin)."""
    if language == "ja":
        return re.compile("[\u3040-\u30ff\u4e00-\u9fff\u3400-\u4dbf]"), ("ja",)
    for letters, languages in _RANGES:
        if language in languages:
            return letters, languages
    return _LATIN, ()
