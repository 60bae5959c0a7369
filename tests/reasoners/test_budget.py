import asyncio

import pytest

from rubrica.errors import BudgetError
from rubrica.reasoners.budget import Budget, Limits
from rubrica.types import Usage

CALL = Usage(calls=1, tokens_in=100, tokens_out=100, cost_usd=0.01)


def test_what_fits_is_booked_and_what_does_not_is_refused():
    async def body():
        budget = Budget(Limits(calls=1))
        await budget.book(CALL)
        budget.settle(CALL, CALL)
        with pytest.raises(BudgetError, match="1 calls"):
            await budget.book(CALL)

    asyncio.run(body())


def test_who_does_not_fit_beside_others_waits_for_them():
    async def body():
        budget = Budget(Limits(tokens=300))
        await budget.book(CALL)
        second = asyncio.ensure_future(budget.book(CALL))
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle(CALL, Usage(calls=1, tokens_in=50, tokens_out=50, cost_usd=0.0))
        await second

    asyncio.run(body())


def test_money_is_counted():
    async def body():
        budget = Budget(Limits(cost_usd=0.015))
        await budget.book(CALL)
        budget.settle(CALL, CALL)
        with pytest.raises(BudgetError, match="USD"):
            await budget.book(CALL)
        return budget.spent

    assert asyncio.run(body()).cost_usd == pytest.approx(0.01)


def test_money_cannot_be_kept_without_a_price():
    with pytest.raises(BudgetError, match="price"):
        asyncio.run(Budget(Limits(cost_usd=1.0)).book(Usage(calls=1, cost_usd=None)))


def test_a_call_that_was_never_made_costs_nothing():
    async def body():
        budget = Budget(Limits(calls=1))
        await budget.book(CALL)
        budget.settle(CALL, Usage())
        await budget.book(CALL)

    asyncio.run(body())
