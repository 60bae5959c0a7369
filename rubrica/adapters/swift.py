"""ms-swift: `--external_plugins PLUGIN.py --reward_funcs rubrica`, where PLUGIN.py holds

    from rubrica.adapters.swift import register
    register()

ms-swift counts a None as 0 in its group's mean, so a completion without a verdict would look like a bad one. Therefore
all completions of its prompt are None: their advantages are 0 then, and the group teaches nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rubrica.adapters.client import Client

NAME = "rubrica"


def score(completions: Sequence[str], columns: Mapping[str, Any]) -> list[float | None]:
    """Score completions by the conversations in `messages`, whose last turn is the completion itself.

    Groups are told apart by ms-swift's `prompt_id`, or by what was asked.
    """
    known = columns.get("reference") or columns.get("solution") or [None] * len(completions)
    samples = [
        {"prompt": _asked(messages), "completion": completion, "reference": reference}
        for completion, messages, reference in zip(completions, columns["messages"], known, strict=True)
    ]
    values = [answer.value for answer in Client.from_env().score(samples)]
    groups = columns.get("prompt_id") or [json.dumps(sample["prompt"], default=str) for sample in samples]
    left_out = {group for group, value in zip(groups, values, strict=True) if value is None}
    return [None if group in left_out else value for group, value in zip(groups, values, strict=True)]


def register() -> None:
    """Make the reward known to ms-swift under the name `rubrica`."""
    from swift.rewards import ORM, orms

    class Rubrica(ORM):  # type: ignore[misc]  # ms-swift is not installed where types are checked
        """Scores with the reward service."""

        def __call__(self, completions: list[str], **kwargs: Any) -> list[float | None]:
            return score(completions, kwargs)

    orms[NAME] = Rubrica


def _asked(messages: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    turns = list(messages)
    return turns[:-1] if turns and turns[-1].get("role") == "assistant" else turns
