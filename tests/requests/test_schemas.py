"""Every reply schema, as it is sent, against what providers accept."""

import re

import pytest
from strict_schema import NARROW_DEPTH, NARROW_PROPERTIES, anthropic_problem, gemini_problem, openai_problem

from rubrica.reasoners.shape import wire_schema
from rubrica.requests.base import Request
from rubrica.requests.chain import ChainRequest
from rubrica.requests.diagnose import DiagnoseRequest, MergeRequest
from rubrica.requests.judge import Grades, JudgeRequest
from rubrica.requests.propose import ProposeRequest
from rubrica.requests.rubric import RubricRequest
from rubrica.requests.select import SelectRequest
from rubrica.requests.solve import SolveRequest
from rubrica.requests.tool import ToolRequest
from rubrica.requests.verify import VerifyRequest

PREPARING = (SelectRequest, SolveRequest, RubricRequest, VerifyRequest, ToolRequest)
REQUESTS = (*PREPARING, JudgeRequest, ChainRequest, DiagnoseRequest, MergeRequest, ProposeRequest)


FREE = {"type": "object", "additionalProperties": False}


def test_no_request_is_forgotten():
    named = {request for request in subclasses(Request) if "[" not in request.__name__}
    assert named == set(REQUESTS)


def subclasses(kind):
    return {kid for child in kind.__subclasses__() for kid in (child, *subclasses(child))}


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda request: request.role)
def test_a_reply_schema_is_within_every_providers_subset(request_type):
    schema = wire_schema(request_type.reply)
    assert openai_problem(schema) == ""
    assert openai_problem(schema, depth=NARROW_DEPTH, properties=NARROW_PROPERTIES) == ""
    assert anthropic_problem(schema) == ""
    assert gemini_problem(schema) == ""
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", request_type.role)  # it names the schema


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        ({"title": "x"}, "is not permitted"),
        ({"additionalProperties": True}, "additionalProperties"),
        ({"required": ["grades"]}, "must include every key"),
        ({"anyOf": [{"type": "string"}]}, "root"),
        ({"properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]}, "minLength"),
        ({"properties": {"a": {"$ref": "#/$defs/A", "description": "x"}}, "required": ["a"]}, "must have a 'type'"),
        ({"properties": {"a": {"type": "array"}}, "required": ["a"]}, "missing items"),
        (
            {"properties": {"a": {"type": "object", "additionalProperties": False}}, "required": ["a"]},
            "without properties",
        ),
    ],
)
def test_the_validator_sees_what_providers_refuse(spoilt, problem):
    assert problem in openai_problem({**wire_schema(Grades), **spoilt})


def test_the_validator_counts_unions_and_depth():
    union = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    names = [f"p{number}" for number in range(17)]
    wide = {
        "type": "object",
        "properties": dict.fromkeys(names, union),
        "required": names,
        "additionalProperties": False,
    }
    assert "union types" in anthropic_problem(wide)
    deep = {"type": "string"}
    for _ in range(11):
        deep = {**FREE, "properties": {"a": deep}, "required": ["a"]}
    assert "nesting" in openai_problem(deep)
    assert "nesting" in gemini_problem(deep)
