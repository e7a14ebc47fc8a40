"""Published shapes, and packed models of those shapes with random weights.

Speed does not depend on the values of the weights, so a board's speed with a model can be known before anything is
downloaded. Widths and depths are those of the published checkpoints; the context only matters for memory.
"""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING

import numpy as np

from cython_kernels.spec import ModelSpec
from cython_kernels.weightfile import WeightFile, WeightFileError, WeightWriter
from edge.errors import ModelError, ModelNotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["CHECKPOINTS", "INSTRUCT", "RANKING", "SHAPES", "random_model"]

_LLAMA3 = ModelSpec(
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
    inter=14336,
    vocab=128256,
    context=8192,
    rope_theta=500000.0,
    norm_eps=1e-5,
    activation="silu",
    sub_norms=False,
    tied=False,
)
_FALCON3 = dataclasses.replace(
    _LLAMA3,
    layers=18,
    hidden=2048,
    heads=8,
    kv_heads=4,
    head_dim=256,
    inter=8192,
    vocab=131072,
    context=4096,
    rope_theta=1000042.0,
    norm_eps=1e-6,
)
_BITNET_2B4T = ModelSpec(
    layers=30,
    hidden=2560,
    heads=20,
    kv_heads=5,
    head_dim=128,
    inter=6912,
    vocab=128256,
    context=4096,
    rope_theta=500000.0,
    norm_eps=1e-5,
)
_BITNET_LARGE = dataclasses.replace(
    _BITNET_2B4T,
    layers=24,
    hidden=1536,
    heads=16,
    kv_heads=16,
    head_dim=96,
    inter=4096,
    vocab=32002,
    context=2048,
    rope_theta=10000.0,
    activation="silu",
)
SHAPES: dict[str, ModelSpec] = {
    "bitnet-2b4t": _BITNET_2B4T,
    "bitnet-0.7b": _BITNET_LARGE,
    "bitnet-3b": dataclasses.replace(
        _BITNET_LARGE, layers=26, hidden=3200, heads=32, kv_heads=32, head_dim=100, inter=8640
    ),
    "llama3-8b": _LLAMA3,
    "falcon3-1b": _FALCON3,
    "falcon3-3b": dataclasses.replace(_FALCON3, layers=22, hidden=3072, heads=12, inter=9216, context=32768),
    "falcon3-7b": dataclasses.replace(_FALCON3, layers=28, hidden=3072, heads=12, inter=23040, context=32768),
    "falcon3-10b": dataclasses.replace(_FALCON3, layers=40, hidden=3072, heads=12, inter=23040, context=32768),
}

CHECKPOINTS = {
    "bitnet-2b4t": "microsoft/bitnet-b1.58-2B-4T",
    "bitnet-0.7b": "1bitLLM/bitnet_b1_58-large",
    "bitnet-3b": "1bitLLM/bitnet_b1_58-3B",
    "llama3-8b": "HF1BitLLM/Llama3-8B-1.58-100B-tokens",
    "falcon3-1b": "tiiuae/Falcon3-1B-Instruct-1.58bit",
    "falcon3-3b": "tiiuae/Falcon3-3B-Instruct-1.58bit",
    "falcon3-7b": "tiiuae/Falcon3-7B-Instruct-1.58bit",
    "falcon3-10b": "tiiuae/Falcon3-10B-Instruct-1.58bit",
}
"""Where the models of these shapes are published: what to give to ``edge pull``."""

INSTRUCT = frozenset({"bitnet-2b4t", "falcon3-1b", "falcon3-3b", "falcon3-7b", "falcon3-10b"})
"""Of these, the ones that were trained to follow instructions, by their model cards; the others continue a text."""

RANKING = (
    *("falcon3-10b", "bitnet-2b4t", "falcon3-7b", "falcon3-3b", "falcon3-1b"),
    *("llama3-8b", "bitnet-3b", "bitnet-0.7b"),
)
"""Which to prefer, best first: those that follow instructions, then the larger ones, but BitNet 2B4T before Falcon3 7B.

It was trained with ternary weights and they were converted: Microsoft's report on it (arXiv 2504.12285, section 4.3,
table 3) finds it better than Falcon3 7B and Llama3 8B in 1.58 bits. We know of no such comparison of the others.
"""

_PIECE = 16 << 20
"""Bytes of random material; tensors are cut from it at changing offsets, as fast as the disk takes them."""


