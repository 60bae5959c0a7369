"""Hostile programs reach for what is not theirs, behind either wall: each tries one thing and gets nothing."""

import fcntl
import json
import os
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import rubrica
from rubrica.tools.sandbox.base import Outcome

Attack = Callable[..., Outcome]
Tried = Callable[[str], str]
RAW = "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall.restype = ctypes.c_long\n"
X86 = pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="numbers and code of x86_64")


# reading


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/1/cmdline", "/sys/kernel"])
def test_cannot_read_a_file_of_the_host(tried: Tried, path: str) -> None:
    assert tried(f"open({path!r}).read()") == "refused"


def test_cannot_read_a_file_by_a_link(tried: Tried) -> None:
    assert tried("(os.symlink('/etc/passwd', 'l'), open('l').read())") == "refused"


def test_cannot_read_by_a_path_that_climbs(tried: Tried) -> None:
    assert tried("open('../' * 30 + 'etc/passwd').read()") == "refused"


@pytest.mark.parametrize("part", ["rubrica/errors.py", "tests", "site-packages/pydantic/__init__.py"])
def test_cannot_read_this_project_or_other_packages(tried: Tried, part: str) -> None:
    import pydantic

    root = Path(rubrica.__file__).parents[1]
    path = Path(pydantic.__file__) if "pydantic" in part else root / part
    assert path.exists()
    assert tried(f"os.listdir({str(path)!r}) if {path.is_dir()} else open({str(path)!r}).read()") == "refused"


@pytest.mark.parametrize("name", ["rubrica", "pydantic", "pytest", "pip"])
def test_cannot_import_this_project_or_other_packages(tried: Tried, name: str) -> None:
    assert tried(f"__import__({name!r})") == "refused"


def test_sees_nothing_of_this_project_in_its_modules(attack: Attack) -> None:
    outcome = attack("import sys; print([n for n in sys.modules if 'rubrica' in n])")
    assert outcome.stdout == "[]\n"


def test_cannot_see_the_environment(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SECRET" not in attack("import os; print(dict(os.environ))").stdout
    names = json.loads(attack("import os, json; print(json.dumps(sorted(os.environ)))").stdout)
    assert set(names) & set(os.environ) <= {
        *("HOME", "LANG", "USER", "TMPDIR", "OPENBLAS_NUM_THREADS"),  # the jail sets its own
        *(n for n in names if "PYTHON" in n),
    }


def test_has_only_its_own_descriptors(attack: Attack) -> None:
    code = (
        "import os\nfor fd in range(200):\n    try: os.fstat(fd)\n    except OSError: continue\n    print(fd, end=' ')"
    )
    assert attack(code).stdout.split() == ["0", "1", "2", "3"]


def test_cannot_read_the_memory_of_the_parent(tried: Tried) -> None:
    assert tried(f"open('/proc/{os.getpid()}/mem', 'rb').read(1)") == "refused"


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
        "os.utime('/dev/null')",
        "os.truncate(os.__file__, 0)",
        "os.link(os.__file__, 'l') or open('l', 'a')",
        "os.rename(os.__file__, 'x')",
        "os.mknod('n', 0o020666, os.makedev(1, 1))",
        "os.setxattr(os.__file__, 'user.x', b'x')",
        "open('/dev/shm/x', 'w')",
        "os.chown('.', 0, 0)",
    ],
)
def test_cannot_write_outside_its_folder(tried: Tried, attempt: str) -> None:
    assert tried(attempt) == "refused"


def test_a_written_link_is_not_followed_on_the_way_out(attack: Attack) -> None:
    code = "import os\ntry: os.symlink('/etc/passwd', 'l')\nexcept OSError: pass\nopen('f', 'w').write('x')"
    assert dict(attack(code).files) == {"f": b"x"}


def test_a_lock_on_a_file_that_all_may_read_is_seen_by_nobody_else(attack: Attack) -> None:
    code = (
        "import fcntl, os, time\n"
        "fcntl.lockf(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_SH, 7, 1234)\n"
        "print('locked', flush=True)\ntime.sleep(0.3)"
    )
    held = set()
    with open(os.__file__, "rb") as file, ThreadPoolExecutor(1) as pool:  # noqa: PTH123 - for its descriptor
        run = pool.submit(attack, code)
        while not run.done():
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            held.add(struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))[0])
            time.sleep(0.005)
    assert run.result().stdout == "locked\n"
    assert held == {fcntl.F_UNLCK}


def test_a_database_on_disk_works_without_locks(attack: Attack) -> None:
    code = (
        "import sqlite3\na, b = (sqlite3.connect('x.db') for _ in 'ab')\n"
        "a.execute('create table t(x)')\na.commit()\nb.execute('insert into t values (1)')\nb.commit()\n"
        "print(a.execute('select * from t').fetchall())"
    )
    assert attack(code).stdout == "[(1,)]\n"


# network


@pytest.mark.parametrize(
    "family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_CAN"]
)
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"])
def test_cannot_make_a_socket(tried: Tried, family: str, kind: str) -> None:
    assert tried(f"socket.socket(socket.{family}, socket.{kind})") == "refused"


def test_cannot_reach_a_server_on_loopback(tried: Tried) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert tried(f"socket.create_connection(('127.0.0.1', {port}), 1)") == "refused"


def test_a_datagram_pair_which_could_address_others_is_refused(tried: Tried) -> None:
    assert tried("socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)") == "refused"


def test_the_pair_it_may_make_cannot_be_pointed_elsewhere(tried: Tried, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/s")
        server.listen()
        assert tried(f"socket.socketpair()[0].connect({tmp_path.as_posix() + '/s'!r})") == "refused"


def test_cannot_resolve_a_name(tried: Tried) -> None:
    assert tried("socket.getaddrinfo('example.org', 80)") == "refused"


# escapes


@pytest.mark.parametrize(
    "attempt",
    [
        "os.kill(1, 0)",
        "os.kill(os.getppid(), signal.SIGKILL)",
        "os.kill(-1, signal.SIGKILL)",
        "os.kill(0, signal.SIGKILL)",
        "os.killpg(os.getpgid(0), 9)",
        pytest.param(f"os.kill({os.getpid()}, 9)", id="os.kill(host, 9)"),
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
def test_cannot_reach_out(tried: Tried, attempt: str) -> None:
    assert tried(attempt) == "refused"


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
def test_the_raw_call_is_refused(attack: Attack, name: str, call: str) -> None:
    outcome = attack(f"{RAW}print(libc.syscall({call}), errno.errorcode[ctypes.get_errno()])")
    assert outcome.stdout == "-1 EPERM\n", name + outcome.stderr


@X86
@pytest.mark.parametrize(
    "code",
    [
        f"{RAW}libc.syscall(0x40000000 + 39)",
        f"{RAW}libc.syscall(0x40000000 + 520, b'/bin/true', None, None)",
        (
            "import ctypes, mmap\np = mmap.mmap(-1, 4096, prot=7); p.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
            "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(p)))()"
        ),
    ],
)
def test_another_abi_kills(attack: Attack, code: str) -> None:
    outcome = attack(code)
    assert (outcome.status, "SIGSYS" in outcome.stderr) == ("crashed", True)


def test_holds_no_privilege(attack: Attack) -> None:
    code = RAW + (
        "header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "print(libc.capget(header, sets), list(sets), 0 in os.getresuid() + os.getresgid())"
    )
    outcome = attack("import os\n" + code)
    assert outcome.stdout in {"0 [0, 0, 0, 0, 0, 0] False\n", "-1 [0, 0, 0, 0, 0, 0] False\n"}
