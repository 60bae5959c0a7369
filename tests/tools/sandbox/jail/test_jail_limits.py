"""Hostile programs use too much, behind either wall: of memory, disk, processes, time or output, or they crash."""

from collections.abc import Callable

import pytest

from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.jail_worker import JailWorker

Attack = Callable[..., Outcome]
Tried = Callable[[str], str]
QUICK = Limits(wall_s=2, cpu_s=2, mem_mb=128, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)


# resources


@pytest.mark.parametrize(
    "attempt",
    [
        "os.fork()",
        "os.forkpty()",
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn(sys.executable, ['x'], {})",
        "multiprocessing.Process(target=print).start()",
        "os.memfd_create('m')",
        "multiprocessing.Semaphore()",
    ],
)
def test_cannot_start_a_process_or_hold_memory_outside_its_limit(tried: Tried, attempt: str) -> None:
    assert tried(attempt) == "refused"


def test_threads_are_bounded(attack: Attack) -> None:
    code = (
        "import threading, time\nn = 0\n"
        "def start(): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        "try:\n    while n < 1000: start(); n += 1\n"
        "except (RuntimeError, MemoryError): pass\nprint(15 <= n < 60)"
    )
    assert attack(code).stdout == "True\n"


@pytest.mark.parametrize(
    "code",
    [
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "x = 'x' * (1 << 40)",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 24))",
        "import numpy\nnumpy.ones((1 << 16, 1 << 16))",
        "import zlib\nz = zlib.compress(bytes(1 << 23))\nx = [zlib.decompress(z) for _ in range(99)]",
        "x = 1\nwhile True: x = x << (1 << 26)",
        "x = {}\nfor i in range(10 ** 9): x[i] = [i]",
    ],
)
def test_memory_is_bounded(attack: Attack, code: str) -> None:
    outcome = attack(code, Limits(wall_s=10, mem_mb=64))
    assert outcome.status == "memory" or "Cannot allocate memory" in outcome.stderr


@pytest.mark.parametrize("arrays", ["", "import numpy\n"])
def test_the_limit_of_memory_is_never_passed_and_nearly_reached(attack: Attack, arrays: str) -> None:
    limits = Limits(mem_mb=96)
    assert attack(f"{arrays}x = bytearray(96 << 20)", limits).status == "memory"
    if not arrays:
        assert attack("x = bytearray(92 << 20)", limits).status == "ok"


@pytest.mark.parametrize("caught", ["", "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"])
def test_processor_time_used_up_is_a_timeout_also_where_the_signal_is_ignored(attack: Attack, caught: str) -> None:
    assert attack(f"{caught}while True: pass", Limits(wall_s=30, cpu_s=1)).status == "timeout"


def test_a_caught_memory_error_does_not_break_the_run(attack: Attack) -> None:
    code = (
        "x = []\ntry:\n    while True: x.append(bytearray(1 << 20))\nexcept MemoryError:\n    n = len(x)\nprint(n < 64)"
    )
    assert attack(code, Limits(mem_mb=64)).stdout == "True\n"


def test_disk_is_bounded_over_many_files(attack: Attack) -> None:
    code = "for i in range(100): open(str(i), 'wb').write(bytes(1 << 20))"
    outcome = attack(code)
    assert outcome.status == "output_limit" or "No space left on device" in outcome.stderr


def test_disk_is_bounded_in_a_folder_that_hides_its_files(attack: Attack) -> None:
    code = "import os\nos.mkdir('d', 0o300)\nfor i in range(100): open(f'd/{i}', 'wb').write(bytes(1 << 20))"
    outcome = attack(code)
    assert outcome.status == "output_limit" or "No space left on device" in outcome.stderr


def test_one_file_is_bounded(attack: Attack) -> None:
    outcome = attack("f = open('f', 'wb')\nfor i in range(100): f.write(bytes(1 << 20))")
    assert outcome.status == "output_limit" or "OSError" in outcome.stderr


