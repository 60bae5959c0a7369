"""What a library remembers survives crashes and says nothing twice."""

from pathlib import Path

from rubrica.evolution.memory import Idea, Memory


def idea(**given: object) -> Idea:
    fields = {
        "run": "0001",
        "key": "mine",
        "edit": "e",
        "library": "l",
        "data": "d",
        "outcome": "rejected",
        "reason": "r",
    }
    return Idea.model_validate({**fields, **given})


def test_a_side_once_given_stays(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.see({"a": "train", "b": "test"})
    memory.see({"a": "test", "c": "test"})
    assert memory.seen() == {"a": "train", "b": "test", "c": "test"}


def test_an_idea_remembered_twice_counts_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for _ in range(2):
        memory.remember(idea())
    assert memory.ideas("d") == [idea()]


def test_ideas_are_those_of_other_runs_on_the_same_data(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(idea(run="0001"))
    memory.remember(idea(run="0002"))
    memory.remember(idea(data="other"))
    assert [each.run for each in memory.ideas("d", but="0002")] == ["0001"]


def test_a_half_written_line_is_dropped_and_written_over(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.see({"a": "train"})
    path = memory.folder / "seen.jsonl"
    path.write_bytes(path.read_bytes() + b'{"key": "b", "si')
    assert memory.seen() == {"a": "train"}
    memory.see({"c": "test"})
    assert memory.seen() == {"a": "train", "c": "test"}


def test_stamps_add_up(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.stamp(["two"])
    memory.stamp(["one", "two"])
    assert memory.stamps() == ("one", "two")
