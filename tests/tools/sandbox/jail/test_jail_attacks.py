"""Hostile programs: each tries one thing, and the property is that it gets nothing, and the next run sees nothing."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import rubrica
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.jail import installed
from rubrica.tools.sandbox.jail_worker import JailWorker
from rubrica.tools.sandbox.pool import WorkerLostError

QUICK = Limits(wall_s=2, cpu_s=2, mem_mb=128, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)
RAW = "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall.restype = ctypes.c_long\n"
X86 = pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="numbers and code of x86_64")


def attack(worker: JailWorker, code: str, limits: Limits = QUICK) -> Outcome:
    return worker.execute(Job(code=code, limits=limits))


def tried(worker: JailWorker, attempt: str) -> str:
    """Return "refused", or what the attempt gave."""
    code = (
        "import fcntl, multiprocessing, os, pathlib, resource, signal, socket, subprocess, sys\n"
        f"try:\n    got = {attempt}\n"
        "except (OSError, ImportError, ValueError):\n    print('refused')\nelse:\n    print('GOT', got)\n"
    )
    outcome = attack(worker, code)
    return outcome.stdout.strip() or outcome.stderr


# reading


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/1/cmdline", "/sys/kernel"])
def test_cannot_read_a_file_of_the_host(worker: JailWorker, path: str) -> None:
    assert tried(worker, f"open({path!r}).read()") == "refused"


def test_cannot_read_a_file_by_a_link(worker: JailWorker) -> None:
    assert tried(worker, "(os.symlink('/etc/passwd', 'l'), open('l').read())") == "refused"


def test_cannot_read_by_a_path_that_climbs(worker: JailWorker) -> None:
    assert tried(worker, "open('../' * 30 + 'etc/passwd').read()") == "refused"


@pytest.mark.parametrize("part", ["rubrica/errors.py", "tests", "site-packages/pydantic/__init__.py"])
def test_cannot_read_this_project_or_other_packages(worker: JailWorker, part: str) -> None:
    import pydantic

    root = Path(rubrica.__file__).parents[1]
    path = Path(pydantic.__file__) if "pydantic" in part else root / part
    assert path.exists()
    assert tried(worker, f"os.listdir({str(path)!r}) if {path.is_dir()} else open({str(path)!r}).read()") == "refused"


@pytest.mark.parametrize("name", ["rubrica", "pydantic", "pytest", "pip"])
def test_cannot_import_this_project_or_other_packages(worker: JailWorker, name: str) -> None:
    assert tried(worker, f"__import__({name!r})") == "refused"


def test_sees_nothing_of_this_project_in_its_modules(worker: JailWorker) -> None:
    outcome = attack(worker, "import sys; print([n for n in sys.modules if 'rubrica' in n])")
    assert outcome.stdout == "[]\n"


def test_cannot_see_the_environment(worker: JailWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SECRET" not in attack(worker, "import os; print(dict(os.environ))").stdout
    names = json.loads(attack(worker, "import os, json; print(json.dumps(sorted(os.environ)))").stdout)
    assert set(names) & set(os.environ) <= {"HOME", "LANG", "USER", "TMPDIR", *(n for n in names if "PYTHON" in n)}


def test_has_only_its_own_descriptors(worker: JailWorker) -> None:
    code = (
        "import os\nfor fd in range(200):\n    try: os.fstat(fd)\n    except OSError: continue\n    print(fd, end=' ')"
    )
    assert attack(worker, code).stdout.split() == ["0", "1", "2", "3"]


def test_cannot_read_the_memory_of_the_parent(worker: JailWorker) -> None:
    assert tried(worker, f"open('/proc/{os.getpid()}/mem', 'rb').read(1)") == "refused"


# writing


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/x', 'w')",
        "os.mkdir('/x')",
        "open(os.__file__, 'a')",
        "os.remove(os.__file__)",
        "os.chmod(os.__file__, 0o777)",
        "os.utime(os.__file__)",
        "os.truncate(os.__file__, 0)",
        "os.link(os.__file__, 'l') or open('l', 'a')",
        "os.rename(os.__file__, 'x')",
        "os.mknod('n', 0o020666, os.makedev(1, 1))",
        "os.setxattr(os.__file__, 'user.x', b'x')",
        "open('/dev/shm/x', 'w')",
        "os.chown('.', 0, 0)",
    ],
)
def test_cannot_write_outside_its_folder(worker: JailWorker, attempt: str) -> None:
    assert tried(worker, attempt) == "refused"


def test_a_written_link_is_not_followed_on_the_way_out(worker: JailWorker) -> None:
    code = "import os\ntry: os.symlink('/etc/passwd', 'l')\nexcept OSError: pass\nopen('f', 'w').write('x')"
    assert dict(attack(worker, code).files) == {"f": b"x"}


# network


@pytest.mark.parametrize(
    "family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_CAN"]
)
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"])
def test_cannot_make_a_socket(worker: JailWorker, family: str, kind: str) -> None:
    assert tried(worker, f"socket.socket(socket.{family}, socket.{kind})") == "refused"


def test_cannot_reach_a_server_on_loopback(worker: JailWorker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert tried(worker, f"socket.create_connection(('127.0.0.1', {port}), 1)") == "refused"


def test_a_datagram_pair_which_could_address_others_is_refused(worker: JailWorker) -> None:
    assert tried(worker, "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)") == "refused"


def test_the_pair_it_may_make_cannot_be_pointed_elsewhere(worker: JailWorker, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/s")
        server.listen()
        assert tried(worker, f"socket.socketpair()[0].connect({tmp_path.as_posix() + '/s'!r})") == "refused"


def test_cannot_resolve_a_name(worker: JailWorker) -> None:
    assert tried(worker, "socket.getaddrinfo('example.org', 80)") == "refused"


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
def test_cannot_start_a_process_or_hold_memory_outside_its_limit(worker: JailWorker, attempt: str) -> None:
    assert tried(worker, attempt) == "refused"


def test_threads_are_bounded(worker: JailWorker) -> None:
    code = (
        "import threading, time\nn = 0\n"
        "try:\n    while n < 1000:\n        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); n += 1\n"
        "except (RuntimeError, MemoryError): pass\nprint(15 <= n < 60)"
    )
    assert attack(worker, code).stdout == "True\n"


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
def test_memory_is_bounded(worker: JailWorker, code: str) -> None:
    outcome = attack(worker, code, Limits(wall_s=10, mem_mb=64))
    assert outcome.status == "memory" or "Cannot allocate memory" in outcome.stderr


def test_a_caught_memory_error_does_not_break_the_run(worker: JailWorker) -> None:
    code = (
        "x = []\ntry:\n    while True: x.append(bytearray(1 << 20))\nexcept MemoryError:\n    n = len(x)\nprint(n < 64)"
    )
    assert attack(worker, code, Limits(mem_mb=64)).stdout == "True\n"


def test_disk_is_bounded_over_many_files(worker: JailWorker) -> None:
    code = "for i in range(100): open(str(i), 'wb').write(bytes(1 << 20))"
    outcome = attack(worker, code)
    assert outcome.status == "output_limit" or "No space left on device" in outcome.stderr


def test_one_file_is_bounded(worker: JailWorker) -> None:
    outcome = attack(worker, "f = open('f', 'wb')\nfor i in range(100): f.write(bytes(1 << 20))")
    assert outcome.status == "output_limit" or "OSError" in outcome.stderr


def test_the_number_of_files_is_bounded(worker: JailWorker) -> None:
    outcome = attack(worker, "for i in range(10 ** 6): open(str(i), 'w').close()")
    assert outcome.status == "output_limit" or "No space left on device" in outcome.stderr


def test_descriptors_are_bounded(worker: JailWorker) -> None:
    assert "Too many open files" in attack(worker, "import os\nwhile True: os.dup(0)").stderr


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
def test_ends_at_its_deadline(worker: JailWorker, code: str) -> None:
    assert attack(worker, code, Limits(wall_s=0.3)).status == "timeout"


def test_processor_time_is_bounded(worker: JailWorker) -> None:
    code = "import threading\ndef f():\n    while True: pass\nfor _ in range(3): threading.Thread(target=f).start()"
    assert attack(worker, code, Limits(wall_s=20, cpu_s=1)).status == "timeout"


def test_input_ends_and_is_not_waited_for(worker: JailWorker) -> None:
    assert attack(worker, "input()").stderr.endswith("EOFError: EOF when reading a line\n")


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
def test_output_is_bounded(worker: JailWorker, code: str) -> None:
    outcome = attack(worker, code)
    assert (outcome.status, outcome.truncated) == ("output_limit", True)
    assert max(len(outcome.stdout), len(outcome.stderr)) <= QUICK.out_bytes + 100


def test_output_within_the_limit_is_whole(worker: JailWorker) -> None:
    outcome = attack(worker, f"print('x' * {QUICK.out_bytes - 1})")
    assert (outcome.status, len(outcome.stdout)) == ("ok", QUICK.out_bytes)


def test_binary_output_becomes_text(worker: JailWorker) -> None:
    assert attack(worker, "import os; os.write(1, b'\\xff\\xfe')").stdout == "��"


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
def test_a_crash_is_a_crash_and_the_next_run_is_well(worker: JailWorker, code: str) -> None:
    assert attack(worker, code).status in {"crashed", "error"}
    assert attack(worker, "print(1)").stdout == "1\n"


# escapes


@pytest.mark.parametrize(
    "attempt",
    [
        "os.kill(1, 0)",
        "os.kill(os.getppid(), signal.SIGKILL)",
        "os.kill(-1, signal.SIGKILL)",
        "os.kill(0, signal.SIGKILL)",
        "os.killpg(os.getpgid(0), 9)",
        f"os.kill({os.getpid()}, 9)",
        "os.setuid(0)",
        "os.setgroups([0])",
        "os.chroot('.')",
        "os.pidfd_open(1)",
        "os.setpriority(0, 0, -5)",
        "os.sched_setaffinity(0, {0})",
        "os.openpty()",
        "resource.prlimit(os.getppid(), 7, (1, 1))",
        "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "fcntl.fcntl(3, fcntl.F_SETOWN, 1)",
        "fcntl.ioctl(0, 0x5412, b'x')",
    ],
)
def test_cannot_reach_out(worker: JailWorker, attempt: str) -> None:
    assert tried(worker, attempt) == "refused"


@X86
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("ptrace", "101, 16, 1, 0, 0"),
        ("process_vm_readv", "310, 1, None, 0, None, 0, 0"),
        ("process_vm_writev", "311, 1, None, 0, None, 0, 0"),
        ("io_uring_setup", "425, 8, None"),
        ("unshare", "272, 0x10000000"),
        ("setns", "308, 0, 0"),
        ("mount", "165, None, None, None, 0, None"),
        ("pivot_root", "155, None, None"),
        ("chroot", "161, b'.'"),
        ("bpf", "321, 0, None, 0"),
        ("perf_event_open", "298, None, 0, -1, -1, 0"),
        ("userfaultfd", "323, 0"),
        ("keyctl", "250, 0, 0"),
        ("add_key", "248, b'user', b'x', b'y', 1, -2"),
        ("shmget", "29, 0, 4096, 0o1600"),
        ("mq_open", "240, b'x', 0o100, 0o600, None"),
        ("tkill", "200, 1, 9"),
        ("rt_sigqueueinfo", "129, 1, 9, None"),
        ("kexec_load", "246, 0, 0, None, 0"),
        ("open_by_handle_at", "304, -100, None, 0"),
        ("name_to_handle_at", "303, -100, b'.', None, None, 0"),
        ("fanotify_init", "300, 0, 0"),
        ("personality", "135, 0xffffffff"),
        ("seccomp", "317, 1, 0, None"),
        ("landlock_restrict_self", "446, -1, 0"),
        ("a namespaced clone", "56, 0x10000011, None, None, None, None"),
        ("a vfork", "58"),
        ("memfd_secret", "447, 0"),
        ("prctl PR_SET_DUMPABLE", "157, 4, 1"),
        ("prctl PR_SET_PDEATHSIG", "157, 1, 0"),
    ],
)
def test_the_raw_call_is_refused(worker: JailWorker, name: str, call: str) -> None:
    outcome = attack(worker, f"{RAW}print(libc.syscall({call}), errno.errorcode[ctypes.get_errno()])")
    assert outcome.stdout == "-1 EPERM\n", name + outcome.stderr


@X86
@pytest.mark.parametrize(
    "code",
    [
        f"{RAW}libc.syscall(0x40000000 + 39)",
        f"{RAW}libc.syscall(0x40000000 + 520, b'/bin/true', None, None)",
        "import ctypes, mmap\np = mmap.mmap(-1, 4096, prot=7); p.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(p)))()",
    ],
)
def test_another_abi_kills(worker: JailWorker, code: str) -> None:
    outcome = attack(worker, code)
    assert (outcome.status, "SIGSYS" in outcome.stderr) == ("crashed", True)


def test_holds_no_privilege(worker: JailWorker) -> None:
    code = RAW + (
        "header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "print(libc.capget(header, sets), list(sets), 0 in os.getresuid() + os.getresgid())"
    )
    outcome = attack(worker, "import os\n" + code)
    assert outcome.stdout in {"0 [0, 0, 0, 0, 0, 0] False\n", "-1 [0, 0, 0, 0, 0, 0] False\n"}


# forged results

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
        '{"status": "ok", "value": "NaN", "report": "", "files": []}',
        '{"status": "ok", "value": "{", "report": "", "files": []}',
        '{"status": "ok", "value": 1, "report": "", "files": []}',
        '{"status": "error", "value": "1", "report": "", "files": []}',
        '{"status": "ok", "value": null, "report": "", "files": [["../x", 0]]}',
        '{"status": "ok", "value": null, "report": "", "files": [["/x", 0]]}',
        '{"status": "ok", "value": null, "report": "", "files": [["x", 9]]}',
        '{"status": "ok", "value": null, "report": "", "files": [["x", -1]]}',
        "[" * 100000,
        "x" * 100,
    ],
)
def test_an_answer_out_of_form_is_a_crash(worker: JailWorker, head: str) -> None:
    code = (
        f"import os, struct, time\nh = {head!r}.encode()\nos.write(3, struct.pack('>II', len(h), 0) + h)\ntime.sleep(9)"
    )
    if len(head) > 1000:
        code = code.replace(repr(head), "('[' * 100000)")
    assert attack(worker, code).status == "crashed"


def test_a_huge_announced_answer_is_a_crash(worker: JailWorker) -> None:
    code = "import os, struct, time\nos.write(3, struct.pack('>II', 1 << 31, 1 << 31))\ntime.sleep(9)"
    assert attack(worker, code).status == "crashed"


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


# state left behind, processes that outlive


@pytest.mark.parametrize(
    ("leave", "look"),
    [
        ("import builtins; builtins.left = 1", "import builtins; print(hasattr(builtins, 'left'))"),
        ("import json; json.loads = None", "import json; print(json.loads is None)"),
        ("open('left', 'w').write('x')", "import os; print('left' in os.listdir())"),
        ("import os; os.makedirs('/'.join('d' * 60))", "import os; print(os.listdir() != [])"),
        ("import os\nos.mkdir('l'); os.chmod('l', 0)", "import os; print(os.listdir() != [])"),
        ("import sys; sys.path.append('/left')", "import sys; print('/left' in sys.path)"),
        ("import os; os.environ['LEFT'] = '1'", "import os; print('LEFT' in os.environ)"),
        ("import random; random.random()", "import random; print(random.random() != random.Random(0).random())"),
        ("import numpy; numpy.pi = 3", "import numpy; print(numpy.pi == 3)"),
        ("import os\nwhile True:\n    os.mkdir('d'); os.chdir('d')", "import os; print(os.listdir() != [])"),
    ],
)
def test_leaves_nothing_for_the_next_run(worker: JailWorker, leave: str, look: str) -> None:
    attack(worker, leave)
    assert attack(worker, look).stdout == "False\n"


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
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as stream:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            start, end = (int(edge, 16) for edge in span.split("-"))
            if rights.startswith("rw"):
                stream.seek(start)
                found.append(stream.read(end - start))
    return b"".join(found)


def test_nothing_leaks_over_many_mixed_runs(worker: JailWorker) -> None:
    codes = ["print(1)", "import os; os._exit(1)", "while True: print('x' * 999)", "1 / 0", "import os; os.abort()"]
    attack(worker, codes[0])
    assert worker._process is not None
    before = len(os.listdir("/proc/self/fd"))
    (zygote,) = children(worker._process.pid)
    for run in range(60):
        attack(worker, codes[run % len(codes)])
    assert len(os.listdir("/proc/self/fd")) == before
    assert children(worker._process.pid) == [zygote]
    assert children(zygote) == []
    if worker.isolation == "os-landlock":
        assert os.listdir(worker._folder) == []


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
