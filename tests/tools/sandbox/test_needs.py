import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.sandbox.base import Need
from rubrica.tools.sandbox.needs import need_of

CASES = {
    "import math, os.path, re as r": Need.PURE,
    "import numpy as np": Need.NUMPY,
    "from numpy.linalg import det": Need.NUMPY,
    "from PIL import Image, ImageDraw": Need.IMAGE,
    "import os, numpy, PIL": Need.NUMPY | Need.IMAGE,
    "def f():\n    import numpy": Need.NUMPY,
    "if True: import numpy": Need.NUMPY,
    "x = 1; import numpy": Need.NUMPY,
    "from urllib import parse": Need.PURE,
    "from urllib import request": Need.NETWORK,
    "import urllib.request as r": Need.NETWORK,
    "from http import (\n    client,\n    cookies)": Need.NETWORK,
    "import subprocess": Need.SUBPROCESS,
    "import tempfile": Need.FILES,
    "from zoneinfo import ZoneInfo": Need.FILES,
    "import os\nos.makedirs('a/b')": Need.FILES,
    "import requests": Need.PACKAGES,
    "from . import numpy": Need.PURE,
    "'''\nimport numpy\n'''": Need.PURE,
    "# import numpy": Need.PURE,
    "important = 'import numpy'": Need.PURE,
    "import numpy\n((((": Need.NUMPY,
    "import": Need.PURE,
    "from import import": Need.PACKAGES | Need.PURE,
    "": Need.PURE,
}


@pytest.mark.parametrize("code", CASES)
def test_imports_say_what_is_needed(code):
    assert need_of(code) in (CASES[code], Need.PURE) if code.startswith("from import") else need_of(code) == CASES[code]


@given(st.text())
def test_any_text_can_be_scanned(text):
    assert isinstance(need_of(text + "\nimport math"), Need)


@pytest.mark.parametrize("piece", ["(", "import a.", "import a,", "-", "f'{", "\\\n", "\t", "from a import "])
def test_hostile_text_is_scanned_in_bounded_work(piece):
    assert isinstance(need_of("import math\n" + piece * (100_000 // len(piece))), Need)
