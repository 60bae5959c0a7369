"""Three steps of GRPO with a tiny model made on the spot. Needs `pip install trl` and, for the judge, either

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/trl_grpo.py             in the trainer's own environment, or
python examples/trl_grpo.py --in-process                                 where trl and all of rubrica are installed

Over several ranks (`torchrun --nproc-per-node 2`) set REWARD_RUN and REWARD_GROUP_SIZE=4 as well, so that the service
joins the completions of a prompt that the ranks share.
"""

import sys
import tempfile

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

PROMPTS = ["What is 2 + 3?", "Name a fruit.", "Is water wet? Answer yes or no.", "Say hello."]
TEMPLATE = "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}<s>assistant: "


def tokenizer() -> PreTrainedTokenizerFast:
    """Learn a few dozen pieces from the prompts: nothing is downloaded."""
    pieces = Tokenizer(models.BPE(unk_token="<unk>"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = [*PROMPTS, "system user assistant: yes no hello apple 5 . , ! ?"]
    pieces.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"]))
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        chat_template=TEMPLATE,
    )


def main() -> None:
    words = tokenizer()
    shape = Qwen2Config(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    if "--in-process" in sys.argv:
        from rubrica import RewardFunction

        reward = RewardFunction()
    else:
        from rubrica.adapters.trl import reward
    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=Qwen2ForCausalLM(shape),
            processing_class=words,
            reward_funcs=[reward],
            train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": text}]} for text in PROMPTS]),
            args=GRPOConfig(
                output_dir=folder,
                max_steps=3,
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=16,
                logging_steps=1,
                report_to="none",
                use_cpu=True,
                save_strategy="no",
            ),
        )
        trainer.train()
        for line in trainer.state.log_history:
            if "reward" in line:
                print({name: line[name] for name in sorted(line) if "reward" in name or "rubrica" in name})


if __name__ == "__main__":
    main()
