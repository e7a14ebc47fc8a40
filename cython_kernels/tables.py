"""Embedding and head in six or four bits: how their rows are rounded, and how they lie in the packed file.

A weight is ``value * b**2 * scale``: a small integer, the square of a byte that 16 columns of a row share, and the
row's float32 scale. The square lets one byte span a range of 65,000 with steps of a hundredth near its top, so it can
both serve rows with a few large weights and be chosen finely. It is chosen by trying: of some bytes around
the one that just fits the largest of the sixteen weights, the one with the least squared error is kept.

``q6``: values -32 to 31. ``q4``: sixteen of these values, denser around zero (:data:`VALUES4`).

A block of 16 rows goes in chunks of 64 columns: 64 bytes ``b`` (four steps of 16 columns x 16 rows), then four times
the codes of 16 rows x 16 columns, in planes of 64 bytes. Byte ``4*r + j`` of a plane belongs to row ``r``: the first
holds the low nibbles of columns ``j`` and ``4 + j``, the second those of ``8 + j`` and ``12 + j``, and for ``q6`` the
third the two upper bits of all four, the first in the lowest bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .spec import CODE_BYTES, TILE, chunks, padded

__all__ = ["VALUES4", "pack_rows_codes", "unpack_rows_codes"]

_F32 = npt.NDArray[np.float32]

VALUES4 = np.array([-32, -26, -20, -16, -12, -8, -5, -2, 0, 2, 5, 9, 13, 17, 24, 31], np.int8)
"""What the 4-bit codes stand for: the best sixteen whole numbers for a mixture of normal, Laplace and Student-t rows,
found by moving each to the mean of the weights that fell to it, with the scales chosen as here."""

_TRIES = {"q6": np.linspace(1.0, 1.08, 14, dtype=np.float32), "q4": np.linspace(0.96, 1.16, 11, dtype=np.float32)}
"""Bytes tried, as multiples of the one that takes the largest weight to 32. What smaller ones clip off that weight, the
others gain in resolution; and among several, one happens to suit all sixteen."""

_TOP = 220
"""Byte of a row's largest group, with room above for the tries."""

_ROWS = 2 * TILE
"""Rows rounded at a time: few enough that all temporaries stay in the cache."""


def _nearest4() -> npt.NDArray[np.int8]:
    """Code of the value nearest to i/2 + 1/4 - 128, for i < 512: the boundaries between whole numbers are halves."""
    at = np.arange(512) / 2 + 0.25 - 128
    codes: npt.NDArray[np.int8] = np.abs(at[:, None] - VALUES4).argmin(axis=1).astype(np.int8)
    return codes


_CODE4 = _nearest4()
_VALUE4 = VALUES4[_CODE4].astype(np.float32)


def _places4(x: _F32) -> npt.NDArray[np.int16]:
    """Where ``x`` (changed in place), |x| < 128, lies in the two tables above."""
    x *= 2
    x += 256
    return x.astype(np.int16)


def _values(x: _F32, head: str) -> _F32:
    """The nearest value to each ``x`` (changed in place), |x| < 128."""
    if head == "q6":
        return np.clip(np.rint(x, out=x), -32, 31, out=x)
    return _VALUE4[_places4(x)]


def _round(w: _F32, head: str) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.uint8], _F32]:
    """Codes ``[rows, K]`` (``q6``: the values), bytes ``[rows, K/16]`` and scales ``[rows]``; K a multiple of 16."""
    rows, steps = len(w), w.shape[1] // TILE
    # Sixteen planes, so that sums over a group are sums of whole arrays.
    groups = np.ascontiguousarray(w.reshape(rows * steps, TILE).T)
    peak = np.maximum(groups.max(axis=0), -groups.min(axis=0))
    if not np.isfinite(peak).all():
        raise ValueError("the table holds values that are not finite")
    scale = peak.reshape(rows, steps).max(axis=1) / np.float32(32 * _TOP**2)
    scale[scale < np.finfo(np.float32).tiny] = 0
    unit = np.repeat(np.where(scale > 0, scale, np.float32(1)), steps)
    groups /= unit
    fits = np.sqrt(peak / (32 * unit))
    best = np.full(rows * steps, np.inf, np.float32)
    chosen = np.ones(rows * steps, np.float32)
    for factor in _TRIES[head]:
        b = np.clip(np.rint(fits * factor), 1, 255)
        step = b * b
        off = _values(groups / step, head)
        off *= step
        off -= groups
        off *= off
        error = off.sum(axis=0)
        better = error < best
        best[better] = error[better]
        chosen[better] = b[better]
    groups /= chosen * chosen
    codes = _CODE4[_places4(groups)] if head == "q4" else _values(groups, head).astype(np.int8)
    chosen[np.repeat(scale == 0, steps)] = 0
    return codes.T.reshape(rows, steps * TILE), chosen.astype(np.uint8).reshape(rows, steps), scale


