"""What a packed model is made of and what it needs, from its header alone: bytes, counts, no estimate hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cython_kernels.spec import padded

if TYPE_CHECKING:
    from cython_kernels.spec import ModelSpec
    from cython_kernels.weightfile import WeightFile

__all__ = ["bytes_per_token", "describe", "kv_bytes", "kv_read", "parameters", "stored", "work"]

_ITEM = {"U8": 1, "I8": 1, "F16": 2, "F32": 4}


def parameters(spec: ModelSpec) -> dict[str, int]:
    """Counts of weights: ``ternary`` ones in the layers, and those of the ``tables`` (embedding and head)."""
    ternary = spec.layers * sum(rows * columns for rows, columns in spec.matrices().values())
    return {"ternary": ternary, "tables": spec.vocab * spec.hidden * (1 if spec.tied else 2)}


def kv_bytes(spec: ModelSpec, positions: int, kv: str = "f16") -> int:
    """Bytes of keys and values of one sequence of ``positions`` tokens, as ``kv`` (``"f16"``, ``"int8"``, ``"f32"``).

    int8 has a scale of four bytes for each head of each position.
    """
    head = {"f16": 2 * spec.head_dim, "f32": 4 * spec.head_dim, "int8": spec.head_dim + 4}[kv]
    return spec.layers * 2 * spec.kv_heads * head * positions


def kv_read(spec: ModelSpec, tokens: int, kv: str = "f16") -> int:
    """Bytes of keys and values that one token reads on average while ``tokens`` are decoded from nothing."""
    return kv_bytes(spec, tokens + 1, kv) // 2


def stored(spec: ModelSpec) -> int:
    """Bytes of all tensors of the packed file; the file itself has some kilobytes more."""
    return sum(math.prod(dims) * _ITEM[dtype] for dtype, dims in spec.tensors().values())


def work(spec: ModelSpec, kv: str = "f16") -> dict[str, Any]:
    """What a model takes on any machine: the arguments of :class:`devices.fit.Model`."""
    inputs = [spec.hidden, spec.query_rows, spec.hidden, spec.inter]
    return {
        "weights": stored(spec),
        "per_token": bytes_per_token(spec),
        "position": kv_bytes(spec, 1, kv),
        "longest": spec.context,
        "ternary": parameters(spec)["ternary"],
        "head": spec.vocab * spec.hidden,
        "form": spec.head,
        "layers": spec.layers,
        "normed": sum(inputs if spec.sub_norms else inputs[::2]),
        "quantised": sum(inputs),
        "gated": spec.inter,
        "attended": spec.query_rows,
    }


def bytes_per_token(spec: ModelSpec) -> int:
    """Bytes of weights that one decoded token reads: all of them, but of an untied embedding only one row."""
    total = 0
    for name, (dtype, dims) in spec.tensors().items():
        nbytes = math.prod(dims) * _ITEM[dtype]
        one_row = not spec.tied and name.split(".")[0] == "embed"
        total += nbytes // padded(spec.vocab) if one_row else nbytes
    return total


def describe(weights: WeightFile) -> dict[str, Any]:
    """Everything ``edge show`` tells, as plain JSON values; sizes in bytes."""
    spec = weights.spec
    groups = "one per row" if not spec.group else f"one per row and {spec.group} columns"
    contexts = sorted({n for n in (512, 1024, 2048, 4096, 8192, 32768) if n < spec.context} | {spec.context})
    return {
        "path": str(weights.path),
        "spec": spec.to_json(),
        "parameters": parameters(spec),
        "scales": groups,
        "weights_bytes": weights.nbytes,
        "bytes_per_token": bytes_per_token(spec),
        "kv_bytes_per_position": kv_bytes(spec, 1),
        "memory": [
            {"context": n, "kv_bytes": kv_bytes(spec, n), "bytes": weights.nbytes + kv_bytes(spec, n)} for n in contexts
        ],
        "metadata": {k: v for k, v in weights.metadata.items() if k != "spec"},
    }
