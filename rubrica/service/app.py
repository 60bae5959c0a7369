"""The routes: our own under `/v1`, and one for each trainer that brings its own body."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue

from rubrica import __version__
from rubrica.data.read import read_row
from rubrica.data.rows import BadRow
from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.service.desk import Desk, Limits, Result, refusal
from rubrica.service.guard import Guard
from rubrica.service.plain import PlainJSON, refused, unreadable
from rubrica.service.trainers import Bedrock, Gemini, NeMoGym, OpenRLHF, Slime
from rubrica.service.wire import Asked, GroupRequest, JudgeRequest, ScoreReply, ScoreRequest
from rubrica.types import Unscored, Verdict

LONG = 1 << 18
"""Bytes of a body that take long to read: hostile ones cost a second a megabyte."""
Wanted = Annotated[Asked, Query()]


def build_app(reward: RewardFunction, *, limits: Limits | None = None, token: str = "") -> FastAPI:
    """Return the ASGI app; its `state.desk` holds what the server needs to drain it."""
    limits = limits or Limits()
    desk = Desk(reward, limits)
    app = FastAPI(
        title="rubrica",
        version=__version__,
        description="Rewards with reasons; see docs/serving.md.",
        default_response_class=PlainJSON,
    )
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.state.desk = desk
    for routes in (own_routes(desk), trainer_routes(desk), plain_routes(desk)):
        app.include_router(routes)
    app.add_middleware(Guard, metrics=desk.metrics, token=token, max_body=limits.body_mb << 20, patience=limits.body_s)
    return app


def own_routes(desk: Desk) -> APIRouter:
    """`/v1`: many samples, one group, or a full verdict."""
    routes = APIRouter(prefix="/v1", tags=["rubrica"])

    def reply(results: list[Result]) -> ScoreReply:
        return ScoreReply(
            library=desk.library,
            reasoner=desk.reasoner,
            results=tuple(results),
            values=tuple(desk.values(results)),
            unscored=sum(isinstance(result, Unscored) for result in results),
        )

    @routes.post("/score")
    async def score(body: ScoreRequest, asked: Wanted, request: Request) -> ScoreReply:
        """Score completions of any prompts; those that share a prompt are a group."""
        ids = [sample.id for sample in body.samples]
        return reply(await desk.score([sample.sample() for sample in body.samples], asked, request, ids=ids))

    @routes.post("/score_group")
    async def score_group(body: GroupRequest, asked: Wanted, request: Request) -> ScoreReply:
        """Score the completions of one prompt together, beside each other."""
        whole = asked.model_copy(update={"run": "", "group_size": None, "mode": "group"})
        return reply(await desk.score(body.samples(), whole, request))

    @routes.post("/judge")
    async def judge(body: JudgeRequest, asked: Wanted, request: Request) -> Verdict:
        """Return the whole verdict of a case: rewards, rubric, findings and evidence."""
        row = read_row(body.model_extra or {})
        if isinstance(row, BadRow):
            detail = f"'{row.field}': {row.problem}; {row.fix}"
            raise refusal(Unscored(case="", reason="bad_input", detail=detail))
        return await desk.judge(row.case, asked, request)

    return routes


async def read(samples: Callable[[], list[Sample]], request: Request) -> list[Sample]:
    """Cut samples out of a body: a long one on a thread, so that other requests are answered meanwhile."""
    long = int(request.headers.get("content-length", LONG)) >= LONG
    return await asyncio.to_thread(samples) if long else samples()


def trainer_routes(desk: Desk) -> APIRouter:
    """One route for each trainer that brings its own body; 422 or 503 where it has no word for "unscored"."""
    routes = APIRouter(tags=["trainers"])

    async def one(body: Slime | NeMoGym | Gemini, asked: Asked, request: Request) -> tuple[float, Result]:
        (result,) = await desk.score(await read(body.samples, request), asked, request)
        return desk.value(result), result

    @routes.post("/get_reward")
    async def openrlhf(body: OpenRLHF, asked: Wanted, request: Request) -> dict[str, JsonValue]:
        """OpenRLHF's `--reward.remote_url`."""
        results = await desk.score(await read(body.samples, request), asked, request)
        values: list[JsonValue] = [desk.value(result) for result in results]
        judged = [isinstance(result, Reward) for result in results]
        bounded = [result.reward if isinstance(result, Reward) else desk.value(result) for result in results]
        logs: dict[str, JsonValue] = {"judge_ok": [float(ok) for ok in judged]}
        return {"rewards": values, "scores": list(bounded), "extra_logs": logs}

    @routes.post("/slime")
    async def slime(body: Slime, asked: Wanted, request: Request) -> float:
        """The `--rm-type remote_rm` of slime: a bare number."""
        return (await one(body, asked, request))[0]

    @routes.post("/verify")
    async def nemo_gym(body: NeMoGym, asked: Wanted, request: Request) -> Response:
        """NeMo-Gym's resources server: the same object and its reward."""
        value, result = await one(body, asked, request)
        parts: dict[str, JsonValue] = dict(result.components) if isinstance(result, Reward) else {}
        try:
            return PlainJSON({**dict(body), "reward": value, "reward_components": parts})
        except RecursionError:
            raise refusal(Unscored(case="", reason="bad_input", detail="the body is nested too deeply")) from None

    @routes.post("/gemini")
    async def gemini(body: Gemini, asked: Wanted, request: Request) -> dict[str, JsonValue]:
        """Gemini reinforcement tuning; its rewards lie in [-1, 1]."""
        value, result = await one(body, asked, request)
        note = f"{result.mode} {desk.library[:12]}" if isinstance(result, Reward) else f"unscored {result.reason}"
        return {"reward": max(-1.0, min(1.0, value)), "user_requested_aux_info": note}

    @routes.post("/bedrock")
    async def bedrock(
        body: Annotated[list[Bedrock], Body(min_length=1)], asked: Wanted, request: Request
    ) -> list[dict[str, JsonValue]]:
        """Bedrock and SageMaker reinforcement tuning, behind a Lambda that forwards its event."""
        samples = await read(lambda: [each.samples()[0] for each in body], request)
        results = await desk.score(samples, asked, request)
        return [
            {
                "id": each.id,
                "aggregate_reward_score": desk.value(result),
                "metrics_list": [{"name": "judge_ok", "value": float(isinstance(result, Reward)), "type": "Metric"}],
            }
            for each, result in zip(body, results, strict=True)
        ]

    return routes


def plain_routes(desk: Desk) -> APIRouter:
    """What schedulers and Prometheus ask."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Whether to send requests here; 503 while it drains."""
        if desk.draining:
            raise HTTPException(503, "draining")
        return {"status": "ready", "library": desk.library, "reasoner": desk.reasoner}

    @routes.get("/metrics")
    async def metrics() -> Response:
        """Counters and times, for Prometheus."""
        return Response(desk.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
