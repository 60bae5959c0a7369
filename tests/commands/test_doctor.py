import json
from collections.abc import Callable

import pytest
from click.testing import Result


@pytest.fixture
def told(rubrica: Callable[..., Result]) -> dict[str, object]:
    result = rubrica("doctor", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_every_tier_says_whether_it_is_ready_or_why_not(told: dict[str, object]) -> None:
    tiers = told["sandbox"]
    assert isinstance(tiers, list)
    assert {tier["name"] for tier in tiers} <= {"wasm", "jail", "e2b"}
    assert all(tier["available"] or tier["reason"] for tier in tiers)
    assert all(tier["attacks_held"] == tier["attacks"] for tier in tiers if tier["available"])


def test_packages_have_versions(told: dict[str, object]) -> None:
    packages = told["packages"]
    assert isinstance(packages, dict)
    assert {"langgraph", "litellm", "pydantic", "e2b-code-interpreter", "chromadb", "tenacity", "rich"} <= set(packages)


def test_no_key_is_ever_printed(rubrica: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    for flags in ((), ("--json",)):
        result = rubrica("doctor", *flags)
        assert result.exit_code == 0
        assert "sk-secret-value" not in result.output


def test_people_get_a_table(rubrica: Callable[..., Result]) -> None:
    assert "where untrusted code runs" in rubrica("doctor").stdout
