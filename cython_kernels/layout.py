"""How weights lie in the packed file: the same bytes for every CPU.

Ternary weights: tiles of 16 rows x 16 columns in 64 bytes. Byte ``4*r + j`` of a tile holds row ``r``; its two-bit
field ``p`` (bits ``2p`` and ``2p+1``) holds column ``4*p + j`` as ``weight + 1``. One field of all 64 bytes is thus
16 rows x 4 columns, which is what one step of a 4-way byte dot product (SDOT, VPDPBUSD) consumes: every 32-bit lane
is a row, and the four columns' activations are broadcast to all lanes. No sum over lanes is ever needed.

Tiles follow one another along the columns, then along the rows, so a thread that owns 16 rows reads one stream.

Embedding and head, int8: blocks of 16 rows x 4 columns in 64 bytes, byte ``4*r + j``; one float32 scale per row.
Embedding and head, f16: for each block of 16 rows and each column, the 16 rows' values.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .spec import TILE, padded

_Item = TypeVar("_Item", bound=np.generic)

__all__ = ["pack_rows_f16", "pack_rows_int8", "pack_ternary", "unpack_ternary"]


def _pad(a: npt.NDArray[_Item], fill: int) -> npt.NDArray[_Item]:
    rows, columns = a.shape
    if rows % TILE == 0 and columns % TILE == 0:
        return a
    out = np.full((padded(rows), padded(columns)), fill, a.dtype)
    out[:rows, :columns] = a
    return out


def pack_ternary(codes: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    """Pack ternary weights into tiles.

    ``codes``: int8 ``[rows, K]`` of -1, 0, +1. Returns uint8 ``[rows/16, K/16, 64]``, both rounded up; the padding
    is weight 0. Raises ``ValueError`` when a code is not ternary.
    """
    if codes.ndim != 2 or codes.size == 0:
        raise ValueError(f"ternary weights must be a non-empty matrix, not shape {codes.shape}")
    shifted = (codes + np.int8(1)).view(np.uint8)
    if shifted.max() > 2:
        raise ValueError("ternary weights must be -1, 0 or +1")
    c = _pad(shifted, 1).reshape(padded(codes.shape[0]), -1, 4, 4)
    # Shifting byte arrays in place of a sum keeps the temporaries at one quarter of the input.
    fields = c[:, :, 0] | c[:, :, 1] << 2 | c[:, :, 2] << 4 | c[:, :, 3] << 6
    tiles = fields.reshape(-1, TILE, fields.shape[1], 4).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(tiles).reshape(tiles.shape[0], tiles.shape[1], 64)


def unpack_ternary(tiles: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.int8]:
    """The inverse of :func:`pack_ternary`: int8 ``[rows, columns]``."""
    blocks, steps, _ = tiles.shape
    fields = tiles.reshape(blocks, steps, TILE, 4).transpose(0, 2, 1, 3)
    out = np.empty((blocks, TILE, steps, 4, 4), np.int8)
    for p in range(4):
        out[:, :, :, p] = ((fields >> (2 * p)) & 3).astype(np.int8) - np.int8(1)
    return out.reshape(blocks * TILE, steps * TILE)[:rows, :columns]


def pack_rows_int8(w: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Round each row of a table to int8 with one scale: ``w[r] ~ q[r] * scale[r]``, ``|q| <= 127``.

    ``w``: float32 ``[rows, K]``. Returns int8 ``[rows/16, K/4, 64]`` (K padded to 16) and float32 ``[rows]``, rows
    rounded up to 16. Raises ``ValueError`` when a value is not finite.
    """
    peak = np.maximum(w.max(axis=1), -w.min(axis=1)).astype(np.float32)
    if not np.isfinite(peak).all():
        raise ValueError("the table holds values that are not finite")
    scale = np.zeros(padded(len(w)), np.float32)
    scale[: len(w)] = peak / np.float32(127)
    step = np.where(peak > 0, scale[: len(w)], np.float32(1))
    q = np.clip(np.rint(w / step[:, None]), -127, 127).astype(np.int8)
    blocks = _pad(q, 0).reshape(len(scale) // TILE, TILE, -1, 4).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks).reshape(blocks.shape[0], blocks.shape[1], 64), scale


def pack_rows_f16(w: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """Store a table as f16: float32 ``[rows, K]`` -> float16 ``[rows/16, K, 16]``, both rounded up.

    Raises ``ValueError`` when a value does not fit in f16 (65504 at most).
    """
    if not np.abs(w).max() <= np.finfo(np.float16).max:
        raise ValueError("the table holds values that do not fit in f16")
    half = _pad(w.astype(np.float16), 0)
    return np.ascontiguousarray(half.reshape(-1, TILE, half.shape[1]).transpose(0, 2, 1))
