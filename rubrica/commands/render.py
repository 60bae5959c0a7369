"""How verdicts look on a terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rubrica.commands.terminal import one_line, safe
from rubrica.rewards.aggregate import criterion_key, sigmoid
from rubrica.types import Candidate, Case, Evidence, Finding, Rubric, Score, Unscored, Verdict

TEXT_LIMIT = 1200
"""Characters of a prompt or candidate shown in full view."""
ROOM_FOR_INTERVALS = 64
"""Columns of a terminal from which a table holds intervals too."""
ROOM_BESIDE_GRADES = 60
"""Columns that the names of criteria and what was established need beside a column for each candidate."""
LABEL = 12
"""Characters of a candidate's id in a table."""
DECIDING = 2
"""Lines of feedback shown in a table."""


def verdict_table(case: Case, verdict: Verdict, *, width: int = 80) -> Table:
    """One row per candidate, best first: reward with a 95% interval (where there is room), and what set it apart."""
    wide = width >= ROOM_FOR_INTERVALS
    asked = case.task.messages[-1].text if case.task.messages else ""
    table = Table(title=escape(f"{one_line(case.id, 60)}: {one_line(asked, 90)}"), title_justify="left", expand=True)
    table.add_column("rank", justify="right", width=4)
    table.add_column("candidate", max_width=12)
    table.add_column("reward", justify="right", width=6)
    if wide:
        table.add_column("95% interval", width=14)
    table.add_column("what decided", ratio=1, overflow="fold")
    for score in sorted(verdict.scores, key=lambda item: (item.rank, item.candidate)):
        reward = f"[bold green]{score.reward:.3f}[/]" if score.rank == 0 else f"{score.reward:.3f}"
        name = escape(one_line(score.candidate))
        spread = (interval(score),) if wide else ()
        table.add_row(str(score.rank + 1), name, reward, *spread, escape(_decided(score, verdict)))
    return table


def interval(score: Score) -> str:
    """Return the reward's 95% interval from sigma on the raw scale."""
    low, high = sigmoid(score.raw - 1.96 * score.sigma), sigmoid(score.raw + 1.96 * score.sigma)
    return f"({low:.3f}, {high:.3f})"


def unscored_line(result: Unscored) -> str:
    """One line for a case without a verdict."""
    case, detail = one_line(result.case, 60), one_line(result.detail, 200)
    return f"[yellow]no verdict[/] {escape(case)}: {result.reason}: {escape(detail)}"


def explain(case: Case, verdict: Verdict, *, width: int = 80) -> Group:
    """Everything behind a verdict: task, candidates with the quoted spans marked, rubric, findings, evidence."""
    spans: dict[str, list[Evidence]] = {}
    for item in verdict.evidence:
        if item.span is not None and item.value is not None:
            spans.setdefault(item.candidate, []).append(item)
    parts: list[RenderableType] = [Rule(escape(one_line(case.id, 60)))]
    parts += [Panel(Text(_cut(m.text)), title=m.role, title_align="left") for m in case.task.messages]
    for candidate, score in zip(case.candidates, verdict.scores, strict=True):
        title = f"candidate {escape(one_line(candidate.id, 40))}  rank {score.rank + 1}  reward {score.reward:.3f}"
        parts.append(Panel(_marked(candidate, spans.get(candidate.id, ())), title=title, title_align="left"))
    parts.append(_findings_table(verdict, width=width))
    parts.append(verdict_table(case, verdict, width=width))
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


