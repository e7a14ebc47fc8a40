"""Every matrix kernel equals plain integer arithmetic, on ragged sizes and at the extremes of its inputs."""

from __future__ import annotations

import numpy as np
import pytest

from cython_kernels import _kernels as kernels
from cython_kernels import isa_names, pack_ternary, unpack_ternary

ISAS = [name for name, runs in isa_names() if runs]
SHAPES = [(16, 16, 1), (48, 272, 3), (7, 100, 5), (33, 2560, 17), (16, 8640, 4), (5, 1, 2), (64, 640, 37)]


def padded_rows(act: np.ndarray, columns: int) -> np.ndarray:
    out = np.zeros((len(act), columns), np.int8)
    out[:, : act.shape[1]] = act
    return out


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(("rows", "columns", "tokens"), SHAPES)
def test_ternary_equals_integer_product(isa: str, rows: int, columns: int, tokens: int) -> None:
    rng = np.random.default_rng(rows * columns + tokens)
    codes = rng.integers(-1, 2, (rows, columns)).astype(np.int8)
    act = rng.integers(-128, 128, (tokens, columns)).astype(np.int8)
    tiles = pack_ternary(codes)
    sums = kernels.ternary(tiles, padded_rows(act, tiles.shape[1] * 16), isa=isa)
    wanted = act.astype(np.int64) @ (codes.astype(np.int64) + 1).T
    assert np.array_equal(sums[:, :rows], wanted)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("byte", [0x00, 0x55, 0xAA, 0xFF])
@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("tokens", [1, 4, 16])
def test_ternary_never_overflows(isa: str, byte: int, value: int, tokens: int) -> None:
    """All weights and activations at one extreme; 0xFF is a field value that only a damaged file holds."""
    steps = 1440
    tiles = np.full((2, steps, 64), byte, np.uint8)
    act = np.full((tokens, steps * 16), value, np.int8)
    assert (kernels.ternary(tiles, act, isa=isa) == (byte & 3) * value * steps * 16).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(("columns", "tokens"), [(16, 1), (208, 3), (2560, 5), (64, 8), (48, 70)])
def test_table8_equals_integer_product(isa: str, columns: int, tokens: int) -> None:
    rng = np.random.default_rng(columns)
    w = rng.integers(-127, 128, (16, columns)).astype(np.int8)
    high = rng.integers(-127, 128, (tokens, columns)).astype(np.int8)
    low = rng.integers(-127, 128, (tokens, columns)).astype(np.int8)
    block = np.ascontiguousarray(w.reshape(16, columns // 4, 4).transpose(1, 0, 2)).reshape(-1, 64)
    got_high, got_low = kernels.table8(block, high, low, isa=isa)
    assert np.array_equal(got_high, high.astype(np.int64) @ w.T.astype(np.int64))
    assert np.array_equal(got_low, low.astype(np.int64) @ w.T.astype(np.int64))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("w", [-127, 127])
@pytest.mark.parametrize("a", [-127, 127])
def test_table8_never_overflows(isa: str, w: int, a: int) -> None:
    columns = 4096
    act = np.full((2, columns), a, np.int8)
    high, low = kernels.table8(np.full((columns // 4, 64), w, np.int8), act, act, isa=isa)
    assert (high == w * a * columns).all()
    assert (low == w * a * columns).all()


@pytest.mark.parametrize("isa", ISAS)
def test_quantise_rounds_half_to_even_and_keeps_the_digits_small(isa: str) -> None:
    x = np.zeros(64, np.float32)
    x[:6] = [127, 0.5, 1.5, 2.5, -0.5, -126.5]
    q, factor = kernels.quantise(x, isa=isa)
    assert q[:6].tolist() == [127, 0, 2, 2, 0, -126]
    assert factor == 1
    rng = np.random.default_rng(7)
    y = rng.standard_normal(4096).astype(np.float32)
    high, low, factor, sums = kernels.quantise(y, digits=2, isa=isa)
    assert min(high.min(), low.min()) >= -127
    assert np.abs((255.0 * high + low) * factor - y).max() <= 0.51 * factor
    assert sums[:2].tolist() == [high.sum(dtype=np.int32), low.sum(dtype=np.int32)]
    each = 255 * high.astype(np.int32) + low
    assert np.array_equal(sums[2:], each.reshape(-1, 16).sum(axis=1))


@pytest.mark.parametrize("isa", ISAS)
def test_quantise_is_the_same_on_every_instruction_set(isa: str) -> None:
    rng = np.random.default_rng(11)
    for scale in (1e-30, 1e-5, 1.0, 1e30):
        x = (rng.standard_normal(272) * scale).astype(np.float32)
        for digits in (1, 2):
            for got, wanted in zip(
                kernels.quantise(x, digits=digits, isa=isa),
                kernels.quantise(x, digits=digits, isa="scalar"),
                strict=True,
            ):
                assert np.array_equal(got, wanted)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 272, 1680, 128_256])
def test_the_logarithm_of_a_sum_of_exponentials(isa: str, count: int) -> None:
    rng = np.random.default_rng(count)
    for scale, shift in ((1.0, 0.0), (30.0, -500.0), (1e-3, 1e4)):
        x = (rng.standard_normal(count) * scale + shift).astype(np.float32)
        got = kernels.log_sum_exp(x, isa=isa)
        assert got == kernels.log_sum_exp(x, isa="scalar")
        assert got == pytest.approx(np.logaddexp.reduce(x.astype(np.float64)), abs=1e-5, rel=1e-6)
    x[: count - 1] = -np.inf
    assert kernels.log_sum_exp(x, isa=isa) == x[-1]


def test_the_logarithm_of_no_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        kernels.log_sum_exp(np.empty(0, np.float32))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (16, 16), (17, 33), (100, 8640)])
def test_pack_and_unpack_are_inverse(rows: int, columns: int) -> None:
    codes = np.random.default_rng(rows).integers(-1, 2, (rows, columns)).astype(np.int8)
    assert np.array_equal(unpack_ternary(pack_ternary(codes), rows, columns), codes)


def test_bad_arguments_are_refused() -> None:
    tiles = np.zeros((1, 2, 64), np.uint8)
    with pytest.raises(ValueError, match="columns"):
        kernels.ternary(tiles, np.zeros((1, 16), np.int8))
    with pytest.raises(ValueError, match="int8"):
        kernels.ternary(tiles, np.zeros((1, 32), np.int16))
    with pytest.raises(ValueError, match="contiguous"):
        kernels.ternary(tiles[:, :, ::2], np.zeros((1, 32), np.int8))
    with pytest.raises(ValueError, match="unknown instruction set"):
        kernels.ternary(tiles, np.zeros((1, 32), np.int8), isa="mmx")
    with pytest.raises(ValueError, match="ternary"):
        pack_ternary(np.full((4, 4), 2, np.int8))
