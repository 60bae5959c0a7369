"""What a run came to: one value, written as JSON for machines and as Markdown for people. The clock is not in it."""

from collections.abc import Sequence

from pydantic import Field, JsonValue

from rubrica.evolution.diagnose import Diagnosis
from rubrica.evolution.examine import Examination, Grade, Interval
from rubrica.evolution.maintain import UPKEEP
from rubrica.evolution.run import Decision, Run
from rubrica.library.library import Library
from rubrica.types import Usage, Value

MARKS = {"accepted": "accepted", "rejected": "rejected by the gate", "refused": "refused at admission"}


class Learned(Value):
    """A skill that the run wrote."""

    name: str
    description: str
    looks_for: tuple[str, ...]


class Report(Value):
    """Everything that a run found out."""

    run: str
    before: str
    """Version of the library that the run started from."""
    after: str
    data: str
    """Digest of the labelled train cases."""
    train: int
    test: int
    stop: str
    baseline: dict[str, JsonValue]
    audit: dict[str, JsonValue]
    decisions: tuple[Decision, ...]
    learned: tuple[Learned, ...]
    diagnosis: Diagnosis | None
    """The last look at the train cases."""
    examination: Examination | None
    """Null when there is no test."""
    asked: int
    judged: int
    usage: Usage
    stamps: tuple[str, ...] = Field(default=())
    """Benchmarks that the library has learned from: a number on them is not clean."""

    @property
    def accepted(self) -> int:
        return sum(d.outcome == "accepted" and d.key not in UPKEEP for d in self.decisions)


def describe(
    run: Run, *, before: Library, after: Library, stamps: Sequence[str], examination: Examination | None
) -> Report:
    """Gather what the run holds."""
    split, decisions = _noted(run, "split"), run.decisions()
    asked, judged = run.judgements()
    looks = [told for d in range(len(decisions) + 1, 0, -1) if (told := run.noted(f"diagnosis {d}")) is not None]
    return Report(
        run=run.folder.name,
        before=before.version,
        after=after.version,
        data=str(split.get("data", "")),
        train=len(run.cases("train")),
        test=len(run.cases("test")),
        stop=str(run.noted("stop") or ""),
        baseline=_noted(run, "baseline"),
        audit=_noted(run, "audit"),
        decisions=tuple(decisions),
        learned=tuple(
            Learned(name=skill.name, description=skill.description, looks_for=tuple(c.text for c in skill.criteria))
            for name, skill in after.skills.items()
            if before.skills.get(name) != skill
        ),
        diagnosis=Diagnosis.model_validate(looks[0]) if looks else None,
        examination=examination,
        asked=asked,
        judged=judged,
        usage=run.spent(),
        stamps=tuple(stamps),
    )


def write_report(run: Run, report: Report) -> None:
    """Write both files; equal runs write equal bytes."""
    (run.folder / "report.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (run.folder / "report.md").write_text(markdown(report), encoding="utf-8")


def markdown(report: Report) -> str:
    """Render for people."""
    lines = [
        f"# Evolution, run {report.run}",
        "",
        f"Library {report.before[:12]} -> {report.after[:12]}; stopped because {report.stop}.",
        f"{report.train} cases learned from, {report.test} tested on.",
        f"{report.judged} judgements made, {max(report.asked - report.judged, 0)} reused.",
        "",
        *_examined(report),
        "## Edits",
        "",
        *(f"- round {d.round}, {MARKS[d.outcome]}: {d.title} ({d.reason})" for d in report.decisions),
        "",
        *_learned(report),
        *_diagnosed(report),
    ]
    if report.stamps:
        lines += ["## Not clean", "", f"This library has learned from {', '.join(report.stamps)}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def percent(share: Interval) -> str:
    """Say a share with its interval: "71.0% (61.4 to 79.0), n=100"."""
    return f"{100 * share.value:.1f}% ({100 * share.low:.1f} to {100 * share.high:.1f}), n={share.n}"


def _examined(report: Report) -> list[str]:
    told = report.examination
    if told is None:
        return ["No test cases were kept.", ""]
    rows = [f"| {name} | {100 * b:.1f} | {100 * a:.1f} | {n} |" for name, (b, a, n) in told.subsets.items()]
    others = ", ".join(f"{name} {100 * value:.1f}%" for name, value in told.baselines.items())
    return [
        "## Test, read once",
        "",
        f"- before: {percent(told.before.accuracy)}; unscored {told.before.unscored}",
        f"- after: {percent(told.after.accuracy)}; unscored {told.after.unscored}",
        f"- {told.helped} cases better, {told.hurt} worse; McNemar p = {told.mcnemar:.3g}",
        *([f"- baselines: {others}"] if others else []),
        f"- calibration error: {error(told.before)} before, {error(told.after)} after",
        "",
        "| subset | before | after | n |",
        "|---|---|---|---|",
        *rows,
        "",
        *_reliability(told.after),
    ]


def _reliability(grade: Grade) -> list[str]:
    if not grade.reliability:
        return []
    rows = [f"| {b.low:.1f} to {b.high:.1f} | {b.n} | {b.probability:.2f} | {b.share:.2f} |" for b in grade.reliability]
    return [
        "P(leader wins) after, on the decided cases:",
        "",
        "| P | n | mean P | right |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def error(grade: Grade) -> str:
    """Say a calibration error."""
    return "unknown" if grade.ece is None else f"{grade.ece:.2f}"


def _learned(report: Report) -> list[str]:
    lines = ["## Learned", ""]
    for skill in report.learned:
        lines += [f"### {skill.name}", "", skill.description, "", *(f"- {text}" for text in skill.looks_for), ""]
    return lines if report.learned else [*lines, "Nothing.", ""]


def _diagnosed(report: Report) -> list[str]:
    told = report.diagnosis
    if told is None:
        return []
    lines = ["## What is still wrong on train (cross-fitted)", ""]
    lines += [f"- {len(cluster.cases)} cases: {cluster.name}" for cluster in told.clusters]
    lines += [
        f"- no skill names `{gap.feature}`: {gap.cases} cases, {100 * gap.accuracy:.0f}% right" for gap in told.gaps
    ]
    lines += [f"- {len(told.lucky)} right by luck"] if told.lucky else []
    for wrong in told.wrong:
        pulls = ", ".join(f"{pull.criterion} {pull.amount:+.2f}" for pull in wrong.pulls) or "nothing"
        lines.append(f"- `{wrong.case}` ({wrong.margin:+.2f}): pulled by {pulls}")
    return [*lines, ""]


def _noted(run: Run, name: str) -> dict[str, JsonValue]:
    told = run.noted(name)
    return told if isinstance(told, dict) else {}
