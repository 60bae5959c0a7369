"""What every noun is: a frozen value, known by the hash of its content."""

import hashlib
import json

from pydantic import BaseModel, ConfigDict, JsonValue


class Value(BaseModel):
    """An immutable value that crosses a wire or a disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def content_hash(value: BaseModel | JsonValue) -> str:
    """Return the SHA-256 (64 hex digits) of a value's canonical JSON (sorted keys, no spaces, UTF-8)."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
