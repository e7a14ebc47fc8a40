"""A model folder that is complete but knows nothing: random weights and a tokenizer of single bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cython_kernels.spec import ModelSpec
from edge.inference.shapes import write_random

if TYPE_CHECKING:
    from pathlib import Path

SPEC = ModelSpec(
    layers=2,
    hidden=64,
    heads=4,
    kv_heads=2,
    head_dim=16,
    inter=96,
    vocab=258,
    context=512,
    rope_theta=10000.0,
    norm_eps=1e-5,
)
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def make(folder: Path, *, chat: bool = False) -> Path:
    """Write the model into ``folder`` (made if need be), with a chat template if ``chat``."""
    write_random(SPEC, folder, "tiny")
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer()))
    settings = {"eos_token": "<eos>", "bos_token": None, **({"chat_template": TEMPLATE} if chat else {})}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 257}))
    return folder


def _tokenizer() -> dict[str, object]:
    """Byte-level BPE without a single merge, as ``tokenizer.json``."""
    special = [
        {
            "id": i,
            "content": c,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for i, c in ((256, "<pad>"), (257, "<eos>"))
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    vocab = {_letter(b): b for b in range(256)} | {"<pad>": 256, "<eos>": 257}
    model = {"type": "BPE", "vocab": vocab, "merges": [], "byte_fallback": False, "ignore_merges": False}
    return {
        "version": "1.0",
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": None,
        "decoder": level,
        "model": model,
    }


def _letter(byte: int) -> str:
    """The character by which byte-level tokenizers write a byte: itself if it can be seen, else one from 256 on."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return chr(byte) if byte in seen else chr(256 + [b for b in range(256) if b not in seen].index(byte))
