"""Hostile programs forge an answer or leave something behind, behind either wall."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import rubrica
from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.jail import JailSandbox, installed
from rubrica.tools.sandbox.jail_worker import JailWorker
from rubrica.tools.sandbox.worker import WorkerLostError

Attack = Callable[..., Outcome]
QUICK = Limits(wall_s=2, cpu_s=2, mem_mb=128, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)


# forged


FRAME = (
    "import json, os, struct\n"
    "h = json.dumps({'status': 'ok', 'value': '\"forged\"', 'report': '', 'files': []}).encode()\n"
    "frame = struct.pack('>II', len(h), 0) + h\n"
)


@pytest.mark.parametrize(
    "code",
    [
        "import os\ndef f(): os._exit(0)",
        FRAME + "def f():\n    os.write(3, frame)\n    os._exit(0)",
        FRAME + "os.write(3, frame)\nos._exit(0)",
        FRAME + "def f():\n    os.write(3, frame + bytes(16))\n    os._exit(0)",
        "def f(): raise SystemExit(0)",
        "import sys\nsys.exit()\ndef f(): return 1",
        "import os, atexit\natexit.register(os._exit, 0)\ndef f(): exit(0)",
        "import os\nos.closerange(0, 9)\ndef f(): return 1",
    ],
)
def test_an_early_exit_is_no_result(worker: JailWorker, code: str) -> None:
    outcome = worker.execute(Job(code=code, entry="f", limits=QUICK))
    assert outcome.status in {"exited_early", "crashed"}
    assert outcome.value_json is None


@pytest.mark.parametrize(
    "head",
    [
        "{}",
        "[]",
        '{"status": "timeout", "value": null, "report": "", "files": []}',
        '{"status": "ok", "value": 1, "report": "", "files": []}',
        '{"status": "error", "value": "1", "report": "", "files": []}',
        '{"status": "ok", "value": null, "report": "", "files": [["x", 9]]}',
        '{"status": "ok", "value": null, "report": "", "files": [["x", -1]]}',
        "[" * 100000,
        "x" * 100,
    ],
)
def test_an_answer_out_of_form_is_a_crash(attack: Attack, head: str) -> None:
    code = (
        f"import os, struct, time\nh = {head!r}.encode()\nos.write(3, struct.pack('>II', len(h), 0) + h)\ntime.sleep(9)"
    )
    if len(head) > 1000:
        code = code.replace(repr(head), "('[' * 100000)")
    assert attack(code).status == "crashed"


def test_a_huge_announced_answer_is_a_crash(attack: Attack) -> None:
    code = "import os, struct, time\nos.write(3, struct.pack('>II', 1 << 31, 1 << 31))\ntime.sleep(9)"
    assert attack(code).status == "crashed"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("class E:\n    def __eq__(self, o): return True\ndef f(): return E()", None),
        ("class I(int):\n    def __repr__(self): return '7'\n    __str__ = __repr__\ndef f(): return I(3)", "3"),
        ("class D(dict): ...\ndef f(): return D(a=1)", '{"a": 1}'),
        ("import builtins\nbuiltins.len = lambda x: 0\ndef f(): return [1]", None),
    ],
)
def test_a_value_is_plain_json_or_nothing(worker: JailWorker, code: str, value: str | None) -> None:
    assert worker.execute(Job(code=code, entry="f", limits=QUICK)).value_json == value


# state


@pytest.mark.parametrize(
    ("leave", "look"),
    [
        ("import builtins; builtins.left = 1", "import builtins; print(hasattr(builtins, 'left'))"),
        ("import json; json.loads = None", "import json; print(json.loads is None)"),
        ("open('left', 'w').write('x')", "import os; print('left' in os.listdir())"),
        ("import os; os.makedirs('/'.join('d' * 60))", "import os; print(os.listdir() != [])"),
        ("import os\nos.mkdir('l'); os.mkdir('l/m', 0); os.mkdir('n', 0)", "import os; print(os.listdir() != [])"),
        ("import sys; sys.path.append('/left')", "import sys; print('/left' in sys.path)"),
        ("import os; os.environ['LEFT'] = '1'", "import os; print('LEFT' in os.environ)"),
        ("import random; random.random()", "import random; print(random.random() != random.Random(0).random())"),
        ("import numpy; numpy.pi = 3", "import numpy; print(numpy.pi == 3)"),
        ("import os\nwhile True:\n    os.mkdir('d'); os.chdir('d')", "import os; print(os.listdir() != [])"),
    ],
)
def test_leaves_nothing_for_the_next_run(attack: Attack, leave: str, look: str) -> None:
    attack(leave)
    assert attack(look).stdout == "False\n"


@pytest.mark.skipif("os.getuid() != 0", reason="only root may read the memory of the zygote")
def test_no_program_argument_or_output_passes_through_the_memory_of_the_zygote(worker: JailWorker) -> None:
    word = os.urandom(8).hex()
    job = Job(code=f"def f(x): return print('{word}', input()) or x", entry="f", args=(word,), stdin=word)
    assert word in worker.execute(job).stdout
    assert worker._process is not None
    (zygote,) = children(worker._process.pid)
    assert word.encode() not in memory(zygote)
    assert b"rubrica.tools.sandbox.jailed" in memory(zygote)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid: int) -> bytes:
    """Return what a process has written to its memory."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as stream:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            start, end = (int(edge, 16) for edge in span.split("-"))
            if rights.startswith("rw"):
                stream.seek(start)
                found.append(stream.read(end - start))
    return b"".join(found)


