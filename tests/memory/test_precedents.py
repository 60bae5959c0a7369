"""The memory recalls what resembles, never what it must not, and outlives its index."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rubrica.errors import UserError
from rubrica.memory.embedding import embed
from rubrica.memory.precedents import Precedents, Split, similarity
from rubrica.types import Candidate, Case, Label, Message, Preference, Task, TaskView, TextPart

TOPICS = ("a poem about rivers", "the sum of two fractions", "a refund letter", "sorting a list in Python", "tax law")


def prompt_of(text: str) -> Task:
    return Task(id=text, messages=(Message(role="user", parts=(TextPart(text=text),)),))


def view(text: str) -> TaskView:
    return TaskView.of(prompt_of(text))


def preference(prompt: str, *, best: int = 0, critique: str = "") -> Preference:
    candidates = tuple(Candidate(id=str(i), parts=(TextPart(text=f"{prompt} answer {i}"),)) for i in range(2))
    label = Label.best(best, 2, critique=critique)
    return Preference(case=Case(task=prompt_of(prompt), candidates=candidates), label=label)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Precedents]:
    with Precedents.open(tmp_path / "memory") as opened:
        yield opened


def test_the_nearest_prompt_comes_first_with_its_preference(memory: Precedents) -> None:
    memory.add([preference(f"Please write {topic}.", best=1, critique="why") for topic in TOPICS], "train")
    nearest = memory.similar(view("Write me a short poem about two rivers"), 2)[0]
    assert nearest.prompt == "Please write a poem about rivers."
    assert (nearest.preferred, nearest.rejected) == (f"{nearest.prompt} answer 1", f"{nearest.prompt} answer 0")
    assert nearest.note == "why"


def test_recall_is_that_of_an_exact_search(memory: Precedents) -> None:
    prompts = [f"Explain {topic} number {i} to a child of {i % 17}" for i in range(80) for topic in TOPICS]
    memory.add([preference(prompt) for prompt in prompts], "train")
    vectors = embed(prompts)
    for asked in ("Explain tax law number 3 to an adult", "a poem on rivers for a child of 5", "sort a Python list"):
        wanted = embed([asked])[0]
        exact = sorted((similarity(wanted, vector.tobytes()) for vector in vectors), reverse=True)
        assert [found.similarity for found in memory.similar(view(asked), 5)] == exact[:5]


@pytest.mark.parametrize("split", ["gate", "test"])
def test_what_is_labelled_for_gate_or_test_is_not_even_stored(tmp_path: Path, split: Split) -> None:
    with Precedents.open(tmp_path) as memory:
        memory.add([preference("the secret question")], split)
        memory.add([preference("another question")], "train")
        assert [found.prompt for found in memory.similar(view("the secret question, again"), 9)] == ["another question"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"secret" in path.read_bytes() for path in files)


@pytest.mark.parametrize(("first", "second"), [("test", "train"), ("train", "test"), ("gate", "train")])
def test_a_prompt_keeps_its_split_and_a_refused_batch_leaves_nothing(
    memory: Precedents, first: Split, second: Split
) -> None:
    memory.add([preference("the question")], first)
    before = memory.snapshot
    with pytest.raises(UserError, match=f"remembered as {first}"):
        memory.add([preference("a new one"), preference("The  question")], second)
    assert memory.snapshot == before
    assert memory.add([preference("a new one")], "train") == 1


def test_a_prompt_does_not_recall_itself(memory: Precedents) -> None:
    memory.add([preference("the question"), preference("the question", best=1), preference("some question")], "train")
    assert [found.prompt for found in memory.similar(view("The question"), 5)] == ["some question"]


def test_the_snapshot_is_a_hash_of_content_in_any_order(tmp_path: Path) -> None:
    snapshots = []
    for name, topics in (("a", TOPICS), ("b", TOPICS[::-1])):
        with Precedents.open(tmp_path / name) as memory:
            assert memory.snapshot == ""
            memory.add([preference(topic) for topic in topics], "train")
            assert memory.add([preference(topic) for topic in topics], "train") == 0
            snapshots.append(memory.snapshot)
            memory.add([preference("held out")], "gate")
            assert memory.snapshot == snapshots[-1]
    assert snapshots[0] == snapshots[1] != ""


def test_the_index_follows_the_table(memory: Precedents) -> None:
    memory.add([preference(topic) for topic in TOPICS[:2]], "train")
    assert len(memory.similar(view("poem"), 9)) == 2
    memory.add([preference(topic) for topic in TOPICS], "train")
    before = memory.similar(view("poem"), 9)
    assert len(before) == 5
    memory._collection().delete(ids=memory._collection().get(include=[])["ids"])
    memory.rebuild()
    assert memory.similar(view("poem"), 9) == before


def test_a_lost_index_is_made_again(tmp_path: Path) -> None:
    with Precedents.open(tmp_path / "a") as memory:
        memory.add([preference(topic) for topic in TOPICS], "train")
        before = memory.similar(view("poem"), 3)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "precedents.sqlite").write_bytes((tmp_path / "a" / "precedents.sqlite").read_bytes())
    with Precedents.open(tmp_path / "b") as memory:
        assert memory.similar(view("poem"), 3) == before


def test_one_process_owns_it(tmp_path: Path) -> None:
    with Precedents.open(tmp_path), pytest.raises(UserError, match="another process"):
        Precedents.open(tmp_path)
    Precedents.open(tmp_path).close()


def test_a_file_that_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precedents.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(UserError, match="cannot be opened"):
        Precedents.open(tmp_path)


def test_no_socket_is_opened(memory: Precedents, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the memory opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    memory.add([preference(topic) for topic in TOPICS], "train")
    assert len(memory.similar(view("poem"), 3)) == 3


def test_an_empty_memory_does_not_import_chromadb(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom rubrica.memory.precedents import Precedents\n"
        "from rubrica.types import TaskView\n"
        "assert Precedents.open(Path(sys.argv[1])).similar(TaskView(messages=()), 3) == ()\n"
        "assert 'chromadb' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "m")], check=True)
