"""Letters of options in prose: which one a sentence names, and when "I" is the one who speaks."""

import re

MAX_SENTENCE = 200
MAX_ENDING = 2000

_LETTER = re.compile(
    r"[\s*_\"'(\[]*(?:option\s+|choice\s+)?\(?([A-Ja-j])(?:[).:\]*,]|\s*$|(?=\s+(?:is|because|since|-)\b))",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:(?P<sure>\b(?:option|choice|answer|letter)s?\s+\(?|\()|\b(?:pick|choose|select|with|is|in|so|leaves|it'?s|be|say|think"
    r"|believe|on|to|for|than)\s+|\*\*)(?P<letter>[A-J])(?=[).:,;*\s]|$)",
)
_CLOSING = re.compile(r"(?:^|(?<=[.!?]\s)|(?<=\n))(?=[^\n])")
_OPTION = re.compile(
    r"(?:^|\n|(?<=\s))(?:\([A-Ja-j]\)|[A-J][).:])\s*([^\n]{1,200}?)\s*(?=\n|$|\s\([A-Ja-j]\)|\s[A-J][).:])"
)
_REJECTED = re.compile(r"\b(?:not|wrong|incorrect|false|isn't|neither|except|eliminated?)\b", re.IGNORECASE)


def leading_letter(region: str) -> tuple[int, int] | None:
    """Return where a region begins with the letter of an option; the pronoun "I" is none."""
    match = _LETTER.match(region)
    if match is None:
        return None
    spoken = match[1] == "I" and match[0].strip(" *_") in {"I", "I,", "I:"} and region.strip(" *_.") != "I"
    rejected = _REJECTED.search(re.split(r"[.;,\n]", region[match.end() :])[0]) is not None
    return None if spoken or rejected else match.span(1)


def named_letter(region: str) -> tuple[int, int] | None:
    """Return where a region names one option and no other: "I would go with C", "which matches option C"."""
    found = [match for match in _NAMED.finditer(region) if _is_option(region, match)]
    return found[-1].span("letter") if len({match["letter"] for match in found}) == 1 else None


def ending(text: str, sentences: int = 2) -> int:
    """Return where the last sentences of a text begin."""
    starts = [match.start() for match in _CLOSING.finditer(text.rstrip())]
    return starts[-sentences] if len(starts) >= sentences else 0


def worded(prompt: str, text: str) -> str | None:
    """Return the one option whose words stand in the last sentence of a text, or in the last two."""
    options = {option.strip(" .;").lower() for option in _OPTION.findall(prompt)} - {""}
    for sentences in (1, 2):
        end = text[ending(text, sentences) :][-MAX_ENDING:].lower()
        named = [option for option in options if re.search(rf"(?<!\w){re.escape(option)}(?!\w)", end)]
        if named:
            return named[0] if len(named) == 1 and not _REJECTED.search(end) else None
    return None


def _is_option(region: str, match: re.Match[str]) -> bool:
    letter, after = match["letter"], region[match.end("letter") : match.end("letter") + MAX_SENTENCE]
    if letter in "AI" and match["sure"] is None and re.match(r"[ \t]+\w", after):
        return False  # an article, or the one who speaks
    sentence = re.split(r"[.;\n]", region[max(0, match.start() - MAX_SENTENCE) : match.start()])[-1]
    sentence += re.split(r"[.;,\n]", after)[0]
    return _REJECTED.search(sentence) is None
