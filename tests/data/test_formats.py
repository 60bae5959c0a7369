"""Every format: one minimal row becomes the case and the label that it means."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from rubrica.data.formats import NAMES, named, sets
from rubrica.data.read import read_row
from rubrica.data.rows import BadRow, Row
from rubrica.types import Case, ImagePart, Label, Message, Part, Preference


@dataclass(frozen=True)
class Expected:
    """A case in short: (role, text) turns and candidate texts."""

    prompt: list[tuple[str, str]]
    candidates: list[str]
    label: Label | None
    subset: str = ""


def best(index: int, size: int = 2, **extra: object) -> Label:
    return Label.best(index, size, **extra)


def tie(size: int = 2, **extra: object) -> Label:
    return Label(kind="ranking", ranks=(0,) * size, **extra)  # type: ignore[arg-type]  # plain keyword values


def ranking(*ranks: int, **extra: object) -> Label:
    return Label(kind="ranking", ranks=ranks, **extra)  # type: ignore[arg-type]  # plain keyword values


ASK = [("user", "Name a fruit.")]
U = {"role": "user", "content": "Name a fruit."}


def a(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def says(text: str) -> list[dict[str, str]]:
    return [a(text)]


PAIR = Expected(ASK, ["Plum", "Car"], best(0))
SILVER = Expected(ASK, ["Plum", "Car"], best(0, source="silver"))

CASES: list[tuple[str, dict[str, Any], Expected]] = [
    (
        "rubrica",
        {
            "prompt": "Name a fruit.",
            "candidates": [{"id": "x", "content": "Car"}, {"id": "y", "content": "Plum"}],
            "preference": {"best": 1, "source": "verified"},
            "tie": False,
            "subset": "food",
        },
        Expected(ASK, ["Car", "Plum"], best(1, source="verified"), "food"),
    ),
    (
        "rubrica",
        {"prompt": "Name a fruit.", "candidates": ["Car", "Plum", "Fig"], "preference": {"scores": [1, 9, 9]}},
        Expected(ASK, ["Car", "Plum", "Fig"], Label.from_scores((1.0, 9.0, 9.0))),
    ),
    (
        "rubrica",
        {"messages": [U], "candidates": [says("Car"), "Plum", a("Fig")], "ranks": [2, 1, 1], "strength": 3},
        Expected(ASK, ["Car", "Plum", "Fig"], ranking(1, 0, 0, strength=3.0)),
    ),
    (
        "rubrica",
        {"prompt": [U], "candidates": ["Fig", "Plum"], "tie": True},
        Expected(ASK, ["Fig", "Plum"], tie()),
    ),
    ("rubrica", {"prompt": "Name a fruit.", "candidates": ["Fig"]}, Expected(ASK, ["Fig"], None)),
    ("trl", {"prompt": "Name a fruit.", "chosen": "Plum", "rejected": "Car"}, PAIR),
    ("trl", {"prompt": [U], "chosen": says("Plum"), "rejected": says("Car")}, PAIR),
    ("trl", {"question": "Name a fruit.", "chosen": "Plum", "rejected": "Car"}, PAIR),
    (
        "trl",
        {"system": "Be brief.", "question": "Name a fruit.", "chosen": "Plum", "rejected": "Car"},
        Expected([("system", "Be brief."), *ASK], ["Plum", "Car"], best(0)),
    ),
    (
        "trl-margin",
        {"prompt": "Name a fruit.", "chosen": "Plum", "rejected": "Car", "margin": 0.8},
        Expected(ASK, ["Plum", "Car"], best(0, strength=0.8)),
    ),
    ("trl-implicit", {"chosen": [U, a("Plum")], "rejected": [U, a("Car")]}, PAIR),
    (
        "trl-implicit",
        {"chosen": "It is red.", "rejected": "It is blue."},
        Expected([], ["It is red.", "It is blue."], best(0)),
    ),
    (
        "hh",
        {
            "chosen": "\n\nHuman: Capital of France?\n\nAssistant: I think it is Paris.",
            "rejected": "\n\nHuman: Capital of France?\n\nAssistant: I think it is Lyon.",
        },
        Expected([("user", "Capital of France?")], ["I think it is Paris.", "I think it is Lyon."], best(0)),
    ),
    (
        "trl-unpaired",
        {"prompt": "Name a fruit.", "completion": "Car", "label": False},
        Expected(ASK, ["Car"], Label.from_scores((0.0,))),
    ),
    (
        "trl-stepwise",
        {"prompt": "2+2+2?", "completions": ["2+2=4", "4+2=7"], "labels": [True, False]},
        Expected([("user", "2+2+2?")], ["2+2=4\n4+2=7"], Label.from_scores((0.0,))),
    ),
    (
        "rewardbench",
        {"prompt": "Name a fruit.", "chosen": "Plum", "rejected": "Car", "subset": "chat", "chosen_model": "m"},
        Expected(ASK, ["Plum", "Car"], best(0), "chat"),
    ),
    (
        "rewardbench2",
        {
            "id": "7",
            "prompt": "Name a fruit.",
            "chosen": ["Plum"],
            "rejected": ["Car", "Bus", "Van"],
            "num_correct": 1,
            "subset": "Focus",
        },
        Expected(ASK, ["Plum", "Car", "Bus", "Van"], best(0, 4), "Focus"),
    ),
    (
        "rewardbench2",
        {"prompt": "Name a fruit.", "chosen": ["Plum", "Fig"], "rejected": ["Car"], "num_correct": 2},
        Expected(ASK, ["Plum", "Fig", "Car"], Label(kind="best", ranks=(0, 0, 1))),
    ),
    (
        "ultrafeedback-binarized",
        {
            "prompt": "Name a fruit.",
            "chosen": [U, a("Plum")],
            "rejected": [U, a("Car")],
            "score_chosen": 8.5,
            "score_rejected": 6.0,
        },
        Expected(ASK, ["Plum", "Car"], best(0, source="silver", strength=2.5)),
    ),
    (
        "ultrafeedback-binarized",
        {
            "prompt": "Name a fruit.",
            "chosen": [U, a("Plum")],
            "rejected": [U, a("Car")],
            "chosen-rating": 5,
            "rejected-rating": 4,
        },
        Expected(ASK, ["Plum", "Car"], best(0, source="silver", strength=1.0)),
    ),
    (
        "ultrafeedback-pairs",
        {"instruction": "Name a fruit.", "chosen_response": "Plum", "rejected_response": "Car"},
        SILVER,
    ),
    (
        "ultrafeedback",
        {
            "instruction": "Name a fruit.",
            "completions": [{"response": "Plum", "overall_score": 8.5}, {"response": "Car", "overall_score": 2}],
        },
        Expected(ASK, ["Plum", "Car"], Label.from_scores((8.5, 2.0), source="silver")),
    ),
    (
        "ultrafeedback",
        {
            "instruction": "Name a fruit.",
            "completions": [
                {"response": "Plum", "annotations": {"helpfulness": {"Rating": "5"}, "honesty": {"Rating": "4"}}},
                {"response": "Car", "annotations": {"helpfulness": {"Rating": "1"}, "honesty": {"Rating": "N/A"}}},
            ],
        },
        Expected(ASK, ["Plum", "Car"], Label.from_scores((5.0, 1.0), source="silver")),
    ),
    (
        "auto-j",
        {"prompt": "Name a fruit.", "response 1": "Car", "response 2": "Plum", "label": 1},
        Expected(ASK, ["Car", "Plum"], best(1)),
    ),
    (
        "auto-j",
        {"prompt": "Name a fruit.", "response 1": "Fig", "response 2": "Plum", "label": 2},
        Expected(ASK, ["Fig", "Plum"], tie()),
    ),
    (
        "pairwise",
        {
            "question": "Name a fruit.",
            "response_1": "Car",
            "response_2": "Plum",
            "score_1": 1,
            "score_2": 4,
            "label": 1,
        },
        Expected(ASK, ["Car", "Plum"], Label.from_scores((1.0, 4.0))),
    ),
    (
        "marked",
        {"prompt": "Name a fruit.", "generation": "Plum", "passed": True, "output": []},
        Expected(ASK, ["Plum"], Label.from_scores((1.0,), source="verified")),
    ),
    (
        "marked",
        {"question": "Name a fruit.", "solution": "Car", "is_correct": False},
        Expected(ASK, ["Car"], Label.from_scores((0.0,), source="verified")),
    ),
    (
        "response",
        {"prompt": "Name a fruit.", "output": [], "generation": "Plum"},
        Expected(ASK, ["Plum"], None),
    ),
    (
        "nectar",
        {
            "prompt": "\n\nHuman: Name a fruit.\n\nAssistant: ",
            "answers": [{"answer": "Car", "rank": 2}, {"answer": "Plum", "rank": 1}, {"answer": "Bus", "rank": 3}],
        },
        Expected(ASK, ["Car", "Plum", "Bus"], ranking(1, 0, 2, source="silver")),
    ),
    (
        "nemo-rl",
        {
            "context": [U],
            "completions": [{"rank": 1, "completion": says("Car")}, {"rank": 0, "completion": says("Plum")}],
            "task_name": "t",
        },
        Expected(ASK, ["Car", "Plum"], ranking(1, 0)),
    ),
    (
        "ratings",
        {"prompt": "Name a fruit.", "responses": ["Car", "Plum"], "scores": [0.1, 0.9]},
        Expected(ASK, ["Car", "Plum"], Label.from_scores((0.1, 0.9))),
    ),
    (
        "helpsteer3",
        {
            "domain": "general",
            "context": [U],
            "response1": "Car",
            "response2": "Plum",
            "overall_preference": 2,
            "individual_preference": [
                {"score": 3, "reasoning": "It is a fruit."},
                {"score": -1, "reasoning": "Cars are nice."},
                {"score": 2, "reasoning": ""},
            ],
        },
        Expected(ASK, ["Car", "Plum"], best(1, strength=2.0, votes=(1, 2), critique="It is a fruit.\nCars are nice.")),
    ),
    (
        "helpsteer3",
        {"context": [U], "response1": "Car", "response2": "Plum", "overall_preference": 0},
        Expected(ASK, ["Car", "Plum"], tie(strength=0.0)),
    ),
    ("helpsteer3-edit", {"context": [U], "original_response": "Car", "edited_response": "Plum"}, PAIR),
    (
        "helpsteer3-edit-quality",
        {"context": [U], "original_response": "Bus", "good_edited_response": "Plum", "bad_edited_response": "Car"},
        PAIR,
    ),
    (
        "arena",
        {
            "id": "e1",
            "model_a": "m",
            "winner": "model_b",
            "conversation_a": [
                {"role": "user", "content": [{"type": "text", "text": "Name a fruit.", "image": None}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Car"}]},
            ],
            "conversation_b": [U, a("Plum")],
        },
        Expected(ASK, ["Car", "Plum"], best(1)),
    ),
    (
        "arena",
        {"winner": "tie (bothbad)", "conversation_a": [U, a("Car")], "conversation_b": [U, a("Bus")]},
        Expected(ASK, ["Car", "Bus"], tie()),
    ),
    (
        "arena",
        {
            "winner": "model_a",
            "conversation_a": [U, a("Plum"), {"role": "user", "content": "More."}, a("Fig")],
            "conversation_b": [U, a("Car"), {"role": "user", "content": "More."}, a("Bus")],
        },
        Expected(
            ASK,
            ["assistant:\nPlum\nuser:\nMore.\nassistant:\nFig", "assistant:\nCar\nuser:\nMore.\nassistant:\nBus"],
            best(0),
        ),
    ),
    (
        "arena-55k",
        {
            "id": 30192,
            "prompt": '["Name a fruit."]',
            "response_a": '["Plum"]',
            "response_b": "[null]",
            "winner_model_a": 1,
            "winner_model_b": 0,
            "winner_tie": 0,
        },
        Expected(ASK, ["Plum", ""], best(0)),
    ),
    (
        "tinker",
        {
            "comparison": {"prompt_conversation": [U], "completion_A": says("Car"), "completion_B": says("Plum")},
            "label": "B",
        },
        Expected(ASK, ["Car", "Plum"], best(1)),
    ),
    (
        "rlaif-v",
        {"image": "cat.jpg", "question": "What is it?", "chosen": "A cat", "rejected": "A dog"},
        Expected([("user", "What is it?")], ["A cat", "A dog"], best(0, source="silver")),
    ),
    (
        "multimodal-rewardbench",
        {"Text": "What is it?", "Image": "i/1.png", "Output1": "A dog", "Output2": "A cat", "Better": "Output2"},
        Expected([("user", "What is it?")], ["A dog", "A cat"], best(1)),
    ),
    (
        "pairwise",
        {"input": "Name a fruit.", "output_1": "Car", "output_2": "Plum", "label": 2},
        Expected(ASK, ["Car", "Plum"], best(1)),
    ),
    (
        "pairwise",
        {"question": "Name a fruit.", "response_A": "Fig", "response_B": "Plum", "label": "A>B"},
        Expected(ASK, ["Fig", "Plum"], best(0)),
    ),
    (
        "pairwise",
        {"prompt": "Name a fruit.", "response_a": "Fig", "response_b": "Plum"},
        Expected(ASK, ["Fig", "Plum"], None),
    ),
    ("responses", {"prompt": "Name a fruit.", "completions": ["Fig", "Plum"]}, Expected(ASK, ["Fig", "Plum"], None)),
    ("response", {"prompt": "Name a fruit.", "response": "Fig"}, Expected(ASK, ["Fig"], None)),
    (
        "response",
        {"instruction": "Translate.", "input": "le fruit", "output": "the fruit"},
        Expected([("user", "Translate.\n\nle fruit")], ["the fruit"], None),
    ),
    ("chat", {"messages": [U, a("Fig")]}, Expected(ASK, ["Fig"], None)),
    (
        "chat",
        {"conversations": [{"from": "human", "value": "Name a fruit."}, {"from": "gpt", "value": "Fig"}]},
        Expected(ASK, ["Fig"], None),
    ),
]


def row(raw: dict[str, Any], name: str | None = None) -> Row:
    found = read_row(json.loads(json.dumps(raw)), named(name) if name else None)
    assert isinstance(found, Row), found
    return found


def short(found: Row) -> Expected:
    case = found.case
    turns = [(message.role, message.text) for message in case.task.messages]
    return Expected(turns, [each.text for each in case.candidates], found.label, found.subset)


@pytest.mark.parametrize(
    ("name", "raw", "expected"), CASES, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
)
def test_row_is_detected_and_read(name: str, raw: dict[str, Any], expected: Expected) -> None:
    found = row(raw)
    assert found.format == name
    assert short(found) == expected


@pytest.mark.parametrize(
    ("name", "raw", "expected"), CASES, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
)
def test_row_is_read_the_same_by_name(name: str, raw: dict[str, Any], expected: Expected) -> None:
    assert short(row(raw, name)) == expected


def test_every_format_has_an_example() -> None:
    elsewhere = {"case", "preference"} | {each.name for each in sets.FORMATS}
    assert {name for name, _, _ in CASES} | elsewhere == set(NAMES)


def test_our_values_as_json_read_as_themselves() -> None:
    found = row(CASES[0][1])
    assert found.preference is not None
    for value, name in ((found.case, "case"), (found.preference, "preference")):
        again = row(value.model_dump(mode="json"))
        assert again.format == name
        assert again.case == found.case
    assert again.preference == found.preference


def test_case_without_a_label_inside_a_preference_row() -> None:
    found = row({"case": row(CASES[0][1]).case.model_dump(mode="json"), "label": None})
    assert found.label is None


def test_extra_fields_of_a_case_are_refused() -> None:
    raw = row(CASES[0][1]).case.model_dump(mode="json")
    found = read_row({**raw, "task": {**raw["task"], "lable": 1}})
    assert isinstance(found, BadRow)
    assert found.field == "task.lable"


def test_given_id_is_kept_and_numbers_are_ids() -> None:
    assert row({"id": 12, "prompt": "Q", "response": "A"}).case.id == "12"


def test_missing_id_follows_the_content_and_ignores_candidate_order() -> None:
    one = row({"prompt": "Q", "responses": ["a", "b"]}).case.id
    assert one == row({"prompt": "Q", "responses": ["b", "a"]}).case.id
    assert one != row({"prompt": "Q", "responses": ["a", "c"]}).case.id


def test_columns_that_nobody_reads_become_meta_and_never_show() -> None:
    found = row({"prompt": "Q", "chosen": "a", "rejected": "b", "annotator": "zoe", "difficulty": 3, "log": [1]})
    assert found.case.task.meta == {"annotator": "zoe", "difficulty": 3}


def test_null_columns_count_as_absent() -> None:
    found = row({"prompt": "Q", "chosen": None, "rejected": None, "response": "A"})
    assert found.format == "response"


def test_reference_context_and_tests_of_our_own_row() -> None:
    task = row(
        {
            "prompt": "Q",
            "candidates": ["a"],
            "reference": "42",
            "context": ["One.", {"text": "Two.", "title": "T"}],
            "tests": ["assert f(1) == 2", {"kind": "call", "code": "f(1)", "expected": 2}],
        }
    ).case.task
    assert task.reference == "42"
    assert [(d.text, d.title) for d in task.context] == [("One.", ""), ("Two.", "T")]
    assert [(t.kind, t.code, t.expected) for t in task.tests] == [
        ("assert", "assert f(1) == 2", None),
        ("call", "f(1)", 2),
    ]


def test_answers_of_one_prompt_with_shared_first_words_stay_whole() -> None:
    prompt = "Human: not a marker here"
    found = row({"prompt": prompt, "candidates": ["Sure, here is A", "Sure, here is B"]})
    assert found.case.task.messages[0].text == prompt
    assert [each.text for each in found.case.candidates] == ["Sure, here is A", "Sure, here is B"]


# Pictures


def parts_of(messages: tuple[Message, ...]) -> tuple[Part, ...]:
    return tuple(part for message in messages for part in message.parts)


def test_picture_column_goes_before_the_question() -> None:
    case = row({"image": {"path": "cat.jpg"}, "question": "What?", "chosen": "Cat", "rejected": "Dog"}).case
    assert case.task.messages[0].parts[0] == ImagePart(uri="cat.jpg")
    assert case.task.messages[0].text == "What?"


def test_picture_slots_bind_in_order_across_turns() -> None:
    slot = {"type": "image"}
    words = {"type": "text", "text": "and"}
    prompt = [{"role": "user", "content": [slot, words, slot]}]
    case = row({"prompt": prompt, "images": ["1.png", "2.png"], "chosen": says("x"), "rejected": says("y")}).case
    assert [part.uri for part in parts_of(case.task.messages) if isinstance(part, ImagePart)] == ["1.png", "2.png"]


def test_a_slot_without_a_picture_is_a_bad_row() -> None:
    found = read_row({"prompt": [{"role": "user", "content": [{"type": "image"}]}], "response": "x"})
    assert isinstance(found, BadRow)
    assert (found.field, found.problem) == ("images", "1 picture slots, but 0 pictures")


def test_pictures_as_candidates_keep_their_place() -> None:
    raw = {"prompt": "Draw.", "candidates": [{"id": "A", "content": {"type": "image", "path": "a.png"}}]}
    assert row(raw).case.candidates[0].parts == (ImagePart(uri="a.png"),)


def test_openai_image_url_block() -> None:
    block = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    case = row({"messages": [{"role": "user", "content": [block]}, a("A cat")]}).case
    assert case.task.messages[0].parts == (ImagePart(uri="https://x.test/a.png"),)


def test_tool_calls_in_a_prompt_are_kept_as_text() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add"}}]}
    case = row({"messages": [U, call, {"role": "tool", "content": "3"}, a("3")]}).case
    assert case.task.messages[1].text == '[{"function": {"name": "add"}}]'


def test_a_case_is_what_comes_out() -> None:
    found = row(CASES[0][1])
    assert isinstance(found.case, Case)
    assert found.preference == Preference(case=found.case, label=best(1, source="verified"), subset="food")
