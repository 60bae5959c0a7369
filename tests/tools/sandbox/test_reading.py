"""Nothing of this machine can be read."""

import os
import sys
from pathlib import Path

import pytest

import rubrica

WAYS = {
    "open": "open(path).read()",
    "io.FileIO": "__import__('io').FileIO(path).read().decode()",
    "_io.open": "__import__('_io').open(path).read()",
    "os.open": "__import__('os').read(__import__('os').open(path, 0), 4096).decode()",
    "pathlib": "__import__('pathlib').Path(path).read_text()",
    "codecs": "__import__('codecs').open(path).read()",
    "linecache": "__import__('linecache').getline(path, 1)",
    "tokenize": "__import__('tokenize').open(path).read()",
    "fileinput": "''.join(__import__('fileinput').input(path))",
    "importlib": "__import__('importlib.machinery').machinery.SourceFileLoader('x', path).get_data(path).decode()",
    "shutil": "(__import__('shutil').copy(path, 'copy'), open('copy').read())[1]",
    "relative": "open('../../../../../../../../../..' + path).read()",
    "sqlite": "__import__('sqlite3').connect('file:' + path + '?mode=ro', uri=True).execute('select 1').fetchall()",
    "exec": "exec(compile(__import__('builtins').open(path).read(), path, 'exec'))",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_the_host_cannot_be_read(way, repulse, secret, tmp_path):
    path = tmp_path / "file"
    path.write_text(secret)
    path.chmod(0o644)
    repulse(f"def attack(path):\n    return {WAYS[way]}", str(path))


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/proc/version", "/root/.bashrc", sys.executable])
def test_a_system_file_cannot_be_read(path, repulse):
    repulse("def attack(path):\n    return open(path, 'rb').read(64).hex()", path)


def test_folders_of_the_host_cannot_be_listed(repulse, tmp_path):
    (tmp_path / "visible").touch()
    repulse("import os\ndef attack(path):\n    return 'visible' in os.listdir(path)", str(tmp_path))


def test_the_environment_is_not_passed_on(repulse, secret):
    code = "import os\ndef attack():\n    return [v for v in os.environ.values() if 'secret-' in v]"
    repulse(code)


def test_inherited_descriptors_are_closed(repulse, secret):
    repulse("""
import os
def attack():
    for fd in range(3, 256):
        for read in (lambda: os.pread(fd, 4096, 0), lambda: os.fdopen(fd, "rb", closefd=False).read(4096)):
            try:
                if b"secret-" in read():
                    return True
            except (OSError, ValueError):
                pass
    return False
""")


@pytest.mark.parametrize("what", ["environ", "mem", "maps", "cmdline", "fd/0", "root/etc/passwd"])
@pytest.mark.parametrize("who", ["self", "1", "parent", "host"])
def test_proc_shows_nothing(who, what, repulse):
    repulse(
        """
import os
def attack(who, what, host):
    pid = {"parent": getattr(os, "getppid", lambda: 1)(), "host": host}.get(who, who)
    with open(f"/proc/{pid}/{what}", "rb") as file:
        return len(file.read(64))
""",
        who,
        what,
        os.getpid(),
    )


def test_this_package_cannot_be_imported(repulse):
    repulse("def attack():\n    import rubrica.tools.sandbox.grading\n    return True")


def test_the_sources_of_this_package_cannot_be_read(repulse):
    path = Path(rubrica.__file__).parent / "tools" / "sandbox" / "base.py"
    repulse("def attack(path):\n    return open(path).read(10)", str(path))


def test_the_job_is_all_that_the_instance_holds_of_the_host(repulse, secret):
    repulse("""
import gc
def attack():
    return [o for o in gc.get_objects() if isinstance(o, dict) and any("secret-" in str(k) for k in list(o)[:50])]
""")
