"""Log records on standard error, one line each; the traceback only where somebody debugs."""

import logging


class _OneLine(logging.Formatter):
    """`rubrica: warning: text`, with the traceback only at debug level."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        line = f"rubrica: {record.levelname.lower()}: {' '.join(record.getMessage().split())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if self._debug and record.exc_info else line


def configure(level: int) -> None:
    """Show our own records from `level` up, with tracebacks at DEBUG; what third parties log is not for our users."""
    root, ours = logging.getLogger(), logging.getLogger("rubrica")
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    for handler in list(ours.handlers):
        ours.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine(debug=level <= logging.DEBUG))
    ours.addHandler(handler)
    ours.setLevel(level)
    ours.propagate = False


def level() -> int:
    """Return the level in force, to hand on to a worker process."""
    return logging.getLogger("rubrica").getEffectiveLevel()
