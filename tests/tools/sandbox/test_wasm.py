"""The wasm tier's own walls and manners, beyond what every tier must hold."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rubrica.errors import SandboxInfraError, SandboxUnavailable
from rubrica.tools.sandbox import build, compiled
from rubrica.tools.sandbox.base import Job, Limits
from rubrica.tools.sandbox.values import guest_source
from rubrica.tools.sandbox.wasm import WasmSandbox, _lost
from rubrica.tools.sandbox.wasm_worker import lock

linux = pytest.mark.skipif(sys.platform != "linux", reason="the worker's lock is made of Linux walls")


@pytest.fixture
def sandbox():
    sandbox = WasmSandbox(workers=1)
    yield sandbox
    asyncio.run(sandbox.close())


def run(sandbox, code, **fields):
    return asyncio.run(sandbox.run(Job(code=code, **fields)))


def workers(sandbox: WasmSandbox) -> list[Path]:
    """The processes of the workers that are up; the spare may still be on its way to its lock."""
    up = [worker for worker in sandbox._pool._workers if worker.isolation == "wasm+os"]
    assert up
    return [Path(f"/proc/{worker._process.pid}") for worker in up]


def status(process: Path) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)


@linux
def test_every_thread_of_a_worker_is_locked(sandbox):
    assert run(sandbox, "print(1)").isolation == "wasm+os"
    for process in workers(sandbox):
        for thread in (process / "task").iterdir():
            facts = status(thread)
            assert facts["Seccomp"].strip() == "2", thread
            assert facts["NoNewPrivs"].strip() == "1"
            assert {int(facts[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} <= {0}
            assert "0" not in facts["Uid"].split()


@linux
def test_a_worker_holds_no_file_but_its_pipes_and_the_component(sandbox):
    run(sandbox, "print(1)")
    for process in workers(sandbox):
        try:
            targets = [str(link.readlink()) for link in (process / "fd").iterdir()]
        except PermissionError:
            pytest.skip("only root may look into a locked worker")
        foreign = [t for t in targets if not t.startswith(("pipe:", "anon_inode:")) and "cwasm" not in t]
        assert len([t for t in foreign if "(deleted)" not in t]) == 0, targets


@linux
def test_a_worker_s_environment_is_empty(sandbox, monkeypatch):
    monkeypatch.setenv("RUBRICA_TEST_PASSWORD", "open sesame")
    run(sandbox, "print(1)")
    for process in workers(sandbox):
        try:
            names = {pair.partition("=")[0] for pair in (process / "environ").read_text().split("\0")}
        except PermissionError:
            pytest.skip("only root may look into a locked worker")
        assert names <= {"PYTHONPATH", ""}


@linux
def test_workers_end_with_their_parent():
    code = """
