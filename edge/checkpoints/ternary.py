"""Getting at ternary weights: unpacking Microsoft's bytes, and rounding float masters as ``transformers`` does."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["exact_ternary", "round_masters", "to_float32", "unpack_rows"]

Array = npt.NDArray[Any]

_BLOCK = 1 << 18
"""Weights handled at a time: temporaries stay in the cache, and memory does not grow with the tensor."""


def to_float32(raw: Array, dtype: str) -> npt.NDArray[np.float32]:
    """The values of a tensor as read: ``raw`` has the numpy type of ``dtype`` (bf16 travels as uint16)."""
    if dtype == "BF16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32)


def unpack_rows(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """Microsoft's layout: uint8 ``[rows/4, K]`` -> int8 ``[rows, K]`` of -1, 0, +1.

    Byte ``[r, k]`` holds column k of the rows r, r + rows/4, r + 2*rows/4, r + 3*rows/4 in its bits 0-1, 2-3, 4-5 and
    6-7, each as weight + 1. Raises ``ValueError`` for the code 3, which is no weight.
    """
    if (packed & (packed >> 1) & 0x55).any():
        raise ValueError("it holds the two-bit code 3, which is no ternary weight")
    quarter = len(packed)
    out = np.empty((4 * quarter, packed.shape[1]), np.int8)
    for i in range(4):
        part = out[i * quarter : (i + 1) * quarter]
        np.bitwise_and(packed >> (2 * i), 3, out=part.view(np.uint8))
        part -= 1
    return out


def exact_ternary(raw: Array, dtype: str) -> npt.NDArray[np.int8]:
    """Floats that are already -1, 0 and +1, as int8; raises ``ValueError`` when one is anything else."""
    values = to_float32(raw, dtype)
    codes: npt.NDArray[np.int8] = np.clip(np.nan_to_num(values), -1, 1).astype(np.int8)
    if not np.array_equal(codes, values):
        raise ValueError("its weights are not -1, 0 and +1, though config.json says they are ternary")
    return codes


def round_masters(raw: Array, dtype: str) -> tuple[npt.NDArray[np.int8], np.float32]:
    """Round float masters to ternary by their mean, as ``transformers``' WeightQuant does in float32.

    ``raw``: ``[rows, K]`` as read from the file. Returns the codes, int8 ``[rows, K]``, and the scale that they are
    multiplied by. With ``s = 1 / max(mean|w|, 1e-5)``: code = round(w * s) clipped to -1..1, value = code / s (arXiv
    2402.17764, equations 1-3). Each step is rounded to float32 as there; only the mean is summed more exactly than
    PyTorch does it, whose last bit depends on its number of threads. Raises ``ValueError`` for NaN and infinity.
    """
    flat = raw.reshape(-1)
    blocks = [slice(i, i + _BLOCK) for i in range(0, len(flat), _BLOCK)]
    bits, magnitude_of = _MAGNITUDES[dtype]
    words = flat.view(bits)
    out = np.empty(len(flat), np.int8)
    with ThreadPoolExecutor(2) as pool:
        # fsum: the result must not depend on how blocks fall to threads, nor on the machine.
        total = math.fsum(
            pool.map(lambda b: float(np.abs(to_float32(flat[b], dtype)).sum(dtype=np.float64)), blocks),
        )
        mean = np.float32(total / len(flat))
        if not np.isfinite(mean):
            raise ValueError("it holds NaN or infinite weights")
        scale = np.float32(1) / np.maximum(mean, np.float32(1e-5))
        least = _least_rounding_up(scale, dtype, magnitude_of)
        sign = words.dtype.type(1 << (8 * words.dtype.itemsize - 1))

        def classify(b: slice) -> None:
            # Rounding w*s to -1, 0 or 1 is a threshold on |w|, and floats compare like their bits.
            word = words[b]
            large = ((word & ~sign) >= least).view(np.int8)
            negative = ((word & sign) != 0).view(np.int8)
            out[b] = large - 2 * (large & negative)

        for _ in pool.map(classify, blocks):
            pass
    return out.reshape(raw.shape), np.float32(1) / scale


def _least_rounding_up(scale: np.float32, dtype: str, magnitude_of: Callable[[int], np.float32]) -> Any:
    """The bits of the least magnitude whose float32 product with ``scale`` rounds to 1 (a tie rounds to 0)."""
    bits, _ = _MAGNITUDES[dtype]
    low, high = 0, (1 << (8 * np.dtype(bits).itemsize - 1)) - 1
    while low < high:
        middle = (low + high) // 2
        with np.errstate(over="ignore", invalid="ignore"):
            value = magnitude_of(middle) * scale
        # NaN bits lie above all numbers.
        if np.isnan(value) or value > np.float32(0.5):
            high = middle
        else:
            low = middle + 1
    return bits(low)


def _bf16(magnitude: int) -> np.float32:
    return np.float32(np.array(magnitude << 16, np.uint32).view(np.float32).item())


def _f16(magnitude: int) -> np.float32:
    return np.float32(np.array(magnitude, np.uint16).view(np.float16).item())


def _f32(magnitude: int) -> np.float32:
    return np.float32(np.array(magnitude, np.uint32).view(np.float32).item())


_MAGNITUDES: dict[str, tuple[Any, Callable[[int], np.float32]]] = {
    "BF16": (np.uint16, _bf16),
    "F16": (np.uint16, _f16),
    "F32": (np.uint32, _f32),
}
