"""Text as ``transformers`` sees it: chat templates, and ids of prompts and conversations, live."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from edge.text import open_tokenizer
from tests.oracle import chats

SPECIALS = ["<s>", "</s>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]
TEXTS = ["turn off the lights", " two  spaces ", "😀 日本語\n\tñ", "", "a<|eot_id|>b", "x" * 200, "e\u0301 \u200d 🏳️‍🌈"]


def test_the_recorded_chats_are_what_transformers_renders() -> None:
    now = [chats.render_by_transformers(name, i, prompt=prompt) for name, i, prompt in chats.cases()]
    assert now == json.loads(chats.GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level BPE in the manner of LLaMA 3, bos added by its post-processor, with 2B4T's template."""
    out = tmp_path_factory.mktemp("bpe")
    bpe = tokenizers.Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    sentences = ["turn off the kitchen lights", "set the bedroom to twenty degrees", "日本語 😀 ok"] * 20
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        sentences, trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIALS, initial_alphabet=alphabet)
    )
    bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    bpe.save(str(out / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "chat_template": chats.TEMPLATES["bitnet"],
        "clean_up_tokenization_spaces": False,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(config))
    return out


@pytest.mark.parametrize("text", TEXTS)
def test_prompts_have_the_same_ids_and_text(folder: Path, text: str) -> None:
    ours, theirs = open_tokenizer(folder), PreTrainedTokenizerFast.from_pretrained(folder)
    ids = theirs(text)["input_ids"]
    assert ours.encode(text) == ids
    assert ours.encode(text, bos=False) == theirs(text, add_special_tokens=False)["input_ids"]
    assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)


@pytest.mark.parametrize("conversation", range(len(chats.CONVERSATIONS)))
def test_conversations_have_the_same_ids(folder: Path, conversation: int) -> None:
    ours, theirs = open_tokenizer(folder), PreTrainedTokenizerFast.from_pretrained(folder)
    messages = chats.CONVERSATIONS[conversation]
    wanted = theirs.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert ours.encode_chat(messages) == wanted
