"""The process behind the wasm tier: load the compiled component, lock this process, run each job in a new instance.

Started by `wasm.py` with nothing but two pipes and the component. It never sees a file, a secret or a socket of the
parent, and a job never sees anything but its own instance. Only the standard library and wasmtime are imported here.
"""

import contextlib
import json
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.frames import ENDED, RETURNED, pack_answer, read_frame, write_frame

_STACK = 2 << 20
"""The most that wasmtime allows; CPython inside then ends deep recursion itself, with `RecursionError`."""
_CPU_TICK_S = 0.02
_WARM_UP: dict[str, Any] = {
    "code": "import time; time.sleep(0.001)",
    "entry": None,
    "args": [],
    "stdin": "",
    "inputs": {},
    "seed": 0,
    "limits": {"wall_s": 30, "cpu_s": 30, "mem_mb": 256, "disk_mb": 1, "out_bytes": 1024, "value_bytes": 1024},
}
"""Touches what the first job would otherwise wait for: page tables, timers, the host's own threads."""


class Deadline:
    """A thread that stops the running instance at the end of its time, and this process when the parent is gone."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._wake = threading.Condition()
        self._until: tuple[float, float] | None = None
        self.passed = False
        self._clock = time.pthread_getcpuclockid(threading.get_ident()) if hasattr(time, "pthread_getcpuclockid") else 0
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def within(self, wall_s: float, cpu_s: float) -> Iterator[None]:
        """Interrupt what runs inside after `wall_s` seconds, or `cpu_s` seconds of processor time."""
        with self._wake:
            self.passed = False
            self._until = (time.monotonic() + wall_s, self._cpu() + cpu_s)
            self._wake.notify()
        try:
            yield
        finally:
            with self._wake:
                self._until = None

    def _cpu(self) -> float:
        return time.clock_gettime(self._clock) if hasattr(time, "clock_gettime") else 0.0

    def _watch(self) -> None:
        with self._wake:
            while True:
                if self._until is None:
                    self._wake.wait()
                    continue
                wall, cpu = self._until
                left = min(wall - time.monotonic(), cpu - self._cpu())
                if left <= 0:
                    self.passed, self._until = True, None
                    self._engine.increment_epoch()
                else:
                    self._wake.wait(max(min(left, 1.0), _CPU_TICK_S))
                if _parent_is_gone():
                    os._exit(1)


class Output:
    """What an instance has written to its standard output and error, up to a limit that ends the run."""

    def __init__(self, stop: Callable[[], None]) -> None:
        """`stop` ends the run at its next step."""
        self._stop = stop
        self.limit = 4096
        self.out, self.err = bytearray(), bytearray()
        self.over = False

    def take_out(self, data: bytes) -> None:
        self._take(self.out, data)

    def take_err(self, data: bytes) -> None:
        self._take(self.err, data)

    def _take(self, held: bytearray, data: bytes) -> None:
        room = self.limit - len(held)
        held += data[:room]
        if len(data) > room and not self.over:
            self.over = True
            self._stop()


class Box:
    """The component, and one instance made ahead of the job that will use it."""

    def __init__(self, compiled: str) -> None:
        import wasmtime
        from wasmtime import component

        self._wasmtime = wasmtime
        self._engine = engine()
        self._component = component.Component.deserialize_file(self._engine, compiled)
        self._linker = component.Linker(self._engine)
        self._linker.add_wasip2()
        self._ready: tuple[Any, Any, Output] | None = None

    def start(self) -> None:
        """Begin to keep time for the calling thread, which is the one that will execute."""
        self._deadline = Deadline(self._engine)

    def prepare(self) -> None:
        """Make the next instance while nobody waits."""
        if self._ready is None:
            store, output = self._wasmtime.Store(self._engine), Output(self._engine.increment_epoch)
            wasi = self._wasmtime.WasiConfig()
            wasi.stdout_custom, wasi.stderr_custom = output.take_out, output.take_err
            store.set_wasi(wasi)
            store.set_epoch_deadline(1 << 30)
            instance = self._linker.instantiate(store, self._component)
            self._ready = store, instance.get_func(store, "run"), output

    def execute(self, job: str, limits: dict[str, Any]) -> bytes:
        """Run one job in the prepared instance and throw the instance away; return the answer for the parent."""
        self.prepare()
        assert self._ready is not None
        (store, run, output), self._ready = self._ready, None
        output.limit = int(limits["out_bytes"])
        store.set_limits(memory_size=int(limits["mem_mb"]) << 20)
        store.set_epoch_deadline(1)
        try:
            answer = self._call(store, run, job, limits=limits, output=output)
        finally:
            store.close()
        return pack_answer(bytes(output.out), bytes(output.err), answer)

    def _call(self, store: Any, run: Any, job: str, *, limits: dict[str, Any], output: Output) -> bytes:
        try:
            with self._deadline.within(float(limits["wall_s"]), float(limits["cpu_s"])):
                text: str = run(store, job)
        except self._wasmtime.ExitTrap as error:
            return _ended("exited_early", f"exit status {error.code}\n")
        except (self._wasmtime.WasmtimeError, self._wasmtime.Trap) as error:
            if output.over:
                return _ended("output_limit", "")
            if self._deadline.passed:
                return _ended("timeout", "time limit exceeded\n")
            said = bytes(output.err[-4096:]).decode("utf-8", "replace")
            status = "memory" if "MemoryError" in said or "memory allocation" in said else "crashed"
            return _ended(status, f"{str(error).splitlines()[-1].strip()}\n")
        if output.over:
            return _ended("output_limit", "")
        most = (1 << 20) + 2 * int(limits["value_bytes"]) + (int(limits["disk_mb"]) << 21)
        if len(text) > most:
            return _ended("output_limit", "the result is too large\n")
        return RETURNED + text.encode("utf-8", "replace")


def _parent_is_gone() -> bool:
    """Whether the other end of standard input is closed; a system without poll(2) learns it after the run."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(0, 0)  # no event but the hang-up, which is always told
    return bool(poll.poll(0))


