"""Every error that rubrica raises, named after the boundary where it happened.

RubricaError
├── UserError                  the caller can fix it: one line, exit code 2, no traceback
│   ├── ConfigError            a setting is unknown or has the wrong type
│   ├── InputError             an input file or row cannot be read (names file, line, field)
│   ├── LibraryError           a library entry, version or repository is not valid
│   ├── ConditionError         a `when` expression is outside the grammar
│   └── SandboxUnavailable     no safe place to run this code here (carries what was probed and the fix)
├── ReasonerError              a reasoner could not answer; becomes `Unscored`, never a low reward
│   ├── ReplyError             the reply could not be parsed into the request's reply type
│   ├── RefusalError           the model declined to answer
│   ├── OutageError            the endpoint is down, or kept failing after retries
│   │   └── AccessError        no call can succeed (key, account, model, address): ends the run; also a UserError
│   ├── TooLongError           the case does not fit into the model's context
│   ├── DeadlineError          the time allowed for this judgement is over
│   └── BudgetError            a hard budget in calls, tokens or money is used up
├── UnscoredError              a trainer asked to be told when there is no verdict, and there is none
├── ToolError                  a tool broke its contract; its evidence is null and says so
└── SandboxInfraError          our sandbox failed (not the code in it): retry or abort, never a score
"""

from typing import Any


class RubricaError(Exception):
    """Root of all errors raised on purpose by rubrica."""


class UserError(RubricaError):
    """Something that the caller can fix; the text says what to do next."""


class ConfigError(UserError):
    """A setting is unknown, of the wrong type, or in conflict with another."""


class InputError(UserError):
    """An input file or row cannot be read.

    Attributes:
        path: the file, or "-" for standard input.
        line: 1-based line (JSONL) or row (Parquet), when one row is at fault.
        field: dotted path of the field at fault.
    """

    def __init__(self, problem: str, *, path: str = "", line: int | None = None, field: str = "") -> None:
        self.problem, self.path, self.line, self.field = problem, path, line, field
        where = ":".join(part for part in (path, str(line) if line is not None else "") if part)
        what = f"field '{field}': {problem}" if field else problem
        super().__init__(f"{where}: {what}" if where else what)


class LibraryError(UserError):
    """A library entry, version or repository is not valid.

    Attributes:
        path: the file at fault, relative to the library.
        field: dotted path of the field at fault.
        fix: what to do next.
    """

    def __init__(self, problem: str, *, path: str = "", field: str = "", fix: str = "") -> None:
        self.problem, self.path, self.field, self.fix = problem, path, field, fix
        what = f"field '{field}': {problem}" if field else problem
        super().__init__(": ".join(part for part in (path, what) if part) + (f"; {fix}" if fix else ""))


class ConditionError(UserError):
    """A `when` expression is outside the grammar of `rubrica.skills.when`."""


class SandboxUnavailable(UserError):
    """No tier that is safe here offers what the job needs."""


class ReasonerError(RubricaError):
    """A reasoner could not answer. `reason` is the `Unscored` reason it turns into."""

    reason = "outage"
    usage: Any = None
    """The `Usage` that was spent before it failed; whoever books it takes it away."""


class ReplyError(ReasonerError):
    """The reply could not be parsed into the request's reply type."""

    reason = "parse"


class RefusalError(ReasonerError):
    """The model declined to answer."""

    reason = "refusal"


class OutageError(ReasonerError):
    """The endpoint is down, or kept failing after the retries allowed."""

    reason = "outage"


class AccessError(OutageError, UserError):
    """No call can succeed: the key or the account is refused, or there is no such model or address.

    It ends a run, for every further case would meet the same; a service that goes on counts its cases as an outage.
    """


class TooLongError(ReasonerError):
    """The case does not fit into the model's context."""

    reason = "unsupported"


class DeadlineError(ReasonerError):
    """The time allowed for this judgement is over."""

    reason = "timeout"


class BudgetError(ReasonerError):
    """A hard budget in calls, tokens or money is used up."""

    reason = "budget"


class UnscoredError(RubricaError):
    """There is no verdict, and the caller asked for an error in that case; `reason` is the `Unscored` reason."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"unscored ({reason})" + (f": {detail}" if detail else ""))


class ToolError(RubricaError):
    """A tool broke its contract (bad arguments, bad output); its evidence is null and says so."""


class SandboxInfraError(RubricaError):
    """Our sandbox failed, not the code in it: retry or abort, never a score."""
