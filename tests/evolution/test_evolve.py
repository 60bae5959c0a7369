"""Evolution as a whole, on preferences whose taste is known."""

import json
from pathlib import Path

import pytest

from rubrica.errors import InputError, LibraryError, UserError
from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import Means, evolve, resume
from rubrica.evolution.memory import Memory
from rubrica.evolution.report import Report
from rubrica.evolution.run import Options
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.seed import builtin_entry
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.skills.base import Skill
from rubrica.skills.when import opposite, parse
from rubrica.tools.builtin.catalog import load_builtins


def options(data: Path, **given: object) -> Options:
    return Options.model_validate({"data": str(data), "train": 60, "draws": 49, "folds": 3, **given})


def tastes(library: Path) -> dict[str, tuple[str, float]]:
    """What the library has learned: measure -> (preferred direction, share of all weight)."""
    found = LibraryStore.open(library).load()
    weights = {
        str(c.arguments["of"]): (c.prefer, found.scoring.weights.get(f"{skill.name}/{c.id}", c.weight))
        for skill in found.skills.values()
        for c in skill.criteria
    }
    total = sum(weight for _, weight in weights.values())
    return {name: (prefer, weight / total) for name, (prefer, weight) in weights.items()}


@pytest.mark.parametrize("flip", [0.0, 0.2])
def test_it_recovers_both_planted_criteria(write, library, means, flip) -> None:
    report = evolve(library, options(write(160, flip=flip), train=100), means)
    found = tastes(library)
    strongest = sorted(found, key=lambda name: -found[name][1])[:3]
    assert {"numbered", "hedge"} <= set(strongest)
    assert (found["numbered"][0], found["hedge"][0]) == ("high", "low")
    assert report.examination is not None
    assert report.examination.after.accuracy.value > report.examination.before.accuracy.value + 0.15


def test_the_learned_skill_can_be_read(write, library, means) -> None:
    evolve(library, options(write(100)), means)
    text = (library / "skills" / "learned-taste" / "SKILL.md").read_text(encoding="utf-8")
    assert "numbered lines" in text
    assert "hedges" in text
    assert "60 labelled cases" in text


def test_it_accepts_nothing_on_coin_flips(write, library, means) -> None:
    report = evolve(library, options(write(100, planted=False, seed=3)), means)
    assert report.accepted == 0
    assert report.before == report.after


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_pure_noise_is_hardly_ever_learned_from(write, tmp_path, means) -> None:
    """At a true rate of 5%, seven or more of 40 runs have a chance of 0.3%."""
    accepted = 0
    for seed in range(40):
        LibraryStore.init(tmp_path / f"library-{seed}", Library())
        data = write(70, planted=False, seed=seed, name=f"noise-{seed}.jsonl")
        accepted += (
            evolve(tmp_path / f"library-{seed}", options(data, train=50, draws=99, seed=seed), means).accepted > 0
        )
    assert accepted < 7


def test_the_same_seed_gives_the_same_bytes(write, tmp_path, means) -> None:
    data, told = write(80), []
    for name in ("one", "two"):
        LibraryStore.init(tmp_path / name, Library())
        evolve(tmp_path / name, options(data, train=40), means)
        told.append((tmp_path / name / ".rubrica/runs/0001/report.json").read_bytes())
    assert told[0] == told[1]


def test_nothing_is_judged_twice(write, library, means) -> None:
    report = evolve(library, options(write(80), train=40), means)
    assert report.judged == 40
    assert report.asked >= 3 * report.judged


def test_a_second_run_does_not_try_rejected_ideas_again(write, library, means) -> None:
    noise = options(write(80, planted=False, seed=1), train=40)
    first, second = evolve(library, noise, means), evolve(library, noise, means)
    assert first.decisions[0].outcome == "rejected"
    assert second.decisions[0].outcome == "refused"
    assert second.decisions[0].reason.startswith("tried before on these cases (run 0001)")


def test_a_later_run_keeps_the_earlier_test(write, library, means) -> None:
    data = write(80)
    evolve(library, options(data, train=40, seed=1), means)
    seen = Memory(library).seen()
    evolve(library, options(data, train=40, seed=2), means)
    assert Memory(library).seen() == seen


def test_cases_of_a_separate_test_file_are_not_learned_from(write, library, means) -> None:
    data, other = write(60), write(20, name="other.jsonl")  # the same 20 cases that the data begins with
    report = evolve(library, options(data, test=str(other), train=None), means)
    assert (report.train, report.test) == (40, 20)