def engine() -> Any:
    """Return an engine; compiling and loading must use the same settings."""
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    config.max_wasm_stack = _STACK
    return wasmtime.Engine(config)


def compile_component(component: str, target: str) -> None:
    """Compile a portable component to native code for this processor."""
    from wasmtime import component as components

    Path(target).write_bytes(components.Component.from_file(engine(), component).serialize())


def serve(compiled: str) -> None:
    """Answer jobs from standard input on standard output until the parent closes it."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    box = Box(compiled)
    walls, reason = lock()

    def answer() -> None:
        box.start()
        box.execute(json.dumps(_WARM_UP), _WARM_UP["limits"])
        write_frame(sink, json.dumps({"walls": walls, "reason": reason}).encode())
        box.prepare()
        while frame := read_frame(source):
            job = frame.decode("utf-8", "surrogatepass")
            write_frame(sink, box.execute(job, json.loads(job)["limits"]))
            box.prepare()

    # Threads come after the lock, which wants one thread only, and the main thread's stack may be too small.
    threading.stack_size(4 * _STACK)
    thread = threading.Thread(target=answer)
    thread.start()
    thread.join()


def lock() -> tuple[str, str]:
    """Take from this process what a pure computation does not need; return the walls, or "" and why there are none."""
    if sys.platform != "linux":
        return "", f"no process lock for {sys.platform}"
    from rubrica.tools.sandbox.linux.lock import lock_worker

    try:
        return lock_worker(), ""
    except SandboxUnavailable as error:
        return "", str(error)


def _ended(status: str, detail: str) -> bytes:
    return ENDED + json.dumps({"status": status, "detail": detail[:4096]}).encode()


if __name__ == "__main__":
    if sys.argv[1] == "compile":
        compile_component(sys.argv[2], sys.argv[3])
    else:
        serve(sys.argv[2])
