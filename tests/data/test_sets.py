"""Public sets with columns of their own: the right text on the right side, and the side that won."""

from typing import Any

import pytest

from rubrica.data.formats import sets
from rubrica.data.read import read_row
from rubrica.data.rows import BadRow, Row

ASK, PLUM, CAR = "Name a fruit.", "Plum.", "Car."

PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # name, a row in which the second answer (PLUM) is better, and what to change for the first to be better
    (
        "shp",
        {"history": ASK, "human_ref_A": CAR, "human_ref_B": PLUM, "labels": 0, "score_ratio": 3.0, "domain": "food"},
        {"labels": 1},
    ),
    (
        "webgpt",
        {"question": {"full_text": ASK}, "answer_0": CAR, "answer_1": PLUM, "score_0": -0.5, "score_1": 0.5},
        {"score_0": 1.0},
    ),
    (
        "pku-saferlhf",
        {"prompt": ASK, "response_0": CAR, "response_1": PLUM, "better_response_id": 1, "safer_response_id": 0},
        {"better_response_id": 0},
    ),
    (
        "helpsteer2-preference",
        {"prompt": ASK, "response_1": CAR, "response_2": PLUM, "preference_strength": 2},
        {"preference_strength": -1},
    ),
    (
        "pandalm",
        {
            "instruction": ASK, "input": "", "response1": CAR, "response2": PLUM,
            "annotator1": 2, "annotator2": 2, "annotator3": 0,
        },
        {"annotator1": 1, "annotator3": 1},
    ),
    (
        "prometheus-preference",
        {
            "orig_instruction": ASK, "orig_response_A": CAR, "orig_response_B": PLUM, "orig_preference": "B",
            "instruction": "###Task Description: ...", "input": "", "output": "So B is better. [RESULT] B",
        },
        {"orig_preference": "A"},
    ),
    (
        "numbered",
        {"prompt": ASK, "response_1": CAR, "response_2": PLUM, "response_3": "Tin.", "scores": [0, 1, 0]},
        {"scores": [1, 0, 0]},
    ),
    ("pairwise", {"instruction": ASK, "output_1": CAR, "output_2": PLUM, "preference": 1.9}, {"preference": 1.0}),
    ("pairwise", {"prompt": ASK, "response_1": CAR, "response_2": PLUM, "winner": "model_2"}, {"winner": "model_1"}),
]  # fmt: skip

SINGLE: list[tuple[str, dict[str, Any], float]] = [
    ("beavertails", {"prompt": ASK, "response": PLUM, "category": {"violence": False}, "is_safe": True}, 1.0),
    ("beavertails", {"prompt": ASK, "response": PLUM, "category": {"violence": True}, "is_safe": False}, 0.0),
    ("helpsteer2", {"prompt": ASK, "response": PLUM, "helpfulness": 3, "correctness": 4, "verbosity": 1}, 0.75),
    ("prometheus-feedback", {"orig_instruction": ASK, "orig_response": PLUM, "orig_score": "5", "output": "x"}, 1.0),
    ("processbench", {"problem": ASK, "steps": [PLUM], "label": -1, "generator": "m"}, 1.0),
    ("processbench", {"problem": ASK, "steps": [PLUM], "label": 0, "generator": "m"}, 0.0),
]


def read(raw: dict[str, Any]) -> Row:
    found = read_row(raw)
    assert isinstance(found, Row), found
    return found


@pytest.mark.parametrize(("name", "raw", "change"), PAIRS, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(PAIRS)])
def test_the_side_that_won_is_labelled(name: str, raw: dict[str, Any], change: dict[str, Any]) -> None:
    for row, winner in ((read(raw), 1), (read(raw | change), 0)):
        assert row.format == name
        assert [one.text for one in row.case.candidates][:2] == [CAR, PLUM]
        assert row.case.task.messages[-1].text == ASK
        assert row.label is not None
        assert row.label.ranks[winner] == 0
        assert all(rank > 0 for i, rank in enumerate(row.label.ranks) if i != winner)


@pytest.mark.parametrize(("name", "raw", "score"), SINGLE)
def test_a_single_answer_has_its_score(name: str, raw: dict[str, Any], score: float) -> None:
    row = read(raw)
    assert (row.format, row.case.candidates[0].text) == (name, PLUM)
    assert row.label is not None
    assert row.label.scores == (score,)


def test_a_choice_of_summaries_is_about_its_post() -> None:
    info = {"id": "t3_x", "post": "I ate a plum.", "title": "Lunch", "subreddit": "food", "article": None}
    row = read({"info": info, "summaries": [{"text": CAR, "policy": "s"}, {"text": PLUM}], "choice": 1, "worker": "w"})
    assert row.format == "summarize-from-feedback"
    assert "I ate a plum." in row.case.task.messages[-1].text
    assert row.label is not None
    assert row.label.ranks == (1, 0)


def test_every_set_has_an_example() -> None:
    shown = {name for name, *_ in (*PAIRS, *SINGLE)} | {"summarize-from-feedback"}
    assert {each.name for each in sets.FORMATS} <= shown


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"history": ASK, "human_ref_A": CAR, "human_ref_B": PLUM, "labels": 2}, "labels"),
        ({"prompt": ASK, "response_0": CAR, "response_1": PLUM, "better_response_id": -1}, "better_response_id"),
        ({"prompt": ASK, "response_1": CAR, "response_2": PLUM, "response_3": "x", "scores": [1]}, "scores"),
        (
            {"orig_instruction": ASK, "orig_response_A": CAR, "orig_response_B": PLUM, "orig_preference": "tie"},
            "orig_preference",
        ),
    ],
)  # fmt: skip
def test_a_label_that_is_none_is_said(raw: dict[str, Any], field: str) -> None:
    found = read_row(raw)
    assert isinstance(found, BadRow)
    assert found.field == field


@pytest.mark.parametrize(
    "raw",
    [
        {"instruction": ASK, "input": "It is purple.", "output_1": CAR, "output_2": PLUM, "preference": 2},
        {"instruction": ASK, "input": "It is purple.", "chosen": PLUM, "rejected": CAR},
        {"instruction": ASK, "input": "It is purple.", "response1": CAR, "response2": PLUM, "annotator1": 2},
    ],
)
def test_instruction_and_input_make_one_prompt(raw: dict[str, Any]) -> None:
    assert read(raw).case.task.messages[-1].text == f"{ASK}\n\nIt is purple."


def test_a_conversation_beside_chosen_and_rejected_is_the_prompt() -> None:
    said = [{"from": "human", "value": ASK}]
    row = read(
        {"conversations": said, "chosen": {"from": "gpt", "value": PLUM}, "rejected": {"from": "gpt", "value": CAR}}
    )
    assert [one.text for one in row.case.candidates] == [PLUM, CAR]
    assert row.case.task.messages[-1].text == ASK


def test_the_ground_truth_of_verl_is_the_reference() -> None:
    rule = {"style": "rule", "ground_truth": "72"}
    prompt = [{"role": "user", "content": ASK}]
    assert read({"prompt": prompt, "responses": [PLUM], "reward_model": rule}).case.task.reference == "72"
    assert read({"prompt": prompt, "responses": [PLUM], "reward_model": "x/y"}).case.task.reference is None
