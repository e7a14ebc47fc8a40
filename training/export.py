"""Write a trained checkpoint as a Hugging Face folder of `BitNetForCausalLM`.

    python -m training.export CHECKPOINT FOLDER
    edge convert FOLDER edge/models/home

The folder holds the float32 masters and says "online": `transformers` and `edge convert` both
make them ternary by the same formula as in training. The tokenizer is bytes and a list of tokens in its
configuration, which also says what follows a prompt, so that a bare sentence is all a caller gives.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from .files import command, read_checkpoint, write_whole
from .model import Shape
from .vocabulary import BOS, EOS, tokenizer_config


def config(shape: Shape) -> dict[str, Any]:
    """`config.json` of the folder."""
    return {
        "architectures": ["BitNetForCausalLM"],
        "model_type": "bitnet",
        "vocab_size": shape.vocab,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.inter,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "hidden_act": "relu2",
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "tie_word_embeddings": True,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "torch_dtype": "float32",
        "quantization_config": {
            "quant_method": "bitnet",
            "linear_class": "autobitlinear",
            "quantization_mode": "online",
        },
    }


GENERATION = {"bos_token_id": BOS, "eos_token_id": EOS, "do_sample": False}


def export(saved: dict[str, Any], folder: Path, *, averaged: bool = True) -> None:
    """Write the folder of a checkpoint; an existing one is written over file by file.

    `averaged`: the mean of the last steps, which before the learning rate has fallen to zero is the better network.
    ValueError for a full-precision twin, which is no BitNet.
    """
    if saved["shape"]["full"]:
        raise ValueError("this checkpoint is a full-precision twin (--full); only ternary ones can be exported")
    shape = Shape(**saved["shape"])
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        f"model.{name}": value.float().contiguous() for name, value in saved["average" if averaged else "model"].items()
    }
    part = folder / "model.safetensors.part"
    save_file(weights, part, metadata={"format": "pt"})
    part.replace(folder / "model.safetensors")
    files = {
        "config.json": config(shape),
        "tokenizer_config.json": tokenizer_config(saved["vocabulary"]),
        "generation_config.json": GENERATION,
    }
    for name, content in files.items():
        write_whole(folder / name, json.dumps(content, indent=2) + "\n")
    print(f"{folder}: {sum(w.numel() for w in weights.values()):,} weights after {saved['tokens'] / 1e6:.1f} M tokens")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--last", action="store_true", help="the last weights instead of their average")
    args = parser.parse_args()
    export(read_checkpoint(args.checkpoint), args.folder, averaged=not args.last)


if __name__ == "__main__":
    command(main)
