"""How it is ordered or spelled: alphabetical order, acrostics, palindromes, and poems of a fixed number of lines."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, holds
from rubrica.tools.builtin.constraints.prompt import QUOTED, Prompt

_ALPHABETICAL = re.compile(r"\b(?P<back>reverse )?alphabetical(?:ly)?(?: order)?\b|\balphabeti[sz]ed?\b")
_ACROSTIC = re.compile(
    rf"\bacrostic\b[^.;\n\x00]{{0,40}}?\b(?:for|of|from|on|using|with|spelling(?: out)?|called"
    rf"|about|spells?(?: out)?)(?: the)?(?: word| name)? (?P<word>{QUOTED}|[a-z]{{3,15}})"
    r"|\bfirst letters? of (?:each|every|all)(?: the)? (?P<part>lines?|sentences?|words?"
    rf"|paragraphs?)\b[^.;\n\x00]{{0,40}}?\bspells?(?: out)?(?: the)?(?: word| name| phrase)? (?P<word2>{QUOTED}"
    rf"|[a-z]{{2,15}})"
)
_PALINDROME = re.compile(
    r"\b(?:write|give|create|generate|provide|compose|tell|come up with|make"
    r"|think of|include|contain|use|add)\b[^.;\n]{0,30}?\bpalindrom(?:e|ic (?:word|sentence|phrase))\b"
)
_FORMS = {"haiku": 3, "limerick": 5, "sonnet": 14, "couplet": 2, "quatrain": 4, "tanka": 5, "cinquain": 5}
_POEM = re.compile(
    r"\b(?:write|give|create|generate|provide|compose|make|as|in|into|produce|craft|tell|need|want|like)\b(?: me"
    r"| us)?(?: the)?(?: form of| style of| format of)? (?:a|an|one"
    rf"|as a) (?:[a-z-]+ ){{0,2}}?(?P<form>{'|'.join(_FORMS)})\b"
)
_CODE = re.compile(r"\b(?:function|program|script|code|method|class|algorithm|python|java|check\w*|whether)\b")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "alphabet" in low:
        for match in _ALPHABETICAL.finditer(low):
            if prompt.asks_at(match.start()) and not _CODE.search(prompt.left_of(match.start())):
                yield Constraint("alphabetical", prompt.source(match.start(), match.end()), negated=bool(match["back"]))
                break
    if "acrostic" in low or "first letter" in low:
        yield from _acrostics(prompt)
    match_ = _PALINDROME.search(low) if "palindrom" in low else None
    if match_ and prompt.asks_at(match_.start()) and not _CODE.search(low):
        yield Constraint("palindrome", prompt.source(match_.start(), match_.end()))
    if any(form in low for form in _FORMS):
        for match in _POEM.finditer(low):
            if prompt.asks_at(match.start()):
                yield Constraint(
                    "lines",
                    prompt.source(match.start(), match.end()),
                    bound=Bound.exactly(_FORMS[match["form"]]),
                    texts=(match["form"],),
                )
                break


def _acrostics(prompt: Prompt) -> Iterator[Constraint]:
    for match in _ACROSTIC.finditer(prompt.low):
        group = "word" if match["word"] else "word2"
        word = "".join(filter(str.isalnum, prompt.said(*match.span(group))))
        if (
            not prompt.asks_at(match.start())
            or not word
            or (group == "word" and match[group][0].isalpha() and word.lower() in ("the", "your", "this", "friendship"))
        ):
            continue
        part = (match["part"] or "line").rstrip("s")
        scope = (
            "sentence"
            if part == "sentence"
            else "word"
            if part == "word"
            else "paragraph"
            if part == "paragraph"
            else "line"
        )
        yield Constraint("acrostic", prompt.source(match.start(), match.end()), texts=(word,), scope=scope)  # type: ignore[arg-type]  # one of four literals
        return


# Checking


def _entries(answer: Answer) -> list[str] | None:
    if answer.items is not None:
        return [re.split(r"[:–—]| - |\(", item.text)[0] for item in answer.items]
    tail = answer.core.split("\n\n")[-1].split(":")[-1].strip()
    if "\n" not in tail and tail.count(",") > 1:
        return re.split(r",\s*(?:and\s+)?", tail)
    lines = [line.text for line in answer.lines if not line.text.endswith(":")]
    return lines if len(lines) > 2 and all(len(line.split()) <= 4 for line in lines) else None


def _check_alphabetical(constraint: Constraint, answer: Answer) -> Reading:
    entries = _entries(answer)
    if entries is None or len(entries) < 2:
        return Reading(None, "no list to compare")
    keys = ["".join(c for c in entry.casefold() if c.isalnum() or c == " ").strip() for entry in entries]
    if constraint.negated:
        keys.reverse()
    wrong = [i for i in range(1, len(keys)) if keys[i] < keys[i - 1]]
    if not wrong:
        return holds(True, f"{len(keys)} entries in order")
    return Reading(0.5 * (1 - len(wrong) / (len(keys) - 1)), f"{keys[wrong[0]]!r} comes after {keys[wrong[0] - 1]!r}")


def _check_acrostic(constraint: Constraint, answer: Answer) -> Reading:
    wanted = constraint.texts[0].lower()
    initials = "".join(
        next((c for c in part.text.lower() if c.isalnum()), "") for part in answer.parts(constraint.scope)
    )
    if wanted in (initials, initials[1:]) or (constraint.scope == "line" and wanted in initials):
        return holds(True, f"the initials spell {wanted!r}")
    kept = sum(a == b for a, b in zip(wanted, initials, strict=False))
    return Reading(0.5 * min(kept, len(wanted) - 1) / len(wanted), f"the initials spell {initials[:40]!r}")


def _check_palindrome(_: Constraint, answer: Answer) -> Reading:
    texts = [
        answer.text,
        *(line.text for line in answer.lines[:50]),
        *(s.text for s in answer.sentences[:50]),
        *re.findall(r"[\"“]([^\"“”\n]{2,200})[\"”]", answer.text),
    ]
    texts += [word for word in answer.words[:500] if len(word) > 2] if len(answer.words) > 1 else []
    for text in texts:
        letters = [c for c in text.casefold() if c.isalnum()]
        if len(letters) > 2 and letters == letters[::-1]:
            return holds(True, f"found {text[:60]!r}")
    return holds(False, "none found")


_CHECKS: dict[Kind, Check] = {
    "alphabetical": _check_alphabetical,
    "acrostic": _check_acrostic,
    "palindrome": _check_palindrome,
}
FAMILY = Family("order", _find, _CHECKS)
