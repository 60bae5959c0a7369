"""A pool whose worker is killed while it hands over a result says so, and ends."""

import os
import signal
import struct
import sys
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import pytest

from rubrica.processes import Processes


def die_in_mid_sentence() -> None:
    """Announce a megabyte on the pipe of results, write ten bytes of it, and be killed."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    os.write(frame.f_locals["result_queue"]._writer.fileno(), struct.pack("!i", 1_000_000) + b"x" * 10)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed by a signal")
@pytest.mark.timeout(60)
def test_a_worker_killed_in_mid_sentence_breaks_the_pool() -> None:
    with Processes(2, mp_context=get_context("spawn")) as pool:
        assert pool.result_of(pool.submit(abs, -1)) == 1
        with pytest.raises(BrokenProcessPool):
            pool.result_of(pool.submit(die_in_mid_sentence))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed by a signal")
@pytest.mark.timeout(60)
def test_it_ends_though_nobody_asked_for_the_result() -> None:
    pool = Processes(2, mp_context=get_context("spawn"))
    pool.submit(die_in_mid_sentence)
    pool.shutdown()


def test_a_sound_pool_ends_with_its_work_done() -> None:
    with Processes(2, mp_context=get_context("spawn")) as pool:
        told = [pool.submit(pow, 2, n) for n in range(20)]
    assert [pool.result_of(each) for each in told] == [2**n for n in range(20)]


def test_what_a_task_raises_is_raised() -> None:
    with Processes(1, mp_context=get_context("spawn")) as pool, pytest.raises(ValueError, match="invalid literal"):
        pool.result_of(pool.submit(int, "x"))
