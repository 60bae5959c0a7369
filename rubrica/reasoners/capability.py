"""What an endpoint understands, learned from what it rejects and remembered for the endpoint and model."""

import re
from dataclasses import dataclass, field, replace
from typing import Self

from rubrica.reasoners.transport import Form

FORMS: tuple[Form, ...] = ("schema", "tool", "text")
"""Best first."""
_OPTIONAL = ("temperature", "seed")
_OTHER_LIMIT = "max_completion_tokens"
_ABOUT_FORM: dict[Form, tuple[str, ...]] = {
    "schema": (
        "response_format",
        "json_schema",
        "schema",
        "structured",
        "guided",
        "grammar",
        "json mode",
        "output_format",
    ),
    "tool": ("tool", "function", "--jinja"),
    "text": (),
}
_NO_SYSTEM = re.compile(
    r"system.{0,3}(role|message|instruction|prompt)|role.{0,30}\bsystem\b|developer instruction"
    r"|only user and assistant|roles? must alternate"
)
"""Chat templates of Gemma and of early Mistral models, Gemini's API for Gemma, and o1-mini."""
_ABOUT_ROOM = re.compile(r"max_?(completion|output|new)?_?tokens|(completion|output) tokens")
ROOM_MIN = 256
"""Tokens; a smaller number in an error text is no limit of replies."""


@dataclass(frozen=True, slots=True)
class Capability:
    """How calls to this endpoint are put."""

    form: Form = "schema"
    limit_name: str = "max_tokens"
    dropped: frozenset[str] = field(default_factory=frozenset)
    """Sampling parameters that it does not take."""
    system: bool = True
    """Whether it takes a system message; else that text begins the user's."""
    room: int | None = None
    """Tokens that a reply may have at most, once the endpoint has said so."""

    def after(self, rejection: str, *, room: int = 0) -> "Capability | None":
        """Return what a rejected call for so many tokens teaches; None = nothing that another could do better."""
        told = rejection.lower()
        if _OTHER_LIMIT in told and self.limit_name != _OTHER_LIMIT:
            return replace(self, limit_name=_OTHER_LIMIT)
        for name in _OPTIONAL:
            if name in told and name not in self.dropped:
                return replace(self, dropped=self.dropped | {name})
        if self.system and _NO_SYSTEM.search(told):
            return replace(self, system=False)
        if _ABOUT_ROOM.search(told) and (most := _most(told, room)):
            return replace(self, room=most)
        if any(word in told for word in _ABOUT_FORM[self.form]):
            return self.plainer()
        return None

    def plainer(self) -> Self | None:
        """Return the same with the next best form; None when there is none."""
        place = FORMS.index(self.form) + 1
        return replace(self, form=FORMS[place]) if place < len(FORMS) else None


def _most(told: str, room: int) -> int | None:
    """Return the largest number below what was asked for: "65536 > 8192, which is the maximum", "[1, 8192]"."""
    numbers = [int(number) for number in re.findall(r"(?<![\w.-])\d{3,7}\b", told)]
    most = max((number for number in numbers if ROOM_MIN <= number < room), default=None)
    return most - 1 if most and "(exclusive)" in told else most
