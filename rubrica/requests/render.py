"""Prompt files become messages: text that others wrote enters only as marked data, never as part of an instruction.

`prompts/<role>.md` holds the system message, a line `---`, and a jinja2 template of the user message. The system
message has no placeholders: it is the same for every case, so endpoints can cache it and no data can reach it. In the
template a value is written with one of two filters, and any other text is refused:

    {{ candidate.text | fence("candidate", id=candidate.id) }}    a block between marks that carry the request's code
    {{ criterion.id | quoted }}                                   a short string on one line, as JSON

The code comes from the request's content hash, so whoever wrote the text could not know it.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from json.encoder import encode_basestring
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, meta, pass_context
from jinja2.runtime import Context

BREAK = "\n---\n"
"""Between the system message and the template of the user message."""
QUOTED_MAX = 400
"""Characters of a `quoted` string; what is longer belongs in a fence."""


class Marked(str):
    """Text that may stand in a prompt."""

    __slots__ = ()


def render(role: str, fields: Mapping[str, object], *, code: str) -> tuple[str, str]:
    """Return the system and the user message of a role.

    Raises:
        ValueError: the prompt file names a field that the request does not have, or writes text without a filter.
    """
    system, template, placeholders = _load(role)
    if unknown := sorted(placeholders - fields.keys() - {"code"}):
        raise ValueError(f"prompts/{role}.md: unknown placeholders {unknown}; known are {sorted(fields)} and 'code'")
    return system, template.render(fields, code=code).strip()


@cache
def _load(role: str) -> tuple[str, Template, frozenset[str]]:
    text = (resources.files("rubrica.requests") / "prompts" / f"{role}.md").read_text(encoding="utf-8")
    system, broken, user = text.partition(BREAK)
    if not broken:
        raise ValueError(f"prompts/{role}.md: no line '---' after the system message")
    environment = _environment()
    names = meta.find_undeclared_variables(environment.parse(user))
    return system.strip(), environment.from_string(user), frozenset(names)


@cache
def _environment() -> Environment:
    """Return what reads the templates; they are files of this package, so no jinja sandbox stands around them."""
    environment = Environment(  # noqa: S701 - not HTML: `_only_marked` refuses what no filter has put between marks
        undefined=StrictUndefined, finalize=_only_marked, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters = {"fence": fence, "quoted": quoted, "length": len}
    return environment


def _only_marked(value: object) -> object:
    if isinstance(value, (Marked, int, float)):
        return value
    raise ValueError(f"a prompt writes {value!r:.60} without a filter; use 'fence' for text, 'quoted' for short names")


@pass_context
def fence(context: Context, text: str, name: str, **attributes: str) -> Marked:
    """Put text between marks that nobody who wrote it could know."""
    return fenced(text, name, code=str(context["code"]), attributes=attributes)


def fenced(text: str, name: str, *, code: str, attributes: Mapping[str, str] | None = None) -> Marked:
    """Return `<data-CODE name=... >`, the text, and the closing mark, each on lines of their own."""
    if code in text:
        raise ValueError("a text holds the code of its own marks")
    told = "".join(f" {key}={quoted(value)}" for key, value in {"name": name, **(attributes or {})}.items())
    return Marked(f"<data-{code}{told}>\n{text}\n</data-{code}>")


def quoted(value: Any) -> Marked:
    """Write a short string (or a list of them) as JSON on one line; markup in it is escaped."""
    if isinstance(value, str):
        return _quoted(value)
    return _short(json.dumps(list(value), ensure_ascii=False), value)


@lru_cache(maxsize=2048)
def _quoted(text: str) -> Marked:
    """Write a string; a run's prompts name the same tools, criteria and observations again and again."""
    return _short(encode_basestring(text), text)


def _short(written: str, value: object) -> Marked:
    if len(written) > QUOTED_MAX:
        written = encode_basestring(f"{str(value)[: QUOTED_MAX // 8]}…")
    return Marked(written.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
