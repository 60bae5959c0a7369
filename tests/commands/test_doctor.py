"""What the doctor prints of a sandbox tier can be read, whole, on 80 columns."""

import io

import pytest
from rich.console import Console

from rubrica.commands.doctor import Tier, tier_table
from rubrica.tools.sandbox.base import Need, Report


def printed(report: Report, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(tier_table([Tier.of(report)]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


READY = Report("jail", "os-ns", Need.NUMPY | Need.FILES, available=True, attacks={"a": True, "b": True})
MISSING = Report(
    "jail",
    "os-ns",
    Need.NUMPY,
    available=False,
    reason="unshare: Operation not permitted; Landlock: ABI 0 [kernel older than 5.13, or not in the lsm= list]",
    fix="allow user namespaces (sysctl, AppArmor, container options), or run a kernel with Landlock (5.13)",
)


@pytest.mark.parametrize(
    "fact", ["jail", "ready", "2 of 2 attacks held", "os-ns: namespaces", "pure Python, NumPy, files"]
)
def test_a_tier_that_is_there_is_shown_with_its_walls_and_offers(fact):
    assert fact in printed(READY)


def test_a_tier_that_is_missing_is_shown_with_every_word_of_the_reason_and_the_fix():
    text = " ".join(printed(MISSING).split())
    assert "not available" in text
    assert "not probed" in text
    assert f"reason {MISSING.reason}" in text
    assert f"fix {MISSING.fix}" in text


def test_a_wall_that_is_missing_is_told_of_a_tier_that_is_there():
    report = Report("wasm", "wasm", Need.PURE, available=True, reason="no process lock for darwin", attacks={"a": True})
    assert "no process lock for darwin" in printed(report)


@pytest.mark.parametrize("report", [READY, MISSING])
def test_no_line_is_longer_than_the_terminal(report):
    assert max(map(len, printed(report).splitlines())) <= 80
