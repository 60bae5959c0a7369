import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.reasoners.parse import UnreadableReplyError, objects, read_reply
from rubrica.requests.judge import Grades
from rubrica.requests.select import Selection
from rubrica.requests.solve import Solution
from rubrica.requests.verify import Verification

CODE = "0123456789ab"
GRADE = {"criterion": "right", "candidate": "a", "critique": "so", "quotes": [], "grade": 2.5}


def written(**extra):
    return {"reply_to": CODE, "grades": [GRADE], "ranking": [["a"]], **extra}


def test_plain_json_is_read_and_not_repaired():
    value, repaired = read_reply(json.dumps(written()), Grades, CODE)
    assert (value.grades[0].grade, value.ranking, repaired) == (2.5, (("a",),), False)


@pytest.mark.parametrize(
    "text",
    [
        "Sure!\n```json\n{}\n```\nDone.",
        "{}\n\nI hope this helps {you}.",
        '<think>perhaps {x} or {"grade": 1}</think>{}',
        'perhaps {"reply_to": "0123456789ab", "grades": 7}, or not\n</think>\n\n{}',
        "<think>\nthe answer says </think> itself\n</think>\n{}",
        "<think>\n\n</think>\n\n```json\n{}\n```",
        "[THINK]perhaps {x}[/THINK]{}",
        'A draft: {"reply_to": "0123456789ab", "draft": 1, "grades": 7} and then {}',
    ],
)
def test_json_is_found_in_prose(text):
    value, repaired = read_reply(text.replace("{}", json.dumps(written()), 1), Grades, CODE)
    assert (len(value.grades), repaired) == (1, False)


@pytest.mark.parametrize("around", ["{}", "Here it is:\n{}", "<think>hm</think>{}"])
def test_a_quotation_that_ends_a_thought_does_not_cut_the_reply(around):
    quoting = written(grades=[{**GRADE, "quotes": ["</think> The answer is 4."]}])
    value, _ = read_reply(around.replace("{}", json.dumps(quoting)), Grades, CODE)
    assert value.grades[0].quotes == ("</think> The answer is 4.",)


def test_a_draft_in_a_thought_is_no_reply():
    with pytest.raises(UnreadableReplyError):
        read_reply(f"<think>{json.dumps(written())}</think>I had rather not say.", Grades, CODE)


def test_the_last_of_several_replies_counts():
    first, last = json.dumps(written()), json.dumps(written(grades=[{**GRADE, "grade": 3.5}]))
    assert read_reply(f"{first}\nOn reflection:\n{last}", Grades, CODE)[0].grades[0].grade == 3.5


@pytest.mark.parametrize("code", [None, "", "0" * 12, CODE.upper()])
def test_an_object_without_the_code_is_no_reply(code):
    with pytest.raises(UnreadableReplyError, match="reply_to"):
        read_reply(json.dumps({**written(), "reply_to": code}), Grades, CODE)


@given(st.text(max_size=300) | st.sampled_from([json.dumps(written(reply_to="x")), '{"grade": 1}', "{", '"', "}{"]))
def test_quoted_foreign_text_never_becomes_the_reply(quoted):
    """Whatever a candidate wrote, quoted before and after the model's own object, the model's object is read."""
    text = f"They wrote:\n{json.dumps(quoted)}\n{json.dumps(written())}"
    assert read_reply(text, Grades, CODE)[0].grades[0].grade == 2.5


@pytest.mark.parametrize("damage", [lambda text: text[:-1] + ",}", lambda text: text.replace('"so"', "'so'")])
def test_broken_syntax_is_repaired_and_said_so(damage):
    value, repaired = read_reply(damage(json.dumps(written())), Grades, CODE)
    assert (value.grades[0].grade, repaired) == (2.5, True)


