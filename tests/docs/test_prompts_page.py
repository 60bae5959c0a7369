"""The page of prompts shows what is really sent."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "prompts.md"
PROMPTS = resources.files("rubrica.requests") / "prompts"
FILES = sorted(entry.name for entry in PROMPTS.iterdir())


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_system_message_stands_on_the_page_as_it_is(page, name):
    system = (PROMPTS / name).read_text(encoding="utf-8").partition("\n---\n")[0]
    assert f"````text\n{system.strip()}\n````" in page


def test_every_role_has_a_reply_that_is_json(page):
    replies = re.findall(r"````json\n(.*?)\n````", page, re.DOTALL)
    assert len(replies) == len(FILES)
    assert all(json.loads(reply) for reply in replies)
