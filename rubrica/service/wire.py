"""What goes over the wire in our own shape (`/v1`): samples in, rewards or reasons out, in input order."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rubrica.reward import Reward
from rubrica.samples import Choice, Sample
from rubrica.types import Unscored

Result = Annotated[Reward | Unscored, Field(discriminator="kind")]

_CHAT = [{"role": "user", "content": "What is 12 * 13?"}]


class Wire(BaseModel):
    """A body or a query; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Wire):
    """How a request wants its samples scored; every route takes it as query parameters."""

    run: str = Field(default="", max_length=200)
    """Name of the training run; with `group_size`, groups are put together from its separate requests."""
    group_size: int | None = Field(default=None, ge=2, le=1024)
    """Completions per prompt."""
    mode: Choice | None = None
    """Overrides the mode that the service was started with."""
    deadline: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds; never more than the service allows."""
    library: str = Field(default="", pattern="^[0-9a-f]{0,64}$")
    """Library version that the run is pinned to; a service with another one answers 409."""


class WireSample(Wire):
    """One completion."""

    prompt: JsonValue = Field(examples=["What is 12 * 13?", _CHAT])
    completion: JsonValue = Field(examples=["It is 156.", [{"role": "assistant", "content": "It is 156."}]])
    reference: JsonValue = None
    context: JsonValue = None
    tests: JsonValue = None
    id: str = Field(default="", max_length=200)
    """Unique in the run: a request that is sent again with it is not counted as another sample."""

    def sample(self) -> Sample:
        return Sample(self.prompt, self.completion, self.reference, self.context, self.tests)


class ScoreRequest(Wire):
    """Completions of any prompts, in any order."""

    samples: tuple[WireSample, ...] = Field(min_length=1)


class GroupRequest(Wire):
    """Completions of one prompt, judged together."""

    prompt: JsonValue = Field(examples=["What is 12 * 13?"])
    completions: tuple[JsonValue, ...] = Field(min_length=1, examples=[["It is 156.", "It is 157."]])
    reference: JsonValue = None
    context: JsonValue = None
    tests: JsonValue = None

    def samples(self) -> list[Sample]:
        return [
            Sample(self.prompt, completion, self.reference, self.context, self.tests) for completion in self.completions
        ]


class JudgeRequest(Wire):
    """A case in any shape that `rubrica judge` reads."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"prompt": "What is 12 * 13?", "candidates": ["It is 156.", "It is 157."]}]},
    )


class ScoreReply(Wire):
    """One result per sample, in input order."""

    library: str
    reasoner: str
    results: tuple[Result, ...]
    values: tuple[float | None, ...]
    """What a trainer is given: `shaped`, or what the service was told to give for an unscored sample, or null."""
    unscored: int
