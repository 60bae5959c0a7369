"""What calls have taught about an endpoint: how it wants to be asked, and whether it answers at all."""

from dataclasses import dataclass, field, replace

from rubrica.errors import AccessError, ReasonerError, RefusalError
from rubrica.reasoners.capability import Capability
from rubrica.reasoners.failure import CallError, Failure
from rubrica.reasoners.transport import Completion, Form

REJECTED_MAX = 20
"""Rejected calls, with none answered, after which it is held to be the endpoint's doing and no case's."""
_REMEDY: dict[Failure, str] = {
    "denied": "check the key (OPENAI_API_KEY, ANTHROPIC_API_KEY ...; RUBRICA_API_KEY with --api-base) and the account",
    "barred": "check what the key is allowed to use",
    "missing": "check --model (PROVIDER/NAME, or the endpoint's own name with --api-base) and --api-base",
    "connection": "check --api-base, and whether the endpoint is up",
    "rejected": "check --model and --api-base",
}


@dataclass
class Lessons:
    """Kept for one model at its endpoints, as long as the process lives."""

    model: str
    capability: Capability = field(default_factory=Capability)
    answered: int = 0
    """Calls that came back with a completion."""
    rejected: int = 0
    forms: dict[str, Form] = field(default_factory=dict)
    """Role -> form, where one reply's schema is refused and others are not."""

    def known(self, role: str) -> Capability:
        """Return how to put a call of this role."""
        return replace(self.capability, form=self.forms.get(role, self.capability.form))

    def count(self) -> int:
        """Return how many calls were answered; what asks for it holds no reference to the model or its connections."""
        return self.answered

    def note(self, completion: Completion) -> None:
        """Take in an answer: a model that reasons keeps its own temperature, for at 0 some never come to an end."""
        self.answered += 1
        if completion.reasoned and "temperature" not in self.capability.dropped:
            self.capability = replace(self.capability, dropped=self.capability.dropped | {"temperature"})

    def learn(self, role: str, known: Capability, error: CallError, *, room: int) -> bool:
        """Take in why a call, put in the way that was known, failed; say whether another way is left."""
        learned = known.after(error.said, room=room) if error.kind in ("rejected", "missing") else None
        if learned is None:
            return False
        if self.answered and learned.form != known.form:
            self.forms[role] = learned.form
        elif self.known(role) == known:  # else somebody else has learned something meanwhile: try that
            self.capability = replace(learned, form=self.capability.form if role in self.forms else learned.form)
        return True

    def sort(self, error: CallError) -> ReasonerError:
        """Say whom a failure concerns: every call there is, this case alone, or the endpoint at this time."""
        self.rejected += error.kind == "rejected"
        all_alike = error.kind in ("barred", "missing", "connection") or self.rejected >= REJECTED_MAX
        if error.kind == "denied" or (all_alike and not self.answered):
            return AccessError(f"no call of {self.model} gets through: {error}; {_REMEDY.get(error.kind, '')}")
        if error.kind == "flagged":
            return RefusalError(f"the provider's moderation stopped the request: {error}")
        return error