def test_the_number_of_files_is_bounded(attack: Attack) -> None:
    outcome = attack("for i in range(10 ** 6): open(str(i), 'w').close()", Limits(wall_s=20))
    assert outcome.status == "output_limit" or "No space left on device" in outcome.stderr


def test_descriptors_are_bounded(attack: Attack) -> None:
    assert "Too many open files" in attack("import os\nwhile True: os.dup(0)").stderr


# time


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import signal\nfor s in {*range(1, 32)} - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        "import time; time.sleep(1000)",
        "sum(range(10 ** 15))",
        "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "x = 7 ** (10 ** 8) % 3",
        "import threading\nl = threading.Lock(); l.acquire(); l.acquire()",
        "import os\nr, w = os.pipe(); os.read(r, 1)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "class A:\n    def __del__(self):\n        while True: pass\na = A(); del a",
        "import signal\nsignal.pause()",
        "try:\n    while True: pass\nfinally:\n    while True: pass",
        "import os\nfor fd in (0, 1, 2, 3):\n    os.close(fd)\nwhile True: pass",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
    ],
)
def test_ends_at_its_deadline(attack: Attack, code: str) -> None:
    assert attack(code, Limits(wall_s=0.3)).status == "timeout"


def test_processor_time_is_bounded(attack: Attack) -> None:
    code = "import threading\ndef f():\n    while True: pass\nfor _ in range(3): threading.Thread(target=f).start()"
    assert attack(code, Limits(wall_s=20, cpu_s=1)).status == "timeout"


def test_input_ends_and_is_not_waited_for(attack: Attack) -> None:
    assert attack("input()").stderr.endswith("EOFError: EOF when reading a line\n")


# output


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 1000)",
        "import sys\nwhile True: sys.stderr.write('x' * 1000)",
        "import sys; sys.stdout.write('x' * (1 << 20))",
        "import os\nwhile True: os.write(1, b'\\xff\\0' * 999)",
        "import threading, os\nfor _ in range(4): threading.Thread(target=lambda: os.write(1, b'y' * 40000)).start()",
    ],
)
def test_output_is_bounded(attack: Attack, code: str) -> None:
    outcome = attack(code)
    assert (outcome.status, outcome.truncated) == ("output_limit", True)
    assert max(len(outcome.stdout), len(outcome.stderr)) <= QUICK.out_bytes + 100


def test_output_within_the_limit_is_whole(attack: Attack) -> None:
    outcome = attack(f"print('x' * {QUICK.out_bytes - 1})")
    assert (outcome.status, len(outcome.stdout)) == ("ok", QUICK.out_bytes)


def test_binary_output_becomes_text(attack: Attack) -> None:
    assert attack("import os; os.write(1, b'\\xff\\xfe')").stdout == "��"


def test_a_huge_value_is_refused(worker: JailWorker) -> None:
    outcome = worker.execute(Job(code="def f(): return 'x' * (1 << 20)", entry="f", limits=QUICK))
    assert (outcome.status, outcome.value_json) == ("output_limit", None)


def test_a_deep_value_is_no_value(worker: JailWorker) -> None:
    code = "def f():\n    x = []\n    for _ in range(99999): x = [x]\n    return x"
    outcome = worker.execute(Job(code=code, entry="f", limits=QUICK))
    assert (outcome.status, outcome.value_json) == ("error", None)


# crashes


@pytest.mark.parametrize(
    "code",
    [
        "import ctypes; ctypes.string_at(0)",
        "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import sys; sys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        "import faulthandler; faulthandler._sigsegv()",
        "import os; os.kill(os.getpid(), 11)",
    ],
)
def test_a_crash_is_a_crash_and_the_next_run_is_well(attack: Attack, code: str) -> None:
    assert attack(code).status in {"crashed", "error"}
    assert attack("print(1)").stdout == "1\n"
