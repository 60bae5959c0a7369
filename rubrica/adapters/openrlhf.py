"""OpenRLHF: `--reward.remote_url` takes the service's URL/get_reward, or the path of a file that holds

    from rubrica.adapters.openrlhf import reward_func

OpenRLHF cannot skip a sample, and takes an exception for a missing reward model; so one without a verdict is logged
and raised, unless REWARD_ON_UNSCORED names a number.
"""

import logging
from collections.abc import Sequence
from typing import Any

from rubrica.adapters.client import Client
from rubrica.errors import ReasonerError, UnscoredError

log = logging.getLogger(__name__)


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object], **kwargs: object
) -> dict[str, Any]:
    """Score decoded texts that begin with their prompts; the service cuts them apart and drops special tokens.

    Raises:
        UnscoredError: there is no verdict, and no number was chosen for that.
    """
    del kwargs
    client = Client.from_env()
    body = {"query": list(queries), "prompts": list(prompts), "labels": list(labels)}
    try:
        return dict(client.post("/get_reward", body))
    except (ReasonerError, UnscoredError) as error:
        if client.on_unscored is not None:
            value = [client.on_unscored] * len(queries)
            return {"rewards": value, "scores": value, "extra_logs": {"judge_ok": [0.0] * len(queries)}}
        log.exception("no reward for %d samples; OpenRLHF will report a missing reward model", len(queries))
        raise UnscoredError(error.reason, str(error)) from error
