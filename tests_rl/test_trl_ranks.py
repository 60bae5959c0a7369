"""TRL on two ranks, each with half of every group: the service judges whole groups, also when it dies in between."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from serving import serving
from tiny_run import GROUP, STEPS

HERE = Path(__file__).parent
Judged = Callable[..., list[float | str]]
Half = list[tuple[str, str, float]]


def torchrun(url: str, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start two ranks whose adapters know the run and the size of its groups."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    settings = {"REWARD_URL": url, "REWARD_RUN": "two", "REWARD_GROUP_SIZE": str(GROUP), "REWARD_MODE": "group"}
    path = os.pathsep.join([str(HERE), str(HERE.parent / "bench"), str(HERE.parent)])
    return subprocess.Popen(
        [*command, str(HERE / "two_ranks.py"), str(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **settings, "PYTHONPATH": path},
    )


def check(folder: Path, judged: Judged) -> None:
    """Compare both ranks' numbers with those of whole groups, judged in Python."""
    (first, log, learned), (second, _, also) = (
        json.loads((folder / f"rank{rank}.json").read_text()) for rank in (0, 1)
    )
    assert learned
    assert also
    assert len(first) == len(second) == len(log) == STEPS
    halves: list[tuple[Half, Half, dict[str, float]]] = list(zip(first, second, log, strict=True))
    alone: list[float | str] = []
    for one, other, line in halves:
        group = [*one, *other]
        assert len(one) == len(other) == GROUP // 2
        assert len({prompt for prompt, _, _ in group}) == 1
        samples = [{"prompt": prompt, "completion": said} for prompt, said, _ in group]
        numbers = [value for _, _, value in group]
        assert numbers == pytest.approx([float(number) for number in judged(samples, "group")], abs=1e-9)
        assert line["rewards/rubrica/mean"] == pytest.approx(sum(numbers) / GROUP, abs=1e-6)
        alone += judged(samples, "pointwise")
    given = [value for one, other, _ in halves for _, _, value in (*one, *other)]
    assert given != pytest.approx([float(number) for number in alone], abs=1e-9)


def finish(ranks: "subprocess.Popen[str]") -> None:
    output, _ = ranks.communicate(timeout=200)
    assert ranks.returncode == 0, output[-4000:]


def test_groups_split_over_two_ranks_get_the_numbers_of_whole_groups(url: str, judged: Judged, tmp_path: Path) -> None:
    finish(torchrun(url, tmp_path))
    check(tmp_path, judged)


def test_a_service_killed_in_the_middle_of_a_step_changes_no_number(judged: Judged, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(port=port) as (url, first):
        ranks = torchrun(url, tmp_path, str(hold))
        until(hold.exists, ranks)
        until(lambda: in_flight(url) == GROUP // 2, ranks)
        first.send_signal(signal.SIGKILL)
        first.wait()
        with serving(port=port):
            hold.unlink()
            finish(ranks)
    check(tmp_path, judged)


def until(true: Callable[[], bool], ranks: "subprocess.Popen[str]") -> None:
    while not true():
        assert ranks.poll() is None, ranks.communicate()[0][-4000:]
        time.sleep(0.05)


def in_flight(url: str) -> int:
    page = urllib.request.urlopen(f"{url}/metrics").read().decode()
    found = re.search(r"^rubrica_\w*in_flight\S* (\S+)$", page, re.MULTILINE)
    assert found is not None, page
    return int(float(found[1]))
