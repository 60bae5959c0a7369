import os
import signal

import pytest

from rubrica.interrupts import noted, raise_if_noted


class Dropping:
    """Python drops what is raised while an object is freed."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_is_dropped_is_raised_at_the_next_look() -> None:
    before = signal.getsignal(signal.SIGINT)
    with noted():
        raise_if_noted()
        dropping = Dropping()
        del dropping
        with pytest.raises(KeyboardInterrupt):
            raise_if_noted()
    assert signal.getsignal(signal.SIGINT) is before
    raise_if_noted()


def test_an_interrupt_is_raised_where_it_comes() -> None:
    with noted(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_handler_of_somebody_else_stays() -> None:
    taken: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: taken.append(number))
    try:
        with noted():
            os.kill(os.getpid(), signal.SIGINT)
            raise_if_noted()
        assert taken == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
