"""Each test locks a fresh process and has it try one thing that a compute-only worker must not, or must, do."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is made of Linux system calls")

ROOT = Path(__file__).parents[4]
BEFORE = (
    "import ctypes, fcntl, mmap, os, signal, socket, sys, threading, time; libc = ctypes.CDLL(None, use_errno=True)\n"
)
LOCK = "from rubrica.tools.sandbox.linux.lock import lock_worker\nwalls = lock_worker()\n"


def locked(code: str, before: str = "") -> subprocess.CompletedProcess[str]:
    program = BEFORE + before + "\n" + LOCK + code
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"SECRET": "s"},
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "os.open('/etc/passwd', os.O_RDONLY)",
        "os.open('/tmp/x', os.O_CREAT | os.O_WRONLY)",
        "os.listdir('/')",
        "os.stat('/etc/passwd')",
        "os.mkdir('/tmp/made')",
        "os.chmod('/tmp', 0o700)",
        "os.readlink('/proc/self/exe')",
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.memfd_create('m')",
        "os.kill(1, 0)",
        "os.kill(os.getppid(), 0)",
        "os.kill(-1, 0)",
        "os.setuid(0)",
        "os.pipe()",
        "fcntl.fcntl(0, fcntl.F_DUPFD, 9)",
        "fcntl.fcntl(0, fcntl.F_SETOWN, 1)",
        "fcntl.fcntl(0, fcntl.F_SETFL, 0)",
        "fcntl.flock(0, fcntl.LOCK_EX)",
    ],
)
def test_refuses(attempt: str) -> None:
    run = locked(f"try:\n    {attempt}\nexcept PermissionError:\n    print('refused')\n")
    assert run.stdout == "refused\n", run.stderr


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("io_uring_setup", "425, 8, None"),
        ("ptrace", "101, 0, 0, 0, 0"),
        ("process_vm_readv", "310, 1, None, 0, None, 0, 0"),
        ("unshare", "272, 0x10000000"),
        ("bpf", "321, 0, None, 0"),
        ("userfaultfd", "323, 0"),
        ("pidfd_open", "434, 1, 0"),
        ("plain clone, which is a fork", "56, 17, None, None, None, None"),
        ("a thread in a new user namespace", "56, 0x103d0f00, None, None, None, None"),
    ],
)
@pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="the numbers are those of x86_64")
def test_refuses_the_raw_call(name: str, call: str) -> None:
    run = locked(f"libc.syscall.restype = ctypes.c_long\nprint(libc.syscall({call}), ctypes.get_errno())")
    assert run.stdout == "-1 1\n", name + run.stderr


@pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="x32 is an ABI of x86_64")
def test_a_call_of_the_x32_abi_kills() -> None:
    assert locked("libc.syscall(0x40000000 + 39)").returncode == -signal.SIGSYS


@pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="machine code of x86_64")
def test_a_call_of_the_32_bit_abi_kills() -> None:
    code = (
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        r"page.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')"
        "\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    assert locked(code).returncode == -signal.SIGSYS


@pytest.mark.parametrize(
    "attempt",
    [
        "mmap.mmap(-1, 1 << 20).write(b'x')",
        "[t.start() or t.join() for t in [threading.Thread(target=time.monotonic)]]",
        "os.write(2, os.read(inherited, 3))",
        "time.sleep(0.001)",
        "signal.signal(signal.SIGSEGV, signal.SIG_DFL)",
        "os.urandom(8)",
        "os.kill(os.getpid(), 0)",
        "fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 9)",
        "fcntl.fcntl(0, fcntl.F_GETFD)",
    ],
)
def test_leaves_what_computing_needs(attempt: str) -> None:
    run = locked(f"{attempt}\nprint('done')", before="inherited, end = os.pipe(); os.write(end, b'abc')")
    assert run.stdout == "done\n", run.stderr


def test_leaves_root_and_every_capability() -> None:
    status = "status = os.open('/proc/self/status', os.O_RDONLY)"
    run = locked("print(os.read(status, 9999).decode())", before=status)
    fields = dict(line.split(":\t", 1) for line in run.stdout.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split() + fields["Gid"].split()
    assert [fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == ["0" * 16] * 4
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")


def test_names_the_walls() -> None:
    assert locked("print(walls)").stdout in {"seccomp+landlock\n", "seccomp\n"}


def test_refuses_a_process_with_a_second_thread() -> None:
    run = locked("", before="threading.Thread(target=time.sleep, args=(60,), daemon=True).start()")
    assert "SandboxUnavailable: the worker lock needs a single thread, there are 2" in run.stderr
