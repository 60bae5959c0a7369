"""Nothing that a run starts is there after it."""

import os
import time
from pathlib import Path

import pytest

LINGER = {
    "fork": "import os, time\n    if os.fork() == 0:\n        time.sleep(0.3); open(path, 'w')",
    "double fork": "import os, time\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
    "            time.sleep(0.3); open(path, 'w')",
    "subprocess": "import subprocess\n    subprocess.Popen(['sh', '-c', f'sleep 0.3; touch {path}'])",
    "system": "import os\n    os.system(f'(sleep 0.3; touch {path}) &')",
    "thread": "import threading, time\n    threading.Thread(target=lambda: (time.sleep(0.3), open(path, 'w'))).start()",
    "atexit": "import atexit\n    atexit.register(open, path, 'w')",
    "finalizer": "import weakref\n    weakref.finalize(attack, open, path, 'w')",
    "timer": "import signal\n    signal.signal(signal.SIGALRM, lambda *a: open(path, 'w')); signal.alarm(1)",
}


@pytest.mark.parametrize("way", LINGER)
def test_nothing_acts_after_the_run(way, execute, tmp_path):
    tmp_path.chmod(0o777)
    execute(f"def attack(path):\n    {LINGER[way]}", str(tmp_path / "trace"))
    time.sleep(0.4)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["parent", "all", "group"])
def test_no_signal_reaches_another_process(target, execute):
    execute(
        """
import os, signal
def attack(target, host):
    pid = {"parent": host, "all": -1, "group": 0}[target]
    os.kill(pid, signal.SIGKILL)
    os.kill(os.getppid(), signal.SIGKILL)
""",
        target,
        os.getpid(),
    )
    assert execute("print(1)").stdout == "1\n"


def test_the_host_s_priority_and_oom_score_stay(execute):
    score = Path("/proc/self/oom_score_adj")
    before = os.getpriority(os.PRIO_PROCESS, 0), score.read_text() if score.exists() else ""
    execute(
        """
import os
def attack(host):
    try: os.setpriority(os.PRIO_PROCESS, host, 19)
    except (OSError, AttributeError): pass
    open(f"/proc/{host}/oom_score_adj", "w").write("1000")
""",
        os.getpid(),
    )
    assert (os.getpriority(os.PRIO_PROCESS, 0), score.read_text() if score.exists() else "") == before
