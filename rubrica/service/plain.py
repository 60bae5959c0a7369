"""JSON answers that can say whatever came in: half of a surrogate pair is escaped, and a body is not quoted back."""

import json
from collections.abc import Mapping

from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import Request

NAMED = 20
"""Problems of one body that are named; a list of a thousand samples can have as many."""


class PlainJSON(JSONResponse):
    """JSON in ASCII."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


async def refused(_: Request, error: Exception) -> PlainJSON:
    """Answer an error that a route raised."""
    if not isinstance(error, HTTPException):
        raise error
    return PlainJSON({"detail": error.detail}, error.status_code, headers=error.headers)


async def unreadable(request: Request, error: Exception) -> PlainJSON:
    """Answer a body or a query that is not what the route takes: where and why, without its text."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = {tuple(problem["loc"]): problem for problem in error.errors()}
    if ("body",) in problems and "json" not in request.headers.get("content-type", ""):
        return PlainJSON(
            {"detail": "the body was not sent as JSON; add the header content-type: application/json"}, 422
        )
    around = {place[:depth] for place in problems for depth in range(1, len(place))}
    told = [_named(problem) for place, problem in problems.items() if place not in around]
    return PlainJSON({"detail": told[:NAMED]}, 422)


def _named(problem: Mapping[str, object]) -> dict[str, object]:
    return {name: problem[name] for name in ("type", "loc", "msg")}
