"""The ternary kernels, in every way in which they cut their work: by tokens, by columns, by rows."""

from __future__ import annotations

import numpy as np
import pytest

from cython_kernels import _kernels as kernels
from cython_kernels import isa_names

pytestmark = pytest.mark.kernels

ISAS = [name for name, runs in isa_names() if runs]


def fields(tiles: np.ndarray) -> np.ndarray:
    """The two-bit fields of tiles ``[B, S, 64]`` as ``[16*B, 16*S]``: what a damaged file holds, too."""
    blocks, steps, _ = tiles.shape
    parts = np.stack([tiles >> 2 * p & 3 for p in range(4)], axis=2).reshape(blocks, steps, 4, 16, 4)
    return parts.transpose(0, 3, 1, 2, 4).reshape(16 * blocks, 16 * steps).astype(np.int64)


def agrees(isa: str, tiles: np.ndarray, act: np.ndarray) -> bool:
    return np.array_equal(kernels.ternary(tiles, act, isa=isa), act.astype(np.int64) @ fields(tiles).T)


@pytest.mark.parametrize("isa", ISAS)
def test_any_number_of_tokens(isa: str) -> None:
    rng = np.random.default_rng(5)
    for tokens in range(1, 71):
        blocks, steps = 1 + tokens % 3, 1 + 7 * tokens % 101
        tiles = rng.integers(0, 256, (blocks, steps, 64), np.uint8)
        act = rng.integers(-128, 128, (tokens, 16 * steps), np.int8)
        assert agrees(isa, tiles, act), (blocks, steps, tokens)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("tokens", [1, 5, 21])
def test_any_number_of_columns(isa: str, tokens: int) -> None:
    rng = np.random.default_rng(tokens)
    for steps in range(1, 140):
        tiles = rng.integers(0, 256, (1, steps, 64), np.uint8) & np.uint8(0xAA)
        act = rng.integers(-128, 128, (tokens, 16 * steps), np.int8)
        assert agrees(isa, tiles, act), steps


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("tokens", [2, 9, 20])
def test_one_damaged_field_in_an_extreme_matrix(isa: str, tokens: int) -> None:
    """A 3 among the largest weights and the smallest activations: the first to overflow, wherever it lies."""
    tiles = np.full((1, 100, 64), 0xAA, np.uint8)
    act = np.full((tokens, 1600), -128, np.int8)
    for place in range(0, 6400, 601):
        damaged = tiles.copy()
        damaged.reshape(-1)[place] |= 3 << 2 * (place % 4)
        assert agrees(isa, damaged, act), place
