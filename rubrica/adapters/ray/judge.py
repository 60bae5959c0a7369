"""A judge on a node of the cluster: it judges as this machine would, or says what is different there."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pickle import dumps, loads

from rubrica import __version__, logs
from rubrica.agents.graph import compiled
from rubrica.collector import settle
from rubrica.harness import CHUNK
from rubrica.parallel import Plan, Row, Worker
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.router import Router
from rubrica.types import Case

Traits = Mapping[str, str]
"""What verdicts depend on: equal traits, equal bytes."""


@dataclass(frozen=True, slots=True)
class Order:
    """What every judge is started with: the library by value, so that no disk is shared, and what must be equal."""

    plan: bytes
    traits: Traits
    style: logs.Style

    @classmethod
    def of(cls, plan: Plan) -> "Order":
        worker = Worker(plan)
        try:
            return cls(dumps(plan), {**_installed(), **_traits(worker)}, logs.current())
        finally:
            worker.close()


class Judge:
    """Judges by an order, unless `refusal` says why it could come to other verdicts."""

    def __init__(self, order: Order) -> None:
        logs.configure(order.style)
        self.refusal = _difference(order.traits, _installed())
        if self.refusal:
            return  # a plan of another version may not even be readable
        self._worker = Worker(loads(order.plan))
        self.refusal = _difference(order.traits, _traits(self._worker))
        compiled()
        settle()

    def rows(self, cases: Sequence[Case]) -> list[Row]:
        """Judge cases as this machine would."""
        return [
            row for start in range(0, len(cases), CHUNK) for row in self._worker.judge([*cases[start : start + CHUNK]])
        ]


def _installed() -> Traits:
    return {"rubrica": __version__, "python": ".".join(platform.python_version_tuple()[:2])}


def _traits(worker: Worker) -> Traits:
    """Return what a worker's verdicts depend on; whether code can run there is found out by running some."""
    made_by = worker.crew.provenance.model_dump(mode="json")
    sandbox = worker.harness.sandbox
    tiers = worker.runner.run(_tiers(sandbox)) if sandbox is not None else []
    return {**{name: str(value) for name, value in made_by.items()}, "sandbox": ", ".join(tiers) or "none"}


async def _tiers(sandbox: Sandbox) -> list[str]:
    reports = await sandbox.reports() if isinstance(sandbox, Router) else [await sandbox.probe()]
    return [report.name for report in reports if report.available]


def _difference(here: Traits, there: Traits) -> str:
    for name, value in there.items():
        if value != here[name]:
            fix = "compare `rubrica doctor`" if name == "sandbox" else "install the same rubrica on every node"
            return f"on node {platform.node()} {name} is {value}, here it is {here[name]}; {fix}"
    return ""
