"""AReaL: `reward_fn=rubrica.adapters.areal.reward_fn`, or its import string.

AReaL runs it in a process pool and turns what takes longer than 15 s into 0 by itself, so the deadline is 10 s here
unless REWARD_DEADLINE says otherwise; keep it below AReaL's `timeout_seconds`. One sample a call, no skipping: a sample
without a verdict is an error unless REWARD_ON_UNSCORED names a number.
"""

import os

from rubrica.adapters.client import Client

DEADLINE_S = 10.0
"""Below AReaL's own 15 s, after which it would make up a 0."""


def reward_fn(
    prompt: object, completions: object, prompt_ids: object = None, completion_ids: object = None, **data: object
) -> float:
    """Score one sample; `answer` or `reference` among the columns is the known right answer.

    Raises:
        UnscoredError: there is no verdict, and no number was chosen for that.
    """
    del prompt_ids, completion_ids
    known = next(
        (value for name in ("reference", "answer") if isinstance(value := data.get(name), str) and value), None
    )
    client = Client.from_env() if "REWARD_DEADLINE" in os.environ else Client.from_env(deadline=DEADLINE_S)
    (answer,) = client.score([{"prompt": prompt, "completion": completions, "reference": known}])
    return answer.number()
