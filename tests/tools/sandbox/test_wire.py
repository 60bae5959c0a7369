import base64
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Limits, Outcome
from rubrica.tools.sandbox.frames import ENDED, RETURNED, pack_answer, unpack_answer
from rubrica.tools.sandbox.wire import decode_outcome, encode_job

JOB = Job(code="", limits=Limits(out_bytes=1000, value_bytes=1000, disk_mb=1))
HONEST = {"status": "ok", "value": "1", "report": "r", "files": {}}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def returned(**changes) -> Outcome:
    return decode(RETURNED + json.dumps({**HONEST, **changes}).encode())


def decode(ending: bytes) -> Outcome:
    return decode_outcome(pack_answer(b"o", b"e", ending), JOB)


def test_an_honest_answer_is_read():
    assert returned() == Outcome(status="ok", value_json="1", stdout="o", stderr="er")


@given(st.binary())
def test_any_bytes_of_the_guest_are_an_outcome(text):
    assert decode(RETURNED + text).value_json is None


@given(out=st.binary(), err=st.binary(), ending=st.binary(min_size=1), cut=st.integers(1))
def test_an_answer_arrives_whole_or_is_refused(out, err, ending, cut):
    whole = pack_answer(out, err, ending)
    assert unpack_answer(whole) == (out, err, ending)
    with pytest.raises(ValueError, match="answer"):
        unpack_answer(whole[: len(out) + len(err) + 8][:-cut])


@given(field=st.sampled_from(sorted(HONEST)), value=json_values)
def test_any_json_in_any_field_is_an_outcome(field, value):
    outcome = returned(**{field: value})
    assert outcome.value_json is None or isinstance(
        json.loads(outcome.value_json), int | float | bool | None | str | list | dict
    )
    assert isinstance(outcome.stdout, str)


@pytest.mark.parametrize(
    "value", ["NaN", "[Infinity]", "[-1e999]", "{", "", "[" * 900, "[" * 300 + "]" * 300, 7, ["1"]]
)
def test_a_value_that_is_not_json_is_the_code_s_error(value):
    assert (returned(value=value).status, returned(value=value).value_json) == ("error", None)


FILLING = {
    "lists": b"[" + b"[]," * 300_000 + b"0]",
    "objects": b"[" + b"{}," * 300_000 + b"0]",
    "empty texts": b'{"files": {' + b'"":"",' * 150_000 + b'"":""}}',
    "numbers": b"[" + b"0.5," * 200_000 + b"0]",
    "quotes": b'"' * 900_000,
}


@pytest.mark.parametrize("kind", FILLING)
def test_an_answer_made_of_many_parts_does_not_fill_the_memory_of_its_reader(kind):
    ending = RETURNED + FILLING[kind]
    tracemalloc.start()
    outcome = decode(ending)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome.status == "crashed"
    assert peak < 8 * len(ending)  # copies of the bytes; parsed, it would be 20 times as much


def test_a_long_text_with_any_signs_in_it_is_one_part():
    value = json.dumps(['"[{\\,:' * 100])
    assert returned(value=value).value_json == value


def test_a_status_that_only_the_host_may_state_keeps_no_value():
    assert returned(status="timeout").value_json is None


def test_a_large_value_and_large_files_are_refused():
    assert returned(value='"' + "x" * 2000 + '"').status == "output_limit"
    assert returned(files={"a": base64.b64encode(bytes(2 << 20)).decode()}).status == "output_limit"


@pytest.mark.parametrize(
    "name", ["/a", "../a", "a/../b", "a//b", "", ".", "..\\a", "a\0", "x" * 300, "a\x1b[2J", "C:a", "\ud800"]
)
def test_a_file_name_that_leads_elsewhere_is_dropped(name):
    assert returned(files={name: "eA==", "kept/a.txt": "eA=="}).files == {"kept/a.txt": b"x"}


def test_what_the_host_saw_is_the_status():
    ending = ENDED + b'{"status": "timeout", "detail": "late"}'
    assert decode(ending) == Outcome(status="timeout", stdout="o", stderr="elate")


def test_text_that_comes_out_can_be_encoded():
    returned(report="\ud800").stderr.encode()


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../b", "", ".", "a//b", "a\0b", "\ud800", "x" * 256, "C:x", "a\\..\\b", "a\nb"]
)
def test_an_input_with_a_hostile_name_is_refused(name):
    with pytest.raises(SandboxInfraError, match="not a relative path"):
        encode_job(Job(code="", inputs={name: b""}))


def test_an_input_below_another_is_refused():
    with pytest.raises(SandboxInfraError, match="below another"):
        encode_job(Job(code="", inputs={"a": b"", "a/b/c": b""}))


def test_inputs_beyond_the_disk_limit_are_refused():
    with pytest.raises(SandboxInfraError, match="disk limit"):
        encode_job(Job(code="", inputs={"a": bytes(2 << 20)}, limits=Limits(disk_mb=1)))


@pytest.mark.parametrize("argument", [10**5000, b"bytes", object(), {1, 2}], ids=["long", "bytes", "object", "set"])
def test_an_argument_that_cannot_be_sent_is_our_error(argument):
    with pytest.raises(SandboxInfraError, match="cannot be sent"):
        encode_job(Job(code="", args=(argument,)))
