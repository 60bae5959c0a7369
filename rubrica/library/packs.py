"""How large a packed git object becomes, read from its headers, before anything of it is unpacked.

A pack holds objects whole or as differences from other objects (https://git-scm.com/docs/pack-format); a few kilobytes
of either can unpack to gigabytes.
"""

import zlib
from collections.abc import Callable
from typing import BinaryIO

_BY_OFFSET, _BY_NAME = 6, 7
_HEADER_BYTES = 64
_MAX_CHAIN = 64
"""Differences upon differences; git itself stops at 50."""


def unpacked_size(pack: BinaryIO, offset: int, find: Callable[[bytes], int]) -> int:
    """Return the most bytes that any step of unpacking the object at `offset` takes.

    Args:
        pack: the open file.
        offset: where the object begins.
        find: gives the offset of an object by its 20-byte name.

    Raises:
        ValueError: it is no such object, or differs from too long a chain of others.
        KeyError: `find` raised it.
    """
    largest = 0
    for _ in range(_MAX_CHAIN):
        pack.seek(offset)
        head = pack.read(_HEADER_BYTES)
        kind, size, used = _kind_and_size(head)
        largest = max(largest, size)
        if kind == _BY_OFFSET:
            back, used = _distance(head, used)
            offset, delta = offset - back, offset + used
        elif kind == _BY_NAME:
            offset, delta = find(head[used : used + 20]), offset + used + 20
        else:
            return largest
        largest = max(largest, _result_size(pack, delta))
    raise ValueError("too long a chain of differences")


def _kind_and_size(head: bytes) -> tuple[int, int, int]:
    """Return type, size, and how many bytes said so: four bits of size first, then seven a byte."""
    if not head:
        raise ValueError("no object")
    kind, size = head[0] >> 4 & 7, head[0] & 15
    for used, byte in enumerate(head[1:], 1):
        if not head[used - 1] & 128:
            return kind, size, used
        size |= (byte & 127) << (7 * used - 3)
    raise ValueError("a header without end")


def _distance(head: bytes, start: int) -> tuple[int, int]:
    """Return how far back the object lies from which this one differs, and where the header ends."""
    distance = -1
    for end, byte in enumerate(head[start:], start + 1):
        distance = (distance + 1) << 7 | byte & 127
        if not byte & 128:
            return distance, end
    raise ValueError("a header without end")


def _result_size(pack: BinaryIO, start: int) -> int:
    """Return the second number of a difference: the size of what comes out of it."""
    pack.seek(start)
    try:
        numbers = zlib.decompressobj().decompress(pack.read(4096), 2 * 10)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    sizes, size, shift = [], 0, 0
    for byte in numbers:
        size |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            sizes.append(size)
            size = shift = 0
    if len(sizes) < 2:
        raise ValueError("no difference")
    return sizes[1]