def test_the_commit_reads_like_a_lab_book(write, library, means) -> None:
    evolve(library, options(write(100)), means)
    calibration, newest = (entry.message for entry in LibraryStore.open(library).log()[:2])
    assert calibration.subject == "Calibrate the probabilities"
    assert newest.subject == "Add learned-taste"
    assert {"Run", "Proposal", "Data", "Helped", "Hurt", "Gate", "Effect", "Cost"} <= newest.trailers.keys()
    assert newest.trailers["Gate"].startswith("sequential: p = ")


def test_a_library_changed_by_another_hand_stops_the_run(write, library, means) -> None:
    def meddle(event: object) -> None:
        if getattr(event, "step", "") == "propose":
            LibraryStore.open(library).load()
            store = LibraryStore.open(library)
            grown = store.load().with_scoring(store.load().scoring.model_copy(update={"tie": 0.5}))
            store.commit(grown, CommitMessage(subject="By hand"))

    with pytest.raises(LibraryError, match="by another hand"):
        evolve(library, options(write(100)), means, listen=meddle)


def test_a_finished_run_that_is_resumed_says_the_same(write, library, means) -> None:
    report = evolve(library, options(write(60), train=30), means)
    assert resume(library / ".rubrica/runs/0001", means) == report


def test_resuming_what_is_no_run_is_refused(tmp_path, means: Means) -> None:
    with pytest.raises(InputError, match="no run here"):
        resume(tmp_path, means)


def test_a_registered_benchmark_is_refused_and_stamped_when_allowed(write, library, means, tmp_path) -> None:
    from rubrica.data.read import read
    from rubrica.data.registry import Registry

    data = write(60)
    registry = tmp_path / "benchmarks.jsonl"
    Registry().with_benchmark("exam", [row.case for row in read(data)]).save(registry)
    with pytest.raises(UserError, match="--allow-benchmark exam"):
        evolve(library, options(data, train=30, benchmarks=str(registry)), means)
    allowed = options(data, train=30, benchmarks=str(registry), allow_benchmarks=("exam",))
    report = evolve(library, allowed, means)
    assert report.stamps == ("exam",)


def test_the_report_on_disk_is_the_report(write, library, means) -> None:
    report = evolve(library, options(write(60), train=30), means)
    folder = library / ".rubrica/runs/0001"
    assert Report.model_validate_json((folder / "report.json").read_text()) == report
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [events[0]["step"], events[-1]["step"]] == ["split", "report"]
    assert "## Test, read once" in (folder / "report.md").read_text()


def test_rounds_are_a_budget(write, library, means) -> None:
    report = evolve(library, options(write(60), train=30, rounds=1), means)
    assert report.stop == "1 round is over"
    assert [decision.key for decision in report.decisions] == ["mine", "calibrate"]
    assert report.accepted == 1


def test_a_skill_that_holds_for_some_prompts_only_is_split(write, tmp_path, vocabulary) -> None:
    """Lists are liked in answer to a question, and prose elsewhere; the library comes to know when."""
    lists = next(c for c in vocabulary if c.arguments == {"of": "numbered"})
    style = Skill(name="style", description="Lists.", criteria=(lists,))
    start = Library.of([style], tools=[builtin_entry(load_builtins()["measure"])])
    LibraryStore.init(tmp_path / "library", start)
    means = Means(Judge(Plan(Library(), sandbox="none"), workers=1), vocabulary=vocabulary)
    report = evolve(tmp_path / "library", options(write(100, divided=True), train=60), means)
    assert [d.outcome for d in report.decisions if d.key == "split"] == ["accepted"]
    assert report.examination is not None
    assert report.examination.after.accuracy.value > report.examination.before.accuracy.value + 0.2
    library = LibraryStore.open(tmp_path / "library").load()
    halves = [skill for skill in library.skills.values() if "split-from" in skill.metadata]
    assert len(halves) == 2
    one, other = (parse(skill.when) for skill in halves)
    assert str(opposite(one)) == str(other) or str(opposite(other)) == str(one)


def test_what_a_later_run_learns_of_the_same_tasks_is_merged(write, tmp_path, means, vocabulary) -> None:
    hedging = next(c for c in vocabulary if c.arguments == {"of": "hedge"}).model_copy(update={"prefer": "low"})
    known = Skill(name="learned-taste", description="Learned.", criteria=(hedging,), tags=("learned",))
    measure = builtin_entry(load_builtins()["measure"])
    LibraryStore.init(tmp_path / "library", Library.of([known], tools=[measure]))
    report = evolve(tmp_path / "library", options(write(160), train=100), means)
    assert "merge" in [decision.key for decision in report.decisions]
    assert list(LibraryStore.open(tmp_path / "library").load().skills) == ["learned-taste"]
    assert report.examination is not None
    assert report.examination.after.accuracy.value > report.examination.before.accuracy.value
