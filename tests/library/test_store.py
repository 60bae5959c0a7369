"""The library on disk: real repositories, checked with what is written there."""

import hashlib
import os
import shutil
import tracemalloc
import zlib
from pathlib import Path

import pytest
from dulwich.repo import Repo

from rubrica.errors import LibraryError
from rubrica.library.files import MAX_FILE_BYTES
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.repository import open_repository
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill
from rubrica.types import Scoring

OTHER = Skill(name="other", description="Another skill.", body="Text.")
ADD = CommitMessage(subject="Add other", body="Seen in 7 cases.", trailers={"Helped": "7", "Gate": "e=41.2"})


@pytest.fixture
def store(tmp_path: Path, library: Library) -> LibraryStore:
    return LibraryStore.init(tmp_path / "mine", library, clock=lambda: 1_700_000_000.5)


def foreign_commit(
    store: LibraryStore, message: str, *, mode: int = 0o100644, path: bytes = b"x", data: bytes = b""
) -> None:
    """Commit one file the way another tool would."""
    from dulwich.objects import Blob, Commit, Tree

    with Repo(str(store.path)) as repo:
        blob, tree, commit = Blob.from_string(data), Tree(), Commit()
        tree.add(path, mode, blob.id)
        commit.tree, commit.parents = tree.id, [repo.head()]
        commit.author = commit.committer = b"someone <a@b>"
        commit.author_time = commit.commit_time = commit.author_timezone = commit.commit_timezone = 0
        commit.message = message.encode()
        for item in (blob, tree, commit):
            repo.object_store.add_object(item)
        repo.refs[b"HEAD"] = commit.id


def test_what_is_stored_loads(store: LibraryStore, library: Library) -> None:
    assert store.load() == library
    assert store.changes().paths == ()
    assert (store.path / "skills/units/SKILL.md").is_file()


def test_commits_make_history(store: LibraryStore, library: Library) -> None:
    first = store.log()[0].commit
    second = store.commit(library.with_skill(OTHER), ADD)
    newest, oldest = store.log()
    assert (newest.commit, newest.message, newest.parents) == (second, ADD, (first,))
    assert newest.version == store.load().version == library.with_skill(OTHER).version
    assert (oldest.commit, oldest.version, oldest.time) == (first, library.version, 1_700_000_000)


def test_same_steps_same_commits(tmp_path: Path, library: Library) -> None:
    stores = [LibraryStore.init(tmp_path / name, library, clock=lambda: 0.0) for name in ("a", "b")]
    assert len({store.commit(library.with_skill(OTHER), ADD) for store in stores}) == 1


@pytest.mark.parametrize("name", ["HEAD~1", "commit", "version"])
def test_versions_load_by_any_name(store: LibraryStore, library: Library, name: str) -> None:
    first = store.log()[0]
    store.commit(library.with_skill(OTHER), ADD)
    asked = {"HEAD~1": "HEAD~1", "commit": first.commit[:8], "version": library.version[:8]}[name]
    assert store.load(asked) == library


@pytest.mark.parametrize("name", ["HEAD~9", "0000", "main", "", "../x", "abc"])
def test_unknown_versions_are_named(store: LibraryStore, name: str) -> None:
    with pytest.raises(LibraryError, match=f"no version '{name}'; `rubrica library log` lists them"):
        store.load(name)


def test_a_version_seen_twice_is_still_one_version(store: LibraryStore, library: Library) -> None:
    store.commit(library.with_skill(OTHER), ADD)
    store.rollback("HEAD~1")
    assert store.load(library.version) == library


def test_the_same_content_makes_no_commit(store: LibraryStore, library: Library) -> None:
    assert store.commit(library, ADD) == store.log()[0].commit
    assert len(store.log()) == 1


def test_rollback_is_a_new_commit(store: LibraryStore, library: Library) -> None:
    first = store.log()[0].commit
    store.commit(library.with_skill(OTHER), ADD)
    store.rollback(library.version[:12])
    assert store.load() == library
    assert not (store.path / "skills/other").exists()
    assert store.log()[0].message.trailers == {"Rollback-To": first}
    assert len(store.log()) == 3


def test_a_writer_that_missed_a_version_is_refused(store: LibraryStore, library: Library) -> None:
    late = LibraryStore.open(store.path)
    store.commit(library.with_skill(OTHER), ADD)
    with pytest.raises(LibraryError, match=r"moved on .* load it again and repeat the edit"):
        late.commit(library.with_scoring(Scoring()), ADD)
    late.commit(late.load().with_scoring(Scoring()), ADD)
    assert len(late.log()) == 3


