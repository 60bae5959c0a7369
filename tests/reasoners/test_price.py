import pytest

from rubrica.reasoners.price import Price, price_of


def test_a_known_model_has_the_price_of_the_table():
    price = price_of("gpt-4o-mini")
    assert price is not None
    assert price.cost(1_000_000, 0) == pytest.approx(0.15)
    assert price.cost(0, 1_000_000) == pytest.approx(0.60)


def test_a_provider_prefix_finds_the_same_price():
    assert price_of("openai/gpt-4o-mini") == price_of("gpt-4o-mini")


@pytest.mark.parametrize("model", ["my-own-model", "anthropic/gpt-4o-mini", "hosted_vllm/Qwen/Qwen3-8B", ""])
def test_an_unknown_model_has_no_price(model):
    assert price_of(model) is None


def test_cached_tokens_have_their_own_price():
    assert Price(read=10.0, written=1.0, cached=1.0).cost(10, 5, cached=8) == 20.0 + 8.0 + 5.0
