"""Log records on standard error, one line each: words for people, JSON for a service; tracebacks for who debugs."""

import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

FIELDS = "fields"
"""Name under which a record's `extra` carries what a JSON line says beside its message."""


@dataclass(frozen=True, slots=True)
class Style:
    """How records are shown; a value, to hand on to a worker process."""

    level: int = logging.WARNING
    json: bool = False


class _OneLine(logging.Formatter):
    """`rubrica: warning: text`, with the traceback only at debug level."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        line = f"rubrica: {record.levelname.lower()}: {' '.join(record.getMessage().split())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if self._debug and record.exc_info else line


class _JsonLine(logging.Formatter):
    """One object a line. Of an exception, its type and place: its text may quote a candidate."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        line |= getattr(record, FIELDS, None) or {"message": record.getMessage()}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            last = record.exc_info[2]
            while last is not None and last.tb_next is not None:
                last = last.tb_next
            if last is not None:
                line["at"] = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}"
            if self._debug:
                line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is by then: a progress bar puts itself below what is written."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


_styles = [Style()]


def configure(style: Style) -> None:
    """Show our own records, with tracebacks at DEBUG; what third parties log is not for our users."""
    _styles[:] = [style]
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    show("rubrica", style.level)


def show(name: str, level: int) -> None:
    """Show the records of one logger in the style in force."""
    logger, style = logging.getLogger(name), current()
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    handler = _Stderr()
    debug = style.level <= logging.DEBUG
    handler.setFormatter(_JsonLine(debug=debug) if style.json else _OneLine(debug=debug))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False


def current() -> Style:
    """Return the style in force."""
    return _styles[0]
