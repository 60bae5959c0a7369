"""`rubrica serve --workers`: one front, several judging processes, and every promise kept while they die."""

import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rubrica.adapters.client import Client
from rubrica.reward import RewardFunction
from rubrica.samples import Sample

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "156", "I cannot tell.", "It is 157, and I am quite sure about that, really very sure."]
GROUP = [{"prompt": PROMPT, "completion": answer} for answer in ANSWERS]
STEP = [{"prompt": f"What is {n} + {n}? Explain.", "completion": f"It is {2 * n}."} for n in range(300)]


def numbers(reward: RewardFunction, samples: list[dict[str, str]]) -> list[float | None]:
    return reward.values(reward.score_batch([Sample(each["prompt"], each["completion"]) for each in samples]))


def workers_of(pid: int) -> list[int]:
    """Return the judging processes of a service (and not multiprocessing's resource tracker)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        found += [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return found


def metric(url: str, name: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics") as page:
        (found,) = re.findall(rf"^{name} (\S+)$", page.read().decode(), re.MULTILINE)
    return float(found)


def test_groups_numbers_metrics_and_the_log_are_those_of_one_service(
    serve: Callable[..., Any], reward: RewardFunction
) -> None:
    service = serve("--workers", "2")
    assert len(workers_of(service.process.pid)) == 2
    with ThreadPoolExecutor(4) as ranks:
        client = Client(url=service.url, run="a", group_size=4)
        told = list(ranks.map(client.score, ([sample] for sample in GROUP)))
    assert {answer.mode for (answer,) in told} == {"group"}
    ordered = sorted(answer.value or 0.0 for (answer,) in told)
    assert ordered == sorted(each or 0.0 for each in numbers(reward, GROUP))
    assert [each.value for each in Client(url=service.url).score(STEP)] == numbers(reward, STEP)
    assert metric(service.url, "rubrica_workers") == 2
    assert metric(service.url, 'rubrica_samples_total{outcome="group"}') == 4
    assert metric(service.url, 'rubrica_samples_total{outcome="pointwise"}') == 300
    assert service.stop(signal.SIGTERM) == 0
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert [line["samples"] for line in lines if line.get("route") == "/v1/score"] == [1, 1, 1, 1, 300]
    said = json.dumps([{name: value for name, value in line.items() if name not in {"time", "ms"}} for line in lines])
    assert "156" not in said
    assert "Explain" not in said


def test_a_worker_killed_in_mid_batch_loses_nothing(serve: Callable[..., Any], reward: RewardFunction) -> None:
    service = serve("--workers", "2")
    with ThreadPoolExecutor(1) as trainer:
        step = trainer.submit(Client(url=service.url, deadline=100).score, STEP)
        while metric(service.url, "rubrica_cases_waiting") < 100:
            assert not step.done()
        victim, *_ = workers_of(service.process.pid)
        os.kill(victim, signal.SIGKILL)
        assert [each.value for each in step.result()] == numbers(reward, STEP)
    assert metric(service.url, "rubrica_workers_replaced") == 1
    assert metric(service.url, "rubrica_workers") == 2


def test_a_signal_to_the_whole_process_group_drains(serve: Callable[..., Any], reward: RewardFunction) -> None:
    service = serve("--workers", "2")
    with ThreadPoolExecutor(1) as trainer:
        step = trainer.submit(Client(url=service.url, deadline=100).score, STEP)
        while metric(service.url, "rubrica_cases_waiting") < 100:
            assert not step.done()
        os.killpg(service.process.pid, signal.SIGTERM)
        assert [each.value for each in step.result()] == numbers(reward, STEP)
    assert service.process.wait(60) == 0
    assert "ended" not in service.log.read_text()
