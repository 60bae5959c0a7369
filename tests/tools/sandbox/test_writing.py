"""Nothing of this machine can be changed, and what comes out has harmless names."""

import pytest

WAYS = {
    "open": "open(path, 'w').write('x')",
    "append": "open(path, 'a').write('x')",
    "exclusive": "open(path, 'x').write('x')",
    "os.open": "os.write(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), b'x')",
    "mkdir": "os.mkdir(path)",
    "makedirs": "os.makedirs(path + '/a/b')",
    "symlink": "os.symlink('/etc/passwd', path)",
    "hard link": "os.link(path + '-kept', path)",
    "rename": "os.rename(path + '-kept', path)",
    "replace": "os.replace(path + '-kept', path)",
    "mkfifo": "os.mkfifo(path)",
    "mknod": "os.mknod(path)",
    "sqlite": "__import__('sqlite3').connect(path).execute('create table t(x)')",
    "shelve": "__import__('shelve').open(path)",
    "logging": "__import__('logging').FileHandler(path).close()",
    "tarfile": "__import__('tarfile').open(path, 'w').close()",
}
CHANGES = {
    "truncate": "os.truncate(path, 0)",
    "overwrite": "open(path, 'r+').write('x')",
    "chmod": "os.chmod(path, 0)",
    "utime": "os.utime(path, (1, 1))",
    "remove": "os.remove(path)",
    "chown": "os.chown(path, 1, 1)",
    "xattr": "os.setxattr(path, 'user.x', b'1')",
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_appears_on_the_host(way, execute, tmp_path):
    tmp_path.chmod(0o777)
    kept = tmp_path / "target-kept"
    kept.write_text("kept")
    execute(f"import os\ndef attack(path):\n    {WAYS[way]}", str(tmp_path / "target"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["target-kept"]
    assert kept.read_text() == "kept"


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_of_the_host_stays_as_it_is(change, execute, tmp_path):
    path = tmp_path / "file"
    path.write_text("kept")
    path.chmod(0o666)
    before = path.stat()
    execute(f"import os\ndef attack(path):\n    {CHANGES[change]}", str(path))
    after = path.stat()
    assert path.read_text() == "kept"
    assert (after.st_mode, after.st_mtime_ns, after.st_uid) == (before.st_mode, before.st_mtime_ns, before.st_uid)


@pytest.mark.parametrize("name", ["../escape", "/escape", "a/../../escape", "..", ""])
def test_files_that_come_out_have_plain_relative_names(name, execute):
    outcome = execute("def attack(name):\n    open(name, 'w').write('x')", name)
    assert not [found for found in outcome.files if found.startswith("/") or ".." in found.split("/")]


def test_a_link_is_not_followed_on_the_way_out(execute):
    outcome = execute("import os\ndef attack():\n    os.symlink('/etc/passwd', 'artefact.txt')\n    return True")
    assert b"root" not in b"".join(outcome.files.values())
