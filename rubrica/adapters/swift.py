"""ms-swift: `--external_plugins PLUGIN.py --reward_funcs rubrica`, where PLUGIN.py holds

    from rubrica.adapters.swift import register
    register()

Completions without a verdict are None, which ms-swift leaves out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rubrica.adapters.client import Client

NAME = "rubrica"


def score(completions: Sequence[str], columns: Mapping[str, Any]) -> list[float | None]:
    """Score completions by the conversations in `messages`, whose last turn is the completion itself."""
    known = columns.get("reference") or columns.get("solution") or [None] * len(completions)
    samples = [
        {"prompt": _asked(messages), "completion": completion, "reference": reference}
        for completion, messages, reference in zip(completions, columns["messages"], known, strict=True)
    ]
    return [answer.value for answer in Client.from_env().score(samples)]


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
