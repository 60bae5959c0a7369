"""The allow-list of a jailed Python program: files and pipes that it can reach, threads, its own signals."""

from .seccomp import COMPUTE, HARMLESS_PRCTL, THREAD_FLAGS, Allow, Test

_FILES = (
    "open openat access faccessat faccessat2 stat lstat newfstatat statx statfs fstatfs getdents getdents64 getcwd "
    "chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 pread64 pwrite64 "
    "ftruncate fallocate fsync fdatasync sync_file_range copy_file_range sendfile umask "
    "dup dup2 dup3 pipe pipe2 close_range"
)
_WAITING = (
    "epoll_create epoll_create1 epoll_ctl eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime "
    "setitimer getitimer alarm pause rt_sigtimedwait rt_sigsuspend"
)
_ASKING = (
    "getppid getgroups getresuid getresgid getpgrp getpgid getsid uname sysinfo getrlimit setrlimit "
    "sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min get_robust_list set_tid_address"
)
_PAIRS = "sendto recvfrom sendmsg recvmsg shutdown getsockopt setsockopt getsockname getpeername"
_OWN_TREE = "chmod fchmod fchmodat utime utimes futimesat utimensat truncate link linkat symlink symlinkat"
_LINKS = "readlink readlinkat"

_AF_UNIX, _STREAM = 1, 1
_STREAMS = tuple(_STREAM | nonblocking | cloexec for nonblocking in (0, 0o4000) for cloexec in (0, 0o2000000))
_FCNTL = (0, 1, 2, 3, 4, 5, 36, 1030, 1032)  # duplicate, flags, look at record locks, pipe size; no owner, no signal
_IOCTL = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # is it a terminal, its size; bytes waiting; blocking; cloexec

PRETENDED: dict[str, Test] = {"fcntl": (1, (6, 7, 37, 38))}
"""Record locks: a run is one process, which its own locks never stop, so it cannot tell that they are not there. Real
ones on files that all may read would let two runs speak to each other."""

UNSUPPORTED = ("listxattr", "llistxattr")
"""There are no extended attributes here; whoever copies a file asks for them first."""


def jail_rules(pid: int, *, own_tree: bool) -> list[Allow]:
    """Allow-list of a jailed program whose process id, as it sees it, is `pid`.

    Refused, by not being here: other processes (fork, exec, ptrace, signals, their limits), sockets but for a
    connected pair within the process (asyncio wakes its loop with one), mounts and namespaces, memfd and shared memory,
    io_uring, bpf, keys, extended attributes, devices, and `flock`, by which two runs could speak through a file that
    both can read (for record locks see PRETENDED).

    Args:
        pid: the only process that it may signal or limit.
        own_tree: the whole visible tree belongs to the program or is mounted read-only. Else the calls that Landlock
            does not mediate (modes, times, links, truncating by path) are refused too.
    """
    plain = f"{COMPUTE} {_FILES} {_WAITING} {_ASKING} {_PAIRS}" + (f" {_OWN_TREE} {_LINKS}" if own_tree else "")
    return [
        *map(Allow, plain.split()),
        Allow("socketpair", ((0, (_AF_UNIX,)), (1, _STREAMS))),
        Allow("clone", ((0, THREAD_FLAGS),)),
        Allow("prctl", ((0, HARMLESS_PRCTL),)),
        Allow("fcntl", ((1, _FCNTL),)),
        Allow("ioctl", ((1, _IOCTL),)),
        Allow("kill", ((0, (pid,)),)),
        Allow("tgkill", ((0, (pid,)),)),
        Allow("prlimit64", ((0, (0, pid)),)),
    ]
