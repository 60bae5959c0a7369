"""Providers' own wire formats through the real litellm, in one process of its own: its import takes seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVERS = ROOT / "tests" / "servers"


@pytest.fixture(scope="module")
def session():
    path = os.pathsep.join([str(ROOT), str(SERVERS)])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("providers_session.py"))],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("form", ["", " tool", " text"])
@pytest.mark.parametrize("name", ["claude", "old claude", "gemini", "gemma", "ollama"])
def test_every_role_is_answered_in_the_wire_format_of_a_provider(session, name, form):
    told = session[name + form]
    assert told["kind"] == "verdict", told
    assert told["usage"]["calls"] == told["calls"] >= 4  # no call was refused, and none was made twice
    assert told["usage"]["tokens_in"] == 1000 * told["calls"]


@pytest.mark.parametrize("form", ["schema", "tool", "text"])
@pytest.mark.parametrize("name", ["claude", "old claude", "gemini", "gemma", "ollama"])
def test_the_largest_schemas_are_taken(session, name, form):
    assert session[f"{name} {form} learning"] == {"errors": [], "calls": 3}


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        *(
            ("claude overloaded", 2),
            ("claude rate", 2),
            ("claude cut", 2),
            ("claude no temperature", 2),
            ("claude 4.7", 1),
        ),
        *(("gemini overloaded", 2), ("gemini rate", 2), ("gemini all thought", 2), ("gemini nothing", 2)),
        *(("gemini no system", 2), ("ollama thinking", 1), ("ollama tagged", 1), ("ollama cut", 2)),
    ],
)
def test_what_a_provider_does_in_its_own_way_is_healed(session, name, calls):
    assert (session[name].get("grades"), session[name]["calls"]) == (2, calls), session[name]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        *(("claude refusal", "RefusalError"), ("gemini blocked", "RefusalError"), ("gemini safety", "RefusalError")),
        *(("claude too long", "TooLongError"), ("gemini too long", "TooLongError")),
        *(("claude unpaid", "AccessError"), ("claude missing", "AccessError"), ("gemini missing", "AccessError")),
        ("ollama missing", "AccessError"),
    ],
)
def test_what_cannot_be_healed_is_typed_after_one_call(session, name, error):
    assert (session[name].get("error"), session[name]["calls"]) == (error, 1), session[name]


@pytest.mark.parametrize(
    "name",
    ["no provider", "no key anthropic/claude-sonnet-4-5", "no key gemini/gemini-2.5-flash", "no key openai/gpt-4o"],
)
def test_a_missing_key_or_provider_is_said_in_one_line_without_a_traceback(session, name):
    assert session[name]["error"] == "AccessError", session[name]
    assert not {"Traceback", "\n"} & set(session[name]["text"].split(" "))
    assert "check" in session[name]["text"]


def test_reasoning_tokens_are_paid_for_and_cached_ones_at_their_price(session):
    gemini, claude = session["gemini"]["usage"], session["claude overloaded"]["usage"]
    assert gemini["tokens_out"] == 380 * session["gemini"]["calls"]
    assert claude["cost_usd"] == pytest.approx(900 * 3e-6 + 100 * 0.3e-6 + 80 * 15e-6)


def test_a_limit_of_replies_is_learned_and_kept_to(session):
    told = session["claude small output"]
    assert told.get("grades") == 2, told
    assert told["last"]["max_tokens"] == 8192


def test_ollama_gets_a_window_for_the_whole_prompt_and_keeps_it(session):
    first, longer, kept = session["window"]
    assert first < longer == kept


@pytest.mark.parametrize("model", ["openai/gpt-5", "openai/o3-mini"])
def test_reasoning_models_get_their_own_limit_and_no_temperature(session, model):
    for body in session[model]["bodies"]:
        assert body["max_completion_tokens"] == 4096
        assert not {"temperature", "max_tokens"} & body.keys()


@pytest.mark.parametrize(
    "model",
    [
        *("openai/gpt-4o", "openai/gpt-5", "mistral/mistral-large-latest", "deepseek/deepseek-reasoner"),
        *("openrouter/qwen/qwen3-32b", "hosted_vllm/Qwen/Qwen3-8B", "xai/grok-4"),
    ],
)
def test_the_schema_arrives_whole_at_every_openai_shaped_provider(session, model):
    """litellm edits schemas in place for some providers; those of the next call must not show it."""
    schemas = [body["response_format"]["json_schema"]["schema"] for body in session[model]["bodies"]]
    assert schemas == [session["openai/gpt-4o"]["bodies"][0]["response_format"]["json_schema"]["schema"]] * 2
    assert schemas[0]["additionalProperties"] is False


def test_a_provider_without_schemas_answers_through_a_tool(session):
    told = session["groq/llama-3.3-70b-versatile"]
    assert told.get("grades") == 1, told
    assert told["bodies"][0]["tools"]


MODELS = {
    "anthropic/claude-sonnet-4-5": "ANTHROPIC",
    "gemini/gemini-2.5-flash": "GEMINI",
    "ollama/llama3.1": "OLLAMA",
}


@pytest.fixture(scope="module")
def url():
    with subprocess.Popen(
        [sys.executable, str(SERVERS / "providers.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


def judge(model, tmp_path, environ):
    path = tmp_path / "pair.jsonl"
    path.write_text(
        json.dumps({"prompt": "Name a colour that is not red.", "chosen": "Blue.", "rejected": "Red."}) + "\n"
    )
    line = [sys.executable, "-m", "rubrica.cli", "judge", str(path), "--json", "--model", model, "--sandbox", "none"]
    line += ["--no-progress", "--cache", str(tmp_path / "cache.sqlite")]
    keep = {name: value for name, value in os.environ.items() if not name.startswith("RUBRICA_")}
    return subprocess.run(
        line,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=tmp_path,
        env={**keep, "PYTHONPATH": str(ROOT), **environ},
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_a_pair_is_judged_from_the_command_line(model, url, tmp_path):
    environ = {f"{MODELS[model]}_API_BASE": url, f"{MODELS[model]}_API_KEY": "right"}
    done = judge(model, tmp_path, environ)
    assert done.returncode == 0, done.stderr
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["kind"] == "verdict", row
    assert row["provenance"]["reasoner"].startswith(f"{model}@")


@pytest.mark.slow
def test_a_refused_key_ends_the_command_in_one_line(url, tmp_path):
    done = judge("anthropic/claude-sonnet-4-5", tmp_path, {"ANTHROPIC_API_BASE": url, "ANTHROPIC_API_KEY": "wrong"})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("rubrica: no call of anthropic/claude-sonnet-4-5 gets through: ")
    assert "invalid x-api-key" in line
    assert "wrong" not in line
