"""How an evolution looks on a terminal: what it is doing while it runs, and what it came to."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from rubrica.commands.terminal import counted
from rubrica.evolution.examine import Examination
from rubrica.evolution.report import Report, error, percent
from rubrica.evolution.run import Event

NEXT = {
    "split": "judging the train cases",
    "baseline": "looking at the labels",
    "audit": "diagnosing",
    "diagnose": "proposing",
    "propose": "testing the proposal",
    "decide": "going on",
    "report": "",
}
"""What goes on after an event of each step."""
STYLE = {"accepted": "green", "rejected": "red", "refused": "yellow"}


class Watch:
    """Prints a line per event; on a terminal, a last line says what goes on, for how long, and how much time is left.

    `minutes` is the run's budget of time; null = none.
    """

    def __init__(self, console: Console, minutes: float | None = None) -> None:
        self._console, self._minutes = console, minutes
        self.run = ""
        """Folder of the run, once it is known: it can be resumed."""
        self._began = time.monotonic()
        self._live = Live(console=console, transient=True, refresh_per_second=4) if console.is_terminal else None

    def see(self, event: Event) -> None:
        """Show an event."""
        self.run = str(event.facts.get("run") or self.run)
        style = STYLE.get(str(event.facts.get("outcome", "")), "")
        head = f"round {event.round}" if event.step in ("diagnose", "propose", "decide") else event.step
        self._console.print(Text(f"{head:>8}  ") + Text(event.text, style=style))
        if self._live is not None:
            self._live.update(self._line(event))

    def _line(self, event: Event) -> Spinner:
        counts = event.facts.get("judgements")
        told = counts if isinstance(counts, dict) else {}
        seconds = time.monotonic() - self._began
        left = f", at most {max(60 * self._minutes - seconds, 0):.0f} s left" if self._minutes else ""
        counted = f"judged {told.get('judged', 0)}, reused {told.get('reused', 0)}"
        return Spinner("dots", text=f"{NEXT.get(event.step, '')}; {counted}; {seconds:.0f} s{left}")

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


def result(report: Report) -> Group:
    """Say what a run came to."""
    edits = counted(report.accepted, "edit")
    parts: list[RenderableType] = [
        Text(f"\nlibrary {report.before[:12]} -> {report.after[:12]}; {edits} accepted; {report.stop}")
    ]
    if report.learned:
        parts.append(Text("\nlearned:", style="bold"))
        for skill in report.learned:
            parts.append(Text(f"  {skill.name}: {skill.description}"))
            parts += [Text(f"    - {line}", style="dim") for line in skill.looks_for[:5]]
    if report.examination is not None:
        parts += _examined(report.examination)
    if report.stamps:
        parts.append(Text(f"not clean: the library has learned from {', '.join(report.stamps)}", style="yellow"))
    reused = max(report.asked - report.judged, 0)
    parts.append(Text(f"{report.judged} judgements made, {reused} reused; run {report.run}"))
    return Group(*parts)


def _examined(told: Examination) -> list[RenderableType]:
    table = Table(box=None, pad_edge=False)
    for heading in ("subset", "n", "before", "after"):
        table.add_column(heading, justify="left" if heading == "subset" else "right")
    for name, (before, after, n) in told.subsets.items():
        table.add_row(escape(name or "-"), str(n), f"{100 * before:.1f}", f"{100 * after:.1f}")
    others = ", ".join(f"{name} {100 * value:.1f}%" for name, value in told.baselines.items())
    return [
        Text("\ntest, read once (accuracy, %)", style="bold"),
        *([table] if len(told.subsets) > 1 else []),
        Text(f"before {percent(told.before.accuracy)}; after {percent(told.after.accuracy)}", style="bold"),
        Text(f"{told.helped} better, {told.hurt} worse, McNemar p = {told.mcnemar:.3g}; baselines: {others or 'none'}"),
        Text(f"calibration error {error(told.before)} before, {error(told.after)} after"),
    ]
