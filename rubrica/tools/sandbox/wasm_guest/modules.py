"""The standard library inside: an instance has no file system, so what is not imported at build time does not exist."""

import importlib
import sys

_UNWANTED = frozenset({"antigravity", "ensurepip", "idlelib", "this", "tkinter", "turtle", "turtledemo", "venv"})
_INNER = [
    "_pydatetime",
    "_pydecimal",
    "_pyio",
    "_pylong",
    "_strptime",
    "_threading_local",
    "asyncio.taskgroups",
    "asyncio.timeouts",
    "collections.abc",
    "compression.gzip",
    "compression.zlib",
    "concurrent.futures",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "dbm.dumb",
    "email.headerregistry",
    "email.message",
    "email.mime.application",
    "email.mime.audio",
    "email.mime.base",
    "email.mime.image",
    "email.mime.multipart",
    "email.mime.text",
    "email.parser",
    "email.policy",
    "email.utils",
    "encodings.ascii",
    "encodings.cp1252",
    "encodings.cp437",
    "encodings.hex_codec",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.punycode",
    "encodings.raw_unicode_escape",
    "encodings.rot_13",
    "encodings.unicode_escape",
    "encodings.utf_16",
    "encodings.utf_16_be",
    "encodings.utf_16_le",
    "encodings.utf_32",
    "encodings.utf_7",
    "encodings.utf_8_sig",
    "html.parser",
    "http.client",
    "http.cookies",
    "http.cookiejar",
    "http.server",
    "importlib.abc",
    "importlib.metadata",
    "importlib.resources",
    "json.tool",
    "logging.config",
    "logging.handlers",
    "multiprocessing.dummy",
    "multiprocessing.managers",
    "multiprocessing.pool",
    "multiprocessing.queues",
    "multiprocessing.shared_memory",
    "multiprocessing.synchronize",
    "os.path",
    "unittest.async_case",
    "unittest.mock",
    "urllib.error",
    "urllib.parse",
    "urllib.request",
    "urllib.response",
    "urllib.robotparser",
    "wsgiref.simple_server",
    "wsgiref.util",
    "xml.dom",
    "xml.dom.minidom",
    "xml.dom.pulldom",
    "xml.etree.ElementTree",
    "xml.sax",
    "xml.sax.handler",
    "xml.sax.saxutils",
    "xmlrpc.client",
    "zoneinfo",
]


def preload() -> list[str]:
    """Import all that the platform has and return the names; what it has not (ctypes, ssl, fcntl ...) is skipped."""
    names = [name for name in sorted(sys.stdlib_module_names) if not name.startswith("_")]
    found = []
    for name in [*names, *_INNER]:
        if name in _UNWANTED:
            continue
        try:
            importlib.import_module(name)
        except (ImportError, AttributeError, OSError, RuntimeError):
            continue
        found.append(name)
    return found