@pytest.mark.parametrize(
    "grade",
    [
        "2.5 or 2.6", "2,5", "high", "5", "-1", "NaN", "1e400", "2.5/1", "[2.5]", "true", "3 (good)", "2..5", "½",
        "8/10", "8 out of 10", '"8/10"', '"8 out of 10"', '"3/4"', '"good"', '"4 = meets it fully"', '"80%"', '"8"',
        '"three"', '"2,5"', '""', "0.8", '{"value": 3}', "3 - 4", "+3", "٣", '"٣"', "Infinity",
    ],
)  # fmt: skip
def test_a_grade_is_never_guessed(grade):
    text = json.dumps(written()).replace("2.5", grade)
    for damaged in (text, text[:-1] + ",}"):
        with pytest.raises(UnreadableReplyError):
            read_reply(damaged, Grades, CODE)


@pytest.mark.parametrize("grade", ['"2.5"', "'2.5'", '" 2.5 "'])
def test_a_number_in_quotation_marks_is_that_number(grade):
    text = json.dumps(written()).replace("2.5", grade)
    assert read_reply(text, Grades, CODE)[0].grades[0].grade == 2.5


@pytest.mark.parametrize("grade", ["null", '"null"', '"N/A"'])
def test_no_grade_is_no_grade_in_whatever_words(grade):
    text = json.dumps(written()).replace("2.5", grade)
    assert read_reply(text, Grades, CODE)[0].grades[0].grade is None


@pytest.mark.parametrize(("low", "high"), [("0.8", "0.9"), ("0.5", "1"), ('"0.7"', "0")])
def test_grades_on_a_scale_of_one_are_asked_for_again(low, high):
    both = json.dumps(written(grades=[GRADE, {**GRADE, "candidate": "b", "grade": 7.5}]))
    with pytest.raises(UnreadableReplyError, match="whole numbers from 0 to 4"):
        read_reply(both.replace("2.5", low).replace("7.5", high), Grades, CODE)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"', "'"),
        lambda text: f"Here is my verdict:\n```json\n{text[:-1]},\n}}\n```",
        lambda text: f"My verdict:\n```json\n{text[:-1]},\n}}\n```\nI hope this helps {{you}}!",
        lambda text: text.replace('["a"]', '["a"],').replace('"grade": 2.5', '"grade": 2.5,'),
        lambda text: text.replace('[["a"]]', '["a"]'),
        lambda text: text.replace('"quotes": []', '"quotes": ""'),
        lambda text: f'{{"answer": {text}}}',
        lambda text: f"[{text}]",
        lambda text: f"<think>\nThe grade could be 8/10 = {{good}}.\n</think>\nThe answer:\n```\n{text}\n```\nDone!",
        lambda text: text.replace('"grades"', '"summary": "a is good", "grades"').replace(
            '"grade"', '"confidence": "high", "grade"'
        ),
        lambda text: text.replace("{", "{ // my reply\n", 1),
    ],
)
def test_off_format_replies_of_small_models_are_read_as_they_are_meant(spoil):
    """Single quotes, fences, trailing commas, flat lists, wrappers, thoughts, extra fields: the grade is as told."""
    value, _ = read_reply(spoil(json.dumps(written())), Grades, CODE)
    assert (value.grades[0].grade, value.ranking) == (2.5, (("a",),))


@pytest.mark.parametrize("ranking", ['"a > b"', '"a"', '{"first": "a"}', '[{"a": 1}]', "[1]"])
def test_a_ranking_that_is_no_list_of_labels_is_asked_for_again(ranking):
    with pytest.raises(UnreadableReplyError, match="ranking"):
        read_reply(json.dumps(written()).replace('[["a"]]', ranking), Grades, CODE)


def test_a_reply_that_breaks_off_keeps_no_grades():
    text = json.dumps(written(grades=[GRADE, GRADE]))
    with pytest.raises(UnreadableReplyError):
        read_reply(text[: text.rindex('"grade"')], Grades, CODE)


def test_a_key_that_occurs_twice_is_refused():
    text = json.dumps(written()).replace('"grade": 2.5', '"grade": 0.1, "grade": 2.5')
    with pytest.raises(UnreadableReplyError, match="twice"):
        read_reply(text, Grades, CODE)


