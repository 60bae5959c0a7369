"""Votes that are bare numbers: the file tells what they mean, or they are refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rubrica.data import BadRow, Row, rows
from rubrica.data.votes import HELD

PAIR = {"prompt": "Name a fruit.", "response_a": "Plum", "response_b": "Car"}


def won(tmp_path: Path, votes: Sequence[Any], **more: Any) -> list[int | None]:
    """Read a file with these votes; the index of the winner, or None for a row that was refused."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({**PAIR, **more, "label": vote}) + "\n" for vote in votes))
    found: list[int | None] = []
    for row in rows(path):
        assert isinstance(row, Row | BadRow)
        found.append(row.label.ranks.index(0) if isinstance(row, Row) and row.label is not None else None)
    return found


@pytest.mark.parametrize(
    ("votes", "winners"),
    [
        ([1, 2, 1], [0, 1, 0]),
        ([1, 1, 0], [1, 1, 0]),
        (["1", "0"], [1, 0]),
        ([1.0, 0.0], [1, 0]),
        ([1.0, 2.0, 1.2], [0, 1, 0]),
        (["A", "b", "A"], [0, 1, 0]),
        (["A", 1, 0], [0, 1, 0]),
        ([0, 1, 2], [None, None, None]),
        ([2, 0], [None, None]),
    ],
)
def test_the_file_tells_from_where_it_counts(tmp_path: Path, votes: list[Any], winners: list[int | None]) -> None:
    assert won(tmp_path, votes) == winners


def test_refusing_says_what_the_numbers_may_mean(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({**PAIR, "label": vote}) + "\n" for vote in (0, 1, 2)))
    (first, *_) = rows(path)
    assert isinstance(first, BadRow)
    assert (first.field, first.fix) == ("label", "write A, B or tie")
    assert "A, B and tie, or tie, A and B" in first.problem


def test_a_zero_after_the_rows_that_were_looked_at_is_refused(tmp_path: Path) -> None:
    assert won(tmp_path, [1] * HELD + [0, 2]) == [0] * HELD + [None, 1]


def test_scores_beside_the_vote_say_more_than_it(tmp_path: Path) -> None:
    assert won(tmp_path, [1, 2], score_a=2, score_b=5) == [1, 1]


def test_a_set_with_its_own_meaning_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    row = {"instruction": "Name a fruit.", "input": "", "response1": "Plum", "response2": "Car"}
    path.write_text("".join(json.dumps({**row, "annotator1": vote}) + "\n" for vote in (0, 1, 2)))
    assert [row.label.ranks for row in rows(path) if isinstance(row, Row) and row.label] == [(0, 0), (0, 1), (1, 0)]
