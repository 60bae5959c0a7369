"""A service to ask, and the numbers that the same reward function gives without one."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from serving import JUDGE, ROOT, clean, serving

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1")

Numbers = list[float | str]
Judged = Callable[..., Numbers]


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with serving() as (address, _):
        yield address


@pytest.fixture
def service(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point the adapters to the service, as a user does."""
    monkeypatch.setenv("REWARD_URL", url)
    return url


@pytest.fixture(scope="session")
def judged() -> Iterator[Judged]:
    """Yield what the reward function gives for samples, asked in Python: a number, or why there is none."""
    command, environment = [JUDGE, str(Path(__file__).parent / "judging.py")], {**clean(), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def numbers(samples: Sequence[dict[str, object]], mode: str = "auto") -> Numbers:
            print(json.dumps([mode, samples]), file=asked, flush=True)
            answer: Numbers = json.loads(told.readline())
            return answer

        yield numbers
        asked.close()
