"""slime: `--custom-rm-path rubrica.adapters.slime.custom_rm`, or with `--group-rm`, `...slime.group_rm`.

With nothing installed beside slime, `--rm-type remote_rm --rm-url URL/slime` does the same one sample at a time. It
cannot skip a sample, so one without a verdict is an error unless REWARD_ON_UNSCORED names a number.
"""

from collections.abc import Sequence
from typing import Any

from rubrica.adapters.client import Client


async def custom_rm(args: object, sample: Any, **kwargs: object) -> float:
    """Score one sample.

    Raises:
        UnscoredError: there is no verdict, and no number was chosen for that.
    """
    return (await group_rm(args, [sample], **kwargs))[0]


async def group_rm(args: object, samples: Sequence[Any], **kwargs: object) -> list[float]:
    """Score the samples of one prompt beside each other.

    Raises:
        UnscoredError: as above, for any of them.
    """
    del args, kwargs
    return [answer.number() for answer in await Client.from_env().ascore([_sample(sample) for sample in samples])]


def _sample(sample: Any) -> dict[str, object]:
    label = sample.label if isinstance(sample.label, str) and sample.label.strip() else None
    return {"prompt": sample.prompt, "completion": sample.response, "reference": label}
