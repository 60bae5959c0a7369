"""Ordinary programs run: 47 kinds of what people write, each with what it must print."""

import pytest

PROGRAMS: dict[str, tuple[str, str]] = {
    "strings": ("print('-'.join(reversed('a b c'.split())).title(), f'{3.14159:.2f}', 'ß'.upper())", "C-B-A 3.14 SS"),
    "math": (
        """
import math
print(math.comb(10, 3), math.isqrt(99), round(math.sin(1), 6), math.gcd(12, 18))
""",
        "120 9 0.841471 6",
    ),
    "json": (
        """
import json
print(json.dumps(json.loads('{"b": [1, null], "a": 2}'), sort_keys=True))
""",
        '{"a": 2, "b": [1, null]}',
    ),
    "re": (
        """
import re
print(re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', 'me@home'), re.findall(r'\\d+', 'a1b22'))
""",
        "home at me ['1', '22']",
    ),
    "collections": (
        """
from collections import Counter, defaultdict, deque, OrderedDict, namedtuple
P = namedtuple('P', 'x y')
d = defaultdict(list)
d['k'].append(1)
print(Counter('abca').most_common(1), dict(d), deque([1, 2], maxlen=1), P(1, 2).y)
""",
        "[('a', 2)] {'k': [1]} deque([2], maxlen=1) 2",
    ),
    "itertools": (
        """
from itertools import accumulate, chain, combinations, groupby, islice, product
print(list(accumulate([1, 2, 3])), len(list(combinations(range(5), 2))), [k for k, _ in groupby('aab')])
""",
        "[1, 3, 6] 10 ['a', 'b']",
    ),
    "heapq": (
        """
import heapq
h = [3, 1, 2]
heapq.heapify(h)
print(heapq.heappop(h), heapq.nlargest(2, h))
""",
        "1 [3, 2]",
    ),
    "bisect": (
        """
import bisect
l = [1, 3, 5]
bisect.insort(l, 4)
print(l, bisect.bisect_left(l, 3))
""",
        "[1, 3, 4, 5] 1",
    ),
    "functools": (
        """
from functools import lru_cache, reduce, partial
@lru_cache(None)
def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)
print(fib(80), reduce(lambda a, b: a * b, range(1, 6)), partial(pow, 2)(5))
""",
        "23416728348467685 120 32",
    ),
    "dataclasses": (
        """
from dataclasses import dataclass, field, asdict
@dataclass(order=True, frozen=True)
class A:
    x: int
    y: list = field(default_factory=list, compare=False)
print(asdict(A(1)), A(1) < A(2))
""",
        "{'x': 1, 'y': []} True",
    ),
    "typing": (
        """
from typing import Generic, List, Optional, Protocol, TypeVar, get_type_hints
T = TypeVar('T')
class S(Generic[T]):
    def f(self, x: Optional[T]) -> List[T]: ...
print(sorted(get_type_hints(S.f)))
""",
        "['return', 'x']",
    ),
    "enum": (
        """
from enum import Enum, auto
class C(Enum):
    A = auto()
    B = auto()
print(C(2).name, [c.value for c in C])
""",
        "B [1, 2]",
    ),
    "datetime": (
        """
from datetime import date, datetime, timedelta, timezone
print(date(2024, 2, 28) + timedelta(2), datetime(2024, 1, 1, tzinfo=timezone.utc).isoformat(), datetime.strptime('3 Mar 2021', '%d %b %Y').strftime('%A'))
""",
        "2024-03-01 2024-01-01T00:00:00+00:00 Wednesday",
    ),
    "calendar": (
        """
import calendar
print(calendar.monthrange(2024, 2)[1], calendar.isleap(1900))
""",
        "29 False",
    ),
    "decimal": (
        """
from decimal import Decimal, getcontext
getcontext().prec = 30
print(Decimal(1) / 7)
""",
        "0.142857142857142857142857142857",
    ),
    "fractions": (
        """
from fractions import Fraction
print(sum(Fraction(1, n) for n in range(1, 5)))
""",
        "25/12",
    ),
    "statistics": (
        """
import statistics as s
print(s.mean([1, 2, 4]), s.median([3, 1, 2]), round(s.stdev([1, 2, 4]), 4))
""",
        "2.3333333333333335 2 1.5275",
    ),
    "random": (
        """
import random
random.seed(3)
print(random.randint(1, 100), random.sample(range(10), 3))
""",
        "31 [9, 8, 2]",
    ),
    "asyncio": (
        """
import asyncio
async def f(n):
    await asyncio.sleep(0.01 * n)
    return n
async def main():
    async with asyncio.timeout(1):
        return await asyncio.gather(*(f(n) for n in (2, 1)))
print(asyncio.run(main()))
""",
        "[2, 1]",
    ),
    "async queue": (
        """
import asyncio
async def main():
    q = asyncio.Queue()
    async def put():
        for i in range(3): await q.put(i)
    async with asyncio.TaskGroup() as g:
        g.create_task(put())
        print([await q.get() for _ in range(3)])
asyncio.run(main())
""",
        "[0, 1, 2]",
    ),
    "classes": (
        """
class A:
    def __init__(self): self._x = 1
    @property
    def x(self): return self._x
    @classmethod
    def make(cls): return cls()
class B(A):
    def __repr__(self): return f'B({super().x})'
print(B.make(), isinstance(B(), A), B.__mro__[1].__name__)
""",
        "B(1) True A",
    ),
    "abc": (
        """
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): ...
try: A()
except TypeError: print('abstract')
""",
        "abstract",
    ),
    "metaclasses": (
        """
class M(type):
    def __new__(m, name, bases, space): return super().__new__(m, name, bases, {**space, 'made': name})
class A(metaclass=M): ...
print(A.made)
""",
        "A",
    ),
    "generators": (
        """
def g():
    got = yield 1
    yield from [got, 3]
i = g()
print(next(i), i.send(2), list(i))
""",
        "1 2 [3]",
    ),
    "context managers": (
        """
from contextlib import contextmanager, ExitStack, suppress
@contextmanager
def c():
    print('in', end=' ')
    yield
    print('out', end=' ')
with c(), suppress(KeyError): {}['x']
print('end')
""",
        "in out end",
    ),
    "exceptions": (
        """
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise ValueError('v') from e
except ValueError as e: print(repr(e), repr(e.__cause__))
""",
        "ValueError('v') ZeroDivisionError('division by zero')",
    ),
    "exception groups": (
        """
try: raise ExceptionGroup('g', [ValueError(1), KeyError(2)])
except* ValueError as g: print(len(g.exceptions))
except* KeyError: pass
""",
        "1",
    ),
    "match": (
        """
def f(x):
    match x:
        case {'k': [a, *_]}: return a
        case int(): return 'int'
print(f({'k': [1, 2]}), f(3))
""",
        "1 int",
    ),
    "comprehensions": (
        "print({k: v for k, v in zip('ab', range(2))}, {x % 2 for x in range(4)}, [y for x in [[1], [2]] for y in x])",
        "{'a': 0, 'b': 1} {0, 1} [1, 2]",
    ),
    "recursion": (
        """
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
print(depth(800))
""",
        "800",
    ),
    "deep recursion": (
        """
import sys
sys.setrecursionlimit(20000)
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
print(depth(9000))
""",
        "9000",
    ),
    "big integers": (
        "print(len(str(2 ** 10000)), pow(3, 10 ** 12, 10 ** 9 + 7), (10 ** 30).bit_length())",
        "3011 570188345 100",
    ),
    "bytes": (
        """
import struct, base64, binascii
print(struct.pack('>I', 258), base64.b64encode(b'hi'), binascii.crc32(b'x'))
""",
        "b'\\x00\\x00\\x01\\x02' b'aGk=' 2363233923",
    ),
    "hashlib": (
        """
import hashlib, hmac
print(hashlib.sha256(b'x').hexdigest()[:8], hmac.new(b'k', b'm', 'md5').hexdigest()[:8])
""",
        "2d711642 ed7e724d",
    ),
    "text": (
        """
import textwrap, string, difflib
print(textwrap.fill('aa bb cc', 5), string.ascii_lowercase[:3], difflib.get_close_matches('appel', ['ape', 'apple']))
""",
        "aa bb\ncc abc ['apple', 'ape']",
    ),
    "csv": (
        """
import csv, io
w = io.StringIO()
csv.writer(w).writerow(['a,b', 1])
print(w.getvalue().strip(), next(csv.DictReader(['x,y', '1,2'])))
""",
        "\"a,b\",1 {'x': '1', 'y': '2'}",
    ),
    "xml and html": (
        """
import xml.etree.ElementTree as E, html
from html.parser import HTMLParser
print(E.fromstring('<a><b c="1">t</b></a>').find('b').attrib, html.escape('<'))
""",
        "{'c': '1'} &lt;",
    ),
    "compression": (
        """
import zlib, gzip, io, zipfile
b = io.BytesIO()
with zipfile.ZipFile(b, 'w') as z: z.writestr('n', 'x')
print(zlib.decompress(zlib.compress(b'x')), gzip.decompress(gzip.compress(b'y')), zipfile.ZipFile(b).namelist())
""",
        "b'x' b'y' ['n']",
    ),
    "sqlite": (
        """
import sqlite3
c = sqlite3.connect(':memory:')
c.execute('create table t(x)')
c.executemany('insert into t values (?)', [(1,), (2,)])
print(c.execute('select sum(x) from t').fetchone())
""",
        "(3,)",
    ),
    "unittest": (
        """
import unittest, io
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(1, 1)
r = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
print(r.testsRun, r.wasSuccessful())
""",
        "1 True",
    ),
    "introspection": (
        """
import inspect, ast
def f(a, *, b=1): return a
print(inspect.signature(f), type(ast.parse('1').body[0]).__name__, inspect.getsource(f).strip()[:5])
""",
        "(a, *, b=1) Expr def f",
    ),
    "logging": (
        """
import logging, sys
logging.basicConfig(stream=sys.stdout, format='%(levelname)s %(message)s')
logging.warning('w %d', 1)
""",
        "WARNING w 1",
    ),
    "files": (
        """
with open('a.txt', 'w') as f: f.write('1\\n2\\n')
with open('a.txt') as f: print([int(l) for l in f])
""",
        "[1, 2]",
    ),
    "temporary folders": (
        """
import tempfile, pathlib
with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d) / 'x' / 'y.txt'
    p.parent.mkdir()
    p.write_text('t')
    print(p.read_text(), len(list(p.parent.iterdir())))
""",
        "t 1",
    ),
    "threads": (
        """
import threading
r = []
ts = [threading.Thread(target=r.append, args=(i,)) for i in range(3)]
[t.start() for t in ts]
[t.join() for t in ts]
print(sorted(r))
""",
        "[0, 1, 2]",
    ),
    "numpy": (
        """
import numpy as np
print(np.linalg.det(np.eye(3) * 2).round(3), np.arange(6).reshape(2, 3).sum(axis=0))
""",
        "8.0 [3 5 7]",
    ),
    "pillow": (
        """
from PIL import Image
import io
b = io.BytesIO()
Image.new('RGB', (4, 4), 'red').save(b, 'PNG')
print(Image.open(io.BytesIO(b.getvalue())).getpixel((0, 0)))
""",
        "(255, 0, 0)",
    ),
}
BEYOND = {"wasm": {"temporary folders", "threads", "numpy", "pillow"}, "jail": set()}
"""What a tier is not made for; the router sends it elsewhere."""


@pytest.mark.parametrize("kind", PROGRAMS)
def test_an_ordinary_program_runs(kind, tier, execute):
    if kind in BEYOND[tier.name]:
        pytest.skip(f"{tier.name} is not made for this")
    code, expected = PROGRAMS[kind]
    outcome = execute(code)
    assert outcome.status == "ok", outcome.stderr
    assert outcome.stdout.rstrip("\n") == expected


def test_a_tier_runs_nearly_all_kinds(tier):
    assert len(PROGRAMS) == 47
    assert len(PROGRAMS) - len(BEYOND[tier.name]) >= {"wasm": 37, "jail": 45}[tier.name]
