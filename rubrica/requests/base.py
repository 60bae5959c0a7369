"""A request is one question that a role asks; whoever answers it, the reply has the same type."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rubrica.types import Usage, Value, content_hash

T_co = TypeVar("T_co", bound=Value, covariant=True)


class Request(Value, Generic[T_co]):
    """One turn: typed fields in, `reply` out. It never holds a label, and never executes a tool."""

    role: ClassVar[str]
    reply: ClassVar[type[Value]]

    def key(self) -> str:
        """Content hash: equal questions have equal keys."""
        return content_hash({"role": self.role, "fields": self.model_dump(mode="json")})


@dataclass(frozen=True, slots=True)
class Reply(Generic[T_co]):
    """An answer, who gave it and what it cost."""

    value: T_co
    by: str
    """Reasoner id."""
    usage: Usage = Usage()
    repaired: bool = False
    """The text had to be repaired before it parsed; never true of a grade."""
