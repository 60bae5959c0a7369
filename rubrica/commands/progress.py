"""Progress on long work: a live bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from rubrica.commands.terminal import pace

T = TypeVar("T")

LINE_EVERY_S = 10.0
"""Seconds between plain lines."""


def tracked(items: Iterable[T], console: Console, *, what: str, total: int | None, shown: bool = True) -> Iterator[T]:
    """Yield the items while showing count, rate and time left."""
    if not shown:
        yield from items
    elif console.is_terminal:
        yield from _live(items, console, what, total)
    else:
        yield from _plain(items, console, what, total)


def _live(items: Iterable[T], console: Console, what: str, total: int | None) -> Iterator[T]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total, rate="")
        for count, item in enumerate(items, 1):
            progress.update(task, completed=count, rate=pace(count, time.monotonic() - started))
            yield item


def _plain(items: Iterable[T], console: Console, what: str, total: int | None) -> Iterator[T]:
    started = last = time.monotonic()
    for count, item in enumerate(items, 1):
        now = time.monotonic()
        if now - last >= LINE_EVERY_S:
            left = f", {(total - count) * (now - started) / count:.0f} s left" if total else ""
            console.print(f"{what}: {count}{f' of {total}' if total else ''} ({pace(count, now - started)}{left})")
            last = now
        yield item
