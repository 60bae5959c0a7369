"""The compiled component is native code: only what is ours and unchanged is loaded."""

import os
import stat

import pytest

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox import compiled
from rubrica.tools.sandbox.compiled import Compiled, find_component, private_dir


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds this machine's compiled component, copied and not compiled again."""
    opened = Compiled.of(find_component())
    place = tmp_path / "cache"
    monkeypatch.setattr(compiled, "cache_dir", lambda: place)
    private_dir(place)
    for suffix in (".cwasm", ".sha256"):
        source = opened.path.with_suffix(suffix)
        (place / source.name).write_bytes(source.read_bytes())
    opened.close()
    return place


@pytest.fixture
def compilations(monkeypatch):
    """Compiling takes seconds; here it fails, so that a test sees that it was wanted."""

    def refuse(component, path):
        raise SandboxInfraError("would compile")

    monkeypatch.setattr(compiled, "_compile", refuse)


def test_what_is_whole_is_loaded_without_compiling(cache, compilations):
    opened = Compiled.of(find_component())
    assert os.fstat(opened.descriptor).st_size > 1 << 20
    opened.close()


def forge(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def link(path):
    kept = path.with_name("elsewhere")
    path.rename(kept)
    path.symlink_to(kept)


DAMAGES = {
    "one changed bit": forge,
    "a link": link,
    "writable by others": lambda path: path.chmod(0o666),
    "no digest": lambda path: path.with_suffix(".sha256").unlink(),
    "cut short": lambda path: os.truncate(path, 1000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_whole_is_made_again(damage, cache, compilations):
    DAMAGES[damage](next(cache.glob("*.cwasm")))
    with pytest.raises(SandboxInfraError, match="would compile"):
        Compiled.of(find_component())


def test_the_directory_is_for_its_owner_alone(tmp_path):
    loose = tmp_path / "loose"
    loose.mkdir(mode=0o777)
    assert stat.S_IMODE(private_dir(loose).stat().st_mode) == 0o700


def test_a_linked_directory_is_not_used(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert private_dir(tmp_path / "link") != tmp_path / "link"


def test_another_processor_or_version_has_another_file(monkeypatch):
    before = compiled._key("component")
    monkeypatch.setattr(compiled, "_cpu_features", lambda: "flags: none")
    assert compiled._key("component") != before