def test_edits_by_hand_block_loading_and_writing(store: LibraryStore, library: Library) -> None:
    (store.path / "skills/units/SKILL.md").write_text("---\nname: units\ndescription: By hand.\n---\n")
    (store.path / "notes.txt").write_text("mine")
    (store.path / "scoring.json").unlink()
    changes = store.changes()
    assert (changes.added, changes.changed, changes.removed) == (
        ("notes.txt",),
        ("skills/units/SKILL.md",),
        ("scoring.json",),
    )
    for act in (
        store.load,
        lambda: store.commit(library.with_skill(OTHER), ADD),
        lambda: store.rollback("HEAD"),
    ):
        with pytest.raises(LibraryError, match=r"uncommitted changes in notes\.txt.*`rubrica library commit`"):
            act()
    assert (store.path / "notes.txt").read_text() == "mine"
    assert store.load("HEAD~0") == library


def test_edits_by_hand_can_be_committed_with_their_comments(store: LibraryStore, library: Library) -> None:
    path = store.path / "skills/units/criteria.yaml"
    path.write_text(path.read_text() + "# agreed in May\n- id: third\n  text: A third thing.\n")
    store.commit_edits(CommitMessage(subject="A third thing"))
    assert [criterion.id for criterion in store.load().skills["units"].criteria] == ["present", "sensible", "third"]
    store.commit(store.load().with_skill(OTHER), ADD)
    assert "# agreed in May" in path.read_text()


def test_edits_that_are_no_library_are_not_committed(store: LibraryStore) -> None:
    (store.path / "notes.txt").write_text("mine")
    with pytest.raises(LibraryError, match=r"notes.txt: unknown file"):
        store.commit_edits(ADD)
    assert len(store.log()) == 1
    assert store.changes().paths == ("notes.txt",)


def test_edits_by_hand_can_be_discarded(store: LibraryStore, library: Library) -> None:
    (store.path / "skills/units/SKILL.md").write_text("x")
    (store.path / "notes.txt").write_text("mine")
    assert store.discard_edits() == ("notes.txt", "skills/units/SKILL.md")
    assert store.load() == library


def test_dot_files_are_not_the_librarys(store: LibraryStore, library: Library) -> None:
    (store.path / ".DS_Store").write_bytes(b"\0")
    assert store.load() == library


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "folder link", "pipe", "oversize", "nested"])
def test_what_is_no_plain_file_is_refused(store: LibraryStore, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "SKILL.md").write_text("secret")
    target = store.path / "skills/units/SKILL.md"
    target.unlink()
    match kind:
        case "symlink":
            target.symlink_to(outside / "SKILL.md")
        case "hardlink":
            os.link(outside / "SKILL.md", target)
        case "folder link":
            shutil.rmtree(target.parent)
            target.parent.symlink_to(outside)
        case "pipe":
            os.mkfifo(target)
        case "oversize":
            target.write_bytes(b" " * (MAX_FILE_BYTES + 1))
        case "nested":
            target.mkdir()
    problem = {"nested": "a folder inside an entry", "oversize": "bytes; at most", "pipe": "not a plain file"}
    with pytest.raises(LibraryError, match=problem.get(kind, "link")):
        store.load()
    assert (outside / "SKILL.md").read_text() == "secret"


@pytest.mark.parametrize(
    ("mode", "path", "problem"),
    [
        (0o120000, b"scoring.json", "a link or submodule"),
        (0o160000, b"scoring.json", "a link or submodule"),
        (0o100644, b"README.md", "unknown file"),
        (0o100644, b"sk\xffills", "unknown file"),
    ],
)
def test_trees_of_other_tools_are_not_trusted(store: LibraryStore, mode: int, path: bytes, problem: str) -> None:
    foreign_commit(store, "by hand", mode=mode, path=path, data=b"/etc/passwd")
    with pytest.raises(LibraryError, match=problem):
        store.load("HEAD~0")


def test_valid_commits_of_other_tools_load(store: LibraryStore) -> None:
    foreign_commit(store, "by hand", path=b"scoring.json", data=b'{"temperature": 3}')
    assert store.load("HEAD~0") == Library(scoring=Scoring(temperature=3.0))
    assert store.log()[0].version is None


def test_content_that_is_not_what_the_commit_says_is_refused(store: LibraryStore) -> None:
    foreign_commit(store, f"Forged\n\nLibrary-Version: {'0' * 64}\n", path=b"scoring.json", data=b"{}")
    with pytest.raises(LibraryError, match="but says 000000000000"):
        store.load("HEAD~0")