def _findings_table(verdict: Verdict, *, width: int) -> Table:
    """Criteria in which the candidates differ stand first; where they agree, one remark speaks for all.

    A column for each candidate where there is room; else a line for those that got the same grade for the same reason.
    """
    names = [score.candidate for score in verdict.scores]
    by_key: dict[str, dict[str, Finding]] = {}
    for finding in verdict.findings:
        by_key.setdefault(finding.criterion, {})[finding.candidate] = finding
    rows = [
        (criterion, by_key[key]) for criterion in verdict.rubric.criteria if (key := criterion_key(criterion)) in by_key
    ]
    short = short_names(verdict.rubric)
    rows.sort(key=lambda item: -_spread(item[1], names))
    named = [(short[criterion_key(c)] + (" (rule)" if c.kind == "rule" else ""), row) for c, row in rows]
    columns = sum(len(one_line(name, LABEL)) + 3 for name in names)
    return _by_candidate(named, names) if width - columns >= ROOM_BESIDE_GRADES else _by_grade(named, names, width // 3)


def _by_candidate(rows: Sequence[tuple[str, Mapping[str, Finding]]], names: Sequence[str]) -> Table:
    table = Table(title="findings", title_justify="left", expand=True)
    table.add_column("criterion", ratio=3)
    for name in names:
        table.add_column(escape(one_line(name, LABEL)), justify="right", min_width=4)
    table.add_column("established", ratio=5)
    for criterion, row in rows:
        told = "\n".join(f"{who}: {text}" if who else text for _, who, text in _alike(row, names, graded=False) if text)
        table.add_row(escape(criterion), *(_grade(row.get(n)) for n in names), escape(told))
    return table


def _by_grade(rows: Sequence[tuple[str, Mapping[str, Finding]]], names: Sequence[str], widest: int) -> Table:
    table = Table(title="findings", title_justify="left", expand=True)
    table.add_column("criterion", max_width=widest, overflow="fold")
    table.add_column("grade", justify="right", width=5)
    table.add_column("of", ratio=3, overflow="fold")
    table.add_column("established", ratio=6, overflow="fold")
    for criterion, row in rows:
        for number, (finding, who, text) in enumerate(_alike(row, names, graded=True)):
            table.add_row("" if number else escape(criterion), _grade(finding), escape(who or "all"), escape(text))
        table.add_section()
    return table


def _alike(row: Mapping[str, Finding], names: Sequence[str], *, graded: bool) -> list[tuple[Finding | None, str, str]]:
    """Group candidates of whom the same is said, with the same grade if `graded`: (finding, names, what is said).

    The names are empty when it is said of all; higher grades come first.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        finding = row.get(name)
        text = one_line(finding.rationale, 160) if finding else ""
        groups.setdefault((f"{_height(finding):.2f}" if graded else "", text), []).append(name)
    told = [
        (row.get(who[0]), "" if len(who) == len(names) else ", ".join(one_line(n, LABEL) for n in who), text)
        for (_, text), who in groups.items()
    ]
    return sorted(told, key=lambda one: -_height(one[0])) if graded else told


def _height(finding: Finding | None) -> float:
    return -1.0 if finding is None or finding.grade is None else finding.grade


def short_names(rubric: Rubric) -> dict[str, str]:
    """Map each criterion's key to its id, or to the whole key where two skills use the same id."""
    uses = Counter(criterion.id for criterion in rubric.criteria)
    return {criterion_key(c): c.id if uses[c.id] == 1 else criterion_key(c) for c in rubric.criteria}


def _spread(row: Mapping[str, Finding], names: Sequence[str]) -> float:
    grades = [finding.grade for name in names if (finding := row.get(name)) and finding.grade is not None]
    return max(grades) - min(grades) if grades else 0.0


def _ungraded(verdict: Verdict) -> list[str]:
    graded, short = {finding.criterion for finding in verdict.findings}, short_names(verdict.rubric)
    return [name for key, name in short.items() if key not in graded]


def _grade(finding: Finding | None) -> str:
    if finding is None or finding.grade is None:
        return "[dim]-[/]"
    style = "green" if finding.grade > 0.75 else "red" if finding.grade < 0.25 else "yellow"
    return f"[{style}]{finding.grade:.2f}[/]"


def _marked(candidate: Candidate, evidence: Iterable[Evidence]) -> Text:
    text = Text(_cut(candidate.text))
    for item in evidence:
        if item.span is not None and item.value is not None:
            style = "bold green" if item.value >= 0.5 else "bold red"
            text.stylize(style, min(item.span.start, len(text)), min(item.span.end, len(text)))
    return text


def _decided(score: Score, verdict: Verdict) -> str:
    """Return the lines of feedback that count, with short names: "+1.20 passes-stated-examples: 2 of 2 pass"."""
    if len(verdict.scores) > 1 and len({other.feedback for other in verdict.scores}) == 1:
        return "nothing that could be checked tells them apart"
    short = short_names(verdict.rubric)
    lines = [f"limited by {short.get(score.capped_by, score.capped_by)}"] if score.capped_by else []
    for line in score.feedback.splitlines()[:DECIDING]:
        amount, _, rest = line.partition(" ")
        key, colon, why = rest.partition(":")
        lines.append(one_line(f"{amount} {short.get(key, key)}{colon}{why}", 150))
    return "\n".join(lines)


def _cut(text: str) -> str:
    text = safe(text)
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text) - TEXT_LIMIT} more characters)"


class Terminal(Console):
    """A console whose reader may go away (`| head`): that ends the command quietly, in one place."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout() -> Console:
    """Results go here."""
    return Terminal(highlight=False)


def stderr() -> Console:
    """Progress and remarks go here."""
    return Terminal(stderr=True, highlight=False, soft_wrap=True)
