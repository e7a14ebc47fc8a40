"""Small checkpoints for tests to break: one tiny model in every layout, and a way to write altered copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.oracle.cases import Case
from tests.oracle.checkpoints import tensors, write_safetensors

Tensors = dict[str, npt.NDArray[Any]]

PACKED = Case("tiny", "packed, scale multiplies", 3, 64, 96, 2, 2, 1, 32, 80, "packed")
DIVIDES = Case("tiny", "packed, scale divides", 3, 64, 96, 2, 2, 1, 32, 80, "packed", linear="bitlinear", tied=False)
MASTERS = Case("tiny", "masters", 3, 64, 96, 2, 2, 1, 32, 80, "bf16")
LLAMA = Case("tiny", "Llama", 3, 64, 96, 2, 2, 1, 32, 80, "packed", names="llama", linear="bitlinear", act="silu")
OLD = Case("tiny", "old names", 3, 64, 96, 2, 2, 2, 32, 80, "f16", names="1bitllm", act="silu")


def write_folder(
    folder: Path,
    case: Case = PACKED,
    config: Callable[[dict[str, Any]], object] | None = None,
    weights: Callable[[Tensors], object] | None = None,
) -> Path:
    """Write ``case`` into ``folder`` after ``config`` and ``weights`` have altered it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings, held = case.config(), tensors(case)
    if config:
        config(settings)
    if weights:
        weights(held)
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "ByteTokenizer"}')
    write_safetensors(folder / "model.safetensors", held)
    return folder


def write_shards(folder: Path, case: Case = PACKED) -> dict[str, Any]:
    """Write ``case`` in two shards; returns the index as written."""
    write_folder(folder, case)
    (folder / "model.safetensors").unlink()
    held = tensors(case)
    names = sorted(held)
    files = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in files.items():
        write_safetensors(folder / file, {name: held[name] for name in part})
    index = {"weight_map": {name: file for file, part in files.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return index


def bf16(*values: float) -> npt.NDArray[np.uint16]:
    """A bfloat16 tensor (as uint16) of values that it holds exactly."""
    return (np.array(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
