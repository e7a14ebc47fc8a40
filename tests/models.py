"""Small packed models with random weights, for tests that need a decoder but no meaning."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from cython_kernels import (
    ModelSpec,
    WeightFile,
    WeightWriter,
    pack_rows_codes,
    pack_rows_f16,
    pack_rows_int8,
    pack_ternary,
)

SMALL = ModelSpec(
    layers=3, hidden=80, heads=4, kv_heads=2, head_dim=20, inter=112, vocab=300, context=96, rope_theta=10000.0,
    norm_eps=1e-5,
)  # fmt: skip
"""Nothing in it is a multiple of 32 or 64: hidden and head_dim exercise every padding."""


def write_model(path: str | os.PathLike[str], spec: ModelSpec, seed: int = 0) -> None:
    """Write a packed model of ``spec``: ternary weights of about unit gain, norms near one."""
    rng = np.random.default_rng(seed)
    matrices = spec.matrices()
    with WeightWriter(path, spec, {"source": f"random weights, seed {seed}"}) as out:
        for name, (dtype, shape) in spec.tensors().items():
            if name.endswith(".scale"):
                continue
            kind = name.rsplit(".", 1)[-1]
            if kind in ("embed", "head"):
                table = rng.standard_normal((spec.vocab, spec.hidden)).astype(np.float32)
                if spec.head == "f16":
                    out.put(name, pack_rows_f16(table))
                else:
                    rows, scale = pack_rows_int8(table) if spec.head == "int8" else pack_rows_codes(table, spec.head)
                    out.put(name, rows)
                    out.put(f"{name}.scale", scale)
            elif dtype == "F32":
                size = {"attn_sub_norm": spec.query_rows, "ffn_sub_norm": spec.inter}.get(kind, spec.hidden)
                norm = np.zeros(shape, np.float32)
                norm[:size] = 1 + 0.1 * rng.standard_normal(size)
                out.put(name, norm)
            else:
                n, k = matrices[kind]
                out.put(name, pack_ternary(rng.integers(-1, 2, (n, k)).astype(np.int8)))
                scale = np.zeros(spec.tensors()[f"{name}.scale"][1], np.float32)
                scale[:, :n] = rng.uniform(0.5, 1.5, (len(scale), n)) / np.sqrt(k)
                out.put(f"{name}.scale", scale)


@contextlib.contextmanager
def open_models(folder: Path, specs: Mapping[str, ModelSpec]) -> Iterator[dict[str, WeightFile]]:
    """Models of ``specs``, written to ``folder`` and open."""
    with contextlib.ExitStack() as stack:
        for name, spec in specs.items():
            write_model(folder / name, spec)
        yield {name: stack.enter_context(WeightFile(folder / name)) for name in specs}


def write_folder(folder: Path, spec: ModelSpec = SMALL, seed: int = 0) -> Path:
    """Write a whole model folder: random weights and a byte tokenizer that takes the prompt as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / "model.safetensors", spec, seed)
    settings = {"tokenizer_class": "ByteTokenizer", "bos_token_id": 256, "eos_token_id": 257, "add_bos": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder
