"""Length-prefixed frames between a worker and its parent: four bytes of length, then that many bytes."""

import struct
from typing import IO

_LENGTH = struct.Struct(">I")
MAX_FRAME = 1 << 28

RETURNED, ENDED = b"R", b"E"
"""First byte of an ending, written by the host: what the code returned follows, or what the host saw end it."""

_LENGTHS = struct.Struct(">II")


def pack_answer(out: bytes, err: bytes, ending: bytes) -> bytes:
    """Return a worker's answer: standard output and error as the host took them, and how the run ended."""
    return _LENGTHS.pack(len(out), len(err)) + out + err + ending


def unpack_answer(answer: bytes) -> tuple[bytes, bytes, bytes]:
    """Undo `pack_answer`.

    Raises:
        ValueError: it is shorter than it says.
    """
    if len(answer) < _LENGTHS.size:
        raise ValueError("no answer")
    out, err = _LENGTHS.unpack_from(answer)
    begin = _LENGTHS.size
    if len(answer) <= begin + out + err:
        raise ValueError("the answer is cut short")
    return answer[begin : begin + out], answer[begin + out : begin + out + err], answer[begin + out + err :]


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def read_frame(stream: IO[bytes], limit: int = MAX_FRAME) -> bytes:
    """Read one frame; the empty result means that the other side is gone.

    Raises:
        ValueError: the frame is longer than `limit`.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return b""
    (length,) = _LENGTH.unpack(head)
    if length > limit:
        raise ValueError(f"frame of {length} bytes is over the limit of {limit}")
    payload = stream.read(length)
    return payload if len(payload) == length else b""
