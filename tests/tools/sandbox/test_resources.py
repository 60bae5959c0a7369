"""Memory, disk and processes are bounded, and the tier still answers afterwards (`repulse` asks it)."""

from dataclasses import replace

import pytest

from rubrica.tools.sandbox.base import Limits

LIMITS = Limits(wall_s=2.0, cpu_s=2.0, mem_mb=192, disk_mb=2, out_bytes=1 << 16, value_bytes=1 << 16)

MEMORY = {
    "heap": "hoard = []\n    while True:\n        hoard.append(bytearray(b'x') * (8 << 20))",
    "one block": "hoard = bytearray(b'x') * (2 << 30)",
    "small objects": "hoard = []\n    while True:\n        hoard.append([len(hoard)] * 100)",
    "doubling text": "hoard = 'x'\n    while True:\n        hoard += hoard",
    "mmap": "import mmap\n    maps = []\n    while True:\n        maps.append(mmap.mmap(-1, 64 << 20))\n"
    "        maps[-1].write(b'x' * (64 << 20))",
    "memfd": "import os\n    fd = os.memfd_create('x')\n    while True:\n        os.write(fd, b'x' * (8 << 20))",
    "decompression": "import zlib\n    packed = zlib.compress(bytes(1 << 26), 9)\n    hoard = []\n"
    "    while True:\n        hoard.append(zlib.decompress(packed))",
    "power": "hoard = 10 ** (10 ** 10)",
    "shift": "hoard = 1 << (1 << 36)",
    "width": "hoard = '{:>4000000000}'.format(1)",
    "old width": "hoard = '%4000000000d' % 1",
    "repeat": "hoard = [0] * (1 << 33)",
    "join": "hoard = ('x' * (1 << 20)).join(['y'] * (1 << 12))",
    "gzip": "import gzip\n    hoard = gzip.compress(bytes(1 << 26))\n"
    "    hoard = [gzip.decompress(hoard) for _ in range(9)]",
    "bz2": "import bz2\n    hoard = bz2.compress(bytes(1 << 24))\n"
    "    hoard = [bz2.decompress(hoard) for _ in range(99)]",
    "lzma": "import lzma\n    hoard = lzma.compress(bytes(1 << 24))\n"
    "    hoard = [lzma.decompress(hoard) for _ in range(99)]",
    "zip": "import io, zipfile\n    b = io.BytesIO()\n    z = zipfile.ZipFile(b, 'w', 8)\n"
    "    z.writestr('x', bytes(1 << 26))\n"
    "    hoard = [z.read('x') for _ in range(9)]",
    "tee": "import itertools\n    a, b = itertools.tee(itertools.repeat(bytes(99)))\n    for _ in b: pass",
    "interning": "import sys\n    i = 0\n    while True:\n        i += 1\n        globals()[sys.intern('x' * i)] = i",
    "json": "import json\n    hoard = json.loads('[' + '[],' * (1 << 24) + '0]')",
    "generators": "hoard = []\n    while True:\n        hoard.append((x for x in hoard)); next(hoard[-1], 0)",
    "thread stacks": "import threading, time\n    threading.stack_size(1 << 30)\n    for _ in range(9):\n"
    "        threading.Thread(target=time.sleep, args=(1,)).start()",
    "unreserved pages": "import mmap\n    m = mmap.mmap(-1, 1 << 36, flags=0x4022)",
    "socket buffers": "import socket\n    held = []\n    while True:\n        held.append(socket.socketpair())\n"
    "        held[-1][0].setblocking(False)\n        held[-1][0].send(bytes(1 << 20))",
    "regex": "import re\n    hoard = []\n    while True:\n        hoard.append(re.compile('(a|b){%d}' % len(hoard)))",
}


@pytest.mark.parametrize("way", MEMORY)
def test_memory_is_bounded(way, repulse):
    outcome = repulse(f"def attack():\n    {MEMORY[way]}\n    return True", limits=replace(LIMITS, wall_s=1.0))
    assert outcome.status in {"memory", "error", "timeout", "crashed"}


def test_running_out_of_memory_is_told_apart(execute):
    assert execute("hoard = []\nwhile True:\n    hoard.append(bytes(4 << 20))").status == "memory"


DISK = {
    "one file": "f = open('x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
    "many files": "i = 0\n    while True:\n        open(f'f{i}', 'wb').write(bytes(1 << 16)); i += 1",
    "/dev/shm": "f = open('/dev/shm/x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
    "/tmp": "f = open('/tmp/x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
    "fallocate": "import os\n    f = open('x', 'wb')\n    os.posix_fallocate(f.fileno(), 0, 1 << 30)",
    "folders": "import os\n    i = 0\n    while True:\n        os.mkdir(f'd{i}'); i += 1",
    "links": "import os\n    open('x', 'w').close()\n    i = 0\n    while True:\n        os.link('x', f'l{i}'); i += 1",
    "deleted but open": "held = []\n    while True:\n"
    "        held.append(open('x', 'wb')); held[-1].write(bytes(1 << 20))\n"
    "        held[-1].flush(); __import__('os').remove('x')",
    "sqlite": "import sqlite3\n    c = sqlite3.connect('x.db'); c.execute('create table t(x)')\n    while True:\n"
    "        c.execute('insert into t values (zeroblob(1 << 20))'); c.commit()",
    "sparse": "f = open('x', 'wb')\n    f.truncate(1 << 40)",
}


@pytest.mark.parametrize("way", DISK)
def test_disk_is_bounded(way, repulse):
    outcome = repulse(f"def attack():\n    {DISK[way]}\n    return True")
    assert sum(map(len, outcome.files.values())) <= 2 << 20


MANY = {
    "fork": "import os\n    while True:\n        os.fork()",
    "processes": "import subprocess\n    subprocess.run(['/bin/true'], check=True)",
    "spawn": "import os\n    os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "import os\n    os.execv('/bin/true', ['true'])",
    "multiprocessing": "import multiprocessing\n    multiprocessing.Process(target=print).start()",
    "threads": "import threading, time\n    for _ in range(5000):\n"
    "        threading.Thread(target=time.sleep, args=(9,)).start()",
    "descriptors": "import os\n    held = [os.dup(0) for _ in range(100000)]",
    "pipes": "import os\n    held = [os.pipe() for _ in range(100000)]",
}


@pytest.mark.parametrize("way", MANY)
def test_processes_threads_and_descriptors_are_bounded(way, repulse):
    repulse(f"def attack():\n    {MANY[way]}\n    return True")


def test_the_memory_limit_is_the_job_s_own(execute):
    code = "def f(): return len(bytes(160 << 20))"
    small, large = Limits(mem_mb=64), Limits(mem_mb=512)
    assert execute(code, entry="f", limits=small).status == "memory"
    assert execute(code, entry="f", limits=large).value_json == str(160 << 20)
