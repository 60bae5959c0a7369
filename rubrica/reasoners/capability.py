"""What an endpoint understands, learned from what it rejects and remembered for the endpoint and model."""

from dataclasses import dataclass, field, replace
from typing import Self

from rubrica.reasoners.transport import Form

FORMS: tuple[Form, ...] = ("schema", "tool", "text")
"""Best first."""
_OPTIONAL = ("temperature", "seed")
_OTHER_LIMIT = "max_completion_tokens"
_ABOUT_FORM: dict[Form, tuple[str, ...]] = {
    "schema": ("response_format", "json_schema", "schema", "structured", "guided", "grammar"),
    "tool": ("tool", "function"),
    "text": (),
}


@dataclass(frozen=True, slots=True)
class Capability:
    """How calls to this endpoint are put."""

    form: Form = "schema"
    limit_name: str = "max_tokens"
    dropped: frozenset[str] = field(default_factory=frozenset)
    """Sampling parameters that it does not take."""

    def after(self, rejection: str) -> "Capability | None":
        """Return what a rejected call teaches; None = nothing that another call could do better."""
        told = rejection.lower()
        if _OTHER_LIMIT in told and self.limit_name != _OTHER_LIMIT:
            return replace(self, limit_name=_OTHER_LIMIT)
        for name in _OPTIONAL:
            if name in told and name not in self.dropped:
                return replace(self, dropped=self.dropped | {name})
        if any(word in told for word in _ABOUT_FORM[self.form]):
            return self.plainer()
        return None

    def plainer(self) -> Self | None:
        """Return the same with the next best form; None when there is none."""
        place = FORMS.index(self.form) + 1
        return replace(self, form=FORMS[place]) if place < len(FORMS) else None
