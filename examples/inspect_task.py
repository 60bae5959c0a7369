"""A task of Inspect that is scored by the reward service.

pip install inspect-ai
rubrica serve &
REWARD_URL=http://127.0.0.1:8080 inspect eval examples/inspect_task.py --model PROVIDER/NAME
"""

import inspect_ai
from inspect_ai import Task, task
from inspect_ai.dataset import Sample

from rubrica.adapters.inspect_ai import rubrica_scorer


@task
def products() -> Task:
    """Two multiplications."""
    asked = [Sample(input=f"What is {a} * {b}?", target=str(a * b)) for a, b in ((12, 13), (17, 24))]
    return Task(dataset=asked, scorer=rubrica_scorer())


if __name__ == "__main__":
    for log in inspect_ai.eval(products(), model="mockllm/model", display="none"):
        print(log.status, log.results and log.results.scores[0].metrics["mean"].value)
