"""Errors as providers and servers word them, each sorted by what it means for the run."""

import pytest

from rubrica.reasoners.failure import TOLD, failure_of, one_line, refused

QUOTA = "You exceeded your current quota, please check your plan and billing details."
VLLM = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (4904 in the messages"
WORDED = [
    # OpenAI
    (429, f'{{"error": {{"message": "{QUOTA}", "code": "insufficient_quota"}}}}', "denied"),
    (429, f"litellm.RateLimitError: OpenAIException - {QUOTA}", "denied"),
    (429, "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000. Please try again in 8s.", "rate"),
    (429, "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 35000.", "long"),
    (400, "This model's maximum context length is 128000 tokens. (context_length_exceeded)", "long"),
    (400, "max_tokens is too large: 65536. This model supports at most 16384 completion tokens", "rejected"),
    (400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "flagged"),
    (404, "The model `gpt-nope` does not exist or you do not have access to it.", "missing"),
    (401, "Incorrect API key provided: sk-12.", "denied"),
    (400, "Unsupported value: 'temperature' does not support 0.0 with this model.", "rejected"),
    # Azure
    (
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "flagged",
    ),
    # Anthropic
    (400, "prompt is too long: 215432 tokens > 200000 maximum", "long"),
    (400, "input length and `max_tokens` exceed context limit: 199000 + 21333 > 204798", "long"),
    (413, "request_too_large: Request exceeds the maximum allowed number of bytes.", "long"),
    (400, "Your credit balance is too low to access the Anthropic API.", "denied"),
    (529, "overloaded_error: Overloaded", "server"),
    (400, "max_tokens: 65536 > 8192, which is the maximum allowed number of output tokens", "rejected"),
    # Gemini
    (400, "API key not valid. Please pass a valid API key. (API_KEY_INVALID)", "denied"),
    (403, "Generative Language API has not been used in project 1 before or it is disabled.", "barred"),
    (429, f'{QUOTA} Please retry in 37.5s. "quotaId": "GenerateRequestsPerMinutePerProjectPerModel"', "rate"),
    (429, f'{QUOTA} Please retry in 9h. "quotaId": "GenerateRequestsPerDayPerProjectPerModel"', "denied"),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "long"),
    (400, "A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.", "rejected"),
    (503, "The model is overloaded. Please try again later.", "server"),
    # Mistral, DeepSeek, Groq, OpenRouter
    (400, "Invalid model: mistral-nope (invalid_model)", "missing"),
    (400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context", "long"),
    (402, "Insufficient Balance", "denied"),
    (400, "Model Not Exist", "missing"),
    (400, "Content Exists Risk", "flagged"),
    (400, "Failed to generate JSON. See 'failed_generation' for more details. (json_validate_failed)", "garbled"),
    (413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000", "long"),
    (402, "This request requires more credits, or fewer max_tokens.", "denied"),
    (403, "Your chosen model requires moderation and your input was flagged", "flagged"),
    (400, "qwen/nope is not a valid model ID", "missing"),
    (400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens", "long"),
    (400, "Input tokens exceed the configured limit of 272000 tokens.", "long"),
    (400, "Range of input length should be [1, 129024]", "long"),
    (429, "Rate limit exceeded: free-models-per-day", "denied"),
    (429, "Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 7m12s.", "rate"),
    # vLLM, SGLang, llama.cpp, Ollama, litellm
    (400, f"{VLLM}, 4096 in the completion).", "long"),
    (400, "max_tokens must be at least 1, got -186.", "long"),
    (400, "System role not supported", "rejected"),
    (400, "The input (5000 tokens) is longer than the model's context length (4096 tokens).", "long"),
    (400, "the request exceeds the available context size. try increasing it (exceed_context_size_error)", "long"),
    (500, "Jinja Exception: System role not supported", "rejected"),
    (500, "tools param requires --jinja flag", "rejected"),
    (500, "model runner has unexpectedly stopped", "server"),
    (404, "model 'llama3' not found", "missing"),
    (400, "litellm.BadRequestError: LLM Provider NOT provided.", "missing"),
    (500, "litellm.ContextWindowExceededError: too much", "long"),
]


@pytest.mark.parametrize(
    ("status", "told", "kind"), WORDED, ids=[f"{status} {told[:40]}" for status, told, _ in WORDED]
)
def test_an_error_means_what_its_words_say(status, told, kind):
    assert failure_of(status, told) == kind


def test_an_error_is_told_on_one_short_line():
    error = refused(500, "a\n\tb\x1b[31m " + "c" * 1000, prefix="status 500: ")
    assert str(error).startswith("status 500: a b [31m ccc")
    assert len(one_line("x " * 10_000)) == TOLD


def test_what_never_passes_is_not_waited_for():
    assert refused(429, "insufficient_quota", {"retry-after": "20"}).retry_after is None
    assert refused(503, "overloaded", {"retry-after": "20"}).retry_after == 20


def test_a_402_that_names_a_wait_is_waited_for():
    assert refused(402, "in-flight spending budget", {"retry-after": "2"}).kind == "rate"
