import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.frames import ENDED, RETURNED
from rubrica.tools.sandbox.wire import decode_outcome

JOB = Job(code="", limits=Limits(out_bytes=1000, value_bytes=1000, disk_mb=1))
HONEST = {"status": "ok", "value": "1", "stdout": "o", "stderr": "e", "truncated": False, "files": {}}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def returned(**changes) -> Outcome:
    return decode_outcome(RETURNED + json.dumps({**HONEST, **changes}).encode(), JOB)


def test_an_honest_answer_is_read():
    assert returned() == Outcome(status="ok", value_json="1", stdout="o", stderr="e")


@given(st.binary())
def test_any_bytes_are_an_outcome(answer):
    assert decode_outcome(RETURNED + answer, JOB).value_json is None


@given(field=st.sampled_from(sorted(HONEST)), value=json_values)
def test_any_json_in_any_field_is_an_outcome(field, value):
    outcome = returned(**{field: value})
    assert outcome.value_json is None or isinstance(
        json.loads(outcome.value_json), int | float | bool | None | str | list | dict
    )
    assert isinstance(outcome.stdout, str)


@pytest.mark.parametrize("value", ["NaN", "[Infinity]", "{", "", "[" * 100_000, 7, ["1"]])
def test_a_value_that_is_not_json_is_the_code_s_error(value):
    assert returned(value=value).value_json is None


def test_a_status_that_only_the_host_may_state_keeps_no_value():
    assert returned(status="timeout").value_json is None


def test_a_large_value_and_large_files_are_refused():
    assert returned(value='"' + "x" * 2000 + '"').status == "output_limit"
    assert returned(files={"a": base64.b64encode(bytes(2 << 20)).decode()}).status == "output_limit"


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a//b", "", ".", "..\\a", "a\0", "x" * 300])
def test_a_file_name_that_leads_elsewhere_is_dropped(name):
    assert returned(files={name: "eA==", "kept/a.txt": "eA=="}).files == {"kept/a.txt": b"x"}


def test_what_the_host_saw_is_the_status():
    answer = ENDED + b'{"status": "timeout", "detail": "late"}'
    assert decode_outcome(answer, JOB) == Outcome(status="timeout", stderr="late")
