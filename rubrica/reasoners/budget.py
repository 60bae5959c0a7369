"""A hard budget in calls, tokens and money: each call books what it may use before it is made.

A call that does not fit beside those in flight waits until they are settled; one that does not fit alone ends its case.
"""

import asyncio
from dataclasses import dataclass

from rubrica.errors import BudgetError
from rubrica.types import Usage


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent in all; None = no limit."""

    calls: int | None = None
    tokens: int | None = None
    """In and out together."""
    cost_usd: float | None = None


class Budget:
    """Keeps what has been spent by everybody who shares it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.spent = Usage()
        self._booked = Usage()
        self._waiting: list[asyncio.Future[None]] = []

    async def book(self, estimate: Usage) -> None:
        """Set an estimate aside.

        Raises:
            BudgetError: what is left does not cover it.
        """
        while over := self._over(self.spent + self._booked + estimate):
            if not self._booked.calls or self._over(self.spent + estimate):
                raise BudgetError(over)
            settled = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled
        self._booked += estimate

    def settle(self, estimate: Usage, used: Usage) -> None:
        """Replace a booked estimate by what was really used."""
        self._booked = _less(self._booked, estimate)
        self.spent += used
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _over(self, total: Usage) -> str:
        limits, left = self.limits, "what is left does not cover the next call"
        if limits.calls is not None and total.calls > limits.calls:
            return f"the budget of {limits.calls} calls is used up; raise --max-calls to go on"
        tokens = total.tokens_in + total.tokens_out
        if limits.tokens is not None and tokens > limits.tokens:
            return f"the budget of {limits.tokens} tokens: {left}; raise --max-tokens to go on"
        if limits.cost_usd is not None:
            if total.cost_usd is None:
                return "the price of this model is not known, so --max-cost cannot be kept; use --max-tokens"
            if total.cost_usd > limits.cost_usd:
                return f"the budget of {limits.cost_usd:g} USD: {left}; raise --max-cost to go on"
        return ""


def _less(total: Usage, part: Usage) -> Usage:
    cost = None if total.cost_usd is None or part.cost_usd is None else max(0.0, total.cost_usd - part.cost_usd)
    return Usage(
        calls=total.calls - part.calls,
        tokens_in=total.tokens_in - part.tokens_in,
        tokens_out=total.tokens_out - part.tokens_out,
        cost_usd=cost,
    )
