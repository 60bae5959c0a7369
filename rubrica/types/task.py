"""What is judged: a task, the candidates that answer it, and what tools and reasoners see of the task."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from rubrica.types.value import Value

Role = Literal["system", "user", "assistant", "tool"]


class TextPart(Value):
    """A run of text."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(Value):
    """A picture by handle: its bytes live outside the record."""

    type: Literal["image"] = "image"
    uri: str
    """Relative path, URL or data URI, as the input gave it."""
    sha256: str | None = None
    """Digest of the bytes, once they have been read."""


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


def text_of(parts: tuple[Part, ...]) -> str:
    """Join the text parts with newlines; pictures are left out."""
    if len(parts) == 1 and isinstance(parts[0], TextPart):  # nearly always; tools ask for the text very often
        return parts[0].text
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


class Message(Value):
    """One chat turn in the OpenAI shape."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Document(Value):
    """A source that the answer may be held to."""

    text: str
    title: str = ""


class CodeTest(Value):
    """One test of a code task; it runs in the sandbox and is compared on the host."""

    kind: Literal["call", "stdin", "doctest", "assert"] = "assert"
    code: str
    """The call expression, standard input, doctest text or assert statements."""
    expected: JsonValue = None
    """The value or standard output expected by `call` and `stdin`."""


class Task(Value):
    """A prompt with everything that is known about it."""

    id: str
    messages: tuple[Message, ...]
    context: tuple[Document, ...] = ()
    tests: tuple[CodeTest, ...] = ()
    reference: str | None = None
    """A known right answer; host-side checks only, never shown to a model that judges."""
    meta: dict[str, JsonValue] = Field(default_factory=dict)
    """Free notes of the data set; no tool and no reasoner sees them."""


class Candidate(Value):
    """One output to be judged."""

    id: str
    parts: tuple[Part, ...]
    meta: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Case(Value):
    """A task and the K >= 1 candidates that answer it."""

    task: Task
    candidates: tuple[Candidate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> "Case":
        ids = [candidate.id for candidate in self.candidates]
        if len(set(ids)) != len(ids):
            raise ValueError(f"candidate ids repeat: {ids}")
        return self

    @property
    def id(self) -> str:
        return self.task.id


class TaskView(Value):
    """What tools and reasoners see of a task: never labels, never `meta`.

    `reference` and `tests` are there for host-side checks; no prompt renders them.
    """

    messages: tuple[Message, ...]
    context: tuple[Document, ...] = ()
    tests: tuple[CodeTest, ...] = ()
    reference: str | None = None

    @classmethod
    def of(cls, task: Task) -> "TaskView":
        return cls(messages=task.messages, context=task.context, tests=task.tests, reference=task.reference)

    @property
    def prompt(self) -> str:
        """The last user turn: what the candidates answer."""
        for message in reversed(self.messages):
            if message.role == "user":
                return message.text
        return self.messages[-1].text if self.messages else ""
