"""Small inputs for a function, made by varying the prompt's examples or from its annotations; the same every time."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice, product

from rubrica.tools.builtin.code.examples import examples_of
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.sandbox.source import parse_expression

LIMIT = 24
_POSITIVE = re.compile(r"\bpositive\b|\bnatural\b|\bgreater than (?:zero|0)\b|\b1 ?(?:<=|≤)", re.IGNORECASE)
_NON_EMPTY = re.compile(r"\bnon[- ]?empty\b|\bat least one\b|\bnot (?:be )?empty\b|\b1 ?(?:<=|≤) ?len", re.IGNORECASE)

_ATOMS: dict[str, tuple[object, ...]] = {
    "int": (1, 2, 3, 4, 5, 7, 10, 12),
    "float": (1.0, 2.5, 0.5, 10.0),
    "str": ("a", "abc", "hello world", "level", "Ab1", "abcdefghij"),
    "bool": (True, False),
    "bytes": (b"", b"abc"),
    "Any": (1, "a"),
}


@lru_cache(maxsize=512)
def inputs_of(prompt: str) -> tuple[tuple[object, ...], ...]:
    """Return up to `LIMIT` argument tuples that the task's words allow; none when nothing is known of its inputs."""
    examples = [example.arguments for example in examples_of(prompt)]
    if examples:
        return tuple(islice(_distinct(_vary(examples, prompt)), LIMIT))
    entry = read_task(prompt).entry
    if entry is None or not entry.parameters or not all(entry.annotations[: entry.required]):
        return ()
    pools = [_of_annotation(text) for text in entry.annotations[: entry.required]]
    if not all(pools):
        return ()
    return tuple(islice(_distinct(_diagonal(pools)), LIMIT))


def _distinct(found: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    seen = set()
    for arguments in found:
        key = repr(arguments)
        if key not in seen and len(key) < 2000:
            seen.add(key)
            yield arguments


def _diagonal(pools: list[list[object]]) -> Iterator[tuple[object, ...]]:
    """Pair the pools entry by entry first, then all with all."""
    longest = max(map(len, pools))
    for index in range(longest):
        yield tuple(pool[(index + shift) % len(pool)] for shift, pool in enumerate(pools))
    yield from product(*(pool[:4] for pool in pools))


def _vary(examples: list[tuple[object, ...]], prompt: str) -> Iterator[tuple[object, ...]]:
    """Change one argument of an example at a time, in rounds over the examples, so that a short list is a mixed one."""
    floor = _floor(examples, prompt)
    empty = any(_is_empty(value) for arguments in examples for value in arguments) or not _NON_EMPTY.search(prompt)
    streams = [_changes(arguments, floor, empty=empty) for arguments in examples[:6]]
    while streams:
        kept = []
        for stream in streams:
            found = list(islice(stream, 2))
            yield from found
            if found:
                kept.append(stream)
        streams = kept


def _changes(arguments: tuple[object, ...], floor: float, *, empty: bool) -> Iterator[tuple[object, ...]]:
    for index, argument in enumerate(arguments):
        for value in variations(argument):
            if _at_least(value, floor) and (empty or not _is_empty(value)):
                yield (*arguments[:index], value, *arguments[index + 1 :])


def _floor(examples: list[tuple[object, ...]], prompt: str) -> float:
    """Return the smallest number that inputs may hold: none below the examples' own range is invented."""
    numbers = [number for arguments in examples for number in _numbers(arguments)]
    low = min(numbers, default=0)
    if low < 0:
        return -(10**9)
    return min(low, 1) if _POSITIVE.search(prompt) else 0


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _numbers(item)


def _at_least(value: object, floor: float) -> bool:
    return all(number >= floor for number in _numbers(value))


def _is_empty(value: object) -> bool:
    return isinstance(value, str | list | tuple | dict | set) and not value


def variations(value: object) -> Iterator[object]:
    """Yield values of the same shape: smaller, larger, reversed, repeated, empty."""
    if isinstance(value, bool) or value is None:
        yield from (True, False) if isinstance(value, bool) else ()
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 1, 0, value * 2, 2, 3, value + 2, 10, value + 3, 16, 17)
    elif isinstance(value, float):
        yield from (value + 1.0, value / 2, value * 2, 0.0, 1.0, -value)
    elif isinstance(value, str):
        yield from _vary_text(value)
    elif isinstance(value, list | tuple):
        make: Callable[[list[object]], object] = list if isinstance(value, list) else tuple
        for items in _vary_items(list(value)):
            yield make(items)
    elif isinstance(value, dict):
        pairs = list(value.items())
        yield from (dict(pairs[:-1]), dict(pairs[1:]), dict(pairs[:1]), {})


def _vary_text(text: str) -> Iterator[str]:
    if text.lstrip("+-").replace(".", "", 1).isdigit():
        yield from ("1", "7", "12", "100", f"{text}0")
        return
    yield from (text[:-1], "", text[::-1], text + text[:1], text[:1], text * 2, text.upper(), text[1:], text.swapcase())
    words = text.split()
    if len(words) > 1:
        yield from (" ".join(words[::-1]), " ".join(words[:-1]), words[0])


def _vary_items(items: list[object]) -> Iterator[list[object]]:
    yield items[::-1]
    yield []
    yield items[:-1]
    yield items + items[:1]
    yield items[:1]
    yield items[1:]
    if items:
        for value in islice(variations(items[0]), 3):
            yield [value, *items[1:]]
        for value in islice(variations(items[-1]), 2):
            yield [*items[:-1], value]
    yield items[1:] + items[:1]
    yield items * 2
    yield items[:2]


def _of_annotation(text: str) -> list[object]:
    try:
        node = parse_expression(text)
    except ValueError:
        return []
    return list(islice(_of_type(node), 10))


def _of_type(node: ast.expr) -> Iterator[object]:
    name = ast.unparse(node.value if isinstance(node, ast.Subscript) else node).rpartition(".")[2]
    inner = node.slice if isinstance(node, ast.Subscript) else None
    parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner] if inner is not None else []
    if name in _ATOMS and inner is None:
        yield from _ATOMS[name]
    elif name in ("Optional", "Union") and parts:
        yield from _of_type(parts[0])
    elif name in ("List", "list", "Sequence", "Iterable", "Collection"):
        items = list(islice(_of_type(parts[0] if parts else ast.Name("int")), 6))
        for size in (3, 1, 2, 4, 5, 6):
            yield (items * 2)[6 - size : 6 - size + size] if items else []
        yield [*items[:3], *items[:2]]
        yield items[::-1]
    elif name in ("Tuple", "tuple") and parts:
        pools = [list(islice(_of_type(part), 6)) for part in parts if not isinstance(part, ast.Constant)]
        if all(pools):
            for index in range(4):
                yield tuple(pool[(index + shift) % len(pool)] for shift, pool in enumerate(pools))
    elif name in ("Dict", "dict", "Mapping") and len(parts) == 2:
        keys, values = list(_of_type(parts[0])), list(_of_type(parts[1]))
        yield dict(zip(keys[:3], values[:3], strict=False))
        yield dict(zip(keys[:1], values[:1], strict=False))
