"""What training computes is what `transformers` computes from the exported folder."""

from __future__ import annotations

import os

os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import json

import pytest
import torch

from edge.text import open_tokenizer
from tests.oracle.record import load_oracle
from training.data import Coder
from training.export import export
from training.model import Decoder, Shape
from training.vocabulary import BOS, EOS, tokenizer_config

WORDS = ["kitchen", "lights", "desk", "lamp", "}}"]
SHAPE = Shape(layers=2, hidden=96, heads=6, kv_heads=2, inter=160, vocab=272)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(the network, the folder exported from it), random weights, norms not all one."""
    folder = tmp_path_factory.mktemp("home")
    torch.manual_seed(1)
    model = Decoder(SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.uniform_(0.5, 1.5)
    export({"shape": SHAPE.to_json(), "average": model.state_dict(), "vocabulary": WORDS, "tokens": 0}, folder)
    return model, folder


@torch.no_grad()
def test_logits_agree_within_the_oracles_own_noise(exported):
    model, folder = exported
    sentences = ("turn off the kitchen lights", "set the desk lamp to 40 percent", "zoë's fän an")
    eager, sdpa = load_oracle(folder, "eager"), load_oracle(folder, "sdpa")
    noise, error, scale = [], [], []
    for sentence in sentences:
        ids = torch.tensor([[*Coder(WORDS).prompt(sentence), EOS]])
        length = ids.shape[1]
        mask = torch.ones(1, 1, length, length, dtype=torch.bool).tril()
        ours = model(ids, torch.arange(length)[None], mask)
        expected, other = eager(ids).logits, sdpa(ids).logits
        scale.append(expected.std())
        noise.append((other - expected).pow(2).mean().sqrt())
        error.append((ours - expected).pow(2).mean().sqrt())
    # a rounding flip of one activation is all that may differ; it moves logits by about this much
    assert sum(error) <= 2 * sum(noise) + 0.01 * sum(scale)


def test_the_oracle_rounds_to_ternary(exported):
    _, folder = exported
    kinds = {type(m).__name__ for m in load_oracle(folder, "eager").modules()}
    assert "AutoBitLinear" in kinds


def test_the_folder_says_how_a_prompt_is_made(exported):
    _, folder = exported
    assert json.loads((folder / "tokenizer_config.json").read_text()) == tokenizer_config(WORDS)
    assert open_tokenizer(folder).encode("on") == Coder(WORDS).prompt("on") == [BOS, *b"on", *b"\n"]
