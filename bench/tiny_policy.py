"""A policy small enough to train on a processor in seconds, and a tokenizer of whole words; nothing is downloaded."""

from collections.abc import Iterable

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, set_seed

MARKS = ("<unk>", "<s>", "</s>", "user:", "assistant:")
TEMPLATE = "{% for m in messages %}<s> {{ m['role'] }}: {{ m['content'] }} </s> {% endfor %}<s> assistant: "


def words(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer that knows the words of these texts; a word is what stands between spaces."""
    known = [*MARKS, *sorted({word for text in texts for word in text.split()} - set(MARKS))]
    pieces = Tokenizer(models.WordLevel({word: index for index, word in enumerate(known)}, unk_token="<unk>"))
    pieces.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        chat_template=TEMPLATE,
    )


def policy(tokenizer: PreTrainedTokenizerFast, *, seed: int, width: int = 32) -> Qwen2ForCausalLM:
    """Return an untrained Qwen2 of one layer."""
    set_seed(seed)
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=128,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