def random_model(
    shape: str, cache: Path, *, head: str = "int8", progress: Callable[[str, int, int], None] | None = None
) -> Path:
    """The packed file of ``shape`` with random weights, made in ``cache`` if it is not there: its path.

    ``head``: ``"int8"``, ``"f16"``, ``"q6"`` or ``"q4"``. ``progress`` gets what is being done, bytes done and bytes in
    all. Raises :class:`~edge.errors.ModelNotFound` for an unknown shape and :class:`~edge.errors.ModelError` when the
    disk has no room.
    """
    if shape not in SHAPES:
        raise ModelNotFound(f"there is no shape {shape!r}; known: {', '.join(SHAPES)}")
    return write_random(dataclasses.replace(SHAPES[shape], head=head), cache / f"{shape}-{head}", shape, progress)


def write_random(
    spec: ModelSpec, folder: Path, name: str, progress: Callable[[str, int, int], None] | None = None
) -> Path:
    """``folder/model.safetensors`` for ``spec`` with random weights; an intact one from earlier is kept.

    Rows and columns of every matrix must be multiples of 16: the padding of a ragged one would not be weight 0.
    """
    report = progress or (lambda *_: None)
    path = folder / "model.safetensors"
    try:
        with WeightFile(path) as found:
            if found.spec == spec:
                return path
    except WeightFileError:
        pass
    total = sum(_nbytes(dtype, dims) for dtype, dims in spec.tensors().values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < total + _PIECE:
            raise ModelError(
                f"the random {name} needs {total >> 20} MB in {folder} and {free >> 20} MB are free; free some space, "
                "choose a smaller shape, or set EDGE_HOME to a folder on another disk"
            )
        _fill(path, spec, f"random weights in the shape of {name}", lambda n: report(f"making random {name}", n, total))
    except WeightFileError as error:
        raise ModelError(str(error)) from error
    except OSError as error:
        raise ModelError(
            f"{error.filename or folder}: cannot be written ({error.strerror}); set EDGE_HOME to a folder you may write"
        ) from error
    return path


_SCALE_BYTE = 128
"""Scale byte of every group of a 6-bit or 4-bit table."""


def _fill(path: Path, spec: ModelSpec, source: str, report: Callable[[int], None]) -> None:
    rng = np.random.default_rng(0)
    pools = {
        "U8": _ternary_bytes(rng),
        "codes": rng.integers(0, 256, _PIECE, np.uint8),
        "I8": rng.integers(-127, 128, _PIECE, np.int8),
        "F16": rng.standard_normal(_PIECE // 2, np.float32).astype(np.float16),
    }
    done = 0
    with WeightWriter(path, spec, {"source": source}) as writer:
        for tensor, (dtype, dims) in spec.tensors().items():
            if dtype == "F32":
                writer.put(tensor, _floats(tensor, dims, spec))
                done += _nbytes(dtype, dims)
                continue
            codes = dtype == "U8" and tensor in ("embed", "head")
            pool, row = pools["codes" if codes else dtype], int(np.prod(dims[1:]))
            if pool.size < row:
                pool = np.resize(pool, row)
            step = max(1, pool.size // 2 // row)
            for at in range(0, dims[0], step):
                count = min(step, dims[0] - at)
                start = int(rng.integers(0, pool.size - count * row + 1))
                piece = pool[start : start + count * row].reshape(count, *dims[1:])
                if codes:
                    piece = piece.copy()
                    piece[:, :, :64] = _SCALE_BYTE
                writer.put(tensor, piece, at)
                done += count * row * pool.itemsize
                report(done)


def _nbytes(dtype: str, dims: tuple[int, ...]) -> int:
    return int(np.prod(dims, dtype=np.int64)) * {"U8": 1, "I8": 1, "F16": 2, "F32": 4}[dtype]


def _ternary_bytes(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Random bytes whose four two-bit fields are each 0, 1 or 2 (weight + 1)."""
    values = np.arange(256)
    fields = np.stack([values >> shift & 3 for shift in (0, 2, 4, 6)])
    valid = values[(fields < 3).all(axis=0)].astype(np.uint8)
    chosen: npt.NDArray[np.uint8] = valid[rng.integers(0, len(valid), _PIECE, np.uint8)]
    return chosen


def _floats(tensor: str, dims: tuple[int, ...], spec: ModelSpec) -> npt.NDArray[np.float32]:
    """Norms of one, and scales that keep every layer's output near one, so that nothing grows with depth."""
    if not tensor.endswith(".scale"):
        return np.ones(dims, np.float32)
    if tensor in ("embed.scale", "head.scale"):
        # Bytes spread evenly over -127..127 have a deviation of 73; the values of all 6-bit or 4-bit codes, about 18.
        one = 73 if spec.head == "int8" else 18 * _SCALE_BYTE**2
        scale = np.full(dims, 1 / one, np.float32)
        scale[spec.vocab :] = 0
        return scale
    columns = spec.matrices()[tensor.split(".")[2]][1]
    # A dot product with K ternary weights, two thirds of them not zero, and activations near one.
    return np.full(dims, (columns * 2 / 3) ** -0.5, np.float32)
