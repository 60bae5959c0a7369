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


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return "1 row", "2 rows"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def pace(count: float, seconds: float) -> str:
    """Return a rate that tells something at every speed: "164/s", "0.4/s", "3.0/min"."""
    rate = count / max(seconds, 1e-9)
    return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s" if rate >= 0.1 or not rate else f"{60 * rate:.1f}/min"


def _drives(char: str) -> bool:
    return char not in "\n\t" and char != _JOINER and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
