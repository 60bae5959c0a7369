"""The bodies that trainers and hosted tuning services send: each becomes samples, and their numbers a reply."""

import re
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from rubrica.data.content import prompt as read_prompt
from rubrica.data.record import Unreadable
from rubrica.samples import Sample

SPECIAL = r"(?:<\|[^|<>\n]{1,40}\|>|</s>|<s>|<eos>|<bos>|<pad>|<end_of_turn>)"
_BEFORE = re.compile(rf"\A(?:\s*{SPECIAL})+")
_LAST = re.compile(rf"{SPECIAL}\s*\Z")


class Foreign(BaseModel):
    """A body whose shape others decide; fields that we do not read are let be."""

    model_config = ConfigDict(extra="allow", frozen=True)


class OpenRLHF(Foreign):
    """`/get_reward`: decoded texts with their prompts in front and special tokens inside."""

    query: tuple[str, ...] = Field(min_length=1)
    prompts: tuple[str, ...]
    labels: tuple[JsonValue, ...] = ()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if len(self.prompts) != len(self.query) or len(self.labels) not in (0, len(self.query)):
            raise ValueError(f"{len(self.query)} queries, {len(self.prompts)} prompts and {len(self.labels)} labels")
        return self

    def samples(self) -> list[Sample]:
        return [
            Sample(turns(prompt), response(query, prompt), reference(label))
            for query, prompt, label in zip(
                self.query, self.prompts, self.labels or [None] * len(self.query), strict=True
            )
        ]


class Slime(Foreign):
    """`/slime`: the body of its `remote_rm`."""

    prompt: JsonValue
    response: str
    label: JsonValue = None

    def samples(self) -> list[Sample]:
        return [Sample(turns(self.prompt), self.response, reference(self.label))]


class NeMoGym(Foreign):
    """`/verify`: an OpenAI Responses request and its response."""

    responses_create_params: Mapping[str, JsonValue]
    response: Mapping[str, JsonValue]

    def samples(self) -> list[Sample]:
        asked = self.responses_create_params.get("input")
        prompt = [_said(item) for item in asked if _is_message(item)] if isinstance(asked, list) else asked
        output = self.response.get("output")
        said = [text_of(item) for item in output if _is_message(item)] if isinstance(output, list) else []
        return [Sample(prompt, "\n".join(said), reference((self.model_extra or {}).get("reference")))]


class Gemini(Foreign):
    """`/gemini`: one example of a tuning job and the response to it."""

    example: Mapping[str, JsonValue]
    response: Mapping[str, JsonValue]

    def samples(self) -> list[Sample]:
        contents = self.example.get("contents")
        turns_ = [{"role": "system", "content": text_of(self.example.get("systemInstruction"))}]
        for item in contents if isinstance(contents, list) else ():
            role = item.get("role") if isinstance(item, dict) else None
            turns_.append({"role": "assistant" if role == "model" else "user", "content": text_of(item)})
        references = self.example.get("references")
        answer = references.get("reference") if isinstance(references, dict) else None
        return [Sample(turns_ if turns_[0]["content"] else turns_[1:], text_of(self.response), reference(answer))]


class Bedrock(Foreign):
    """`/bedrock`: one of the list that a tuning job sends; the last message is the answer."""

    id: str
    messages: tuple[Mapping[str, JsonValue], ...] = Field(min_length=2)
    metadata: Mapping[str, JsonValue] = {}

    def samples(self) -> list[Sample]:
        return [Sample(list(self.messages[:-1]), self.messages[-1], reference(self.metadata.get("reference_answer")))]


def response(query: str, prompt: str) -> str:
    """Return what the policy added: `query` without its prompt, either of which may have lost its head.

    The prompt may stand somewhere inside the query, or the query may begin in the middle of the prompt.
    """
    at = query.find(prompt)
    return strip(query[at + len(prompt) :] if at >= 0 else query[overlap(prompt, query) :])


def overlap(prompt: str, query: str) -> int:
    """Return the length of the longest end of `prompt` that `query` begins with (Knuth, Morris, Pratt; linear)."""
    fail = [0] * len(query)
    for i in range(1, len(query)):
        k = fail[i - 1]
        while k and query[i] != query[k]:
            k = fail[k - 1]
        fail[i] = k + 1 if query[i] == query[k] else 0
    k = 0
    for character in prompt:
        while k and (k == len(query) or character != query[k]):
            k = fail[k - 1]
        if query and character == query[k]:
            k += 1
    return k


def strip(text: str) -> str:
    """Drop the special tokens of chat templates at both ends; those inside may be what the answer is about."""
    text = _BEFORE.sub("", text)
    end = len(text)
    while True:
        start = max(0, end - 64)  # no token is longer
        found = _LAST.search(text[start:end].rstrip())
        if found is None:
            return text[:end]
        end = start + found.start()


def turns(prompt: JsonValue) -> object:
    """Read a templated prompt as the conversation it was made from, where the template is known."""
    if not isinstance(prompt, str):
        return prompt
    try:
        messages = read_prompt(prompt, "prompt")
    except Unreadable:
        return prompt
    return [{"role": message.role, "content": strip(message.text)} for message in messages]


def reference(label: JsonValue) -> str | None:
    """Return a label as the known right answer, when it is one."""
    return label if isinstance(label, str) and label.strip() else None


def text_of(item: object) -> str:
    """Join the text of a message in the Responses or Gemini shape."""
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        return ""
    blocks = item.get("content", item.get("parts"))
    if isinstance(blocks, str):
        return blocks
    return "\n".join(_block_texts(blocks)) if isinstance(blocks, list) else ""


def _block_texts(blocks: Sequence[JsonValue]) -> list[str]:
    return [text for block in blocks if isinstance(block, dict) and isinstance(text := block.get("text"), str)]


def _is_message(item: JsonValue) -> bool:
    return isinstance(item, dict) and item.get("type", "message") == "message"


def _said(item: JsonValue) -> dict[str, JsonValue]:
    return {"role": item.get("role") if isinstance(item, dict) else None, "content": text_of(item)}
