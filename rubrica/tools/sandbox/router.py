"""Which tier runs a job: the cheapest whose walls held and which offers what the job needs, or a refusal that says why.

There is no weaker fallback. What a job *declares* as its need is binding; what a scan of its imports *suggests* only
picks the tier, and the blame: when nothing here offers it, the code runs where it can do no harm, and if it then fails
the failure is ours (`SandboxUnavailable`), not the code's.
"""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import replace

from rubrica.errors import ConfigError, SandboxUnavailable
from rubrica.tools.sandbox.base import Isolation, Job, Need, Outcome, Report, Sandbox
from rubrica.tools.sandbox.needs import lacks, need_of

TIERS = {
    "wasm": ("rubrica.tools.sandbox.wasm", "WasmSandbox"),
    "jail": ("rubrica.tools.sandbox.jail", "JailSandbox"),
    "e2b": ("rubrica.tools.sandbox.e2b", "E2BSandbox"),
}
"""Every tier by name, in the order in which `auto` tries them."""

_STACK = "wasm trap: call stack exhausted"
"""How deep recursion through C ends in wasm; a native stack is larger."""


def open_sandbox(choice: str = "auto") -> Sandbox:
    """Return a sandbox: `auto`, or one tier by name, which is then never replaced by another.

    Raises:
        ConfigError: there is no tier of that name.
        SandboxUnavailable: the tier cannot exist on this system.
    """
    if choice == "auto":
        return Router([tier for name in TIERS if (tier := _open_if_possible(name)) is not None])
    if choice not in TIERS:
        raise ConfigError(f"there is no sandbox {choice!r}; choose auto, {', '.join(TIERS)}")
    return _open(choice)


def _open(name: str) -> Sandbox:
    module, kind = TIERS[name]
    try:
        tier: Sandbox = getattr(importlib.import_module(module), kind)()
    except ImportError as error:
        raise SandboxUnavailable(f"the {name} sandbox cannot exist on this system: {error}") from error
    return tier


def _open_if_possible(name: str) -> Sandbox | None:
    try:
        return _open(name)
    except SandboxUnavailable:
        return None


class Router:
    """A sandbox made of tiers; see the module for how it chooses."""

    name = "auto"

    def __init__(self, tiers: Sequence[Sandbox]) -> None:
        self._tiers = list(tiers)
        self._reports: dict[str, Report] = {}

    @property
    def isolation(self) -> Isolation:
        """What pure jobs run behind."""
        return self._tiers[0].isolation

    @property
    def offers(self) -> Need:
        offered = Need.PURE
        for tier in self._tiers:
            offered |= tier.offers
        return offered

    async def probe(self) -> Report:
        reports = await self.reports()
        offered = Need.PURE
        for report in reports:
            if report.available:
                offered |= report.offers
        available = any(report.available for report in reports)
        reason = "" if available else "; ".join(_line(report) for report in reports)
        return Report(self.name, self.isolation, offered, available=available, reason=reason)

    async def reports(self) -> list[Report]:
        """Probe every tier and return what each can do here."""
        return [await self._report(tier) for tier in self._tiers]

    async def run(self, job: Job) -> Outcome:
        suspected = job.need | need_of(job.code)
        tier = await self._choose(job, suspected)
        if tier is not None:
            outcome = await tier.run(replace(job, need=suspected))
            return await self._second_chance(job, suspected, outcome)
        tier = await self._choose(job, job.need) if suspected != job.need else None
        if tier is None:
            raise SandboxUnavailable(await self._refusal(job, suspected))
        outcome = await tier.run(job)
        if outcome.status == "error":
            raise SandboxUnavailable(await self._refusal(job, suspected))
        return outcome

    async def close(self) -> None:
        await asyncio.gather(*(tier.close() for tier in self._tiers))

    async def _choose(self, job: Job, need: Need) -> Sandbox | None:
        foreign = job.language != "python"
        for tier in self._tiers:
            remote = tier.isolation == "vm"
            if foreign and not remote:
                continue
            if remote and need == Need.PURE and not foreign:
                continue  # a key for a remote service is no wish to send it what can run here
            if need in tier.offers and (await self._report(tier)).available:
                return tier
        return None

    async def _second_chance(self, job: Job, need: Need, outcome: Outcome) -> Outcome:
        """Run a pure job once more where there is more, when it failed for want of a module, file, thread or stack."""
        last = outcome.stderr.rstrip().rpartition("\n")[2]
        wanting = lacks(last) or last.startswith("FileNotFoundError")
        if outcome.backend != "wasm" or not (wanting if outcome.status == "error" else last == _STACK):
            return outcome
        richer = await self._choose(job, need | Need.FILES)
        if richer is None or richer.isolation == "vm":
            return outcome
        return await richer.run(replace(job, need=need))

    async def _report(self, tier: Sandbox) -> Report:
        if tier.name not in self._reports:
            self._reports[tier.name] = await tier.probe()
        return self._reports[tier.name]

    async def _refusal(self, job: Job, need: Need) -> str:
        wanted = ", ".join(flag.name or "" for flag in need) or "pure Python"
        if job.language != "python":
            wanted = f"{job.language}, {wanted}"
        lines = [_line(report) for report in await self.reports()]
        return "\n".join([f"no sandbox that is safe here offers what the code needs ({wanted}):", *lines])


def _line(report: Report) -> str:
    """Say of one tier what it offers, or why it is missing and what would help."""
    if report.available:
        offered = ", ".join(flag.name or "" for flag in report.offers) or "pure Python only"
        return f"- {report.name}: offers {offered}"
    return f"- {report.name}: {report.reason}" + (f" (fix: {report.fix})" if report.fix else "")
