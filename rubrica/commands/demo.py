"""`rubrica demo`: the main job on the demo data, offline and with no key."""

import time
from collections.abc import Sequence
from itertools import groupby

import click

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.data.rows import Row as InputRow

IN_FULL = 2
"""Cases shown with rubric, findings and evidence."""
SHOWN_FIRST = ("final-answer", "code")
"""Families whose evidence needs no explanation."""


@click.command("demo", short_help="judge the demo data and show how it is done")
@click.option("--all", "show_all", is_flag=True, help="Show a table for every case.")
def command(*, show_all: bool) -> None:
    """Judge the demo preferences with the seed library, and say what to try next."""
    from rich.table import Table

    from rubrica.commands.judge import JUDGEMENT, judge_source
    from rubrica.commands.render import explain, stderr, stdout, unscored_line, verdict_table
    from rubrica.config import load
    from rubrica.evals.metrics import outcome, summarise
    from rubrica.library.seed import seed_library
    from rubrica.parallel import Plan
    from rubrica.types import Unscored

    console, settings, library = stdout(), load({}), seed_library()
    rows = list(read(demo_path()))
    stderr().print(
        f"Judging {len(rows)} demo cases with the seed library ({len(library.skills)} skills, "
        f"{len(library.tools)} tools); no model, no network."
    )
    started = time.monotonic()
    judged = list(judge_source(iter(rows), Plan(library=library, sandbox=settings.sandbox), workers=1))
    seconds = time.monotonic() - started
    results = {row.case: JUDGEMENT.validate_json(row.json) for _, row in judged}
    for number, row in enumerate(_spread(rows)):
        result = results[row.case.id]
        if isinstance(result, Unscored):
            console.print(unscored_line(result))
        elif number < IN_FULL:
            console.print(explain(row.case, result))
        elif show_all or number < IN_FULL + 3:
            console.print(verdict_table(row.case, result))
    table = Table(title="agreement with the demo labels, by family", title_justify="left")
    for heading in ("family", "cases", "right", "decided"):
        table.add_column(heading, justify="left" if heading == "family" else "right")
    labelled = [row for row in rows if row.label is not None]
    outcomes = [outcome(r.case.id, r.label, results[r.case.id], r.subset) for r in labelled if r.label is not None]
    for family, group in groupby(sorted(outcomes, key=lambda o: o.subset), key=lambda o: o.subset):
        told = summarise(members := list(group))
        table.add_row(family, str(len(members)), f"{100 * told.accuracy.value:.0f}%", f"{100 * told.coverage:.0f}%")
    console.print(table)
    told = summarise(outcomes)
    console.print(
        f"All {told.accuracy.n}: {100 * told.accuracy.value:.0f}% "
        f"(95% interval {100 * told.accuracy.low:.0f} to {100 * told.accuracy.high:.0f}), "
        f"{100 * told.coverage:.0f}% decided, in {seconds:.1f} s. "
        "These cases were written for this demo; they are no benchmark."
    )
    click.echo(_next_steps())


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
        "  .venv/bin/rubrica judge YOUR.jsonl --explain          judge your own prompts and candidates\n"
        "  .venv/bin/rubrica judge YOUR.jsonl --out verdicts.jsonl\n"
        "  .venv/bin/rubrica library init my-library             a library of your own, as a git repository\n"
        "  .venv/bin/rubrica doctor                              what works on this machine"
    )
