"""A Ray cluster of four processors, as it believes, on this machine, with a token, for as long as a block runs."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "servers")])


@dataclass(frozen=True)
class Cluster:
    address: str
    client: str
    """The same cluster through `ray://`."""
    pid: int
    environ: Mapping[str, str]
    """What a process needs in its environment to be let in."""

    def processes(self, title: str) -> list[int]:
        """Return the processes of the cluster whose title holds a text."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
            except OSError:  # it has ended
                continue
            if session == self.pid and title in command:
                found.append(int(entry.name))
        return found


@contextmanager
def cluster(path: str = OURS) -> Iterator[Cluster]:
    """Start a cluster whose processes import from these folders first, and end every process of it."""
    port, client_port, agent_port = free_ports(3)
    folder = tempfile.mkdtemp(prefix="ray")  # sockets need a short path
    environ = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus=4"]
    command += [f"--port={port}", f"--ray-client-server-port={client_port}", "--node-ip-address=127.0.0.1"]
    command += [f"--runtime-env-agent-port={agent_port}"]  # or `ray://` is told port 0
    command += ["--include-dashboard=false", "--disable-usage-stats", f"--temp-dir={folder}"]
    log = Path(folder, "start.log")
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **environ, "PYTHONPATH": path},
            cwd=folder,
        )
    try:
        while "Ray runtime started" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield Cluster(f"127.0.0.1:{port}", f"ray://127.0.0.1:{client_port}", process.pid, environ)
    finally:
        _end_session(process.pid)  # asked politely, Ray takes half a minute
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _end_session(session: int) -> None:
    for pid in Cluster("", "", session, {}).processes(""):
        os.kill(pid, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
