"""The doors that lead out of a process are shut."""

import pytest

LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
ESCAPES = {
    "ctypes system": LIBC + "def attack(): return libc.system(b'true') == 0",
    "ctypes open": LIBC + "def attack(): return libc.open(b'/etc/passwd', 0) >= 0",
    "cffi": "def attack():\n    import _cffi_backend\n    return True",
    "ptrace": LIBC + "def attack(): return libc.ptrace(16, 1, 0, 0) == 0",
    "process_vm_readv": LIBC + "def attack(): return libc.syscall(310, 1, 0, 0, 0, 0, 0) >= 0",
    "mount": LIBC + "def attack(): return libc.mount(b'none', b'/', b'tmpfs', 0, None) == 0",
    "unshare": LIBC + "def attack(): return libc.unshare(0x10000000) == 0",
    "os.unshare": "import os\ndef attack():\n    os.unshare(os.CLONE_NEWUSER)\n    return True",
    "setns": "import os\ndef attack():\n    os.setns(os.open('/proc/1/ns/mnt', 0))\n    return True",
    "chroot": "import os\ndef attack():\n    os.chroot('/')\n    return True",
    "setuid": "import os\ndef attack():\n    os.setuid(0)\n    return open('/etc/shadow').read()",
    "io_uring": LIBC + "def attack(): return libc.syscall(425, 8, bytes(120)) >= 0",
    "x32": LIBC + "def attack(): return libc.syscall(0x40000000 + 2, b'/etc/passwd', 0) >= 0",
    "bpf": LIBC + "def attack(): return libc.syscall(321, 0, bytes(128), 128) >= 0",
    "userfaultfd": LIBC + "def attack(): return libc.syscall(323, 0) >= 0",
    "keyctl": LIBC + "def attack(): return libc.syscall(250, 0, -3, 1) >= 0",
    "perf": LIBC + "def attack(): return libc.syscall(298, bytes(128), 0, -1, -1, 0) >= 0",
    "module": LIBC + "def attack(): return libc.syscall(175, b'', 0, b'') == 0",
    "open_by_handle": LIBC + "def attack(): return libc.syscall(304, -100, bytes(64), 0) >= 0",
    "clone3": LIBC + "def attack(): return libc.syscall(435, bytes(88), 88) > 0",
    "tiocsti": "import fcntl\ndef attack():\n    fcntl.ioctl(0, 0x5412, b'x')\n    return True",
    "core pattern": "def attack(file='/proc/sys/kernel/core_pattern'): return open(file, 'w').write('|x')",
    "block device": "import os\ndef attack():\n    os.mknod('disk', 0o60666, os.makedev(8, 0))\n    return True",
    "reboot": LIBC + "def attack(): return libc.reboot(0) == 0",
    "clock": "import time\ndef attack():\n    time.clock_settime(time.CLOCK_REALTIME, 0)\n    return True",
    "host name": "import socket\ndef attack():\n    socket.sethostname('x')\n    return True",
    "ptrace itself": LIBC + "def attack(): return libc.ptrace(0, 0, 0, 0) == 0",
    "process_vm_writev": LIBC + "def attack(): return libc.syscall(311, 1, 0, 0, 0, 0, 0) >= 0",
    "pidfd": "import os\ndef attack(): return os.pidfd_open(os.getppid()) >= 0",
    "pidfd_getfd": LIBC + "def attack(): return libc.syscall(438, 3, 0, 0) >= 0",
    "kexec": LIBC + "def attack(): return libc.syscall(246, 0, 0, None, 0) == 0",
    "personality": LIBC + "def attack(): return libc.personality(0x0400000) >= 0",
    "setresuid": LIBC + "def attack(): return libc.setresuid(0, 0, 0) == 0",
    "setgroups": "import os\ndef attack():\n    os.setgroups([0])\n    return True",
    "execveat": LIBC + "def attack(): return libc.syscall(322, -100, b'/bin/true', None, None, 0) == 0",
    "exec of memory": "import os\ndef attack():\n    os.execv(f'/proc/self/fd/{os.memfd_create(\"m\")}', ['m'])",
    "vfork": LIBC + "def attack(): return libc.syscall(58) > 0",
    "clone with memory shared": LIBC + "def attack(): return libc.syscall(56, 0x4111, 0, 0, 0, 0) > 0",
    "new mount interface": LIBC + "def attack(): return libc.syscall(430, b'tmpfs', 0) >= 0",
    "open_tree": LIBC + "def attack(): return libc.syscall(428, -100, b'/', 1) >= 0",
    "pivot_root": LIBC + "def attack(): return libc.syscall(155, b'.', b'.') == 0",
    "umount": LIBC + "def attack(): return libc.umount2(b'/tmp', 2) == 0",
    "splice": LIBC + "def attack(): return libc.syscall(275, 0, 0, 1, 0, 1, 0) >= 0",
    "vmsplice": LIBC + "def attack(): return libc.syscall(278, 1, 0, 0, 0) >= 0",
    "io_submit": LIBC + "def attack(): return libc.syscall(206, 8, bytes(8)) == 0",
    "inotify": LIBC + "def attack(): return libc.inotify_init() >= 0",
    "fanotify": LIBC + "def attack(): return libc.syscall(300, 0, 0) >= 0",
    "modify_ldt": LIBC + "def attack(): return libc.syscall(154, 0, bytes(16), 16) >= 0",
    "iopl": LIBC + "def attack(): return libc.iopl(3) == 0",
    "syslog": LIBC + "def attack(): return libc.syscall(103, 3, bytes(99), 99) >= 0",
    "shared memory": LIBC + "def attack(): return libc.shmget(1, 4096, 0o1666) >= 0",
    "semaphores": LIBC + "def attack(): return libc.semget(1, 1, 0o1666) >= 0",
    "message queues": LIBC + "def attack(): return libc.msgget(1, 0o1666) >= 0",
    "locked memory": LIBC + "def attack(): return libc.mlockall(3) == 0",
    "scheduling": "import os\ndef attack():\n    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))\n"
    "    return True",
    "a lock on a file that runs share": "import fcntl, os\ndef attack():\n"
    "    fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_EX)\n    return True",
    "raised limits": "import resource\ndef attack():\n"
    "    resource.setrlimit(resource.RLIMIT_NOFILE, (9999, 9999))\n    return True",
    "core files": "import resource\ndef attack():\n    resource.setrlimit(resource.RLIMIT_CORE, (9, 9))\n"
    "    return True",
    "a descriptor sent to the host": "import array, os, socket\ndef attack():\n"
    "    other = socket.socket(fileno=3)\n    other.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, "
    "array.array('i', [0]))])\n    return False",
    "wasi imports": "import wit_world\ndef attack(): return [n for n in dir(wit_world) if 'import' in n]",
}


@pytest.mark.parametrize("way", ESCAPES)
def test_no_way_out(way, repulse):
    repulse(ESCAPES[way])


def test_native_machine_code_does_not_run(repulse):
    repulse("""
import ctypes, mmap
def attack():
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # mov eax, 20 (getpid of the 32-bit table); int 0x80; ret
    page.write(bytes.fromhex("b814000000cd80c3"))
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))() > 0
""")
