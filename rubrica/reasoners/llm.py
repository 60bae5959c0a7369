"""A language model as a reasoner: requests become chat calls, replies are read strictly or asked for once more.

    request -> messages -> [retry -> budget -> limiter -> transport] -> completion -> reply

What is left when all that has failed is a typed error: `ReplyError`, `RefusalError`, `TooLongError`, `OutageError`,
`DeadlineError` or `BudgetError`; `AccessError` when no further call can fare better.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import resources
from typing import TypeVar

from pydantic import JsonValue

from rubrica.errors import ReasonerError, RefusalError, ReplyError, TooLongError
from rubrica.reasoners.budget import Budget
from rubrica.reasoners.capability import ROOM_MIN, Capability
from rubrica.reasoners.failure import CallError, one_line
from rubrica.reasoners.lessons import Lessons
from rubrica.reasoners.limiter import Limiter
from rubrica.reasoners.parse import UnreadableReplyError, is_thought, read_reply, spoken
from rubrica.reasoners.perloop import PerLoop
from rubrica.reasoners.price import Price, price_of
from rubrica.reasoners.retry import Retry, Stopwatch
from rubrica.reasoners.shape import wire_schema
from rubrica.reasoners.transport import Call, Completion, Transport
from rubrica.reasoners.waiting import Waiting
from rubrica.reasoners.wording import correction, instruction, joined
from rubrica.requests.base import ChatMessage, Reply, Request
from rubrica.tools.builtin.refusal import is_refusal
from rubrica.types import Usage, Value, content_hash

T = TypeVar("T", bound=Value)

REPLY_TOKENS = 4096
"""Room for a reply at first; a truncated one is asked for again with more."""
REPLY_TOKENS_MAX = 65_536
GROWTH = 4
STARTS = 3
"""Conversations that are begun for one request, each with one re-ask."""
SAMPLES_APART = 1000
"""Between the samples of one conversation and the next; roles count theirs from 0."""
PROBE_S = 15.0
"""How long others wait for the first request, which may hang."""
ADAPTATIONS = 6
"""How often one call is put differently because the endpoint rejected how it was put."""
_ROOM_COUNTS = re.compile(r"completion|max_?(new_|output_)?tokens|requested|output")
"""What an error says when it counted the room for the reply, too."""
BYTES_PER_TOKEN = 2
"""For budgets: fewer than any common tokenizer needs, so that an estimate is not too low."""
TYPICAL_REPLY_TOKENS = 500
"""For the limiter, until the endpoint has said how many it was."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the model samples; part of its id."""

    temperature: float = 0.0
    sampling_temperature: float = 0.7
    """For repetitions of a request, which are asked to differ."""
    seed: int = 0
    reply_tokens: int = REPLY_TOKENS

    def for_sample(self, sample: int, dropped: frozenset[str]) -> Mapping[str, JsonValue]:
        """Return the wire parameters of one repetition."""
        temperature = self.sampling_temperature if sample else self.temperature
        told: dict[str, JsonValue] = {"temperature": temperature, "seed": self.seed + sample}
        return {name: value for name, value in told.items() if name not in dropped}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: a reply to this code, in so much room, as such a sample."""

    code: str
    room: int
    sample: int
    spelled: bool
    """Whether to spell the schema out, in case the endpoint takes it and does not mind it."""


@dataclass
class Spending:
    """What one request has cost so far."""

    usage: Usage = field(default_factory=Usage)


class LanguageModel:
    """Answers requests through a transport; see the module."""

    def __init__(
        self,
        transport: Transport,
        *,
        parameters: Parameters | None = None,
        limiter: Limiter | None = None,
        retry: Retry | None = None,
        budget: Budget | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.transport = transport
        self.parameters = parameters or Parameters()
        self.limiter = limiter or Limiter()
        self.retry = retry or Retry()
        self.budget = budget or Budget()
        self.waiting = waiting or Waiting()
        self.lessons = Lessons(transport.model)
        self.price: Price | None = price_of(transport.model)
        self._room = self.parameters.reply_tokens
        self._proven = False
        """Whether a first request has shown what the endpoint understands."""
        self._probing = False
        self._probe: PerLoop[asyncio.Event] = PerLoop(asyncio.Event)
        digest = content_hash({"parameters": repr(self.parameters), "requests": requests_digest()})
        self.id = f"{transport.model}@{digest[:12]}"

    async def complete(self, request: Request[T]) -> Reply[T]:
        """Answer one request. The very first goes alone: it shows which form of replies the endpoint has.

        Raises:
            AccessError: no request can be answered.
            ReasonerError: this one has no answer.
        """
        if self._proven:
            return await self._answer(request)
        proven = self._probe.get()
        if self._probing:
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_S):
                    await proven.wait()
            return await self._answer(request)
        self._probing = True
        try:
            return await self._answer(request)
        finally:
            self._proven = True
            proven.set()

    async def _answer(self, request: Request[T]) -> Reply[T]:
        """Ask, and once more with the error shown; if that is no reply either, begin anew with another sample."""
        spending = Spending()
        try:
            for start in range(STARTS):
                try:
                    return await self._converse(request, start, spending)
                except UnreadableReplyError as problem:
                    last = str(problem)
            raise ReplyError(f"no valid reply in {spending.usage.calls} calls; the last: {last}")
        except ReasonerError as error:
            error.usage = spending.usage
            raise

    async def _converse(self, request: Request[T], start: int, spending: Spending) -> Reply[T]:
        code, sample = request.code, request.sample + SAMPLES_APART * start
        messages, most, asked_again = list(request.messages()), REPLY_TOKENS_MAX, False
        room, cut_at = min(max(self._room, request.reply_tokens), most), None
        while True:
            ask = Ask(code, room, sample, spelled=asked_again)
            try:
                completion, form = await self._call(request, messages, ask, spending)
            except CallError as error:
                if error.kind != "long":
                    raise
                room = most = _smaller(room, error)
                continue
            _refuse_refusals(completion)
            if completion.finish == "length":
                most = min(most, form.room or most)
                if completion.tokens_out is not None and completion.tokens_out == cut_at:
                    raise UnreadableReplyError(f"the endpoint cut it off at {cut_at} tokens, where {room} were allowed")
                cut_at = completion.tokens_out
                if room >= most:
                    raise ReplyError(f"the reply was still cut off at {most} tokens")
                room = min(room * GROWTH, most)
                if is_thought(completion.text):  # reasoning took it all, and will again
                    self._room = max(self._room, room)
                continue
            try:
                value, repaired = read_reply(completion.text, _reply_type(request), code)
            except UnreadableReplyError as problem:
                if not problem.has_json and is_refusal(spoken(completion.text)):
                    raise RefusalError(f"the model declined: {one_line(spoken(completion.text))}") from None
                if not self._proven and form.form == "schema" and not problem.has_json:
                    self.lessons.capability = form.plainer() or form  # it took the schema and did not keep to it
                if asked_again:
                    raise
                asked_again = True
                messages = [*request.messages(), *correction(completion.text, problem)]
                continue
            return Reply(value=value, by=self.id, usage=spending.usage, repaired=repaired)

    async def _call(
        self, request: Request[T], messages: list[ChatMessage], ask: Ask, spending: Spending
    ) -> tuple[Completion, Capability]:
        """Make a call in the form that the endpoint understands, learning from rejections."""
        for _ in range(ADAPTATIONS):
            known = self.lessons.known(request.role)
            call = self._put(request, messages, ask, known)
            try:
                attempt = partial(self._attempt, call, spending)
                completion = await self.retry.run(attempt, answered=self.lessons.count)
            except CallError as error:
                if error.kind == "garbled":
                    return Completion(text=""), known
                if not self.lessons.learn(request.role, known, error, room=call.max_tokens or 0):
                    raise self.lessons.sort(error) from None
            else:
                self.lessons.note(completion)
                return completion, known
        raise ReplyError(f"the endpoint rejected {ADAPTATIONS} ways to put the call")

    def _put(self, request: Request[T], messages: list[ChatMessage], ask: Ask, known: Capability) -> Call:
        schema = wire_schema(request.reply)
        how = instruction(ask.code, known.form, schema, spelled=ask.spelled)
        return Call(
            messages=joined([*messages, ChatMessage(role="user", content=how)], system=known.system),
            name=request.role,
            schema=schema,
            form=known.form,
            max_tokens=min(ask.room, known.room or ask.room),
            limit_name=known.limit_name,
            settings=self.parameters.for_sample(ask.sample, known.dropped),
        )

    async def _attempt(self, call: Call, spending: Spending, watch: Stopwatch) -> Completion:
        """Make one call on the wire, within budget and limits; it is paid for whatever comes of it."""
        size = sum(len(str(message.content).encode("utf-8", "replace")) for message in call.messages)
        estimate = self._usage(size // BYTES_PER_TOKEN, call.max_tokens or 0)
        await self.budget.book(estimate)
        used = Usage()
        try:
            async with self.limiter.slot(size // (2 * BYTES_PER_TOKEN) + TYPICAL_REPLY_TOKENS) as correct:
                used = Usage(calls=1)  # a call that failed is a call; its tokens are not known to have been used
                try:
                    async with watch.running():
                        completion = await self.transport.send(call)
                except CallError as error:
                    if error.kind == "rate":
                        self.limiter.pause(error.pause)
                        self.waiting.refused(asked_s=error.retry_after)
                    raise
                self.waiting.answered()
                used = self._used(completion, estimate)
                correct(used.tokens_in + used.tokens_out)
                return completion
        finally:
            spending.usage += used
            self.budget.settle(estimate, used)

    def _used(self, completion: Completion, estimate: Usage) -> Usage:
        """What the endpoint says was used; what it does not say is booked with the estimate."""
        told_in, told_out = completion.tokens_in, completion.tokens_out
        used = self._usage(
            estimate.tokens_in if told_in is None else told_in,
            estimate.tokens_out if told_out is None else told_out,
            cached=completion.tokens_cached,
        )
        return used if completion.cost_usd is None else used.model_copy(update={"cost_usd": completion.cost_usd})

    def _usage(self, tokens_in: int, tokens_out: int, *, cached: int = 0) -> Usage:
        cost = self.price.cost(tokens_in, tokens_out, cached=cached) if self.price else None
        return Usage(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost)


def _reply_type(request: Request[T]) -> type[T]:
    return request.reply  # type: ignore[return-value]  # a class variable cannot name the class's own parameter


def _refuse_refusals(completion: Completion) -> None:
    if completion.refusal:
        raise RefusalError(f"the model declined: {one_line(completion.refusal)}")
    if completion.finish == "content_filter":
        raise RefusalError("the provider's content filter stopped the reply")


def _smaller(room: int, error: CallError) -> int:
    """Return less room for a reply that did not fit beside its question.

    Raises:
        TooLongError: the question alone does not fit, or nearly so.
    """
    if room // 2 < ROOM_MIN or not _ROOM_COUNTS.search(error.said.lower()):
        raise TooLongError(f"the case does not fit into the model's context: {error}") from None
    return room // 2


@cache
def requests_digest() -> str:
    """Return a hash over the prompts, the request types and the reply schemas: other words, other reasoner."""
    digest = hashlib.sha256()
    root = resources.files("rubrica.requests")
    files = [*root.iterdir(), *(root / "prompts").iterdir()]
    for entry in sorted((entry for entry in files if entry.is_file()), key=lambda entry: entry.name):
        if entry.name.endswith((".py", ".md")):
            digest.update(entry.name.encode())
            digest.update(entry.read_bytes())
    return digest.hexdigest()
