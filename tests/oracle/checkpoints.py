"""Random-weight checkpoints in the published layouts, the same bytes on every machine, with numpy alone.

Weights come from a counter-based stream of raw 64-bit integers (which numpy promises never to change) by integer
arithmetic and single IEEE operations: no library function whose last bit could differ between versions or CPUs.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.oracle.cases import Case

Array = npt.NDArray[Any]

# How safetensors spells the types; bf16 has no numpy type and travels as uint16.
_DTYPES = {"uint8": "U8", "uint16": "BF16", "float16": "F16", "float32": "F32"}


def to_bf16(x: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Round float32 to the nearest bfloat16 (ties to even), as its 16 bits."""
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(x: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """The float32 values of bfloat16 bits."""
    return (x.astype(np.uint32) << 16).view(np.float32)


def write_safetensors(path: Path, tensors: Mapping[str, Array]) -> None:
    """Write a safetensors file; uint16 arrays are stored as BF16."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": _DTYPES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.nbytes],
        }
        end += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            f.write(np.ascontiguousarray(tensor).tobytes())


def _bytes(case: Case, name: str, n: int) -> npt.NDArray[np.uint8]:
    seed = np.random.SeedSequence([case.seed, zlib.crc32(name.encode())])
    return np.random.PCG64(seed).random_raw(-(-n // 8)).astype("<u8").view(np.uint8)[:n]


def _bell(case: Case, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Whole numbers, roughly normal around 0 with standard deviation 148: the sum of four bytes."""
    n = int(np.prod(shape))
    bell = _bytes(case, name, 4 * n).reshape(n, 4).sum(axis=1, dtype=np.int32) - 510
    return bell.astype(np.float32).reshape(shape)


def _small(case: Case, name: str, around: float, spread: float) -> npt.NDArray[np.float32]:
    """One positive number, ``around`` +- ``spread``, that bfloat16 holds exactly."""
    step = int(_bytes(case, name, 1)[0]) / 256 - 0.5
    return from_bf16(to_bf16(np.array([around * (1 + 2 * spread * step)], np.float32)))


def ternary(case: Case, name: str, shape: tuple[int, int]) -> npt.NDArray[np.int8]:
    """The ternary weights of a packed case: int8 ``[rows, columns]`` of -1, 0, +1, a third each."""
    return ((_bytes(case, name, shape[0] * shape[1]) % 3).astype(np.int8) - 1).reshape(shape)


def pack_rows(codes: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    """Microsoft's layout: byte ``[r, k]`` holds rows r, r+n/4, r+2n/4, r+3n/4 of column k, low bits first."""
    quarter = len(codes) // 4
    parts = (codes + 1).astype(np.uint8).reshape(4, quarter, -1)
    return parts[0] | parts[1] << 2 | parts[2] << 4 | parts[3] << 6


def tensors(case: Case, names: str | None = None) -> dict[str, Array]:
    """Every tensor of the checkpoint, by its published name; ``names`` overrides the case's own."""
    names = names or case.names
    tables = ["model.embed_tokens.weight"] + ([] if case.tied else ["lm_head.weight"])
    # Exact in bf16 and in f16, so that neither file format adds an error of its own.
    out = {name: _stored(case, _bell(case, name, (case.vocab, case.hidden)) / np.float32(256)) for name in tables}
    out["model.norm.weight"] = _norm(case, "model.norm.weight", case.hidden)
    for i in range(case.layers):
        layer = f"model.layers.{i}."
        for name in ("input_layernorm.weight", "post_attention_layernorm.weight"):
            out[layer + name] = _norm(case, layer + name, case.hidden)
        for old, new, size in (
            ("self_attn.inner_attn_ln.weight", "self_attn.attn_sub_norm.weight", case.heads * case.head_dim),
            ("mlp.ffn_layernorm.weight", "mlp.ffn_sub_norm.weight", case.inter),
        ):
            # Drawn under one name, so that both layouts hold the same numbers.
            if names != "llama":
                out[layer + (old if names == "1bitllm" else new)] = _norm(case, layer + new, size)
        for short, shape in case.matrices().items():
            out |= _matrix(case, f"{layer}{short}.weight", shape)
    return out


def _stored(case: Case, x: npt.NDArray[np.float32]) -> Array:
    """Values that bf16 holds, in the type of the case's floats."""
    if case.store in ("packed", "bf16"):
        return to_bf16(x)
    rounded = from_bf16(to_bf16(x))
    return rounded.astype(np.float16) if case.store == "f16" else rounded


def _norm(case: Case, name: str, size: int) -> Array:
    return _stored(case, 1 + _bell(case, name, (size,)) / np.float32(1024))


def _matrix(case: Case, name: str, shape: tuple[int, int]) -> dict[str, Array]:
    gain = (1.5 * shape[1]) ** -0.5 * 1.5
    if case.store == "packed":
        scale = _small(case, name + "_scale", gain, 0.4)
        scale = 1 / scale if case.linear == "bitlinear" else scale
        return {name: pack_rows(ternary(case, name, shape)), name + "_scale": to_bf16(scale)}
    # The mean of |bell| is 118; f32 masters lie on no coarse grid, bf16 and f16 round to theirs.
    masters = _bell(case, name, shape) * (_small(case, name + ".spread", gain, 0.4) / np.float32(118))
    if case.store == "bf16":
        return {name: to_bf16(masters)}
    return {name: masters.astype(np.float16) if case.store == "f16" else masters}


def write_checkpoint(case: Case, folder: Path, names: str | None = None) -> str:
    """Write the case as a Hugging Face folder; returns the SHA-256 of all tensor bytes in name order."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(case.config(names), indent=2))
    everything = tensors(case, names)
    if case.shards == 1:
        write_safetensors(folder / "model.safetensors", everything)
    else:
        files = {f"model-{k + 1:05}-of-{case.shards:05}.safetensors": k for k in range(case.shards)}
        order = list(everything)
        where = {name: list(files)[k * case.shards // len(order)] for k, name in enumerate(order)}
        for file in files:
            write_safetensors(folder / file, {n: everything[n] for n in order if where[n] == file})
        index = {"metadata": {"total_size": sum(t.nbytes for t in everything.values())}, "weight_map": where}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    digest = hashlib.sha256()
    for name in sorted(everything):
        digest.update(name.encode() + everything[name].astype(everything[name].dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def prompt_ids(case: Case, prompts: int, n: int) -> npt.NDArray[np.int32]:
    """Token ids ``[prompts, n]``. No common first token: one rounding flip in it would reach every prompt."""
    return _bytes(case, "prompts", 2 * prompts * n).view("<u2").astype(np.int32).reshape(prompts, n) % case.vocab