def _planes(codes: npt.NDArray[np.int8], head: str) -> npt.NDArray[np.uint8]:
    """Codes ``[rows, K]``, both multiples of 16, as ``[rows/16, K/16, bytes]``."""
    shape = (len(codes) // TILE, TILE, -1, 4, 4)
    c = codes.view(np.uint8).reshape(shape).transpose(0, 2, 3, 1, 4)  # block, step, field, row, j
    low = c & 15
    planes = [low[:, :, 0] | low[:, :, 1] << 4, low[:, :, 2] | low[:, :, 3] << 4]
    if head == "q6":
        high = c >> 4 & 3
        planes.append(high[:, :, 0] | high[:, :, 1] << 2 | high[:, :, 2] << 4 | high[:, :, 3] << 6)
    return np.stack(planes, axis=2).reshape(len(c), c.shape[1], -1)


def pack_rows_codes(w: npt.NDArray[np.float32], head: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Round a table to ``head``, ``"q6"`` or ``"q4"``.

    ``w``: float32 ``[rows, K]``. Returns uint8 ``[rows/16, K/64, bytes]`` (both rounded up; 832 bytes or 576) and the
    rows' scales, float32 ``[rows]``, rows rounded up to 16; padding is 0. Raises ``ValueError`` when a value is not
    finite.
    """
    rows, columns = padded(len(w)), padded(w.shape[1])
    size, wide = CODE_BYTES[head], chunks(w.shape[1])
    out = np.zeros((rows // TILE, wide, 64 + 4 * size), np.uint8)
    scales = np.zeros(rows, np.float32)
    for start in range(0, rows, _ROWS):
        part = np.zeros((min(_ROWS, rows - start), columns), np.float32)
        given = w[start : start + _ROWS]
        part[: len(given), : w.shape[1]] = given
        codes, b, scale = _round(part, head)
        blocks = slice(start // TILE, start // TILE + len(part) // TILE)
        scales[start : start + len(part)] = scale
        steps = np.zeros((len(part) // TILE, 4 * wide, size + TILE), np.uint8)
        steps[:, : columns // TILE, :TILE] = b.reshape(-1, TILE, columns // TILE).transpose(0, 2, 1)
        steps[:, : columns // TILE, TILE:] = _planes(codes, head)
        out[blocks, :, :64] = steps[:, :, :TILE].reshape(-1, wide, 64)
        out[blocks, :, 64:] = steps[:, :, TILE:].reshape(-1, wide, 4 * size)
    return out, scales


def unpack_rows_codes(blocks: npt.NDArray[np.uint8], scale: _F32, head: str, rows: int, columns: int) -> _F32:
    """The weights that packed rows stand for: float32 ``[rows, columns]``."""
    count, wide, _ = blocks.shape
    b = blocks[:, :, :64].reshape(count, wide * 4, TILE).transpose(0, 2, 1).astype(np.int32)
    planes: npt.NDArray[Any] = blocks[:, :, 64:].reshape(count, wide * 4, -1, TILE, 4)
    low = np.stack([planes[:, :, 0] & 15, planes[:, :, 0] >> 4, planes[:, :, 1] & 15, planes[:, :, 1] >> 4], axis=2)
    if head == "q4":
        values = VALUES4[low].astype(np.int32)
    else:
        high = np.stack([planes[:, :, 2] >> 2 * p & 3 for p in range(4)], axis=2)
        values = (low | high << 4).astype(np.int32)
        values -= (values & 32) << 1
    values = values.transpose(0, 3, 1, 2, 4).reshape(count, TILE, wide * 4, TILE)  # block, row, step, column
    whole = (values * (b * b)[:, :, :, None]).reshape(count * TILE, -1)
    weights: _F32 = whole[:rows, :columns].astype(np.float32) * scale[:rows, None]
    return weights
