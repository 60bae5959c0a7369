"""Memory, disk and processes are bounded, and the tier still answers afterwards (`repulse` asks it)."""

import pytest

from rubrica.tools.sandbox.base import Limits

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
    "regex": "import re\n    hoard = []\n    while True:\n        hoard.append(re.compile('(a|b){%d}' % len(hoard)))",
}


@pytest.mark.parametrize("way", MEMORY)
def test_memory_is_bounded(way, repulse):
    outcome = repulse(f"def attack():\n    {MEMORY[way]}\n    return True")
    assert outcome.status in {"memory", "error", "timeout", "crashed"}


def test_running_out_of_memory_is_told_apart(execute):
    assert execute("hoard = []\nwhile True:\n    hoard.append(bytes(4 << 20))").status == "memory"


DISK = {
    "one file": "f = open('x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
    "many files": "i = 0\n    while True:\n        open(f'f{i}', 'wb').write(bytes(1 << 16)); i += 1",
    "/dev/shm": "f = open('/dev/shm/x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
    "/tmp": "f = open('/tmp/x', 'wb')\n    while True:\n        f.write(bytes(1 << 20)); f.flush()",
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
