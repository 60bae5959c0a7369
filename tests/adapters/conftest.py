"""A real service on loopback, with the seed library and no sandbox."""

from collections.abc import Iterator

import pytest

from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.service.desk import Limits
from rubrica.service.running import running

PLAN = Plan(library=seed_library(), sandbox="none")


@pytest.fixture(scope="session")
def reward() -> Iterator[RewardFunction]:
    with RewardFunction(PLAN) as function:
        yield function


@pytest.fixture(scope="session")
def url(reward: RewardFunction) -> Iterator[str]:
    with running(reward, limits=Limits(window=0.2, batch=64, body_mb=1)) as address:
        yield address
