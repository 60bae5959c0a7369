"""`rubrica demo`: judge and evolve on the demo data, offline and with no key."""

import time
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from rubrica.config import Settings, load
from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.data.rows import Row as InputRow
from rubrica.types import Unscored, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

IN_FULL = 2
"""Cases shown with rubric, findings and evidence."""
TABLES = 3
"""Cases shown as a table after those."""
SHOWN_FIRST = ("final-answer", "code")
"""Families whose evidence needs no explanation."""
TEST_SHARE = 0.25
"""With fewer cases to learn from the gate would let nothing pass."""
SKILL_LINES = 30
"""Lines shown of a skill that the run wrote."""

Results = dict[str, Verdict | Unscored]


@click.command("demo", short_help="judge and evolve on the demo data, and show how it is done")
@click.option("--all", "show_all", is_flag=True, help="Show a table for every case.")
@click.option("--judge-only", is_flag=True, help="Leave the evolving out.")
def command(*, show_all: bool, judge_only: bool) -> None:
    """Judge the demo preferences with the seed library, let it learn from them, and say what to try next."""
    from rubrica.commands.render import stdout

    console, settings = stdout(), load({})
    rows = list(read(demo_path()))
    _judge(console, rows, settings, show_all=show_all)
    if not judge_only:
        _evolve(console, settings)
    click.echo(_next_steps())


def _judge(console: "Console", rows: Sequence[InputRow], settings: Settings, *, show_all: bool) -> None:
    from rubrica.commands.judge import JUDGEMENT
    from rubrica.commands.judging import judge_source
    from rubrica.commands.render import explain, stderr, unscored_line, verdict_table
    from rubrica.library.seed import seed_library
    from rubrica.parallel import Plan, judge_rows

    library = seed_library()
    stderr().print(
        f"Judging {len(rows)} demo cases with the seed library ({len(library.skills)} skills, "
        f"{len(library.tools)} tools); no model, no network."
    )
    started = time.monotonic()
    plan = Plan(library=library, sandbox=settings.sandbox)
    judged = list(judge_source(iter(rows), partial(judge_rows, plan, workers=1)))
    seconds = time.monotonic() - started
    results: Results = {row.case: JUDGEMENT.validate_json(row.json) for _, row in judged}
    for number, row in enumerate(_spread(rows)):
        result = results[row.case.id]
        if isinstance(result, Unscored):
            console.print(unscored_line(result))
        elif number < IN_FULL:
            console.print(explain(row.case, result, width=console.width))
        elif show_all or number < IN_FULL + TABLES:
            console.print(verdict_table(row.case, result, width=console.width))
    table, summary = _agreement(rows, results)
    console.print(table)
    console.print(f"{summary}, in {seconds:.1f} s. These cases were written for this demo; they are no benchmark.")


def _agreement(rows: Sequence[InputRow], results: Results) -> "tuple[Table, str]":
    from rich.table import Table

    from rubrica.evals.metrics import outcome, summarise

    outcomes = [outcome(r.case.id, r.label, results[r.case.id], r.subset) for r in rows if r.label is not None]
    table = Table(title="agreement with the demo labels, by family", title_justify="left")
    for heading in ("family", "cases", "right", "decided"):
        table.add_column(heading, justify="left" if heading == "family" else "right")
    for family, group in groupby(sorted(outcomes, key=lambda o: o.subset), key=lambda o: o.subset):
        told = summarise(members := list(group))
        table.add_row(family, str(len(members)), f"{100 * told.accuracy.value:.0f}%", f"{100 * told.coverage:.0f}%")
    told = summarise(outcomes)
    return table, (
        f"All {told.accuracy.n}: {100 * told.accuracy.value:.0f}% "
        f"(95% interval {100 * told.accuracy.low:.0f} to {100 * told.accuracy.high:.0f}), "
        f"{100 * told.coverage:.0f}% decided"
    )


def _evolve(console: "Console", settings: Settings) -> None:
    """Evolve a throw-away library on the demo preferences, and show the first skill that it wrote."""
    from rubrica.commands.evolving import Watch, result
    from rubrica.commands.render import stderr
    from rubrica.evolution.evolve import Means, evolve
    from rubrica.evolution.run import Options
    from rubrica.library.store import LibraryStore
    from rubrica.skills.markdown import SKILL_FILE, render_skill

    remarks = stderr()
    remarks.print(
        "\nNow the library learns from three quarters of them; the gate keeps what helps, the rest is the test."
    )
    means = Means.offline(sandbox=settings.sandbox, workers=settings.workers)
    with TemporaryDirectory(prefix="rubrica-demo-") as folder:
        library = Path(folder) / "library"
        with Watch(remarks) as watch:
            report = evolve(library, Options(data=str(demo_path()), test_share=TEST_SHARE), means, listen=watch.see)
        console.print(result(report))
        learned = LibraryStore.open(library).load()
    for name in sorted(name for name, skill in learned.skills.items() if "learned" in skill.tags)[:1]:
        lines = render_skill(learned.skills[name])[SKILL_FILE].decode().splitlines()
        console.rule(f"skills/{name}/{SKILL_FILE}, as the run wrote it")
        click.echo("\n".join([*lines[:SKILL_LINES], *(["..."] if len(lines) > SKILL_LINES else [])]))


def _spread(rows: Sequence[InputRow]) -> list[InputRow]:
    """Order the rows so that the first ones come from different families."""
    taken: dict[str, int] = {}
    order = []
    for row in rows:
        taken[row.subset] = taken.get(row.subset, 0) + 1
        order.append((taken[row.subset], row.subset not in SHOWN_FIRST, row.index, row))
    return [row for *_, row in sorted(order, key=lambda item: item[:3])]


def _next_steps() -> str:
    return (
        "\nTry next:\n"
        "  .venv/bin/rubrica judge YOUR.jsonl --explain                    judge your own prompts and candidates\n"
        "  .venv/bin/rubrica evolve PREFERENCES.jsonl --library mylib      learn from your own labels\n"
        "  .venv/bin/rubrica eval DATA.jsonl --library seed --library mylib   compare versions\n"
        "  .venv/bin/rubrica serve --library mylib                         serve rewards to a trainer\n"
        "  .venv/bin/rubrica doctor                                        what works on this machine"
    )