def test_unknown_fields_are_dropped():
    value, repaired = read_reply(json.dumps(written(thoughts="long")), Grades, CODE)
    assert (len(value.grades), repaired) == (1, False)


def test_null_for_a_field_with_a_default_is_the_default():
    text = json.dumps({"reply_to": CODE, "answer": None, "working": None, "sure": False})
    assert read_reply(text, Solution, CODE)[0] == Solution()


@pytest.mark.parametrize(
    ("told", "answer", "sure"),
    [
        ({"answer": 470, "sure": "true"}, "470", True),
        ({"answer": "470 minutes", "sure": "False"}, "470 minutes", False),
        ({"answer": 47.5, "sure": True}, "47.5", True),
    ],
)
def test_bare_numbers_and_quoted_truth_values_are_read(told, answer, sure):
    text = json.dumps({"reply_to": CODE, "working": "so", "calls": [], **told})
    value, _ = read_reply(text, Solution, CODE)
    assert (value.answer, value.sure) == (answer, sure)


@pytest.mark.parametrize("sure", ["yes", "probably", 1, "1", [True]])
def test_what_is_no_truth_value_is_asked_for_again(sure):
    with pytest.raises(UnreadableReplyError, match="sure"):
        read_reply(json.dumps({"reply_to": CODE, "answer": "4", "sure": sure}), Solution, CODE)


@pytest.mark.parametrize("arguments", ['{"n": 3}', {"n": 3}])
def test_free_objects_may_come_as_strings_or_as_they_are(arguments):
    text = json.dumps({"reply_to": CODE, "calls": [{"tool": "t", "arguments": arguments}], "claims": []})
    assert read_reply(text, Verification, CODE)[0].calls[0].arguments == {"n": 3}


@pytest.mark.parametrize(
    "skills", [["short"], {"name": "short"}, [{"name": "short", "why": "so"}], [{"name": "short", "why": None}]]
)
def test_one_thing_where_a_list_is_wanted_and_a_name_where_an_object_needs_no_more_are_read(skills):
    value, _ = read_reply(json.dumps({"reply_to": CODE, "skills": skills}), Selection, CODE)
    assert [choice.name for choice in value.skills] == ["short"]


def test_a_name_is_no_object_that_needs_more():
    with pytest.raises(UnreadableReplyError, match=r"grades\.0: .*object"):
        read_reply(json.dumps(written(grades=["c1"])), Grades, CODE)


def test_the_problem_shows_the_value_that_is_wrong():
    for grade, said in (("8/10", r'valid number, not "8/10"'), (7, "less than or equal to 4, not 7")):
        with pytest.raises(UnreadableReplyError, match=said):
            read_reply(json.dumps(written(grades=[{**GRADE, "grade": grade}])), Grades, CODE)
    with pytest.raises(UnreadableReplyError, match=r"^grades\.0\.grade: Input should be a valid number$"):
        read_reply(json.dumps(written(grades=[{**GRADE, "grade": "so good " * 9}])), Grades, CODE)


def test_the_problem_names_the_field():
    with pytest.raises(UnreadableReplyError, match=r"grades\.0\.grade: .*valid number"):
        read_reply(json.dumps(written(grades=[{**GRADE, "grade": "high"}])), Grades, CODE)


def test_a_text_without_json_says_so():
    with pytest.raises(UnreadableReplyError) as caught:
        read_reply("I would say a.", Grades, CODE)
    assert not caught.value.has_json


@pytest.mark.parametrize("unit", ["{", "}", '"', '{"a":', "[", '"grade": 1 ', "```json\n{", "\\", "<think>"])
def test_hostile_text_takes_linear_time(unit):
    text = unit * (100_000 // len(unit))
    start = time.process_time()
    with pytest.raises(UnreadableReplyError):
        read_reply(text, Grades, CODE)
    assert time.process_time() - start < 20  # a quadratic reader takes minutes


@given(st.text(alphabet='{}"\\a ', max_size=60))
def test_objects_are_balanced_pieces_of_the_text(text):
    for piece in objects(text):
        assert piece in text
        assert piece[0] + piece[-1] == "{}"
