import os
import signal
import sys
from collections.abc import Iterator

import pytest

from rubrica.interrupts import noted, raise_if_noted


@pytest.fixture(autouse=True)
def _the_handler_of_python() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupted:
    """Python drops what is raised while an object is freed."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


class Broken:
    def __del__(self) -> None:
        raise ValueError("of another kind")


def test_an_interrupt_that_is_dropped_is_raised_at_the_next_look_and_not_told(capfd) -> None:
    before = sys.unraisablehook
    with noted():
        raise_if_noted()
        dropping = Interrupted()
        del dropping
        with pytest.raises(KeyboardInterrupt):
            raise_if_noted()
    assert sys.unraisablehook is before
    raise_if_noted()
    assert "Exception ignored" not in capfd.readouterr().err


def test_an_interrupt_is_raised_where_it_comes() -> None:
    with noted(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_other_exceptions_that_are_dropped_are_told_as_before(monkeypatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: told.append(dropped.exc_type))
    with noted():
        broken = Broken()
        del broken
        raise_if_noted()
    assert told == [ValueError]
