"""How verdicts look on a terminal."""

from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rubrica.rewards.aggregate import criterion_key, sigmoid
from rubrica.types import Candidate, Case, Evidence, Finding, Score, Unscored, Verdict

TEXT_LIMIT = 1200
"""Characters of a prompt or candidate shown in full view."""


def verdict_table(case: Case, verdict: Verdict) -> Table:
    """One row per candidate, best first: reward with a 95% interval, and the evidence that weighed most."""
    table = Table(
        title=escape(f"{case.id}: {_line(case.task.messages[-1].text, 90)}"), title_justify="left", expand=True
    )
    table.add_column("rank", justify="right", width=4)
    table.add_column("candidate", max_width=16)
    table.add_column("reward", justify="right", width=6)
    table.add_column("95% interval", width=13)
    table.add_column("what decided", ratio=1)
    for score in sorted(verdict.scores, key=lambda item: (item.rank, item.candidate)):
        reward = f"[bold green]{score.reward:.3f}[/]" if score.rank == 0 else f"{score.reward:.3f}"
        table.add_row(str(score.rank + 1), escape(score.candidate), reward, interval(score), escape(_decided(score)))
    return table


def interval(score: Score) -> str:
    """Return the reward's 95% interval from sigma on the raw scale."""
    low, high = sigmoid(score.raw - 1.96 * score.sigma), sigmoid(score.raw + 1.96 * score.sigma)
    return f"[{low:.3f}, {high:.3f}]".replace("[", "(").replace("]", ")")


def unscored_line(result: Unscored) -> str:
    """One line for a case without a verdict."""
    return f"[yellow]no verdict[/] {escape(result.case)}: {result.reason}: {escape(_line(result.detail, 200))}"


def explain(case: Case, verdict: Verdict) -> Group:
    """Everything behind a verdict: task, candidates with the quoted spans marked, rubric, findings, evidence."""
    spans: dict[str, list[Evidence]] = {}
    for item in verdict.evidence:
        if item.span is not None and item.value is not None:
            spans.setdefault(item.candidate, []).append(item)
    parts: list[RenderableType] = [Rule(escape(case.id))]
    parts += [Panel(Text(_cut(m.text)), title=m.role, title_align="left") for m in case.task.messages]
    for candidate, score in zip(case.candidates, verdict.scores, strict=True):
        title = f"candidate {escape(candidate.id)}  rank {score.rank + 1}  reward {score.reward:.3f}"
        parts.append(Panel(_marked(candidate, spans.get(candidate.id, ())), title=title, title_align="left"))
    parts.append(_findings_table(verdict))
    parts.append(verdict_table(case, verdict))
    ungraded = _ungraded(verdict)
    if ungraded:
        parts.append(Text(f"not graded (no weight, lower confidence): {', '.join(ungraded)}", style="dim"))
    made_by = verdict.provenance
    parts.append(
        Text(
            f"confidence {verdict.confidence:.2f}   library {made_by.library[:12]}   reasoner {made_by.reasoner}   "
            f"mode {made_by.mode}   effort {made_by.effort}",
            style="dim",
        )
    )
    return Group(*parts)


def _findings_table(verdict: Verdict) -> Table:
    table = Table(title="findings", title_justify="left", expand=True)
    table.add_column("criterion", ratio=2)
    table.add_column("kind", width=9)
    names = [score.candidate for score in verdict.scores]
    for name in names:
        table.add_column(escape(name), justify="right", width=6)
    table.add_column("evidence", ratio=4)
    by_key: dict[str, dict[str, Finding]] = {}
    for finding in verdict.findings:
        by_key.setdefault(finding.criterion, {})[finding.candidate] = finding
    for criterion in verdict.rubric.criteria:
        row = by_key.get(criterion_key(criterion))
        if not row:
            continue
        grades = [_grade(row.get(name)) for name in names]
        table.add_row(escape(criterion_key(criterion)), criterion.kind, *grades, escape(_rationale(row)))
    return table


def _ungraded(verdict: Verdict) -> list[str]:
    graded = {finding.criterion for finding in verdict.findings}
    return [criterion_key(c) for c in verdict.rubric.criteria if criterion_key(c) not in graded]


def _grade(finding: Finding | None) -> str:
    if finding is None or finding.grade is None:
        return "[dim]-[/]"
    style = "green" if finding.grade > 0.75 else "red" if finding.grade < 0.25 else "yellow"
    return f"[{style}]{finding.grade:.2f}[/]"


def _rationale(row: Mapping[str, Finding]) -> str:
    return "\n".join(f"{name}: {_line(finding.rationale, 160)}" for name, finding in row.items() if finding.rationale)


def _marked(candidate: Candidate, evidence: Iterable[Evidence]) -> Text:
    text = Text(_cut(candidate.text))
    for item in evidence:
        if item.span is not None and item.value is not None:
            style = "bold green" if item.value >= 0.5 else "bold red"
            text.stylize(style, min(item.span.start, len(text)), min(item.span.end, len(text)))
    return text


def _decided(score: Score) -> str:
    limited = f"limited by {score.capped_by}\n" if score.capped_by else ""
    lines = [_line(line, 150) for line in score.feedback.splitlines()[:2]]
    return limited + "\n".join(lines)


def _line(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text) - TEXT_LIMIT} more characters)"


def stdout(*, color: bool | None = None) -> Console:
    """Results go here."""
    return Console(no_color=color is False or None, highlight=False)


def stderr() -> Console:
    """Progress and remarks go here."""
    return Console(stderr=True, highlight=False)
