from collections.abc import Callable

import pytest
from click.testing import Result

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def shown() -> str:
    from click.testing import CliRunner

    from rubrica.cli import main

    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_two_cases_are_shown_in_full(shown: str) -> None:
    assert shown.count("findings") == 2
    assert shown.count("confidence 0.") + shown.count("confidence 1.") == 2


def test_agreement_stands_with_interval_and_coverage(shown: str) -> None:
    assert "95% interval" in shown
    assert "decided" in shown
    assert "no benchmark" in shown


def test_it_ends_by_saying_what_to_try_next(shown: str) -> None:
    assert "rubrica judge YOUR.jsonl --explain" in shown.split("Try next:")[1]


def test_a_skill_is_shown_that_the_run_wrote(shown: str) -> None:
    assert "1 edit accepted" in shown
    assert "/SKILL.md, as the run wrote it" in shown
    assert "## What to look for" in shown.split("as the run wrote it")[1]


def test_code_of_candidates_was_run(shown: str) -> None:
    assert "2 of 2 pass" in shown


def test_a_setting_that_is_wrong_is_one_line(rubrica: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUBRICA_SANDBOX", "nowhere")
    result = rubrica("demo")
    assert result.exit_code == 2
    assert "RUBRICA_SANDBOX" in result.stderr