def test_a_damaged_note_is_an_error_of_the_library(store: LibraryStore) -> None:
    (store.path / ".git/rubrica/pending").write_text("{")
    with pytest.raises(LibraryError, match=r"\.git/rubrica/pending: not JSON"):
        LibraryStore.open(store.path)


def test_a_damaged_object_is_an_error_of_the_library(store: LibraryStore) -> None:
    for path in (store.path / ".git/objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")
    with pytest.raises(LibraryError, match="is missing or damaged"):
        store.log()


def test_a_repository_that_borrows_objects_is_refused(store: LibraryStore, tmp_path: Path) -> None:
    (store.path / ".git/objects/info").mkdir(exist_ok=True)
    (store.path / ".git/objects/info/alternates").write_text(str(tmp_path))
    with pytest.raises(LibraryError, match="borrows from another"):
        LibraryStore.open(store.path)


@pytest.mark.parametrize("name", [".git", ".git/HEAD", ".git/index", ".git/objects", ".git/refs", ".git/rubrica"])
def test_a_repository_with_parts_elsewhere_is_refused(store: LibraryStore, tmp_path: Path, name: str) -> None:
    (store.path / name).rename(tmp_path / "moved")
    (store.path / name).symlink_to(tmp_path / "moved")
    with pytest.raises(LibraryError, match="a link"):
        LibraryStore.open(store.path)


def test_no_library_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"no library at .*`rubrica library init"):
        LibraryStore.open(tmp_path)


def test_init_takes_an_empty_folder_and_no_other(tmp_path: Path, library: Library) -> None:
    (tmp_path / "empty").mkdir()
    assert LibraryStore.init(tmp_path / "empty", library).load() == library
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(LibraryError, match="not an empty folder"):
        LibraryStore.init(tmp_path / "full", library)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


def test_an_entry_that_skipped_its_validators_is_not_committed(store: LibraryStore, library: Library) -> None:
    crooked = library.skills["units"].model_copy(update={"body": "\n\nblank lines around\n"})
    with pytest.raises(LibraryError, match="changes when it is written"):
        store.commit(Library(skills={"units": crooked}, tools=library.tools), ADD)
    assert store.load() == library


def test_git_sees_a_clean_folder(store: LibraryStore, library: Library) -> None:
    store.commit(library.with_skill(OTHER).without_tool("quantities"), ADD)
    from dulwich import porcelain

    status = porcelain.status(str(store.path))
    assert (status.staged, status.unstaged, status.untracked) == ({"add": [], "delete": [], "modify": []}, [], [])


def test_reading_needs_no_right_to_write(store: LibraryStore, library: Library) -> None:
    with open_repository(store.path):
        pass
    shutil.rmtree(store.path / ".git/rubrica")
    assert LibraryStore.open(store.path).load() == library
    assert not (store.path / ".git/rubrica").exists()


def test_a_loose_object_that_unpacks_without_end_is_refused_before_it_fills_the_memory(store: LibraryStore) -> None:
    bomb = b"blob %d\0" % (32 << 20) + bytes(32 << 20)
    name = hashlib.sha1(bomb, usedforsecurity=False).hexdigest()
    place = store.path / ".git/objects" / name[:2] / name[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(bomb))
    tracemalloc.start()
    with open_repository(store.path) as repository, pytest.raises(LibraryError, match="missing or damaged"):
        repository.commit(name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("head", [b"ref: HEAD\n", b"\xff" * 100, b"abc", b"ref: refs/heads/\xff\n"])
def test_a_head_that_names_no_commit_is_an_error_of_the_library(store: LibraryStore, head: bytes) -> None:
    (store.path / ".git/HEAD").write_bytes(head)
    with pytest.raises(LibraryError):
        LibraryStore.open(store.path).load()


def test_settings_that_include_another_file_are_refused(store: LibraryStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    with (store.path / ".git/config").open("a") as config:
        config.write(f"[include]\n\tpath = {tmp_path / 'secret'}\n")
    with pytest.raises(LibraryError, match="settings from another file") as caught:
        LibraryStore.open(store.path)
    assert "a secret" not in str(caught.value)


def test_a_damaged_pack_is_an_error_of_the_library(store: LibraryStore) -> None:
    for suffix, data in (("pack", b"PACK\0\0\0\2" + b"\xff" * 40), ("idx", b"\xfftOc\0\0\0\2" + b"\xff" * 1100)):
        (store.path / ".git/objects/pack" / f"pack-{'0' * 40}.{suffix}").write_bytes(data)
    with pytest.raises(LibraryError, match="is missing or damaged"):
        LibraryStore.open(store.path).log()
