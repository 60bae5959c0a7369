"""What a commit says: a subject, the reasons, and trailers with the gate's numbers, read back by `library log`."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator

from rubrica.documents import Markdown
from rubrica.types import Value

VERSION_TRAILER = "Library-Version"

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (\S.*)")
_Line = Annotated[str, Field(pattern=r"^\S([^\r\n]*\S)?$", max_length=4000)]


class CommitMessage(Value):
    """Why a version was made. Trailers by convention: Proposal, Helped, Hurt, Gate, Effect, Cost; any key goes."""

    subject: str = Field(pattern=r"^\S([^\r\n]*\S)?$", max_length=200)
    """One line: what was done."""
    body: Markdown = ""
    """The proposal and its rationale, in words."""
    trailers: Mapping[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")], _Line] = Field(default_factory=dict)
    """Key -> value on one line, in order."""

    @field_validator("trailers")
    @classmethod
    def _version_is_ours(cls, trailers: Mapping[str, str]) -> Mapping[str, str]:
        if VERSION_TRAILER in trailers:
            raise ValueError(f"{VERSION_TRAILER} is written by the store")
        return trailers

    def render(self, *, version: str) -> str:
        """Return the text of a commit that holds the library `version`."""
        trailers = [f"{key}: {value}" for key, value in {**self.trailers, VERSION_TRAILER: version}.items()]
        return "\n\n".join(part for part in (self.subject, self.body, "\n".join(trailers)) if part) + "\n"


def parse_message(text: str) -> tuple[CommitMessage, str | None]:
    """Read a commit's text; the version is None when another tool made the commit."""
    lines = [line.rstrip() for line in text.replace("\r", "\n").strip().split("\n")]
    subject, rest = lines[0].strip()[:200].rstrip() or "(no message)", "\n".join(lines[1:]).strip("\n")
    above, _, last = rest.rpartition("\n\n")
    matches = [_TRAILER.fullmatch(line) for line in last.split("\n")]
    if not all(matches):
        return CommitMessage(subject=subject, body=rest), None
    trailers = {match[1]: match[2][:4000].rstrip() for match in matches if match}
    version = trailers.pop(VERSION_TRAILER, None)
    return CommitMessage(subject=subject, body=above, trailers=trailers), version