def test_nothing_leaks_over_many_mixed_runs(attack: Attack, worker: JailWorker) -> None:
    codes = ["print(1)", "import os; os._exit(1)", "while True: print('x' * 999)", "1 / 0", "import os; os.abort()"]
    attack(codes[0])
    assert worker._process is not None
    before = len([*Path("/proc/self/fd").iterdir()])
    (zygote,) = children(worker._process.pid)
    for run in range(60):
        attack(codes[run % len(codes)])
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    assert children(worker._process.pid) == [zygote]
    assert children(zygote) == []
    if worker.isolation == "os-landlock":
        assert not [*Path(worker._folder).iterdir()]


def test_a_kill_ends_the_run_under_way_and_leaves_no_process(worker: JailWorker) -> None:
    jail = JailWorker(worker.isolation, installed()[1])
    jail.start()
    process, folder = jail._process, jail._folder
    assert process is not None
    killer = threading.Timer(0.2, jail.kill)
    killer.start()
    with pytest.raises(WorkerLostError):
        jail.execute(Job(code="import time; time.sleep(60)", limits=Limits(wall_s=60)))
    killer.join()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
    assert not (folder and Path(folder).exists())


def test_a_zygote_that_something_else_kills_is_an_error_of_ours() -> None:
    """As an out-of-memory killer would, twice: no score may come of it."""

    async def main() -> None:
        jail = JailSandbox(workers=1)
        await jail.run(Job(code="pass"))
        run = asyncio.create_task(jail.run(Job(code="while True: pass", limits=Limits(wall_s=60, cpu_s=60))))
        try:
            while not run.done():
                await asyncio.sleep(0.1)
                for worker in list(jail._plain._workers) if jail._plain._running else []:
                    if worker._process is not None:
                        for zygote in children(worker._process.pid):
                            os.kill(zygote, signal.SIGKILL)
            with pytest.raises(SandboxInfraError, match="lost two workers"):
                await run
        finally:
            await jail.close()

    asyncio.run(main())


def test_the_jail_ends_with_its_parent() -> None:
    """The parent is killed, not closed: what it started must find out by itself."""
    program = (
        "import os, sys\nfrom rubrica.tools.sandbox.base import Job\n"
        "from rubrica.tools.sandbox.jail import JailSandbox, installed\n"
        "from rubrica.tools.sandbox.jail_worker import JailWorker\n"
        "jail = JailWorker(JailSandbox()._choose(), installed()[1])\njail.start()\n"
        "print(jail._process.pid, flush=True)\njail.execute(Job(code='import time; time.sleep(60)'))\n"
    )
    root = Path(rubrica.__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        guard = int(parent.stdout.readline())
        handle = os.pidfd_open(guard)
        parent.kill()
    try:
        assert select.select([handle], [], [], 20)[0]
    finally:
        os.close(handle)
