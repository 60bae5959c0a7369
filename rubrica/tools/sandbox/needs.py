"""What code needs to run, read from its imports: a suspicion that decides where it runs, not whether it is right."""

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import lru_cache

from rubrica.tools.sandbox.base import Need

SCAN_CHARACTERS = 1 << 17
"""Only this much of the code is scanned; imports stand at the top."""

_NEEDS = {
    **dict.fromkeys(("numpy",), Need.NUMPY),
    **dict.fromkeys(("PIL",), Need.IMAGE),
    **dict.fromkeys(("fileinput", "glob", "mmap", "shutil", "tempfile", "zipapp", "zoneinfo"), Need.FILES),
    **dict.fromkeys(("multiprocessing", "pty", "subprocess"), Need.SUBPROCESS),
    **dict.fromkeys(("ftplib", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl"), Need.NETWORK),
    **dict.fromkeys(("http.client", "http.server", "urllib.request", "xmlrpc"), Need.NETWORK),
}
_MENTIONS_IMPORT = re.compile(r"\bimport\b")
_MAKES_FOLDERS = re.compile(r"\b(?:mkdir|makedirs|chdir|symlink)\b")

_ABSENT = (
    "ModuleNotFoundError",
    "ImportError",
    "OSError",
    "PermissionError",
    "AttributeError: module 'hashlib' has no attribute",
    "AttributeError: module 'os' has no attribute",
    "AttributeError: module 'signal' has no attribute",
    "RuntimeError: can't start new thread",
    "sqlite3.OperationalError: unable to open database file",
    "OperationalError: unable to open database file",
)


def lacks(error: str) -> bool:
    """Tell by "type: message" whether the tier may be at fault, not the code: the same may work where there is more."""
    return error.startswith(_ABSENT)


def need_of(code: str) -> Need:
    """Return what the imports of Python code ask for beyond the pure language.

    A module that neither the standard library nor a tier has counts as `PACKAGES`; making a folder needs files. The
    code is split into tokens and never parsed, because a parser can be driven out of its stack; text that has no tokens
    ends the scan.
    """
    return _need_of_text(code[:SCAN_CHARACTERS])


@lru_cache(maxsize=32)  # a grader sends one source many times; 32 texts are 4 million characters at most
def _need_of_text(text: str) -> Need:
    need = Need.FILES if _MAKES_FOLDERS.search(text) else Need.PURE
    if _MENTIONS_IMPORT.search(text):
        for module in _imported(text):
            need |= _need_of_module(module)
    return need


def _need_of_module(module: str) -> Need:
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        if (known := _NEEDS.get(".".join(parts[:size]))) is not None:
            return known
    return Need.PURE if parts[0] in sys.stdlib_module_names or not parts[0] else Need.PACKAGES


def _imported(text: str) -> Iterator[str]:
    """Yield the dotted names after `import` and `from` wherever a statement begins."""
    words: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in {tokenize.NEWLINE, tokenize.ENDMARKER} or token.string in {";", ":"}:
                yield from _names(words)
                words = []
            elif token.type in {tokenize.NAME, tokenize.OP} and len(words) < 256:
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _names(words: list[str]) -> Iterator[str]:
    """Yield the modules that one statement imports, given its words: `from a.b import c` or `import a.b as c, d`."""
    if words[:1] == ["from"] and "import" in words:
        cut = words.index("import")
        package = "".join(words[1:cut])
        if not package.startswith("."):
            names = [word for word in words[cut + 1 :] if word.isidentifier()]
            yield from (f"{package}.{name}" for name in names or [""])
    elif words[:1] == ["import"]:
        for part in " ".join(words[1:]).split(","):
            yield part.partition(" as ")[0].replace(" ", "")
