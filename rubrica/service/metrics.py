"""What the service counts, in Prometheus' format."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from rubrica.dispatch import Load
from rubrica.reward import Reward
from rubrica.types import Unscored

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counters of one service and its workers, in a registry of their own."""

    def __init__(self, *, library: str, reasoner: str) -> None:
        self._registry = CollectorRegistry()
        self._samples = Counter("rubrica_samples", "Samples by outcome", ["outcome"], registry=self._registry)
        self._requests = Counter("rubrica_requests", "Requests", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "rubrica_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=self._registry
        )
        self.in_flight = Gauge("rubrica_in_flight_samples", "Samples being worked on", registry=self._registry)
        Info("rubrica_reward", "What the numbers depend on", registry=self._registry).info(
            {"library": library, "reasoner": reasoner}
        )

    def judge(self, load: Callable[[], Load]) -> None:
        """Show how busy the judge is whenever the page is asked for."""
        told = (
            ("rubrica_cases_waiting", "Cases that wait or are being judged", lambda: load().cases),
            ("rubrica_workers", "Worker processes that are there", lambda: load().workers),
            ("rubrica_workers_replaced", "Worker processes that have died", lambda: load().replaced),
        )
        for name, text, value in told:
            Gauge(name, text, registry=self._registry).set_function(value)

    def request(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def results(self, results: Iterable[Reward | Unscored]) -> None:
        for result in results:
            self._samples.labels(result.reason if isinstance(result, Unscored) else result.mode).inc()

    def page(self) -> bytes:
        return generate_latest(self._registry)
