"""The service on Ray Serve: the app of `rubrica serve`, on replicas that hold the library by value."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from rubrica.adapters.ray.service import Settings, build_service, service
from rubrica.errors import ConfigError
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.reasoners.scripted import Scripted
from rubrica.reward import RewardFunction
from rubrica.types import Scoring

PLAN = Plan(library=seed_library(), sandbox="none")
SAMPLES = {"samples": [{"prompt": "What is 2 + 2?", "completion": answer} for answer in ("2 + 2 = 4", "2 + 2 = 5")]}


def post(url: str, token: str) -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(SAMPLES).encode(), headers)) as response:
        found: dict[str, object] = json.load(response)
    return found


def test_replicas_answer_alike_and_let_nobody_in_without_the_token(serve_url: Callable[..., str]) -> None:
    url = serve_url(RewardFunction(PLAN), token="s3cret", replicas=2)
    told = [post(f"{url}/v1/score", "s3cret") for _ in range(8)]
    assert all(each == told[0] for each in told)
    assert told[0]["library"] == PLAN.library.version
    with pytest.raises(urllib.error.HTTPError, match="401"):
        post(f"{url}/v1/score", "guess")


def test_serve_run_reads_its_settings(tmp_path: Path, in_cluster: None) -> None:
    colder = seed_library().with_scoring(Scoring(temperature=3.0))
    LibraryStore.init(tmp_path / "mine", colder)
    told = {"library": str(tmp_path / "mine"), "mode": "group", "on_unscored": "0.5", "replicas": "2"}
    assert service(Settings.model_validate(told)) is not None
    with pytest.raises(ValueError, match="libary"):
        Settings.model_validate({"libary": "mine"})


def test_a_language_model_is_refused_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="`rubrica serve --model` is that process"):
        build_service(RewardFunction(PLAN, model=Scripted([])))
