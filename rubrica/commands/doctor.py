"""`rubrica doctor`: what works on this machine, and how to mend what does not."""

import asyncio
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from rubrica import __version__

if TYPE_CHECKING:
    from rich.table import Table

    from rubrica.tools.sandbox.base import Report

PACKAGES = ("langgraph", "litellm", "pydantic", "e2b-code-interpreter", "chromadb", "tenacity", "rich", "wasmtime")
EXTRAS = {"parquet": "pyarrow", "serve": "fastapi", "image": "PIL", "mcp": "mcp"}
_OFFERS = {
    "NUMPY": "NumPy",
    "IMAGE": "Pillow",
    "FILES": "files",
    "SUBPROCESS": "subprocesses",
    "NETWORK": "network",
    "PACKAGES": "packages",
}
_WALLS = {
    "wasm+os": "WebAssembly, in a process locked with seccomp and Landlock",
    "wasm": "WebAssembly",
    "os-ns": "namespaces, a read-only root and seccomp",
    "os-landlock": "Landlock and seccomp",
    "vm": "a remote virtual machine",
}


@dataclass(frozen=True)
class Tier:
    """One sandbox tier as the doctor found it."""

    name: str
    available: bool
    isolation: str
    offers: str
    reason: str
    """Why it is missing; of a tier that is there, why one of its walls is."""
    fix: str
    attacks_held: int
    attacks: int

    @classmethod
    def of(cls, report: "Report") -> "Tier":
        return cls(
            name=report.name,
            available=report.available,
            isolation=report.isolation,
            offers=", ".join(["pure Python", *(_OFFERS[need.name] for need in report.offers if need.name)]),
            reason=report.reason,
            fix=report.fix,
            attacks_held=sum(report.attacks.values()),
            attacks=len(report.attacks),
        )


async def _tiers() -> list[Tier]:
    from rubrica.tools.sandbox.router import Router, open_sandbox

    router = open_sandbox("auto")
    try:
        reports = await router.reports() if isinstance(router, Router) else [await router.probe()]
    finally:
        await router.close()
    return [Tier.of(report) for report in reports]


def tier_table(tiers: Sequence[Tier]) -> "Table":
    """Return each tier's facts, one to a line, so that the longest reason can be read on 80 columns."""
    from rich.markup import escape
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for tier in tiers:
        probed = f"{tier.attacks_held} of {tier.attacks} attacks held" if tier.attacks else "not probed"
        state = "[green]ready[/]" if tier.available else "[red]not available[/]"
        table.add_row(f"[bold]{tier.name}[/]", state, probed)
        facts = {
            "isolation": f"{tier.isolation}: {_WALLS.get(tier.isolation, '')}",
            "offers": tier.offers,
            "reason": tier.reason,
            "fix": tier.fix,
        }
        for label, fact in facts.items():
            if fact:
                table.add_row("", label, escape(fact))
    return table


@click.command("doctor", short_help="show what works on this machine, and how to mend what does not")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    """Probe every sandbox tier with real attacks, and list versions and extras."""
    tiers = asyncio.run(_tiers())
    versions = {name: metadata.version(name) for name in PACKAGES}
    extras = {name: find_spec(module) is not None for name, module in EXTRAS.items()}
    keys = {name: name in os.environ for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "E2B_API_KEY")}
    if as_json:
        click.echo(
            json.dumps(
                {
                    "rubrica": __version__,
                    "python": platform.python_version(),
                    "platform": platform.platform(),
                    "sandbox": [asdict(tier) for tier in tiers],
                    "packages": versions,
                    "extras": extras,
                    "keys": keys,
                },
                indent=2,
            )
        )
        return
    from rubrica.commands.render import stdout

    console = stdout()
    console.print(f"rubrica {__version__}, Python {platform.python_version()}, {sys.platform}, {os.cpu_count()} cores")
    console.print("\nsandbox: where untrusted code runs", style="bold")
    console.print(tier_table(tiers))
    console.print("\npackages: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    console.print("extras: " + ", ".join(f"{name} {'yes' if there else 'no'}" for name, there in extras.items()))
    console.print("keys: " + ", ".join(f"{name} {'set' if there else 'not set'}" for name, there in keys.items()))
