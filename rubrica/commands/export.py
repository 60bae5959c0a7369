"""`rubrica export`: judged cases as training data for people who train without RL."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

from rubrica.commands.judge import JUDGEMENT, SHOWN
from rubrica.commands.judging import judge_source
from rubrica.commands.open import open_library, plan_of
from rubrica.commands.options import (
    EFFORTS,
    MODEL_SETTINGS,
    MODES,
    SANDBOXES,
    library_option,
    model_options,
    settings_from,
)
from rubrica.commands.terminal import counted, one_line
from rubrica.data.read import rows
from rubrica.data.rows import BadRow
from rubrica.data.training import Row, best_of, conditioned, pairs
from rubrica.errors import UserError
from rubrica.parallel import judge_rows
from rubrica.types import Case, Unscored, Verdict

Maker = Callable[[Case, Verdict], Iterator[Row]]


@click.command("export", short_help="write training data for people who train without RL")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--as", "kind", type=click.Choice(["sft", "dpo", "scored"]), required=True, help="What to write.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON Lines, one row each.")
@click.option("--format", "format_", default="auto", help="Input format; the default looks at the columns.")
@click.option(
    "--min-reward",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="sft: leave out answers below this.",
)
@click.option("--min-margin", type=float, help="dpo: leave out closer pairs [default: the library's noise].")
@click.option("--all-pairs", is_flag=True, help="dpo: every pair of a case, not only best against worst.")
@library_option
@click.option("--effort", type=EFFORTS, help="How hard to look [default: medium].")
@click.option("--mode", type=MODES, help="Judge candidates together or each alone [default: group].")
@click.option("--sandbox", type=SANDBOXES, help="Where code runs [default: auto].")
@click.option("--workers", type=int, help="Processes; 0 = one per core [default: 0].")
@click.option("--limit", type=click.IntRange(min=1), help="Read the first N rows only.")
@click.option("--force", is_flag=True, help="Overwrite --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
@model_options
def command(file: str, kind: str, out: Path, **options: Any) -> None:
    """Judge the cases of FILE and write rows to train on, each with what made it.

    sft: the best answer of each case. dpo: chosen and rejected with their margin. scored: every answer under a system
    message that names its quality. Cases without a verdict give no row, and are counted.
    """
    _writable(out, file, force=options["force"])
    settings = settings_from(
        {name: options[name] for name in ("library", "effort", "mode", "sandbox", "workers", *MODEL_SETTINGS)}
    )
    plan = plan_of(settings, open_library(settings))
    margin = plan.library.scoring.noise if options["min_margin"] is None else options["min_margin"]
    makers: dict[str, Maker] = {
        "sft": partial(best_of, above=options["min_reward"]),
        "dpo": partial(pairs, above=margin, every=options["all_pairs"]),
        "scored": conditioned,
    }
    source = islice(rows(file, format=options["format_"]), options["limit"])
    counts: Counter[str] = Counter()
    part = out.with_name(f".{out.name}.part")
    with _opened(part, out) as target:
        for item, judged in judge_source(source, partial(judge_rows, plan, workers=settings.workers)):
            counts["cases"] += 1
            result = JUDGEMENT.validate_json(judged.json)
            if isinstance(item, BadRow) and counts["unscored: bad_input"] < SHOWN:
                click.echo(f"skipped {one_line(str(item.error(file)))}", err=True)
            if isinstance(item, BadRow) or isinstance(result, Unscored):
                counts[f"unscored: {judged.unscored}"] += 1
                continue
            for row in makers[kind](item.case, result):
                counts["rows"] += 1
                target.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(out)
    _report(counts, out, as_json=options["as_json"])


def _writable(out: Path, file: str, *, force: bool) -> None:
    """Refuse an output that is no file of its own before anything is judged."""
    if str(out) == "-":
        raise UserError("--out needs a file of its own: it appears whole or not at all")
    if not out.exists():
        return
    if file != "-" and Path(file).exists() and out.samefile(file):
        raise UserError(f"--out {out} is the input itself; choose another --out")
    if not force:
        raise UserError(f"{out} exists; choose another --out, or --force to overwrite it")


def _opened(part: Path, out: Path) -> IO[str]:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write --out {out}: {error.strerror}") from None


def _report(counts: Counter[str], out: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"out": str(out), **counts}))
        return
    none = {name: count for name, count in counts.items() if name.startswith("unscored")}
    listed = ", ".join(f"{name.removeprefix('unscored: ')} {count}" for name, count in none.items())
    told = f"; without a verdict: {sum(none.values())} ({listed})" if none else ""
    click.echo(f"{counted(counts['rows'], 'row')} from {counted(counts['cases'], 'case')} in {out}{told}")
