"""Several endpoints that serve the same model: the healthy one with the fewest calls in flight is next."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FAILURES = 3
"""Failures in a row after which an endpoint rests."""
REST_S = 2.0
"""The first rest; each further failure doubles it."""
REST_MAX_S = 60.0


@dataclass
class Endpoint:
    """One server and what is known of its health."""

    url: str
    in_flight: int = 0
    failures: int = 0
    """In a row."""
    down_until: float = 0.0
    """It failed, and rests."""
    busy_until: float = 0.0
    """It asked to be left alone."""

    @property
    def free_at(self) -> float:
        return max(self.down_until, self.busy_until)


class Endpoints:
    """Balances calls; an endpoint that fails rests, and is tried again after that."""

    def __init__(self, urls: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._all = [Endpoint(url) for url in urls]
        self._clock = clock
        self._turn = 0

    def pick(self) -> Endpoint:
        """Return the least loaded endpoint that is up, in turn among equals; when none is, the one up soonest."""
        now = self._clock()
        self._turn += 1
        turn = [*self._all[self._turn % len(self._all) :], *self._all[: self._turn % len(self._all)]]
        healthy = [endpoint for endpoint in turn if endpoint.free_at <= now]
        if healthy:
            return min(healthy, key=lambda endpoint: endpoint.in_flight)
        return min(turn, key=lambda endpoint: endpoint.free_at)

    def worked(self, endpoint: Endpoint) -> None:
        """Note a call that came back."""
        endpoint.failures, endpoint.down_until = 0, 0.0

    def failed(self, endpoint: Endpoint) -> None:
        """Note a call that did not."""
        endpoint.failures += 1
        if endpoint.failures >= FAILURES:
            rest = min(REST_MAX_S, REST_S * 2.0 ** (endpoint.failures - FAILURES))
            endpoint.down_until = self._clock() + rest

    def busy(self, endpoint: Endpoint, seconds: float) -> None:
        """Note that an endpoint asked to be left alone for a while."""
        endpoint.busy_until = max(endpoint.busy_until, self._clock() + seconds)

    def pause(self) -> float:
        """Return the seconds for which every endpoint asked to be left alone; 0 = not all did."""
        return max(0.0, min(endpoint.busy_until for endpoint in self._all) - self._clock())
