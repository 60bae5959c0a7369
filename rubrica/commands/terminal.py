"""Text that others wrote, made safe to show: it must not drive the reader's terminal."""

import unicodedata

_JOINER = "\N{ZERO WIDTH JOINER}"
"""Part of ordinary emoji; it moves no cursor and turns no text around."""


def safe(text: str) -> str:
    """Replace every control, direction and surrogate character but newline and tab, one for one, so spans still fit."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if _drives(char) else char for char in text)


def one_line(text: str, limit: int = 2000) -> str:
    """Return safe text on one line, cut with an ellipsis."""
    flat = " ".join(safe(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _drives(char: str) -> bool:
    return char not in "\n\t" and char != _JOINER and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
