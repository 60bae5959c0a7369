"""What happens in a run, as typed values that the terminal, logs and traces consume."""

from collections.abc import Callable
from typing import Literal

from rubrica.types import Usage, Value


class Started(Value):
    """A run begins. `total` is null when the input is a stream."""

    kind: Literal["started"] = "started"
    what: str
    total: int | None = None


class Judged(Value):
    """One case has its verdict, or is known to have none."""

    kind: Literal["judged"] = "judged"
    case: str
    index: int
    unscored: str | None = None
    usage: Usage = Usage()


class Skipped(Value):
    """A row could not be read."""

    kind: Literal["skipped"] = "skipped"
    path: str
    line: int
    problem: str


class Note(Value):
    """Something worth a line."""

    kind: Literal["note"] = "note"
    text: str


class Finished(Value):
    """A run ends."""

    kind: Literal["finished"] = "finished"
    judged: int
    unscored: int
    skipped: int
    usage: Usage = Usage()


Event = Started | Judged | Skipped | Note | Finished
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event
