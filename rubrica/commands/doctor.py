"""`rubrica doctor`: what works on this machine, and how to mend what does not."""

import asyncio
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec

import click

from rubrica import __version__

PACKAGES = ("langgraph", "litellm", "pydantic", "e2b-code-interpreter", "chromadb", "tenacity", "rich", "wasmtime")
EXTRAS = {"parquet": "pyarrow", "serve": "fastapi", "image": "PIL", "mcp": "mcp"}


@dataclass(frozen=True)
class Tier:
    """One sandbox tier as the doctor found it."""

    name: str
    available: bool
    isolation: str
    offers: str
    reason: str
    fix: str
    attacks_held: int
    attacks: int


async def _tiers() -> list[Tier]:
    from rubrica.tools.sandbox.router import Router, open_sandbox

    router = open_sandbox("auto")
    reports = await router.reports() if isinstance(router, Router) else [await router.probe()]
    await router.close()

    return [
        Tier(
            name=report.name,
            available=report.available,
            isolation=report.isolation,
            offers=report.offers.name or "pure Python" if report.offers else "pure Python",
            reason=report.reason,
            fix=report.fix,
            attacks_held=sum(report.attacks.values()),
            attacks=len(report.attacks),
        )
        for report in reports
    ]


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
    from rich.table import Table

    from rubrica.commands.render import stdout

    console = stdout()
    console.print(f"rubrica {__version__}, Python {platform.python_version()}, {sys.platform}, {os.cpu_count()} cores")
    table = Table(title="sandbox: where untrusted code runs", title_justify="left")
    for heading in ("tier", "state", "isolation", "offers", "attacks held", "what to do"):
        table.add_column(heading)
    for tier in tiers:
        state = "[green]ready[/]" if tier.available else "[red]not available[/]"
        advice = "" if tier.available else f"{tier.reason}; {tier.fix}" if tier.fix else tier.reason
        held = f"{tier.attacks_held} of {tier.attacks}" if tier.attacks else "-"
        table.add_row(tier.name, state, tier.isolation, tier.offers, held, advice)
    console.print(table)
    console.print("packages: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    console.print("extras: " + ", ".join(f"{name} {'yes' if there else 'no'}" for name, there in extras.items()))
    console.print("keys: " + ", ".join(f"{name} {'set' if there else 'not set'}" for name, there in keys.items()))