import asyncio, os, sys
from rubrica.tools.sandbox.base import Job, Limits
from rubrica.tools.sandbox.wasm import WasmSandbox
async def main():
    sandbox = WasmSandbox(workers=1)
    await sandbox.run(Job(code="print(1)"))
    task = asyncio.create_task(sandbox.run(Job(code="while True: pass", limits=Limits(wall_s=60, cpu_s=60))))
    await asyncio.sleep(0.3)
    tasks = f"/proc/{os.getpid()}/task"
    print(*[p for t in os.listdir(tasks) for p in open(f"{tasks}/{t}/children").read().split()], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = parent.stdout.readline().split()
        parent.send_signal(signal.SIGKILL)
    assert pids
    left = pids
    while left := [pid for pid in left if _alive(pid)]:  # the test's own time limit is the deadline
        time.sleep(0.05)


def _alive(pid: str) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (OSError, ProcessLookupError):
        return False


def test_an_interpreter_that_exits_without_close_ends_quietly():
    code = """
import asyncio
from rubrica.tools.sandbox.base import Job
from rubrica.tools.sandbox.wasm import WasmSandbox
print(asyncio.run(WasmSandbox(workers=1).run(Job(code="print(1)"))).status)
"""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


def test_a_sleep_is_interrupted_without_losing_the_worker(sandbox):
    run(sandbox, "print(1)")
    worker = next(iter(sandbox._pool._workers))
    assert run(sandbox, "import time; time.sleep(60)", limits=Limits(wall_s=0.2)).status == "timeout"
    assert worker in sandbox._pool._workers


def test_a_killed_worker_is_replaced_and_the_job_runs_again(sandbox):
    run(sandbox, "print(1)")
    up = [worker._process for worker in list(sandbox._pool._workers) if worker._process is not None]
    assert up  # the spare may still be on its way to its process
    for process in up:
        process.kill()
    assert run(sandbox, "print(2)").stdout == "2\n"


def test_two_workers_that_something_else_kills_are_an_error_of_ours(sandbox):
    """As an out-of-memory killer would: no score may come of it."""
    run(sandbox, "pass")
    ended = threading.Event()

    def hunt() -> None:
        while not ended.wait(0.05):
            for worker in list(sandbox._pool._workers):
                if worker._process is not None and sandbox._pool._running:
                    worker._process.kill()

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        with pytest.raises(SandboxInfraError, match="lost two workers"):
            run(sandbox, "while True: pass", limits=Limits(wall_s=60, cpu_s=60))
    finally:
        ended.set()
        hunter.join()


@pytest.mark.parametrize(
    ("status", "by_job"), [(-signal.SIGSEGV, True), (-signal.SIGABRT, True), (-signal.SIGKILL, False), (1, False)]
)
def test_whose_doing_the_end_of_a_worker_was(status, by_job):
    code = f"import os, signal; os.kill(os.getpid(), {-status})" if status < 0 else f"raise SystemExit({status})"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        assert _lost(process).by_job is by_job


def test_a_system_without_a_lock_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert lock() == ("", "no process lock for darwin")


def test_what_was_printed_before_the_end_is_kept(sandbox):
    for code in ("while True: pass", "import os; os._exit(0)", "x = []\nwhile True: x.append(bytes(1 << 20))"):
        assert run(sandbox, f"print('early', flush=True)\n{code}", limits=Limits(wall_s=0.3)).stdout == "early\n"


def test_standard_streams_have_their_numbers(sandbox):
    code = "import os\nprint(os.read(0, 2), open(0).read(), flush=True)\nos.write(1, b'x')\nopen(2, 'w').write('y')"
    outcome = run(sandbox, code, stdin="abcd")
    assert (outcome.status, outcome.stdout, outcome.stderr) == ("ok", "b'ab' cd\nx", "y")


def test_the_grader_s_guest_is_in_the_component_and_compiled(sandbox):
    code = "import sys\nframe = sys._getframe()\nwhile '_known' not in frame.f_globals: frame = frame.f_back\n"
    code += "print(max(map(len, frame.f_globals['_known'])))"
    assert run(sandbox, code).stdout == f"{len(guest_source())}\n"


def test_a_missing_component_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "places", lambda: [tmp_path / "box.wasm"])
    sandbox = WasmSandbox()
    with pytest.raises(SandboxUnavailable, match="make setup"):
        run(sandbox, "print(1)")
    asyncio.run(sandbox.close())


def test_the_component_s_name_follows_its_sources(monkeypatch, tmp_path):
    before = build.component_name()
    for source in build.GUEST.iterdir():
        if source.is_file():
            (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(build, "GUEST", tmp_path)
    assert build.component_name() == before
    (tmp_path / "loop.py").write_text("changed")
    assert build.component_name() != before


def test_many_modules_of_the_standard_library_are_inside(sandbox):
    code = "import sys\ndef f(): return len([m for m in sys.stdlib_module_names if m in sys.modules and m[0] != '_'])"
    assert int(run(sandbox, code, entry="f").value_json or 0) >= 136
