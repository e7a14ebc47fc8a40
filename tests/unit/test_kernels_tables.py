"""Embedding and head in six and four bits: what the packer keeps of the weights, and what every kernel computes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from cython_kernels import Engine, WeightFile, isa_names, pack_rows_codes, unpack_rows_codes
from cython_kernels import _kernels as kernels
from cython_kernels.spec import CODE_BYTES
from cython_kernels.tables import VALUES4
from tests import reference
from tests.models import SMALL, write_model

pytestmark = pytest.mark.kernels

ISAS = [name for name, runs in isa_names() if runs]
HEADS = sorted(CODE_BYTES)
SIZES = [(16, 1), (48, 2), (80, 3), (208, 5), (2560, 4), (64, 70)]


def run(engine: Engine, tokens: np.ndarray) -> np.ndarray:
    """The logits of every token of one sequence, run at once."""
    places = np.arange(len(tokens), dtype=np.int32)
    return engine.step(tokens, np.zeros_like(places), places, places)


def digits(rng: np.random.Generator, tokens: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    high, low = rng.integers(-127, 128, (2, tokens, columns)).astype(np.int8)
    return high, low


def products(block: np.ndarray, head: str, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """The block's rows times the digits, in float64."""
    rows = unpack_rows_codes(block[None], np.ones(16, np.float32), head, 16, high.shape[1])
    return np.asarray((255.0 * high + low) @ rows.astype(np.float64).T)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("columns", "tokens"), SIZES)
def test_any_bytes_give_their_product_and_the_same_bits_everywhere(
    isa: str, head: str, columns: int, tokens: int
) -> None:
    """Every byte is a valid code or scale, so a damaged file is only a wrong one."""
    rng = np.random.default_rng(columns + tokens)
    block = rng.integers(0, 256, (-(-columns // 64), 64 + 4 * CODE_BYTES[head]), np.uint8)
    high, low = digits(rng, tokens, columns)
    got = kernels.table_of_codes(block, head, high, low, isa=isa)
    assert np.array_equal(got, kernels.table_of_codes(block, head, high, low, isa="scalar"))
    wanted = products(block, head, high, low)
    # Cancelling sums lose digits, so the error is compared with what is added up.
    size = np.abs(wanted).max()
    assert np.abs(got - wanted).max() <= 1e-6 * size


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("codes", [0x00, 0x55, 0x88, 0xAA, 0xFF])
@pytest.mark.parametrize("digit", [-127, 127])
def test_no_extreme_overflows(isa: str, head: str, codes: int, digit: int) -> None:
    columns = 4096
    block = np.full((columns // 64, 64 + 4 * CODE_BYTES[head]), codes, np.uint8)
    block[:, :64] = 255
    if head == "q6":  # -32 and 31: the outermost values
        block[:, 64:].reshape(-1, 4, 3, 64)[:, :, 2] = 0xAA if codes in (0, 0xAA) else 0x55
    act = np.full((3, columns), digit, np.int8)
    got = kernels.table_of_codes(block, head, act, act, isa=isa)
    np.testing.assert_allclose(got, products(block, head, act, act), rtol=1e-5)


@pytest.mark.parametrize("isa", ISAS)
def test_each_code_stands_for_its_value(isa: str) -> None:
    """All sixteen 4-bit codes, all 6-bit ones four at a time, in every row and column."""
    columns = np.eye(16, dtype=np.int8)
    for head, codes in (("q4", range(16)), ("q6", range(0, 64, 3))):
        for code in codes:
            value = VALUES4[code] if head == "q4" else code - 64 * (code >= 32)
            block = np.zeros((1, 64 + 4 * CODE_BYTES[head]), np.uint8)
            block[:, :16] = np.arange(16)
            block[:, 64 : 64 + 128] = (code & 15) * 17
            if head == "q6":
                block[:, 192:256] = (code >> 4) * 85
            got = kernels.table_of_codes(block, head, 0 * columns, columns, isa=isa)
            assert np.array_equal(got, np.broadcast_to(np.float32(value) * np.arange(16) ** 2, (16, 16))), code


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (17, 33), (40, 640)])
def test_what_can_be_held_exactly_is(head: str, rows: int, columns: int) -> None:
    rng = np.random.default_rng(rows)
    values = VALUES4 if head == "q4" else np.arange(-32, 32)
    w = rng.choice(values, (rows, columns)).astype(np.float32)
    w[:, ::16] = -32  # every group's largest, so that its scale is known
    packed, scale = pack_rows_codes(w, head)
    np.testing.assert_allclose(unpack_rows_codes(packed, scale, head, rows, columns), w, rtol=1e-6)


@pytest.mark.parametrize(("head", "normal", "heavy"), [("q6", 0.0175, 0.026), ("q4", 0.072, 0.080)])
def test_rounding_errors_are_the_stated_ones(head: str, normal: float, heavy: float) -> None:
    rng = np.random.default_rng(5)
    for w, limit in ((rng.standard_normal((48, 640)), normal), (rng.standard_t(3, (48, 640)), heavy)):
        packed, scale = pack_rows_codes(w.astype(np.float32), head)
        got = unpack_rows_codes(packed, scale, head, *w.shape)
        assert np.sqrt(((got - w) ** 2).mean() / (w**2).mean()) < limit


@pytest.mark.parametrize("head", HEADS)
def test_rows_of_any_size_are_packed(head: str) -> None:
    w = np.array([[0, 0], [1e-42, 0], [-1e-30, 1e-31], [3e38, -1e38], [1, 1e-6]], np.float32)
    packed, scale = pack_rows_codes(w, head)
    got = unpack_rows_codes(packed, scale, head, 5, 2)
    assert np.isfinite(scale).all()
    assert not got[:2].any()
    np.testing.assert_allclose(got[2:, 0], w[2:, 0], rtol=0.02)
    assert not unpack_rows_codes(packed, scale, head, 16, 64)[5:].any()
    for bad in (np.nan, np.inf):
        w[1, 1] = bad
        with pytest.raises(ValueError, match="not finite"):
            pack_rows_codes(w, head)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("tied", [True, False])
def test_the_engine_computes_with_them(tmp_path: Path, head: str, *, tied: bool) -> None:
    spec = dataclasses.replace(SMALL, head=head, tied=tied)
    write_model(tmp_path / "model.safetensors", spec)
    tokens = np.array([3, 299, 17, 16, 0], np.int32)
    with WeightFile(tmp_path / "model.safetensors") as file:
        wanted = run(Engine(file, isa="scalar"), tokens)
        for isa in ISAS:
            assert np.array_equal(run(Engine(file, isa=isa, threads=2), tokens), wanted)
        one = Engine(file)
        for i in range(5):
            alone = one.step(tokens[i : i + 1], np.zeros(1, np.int32), np.full(1, i, np.int32), np.zeros(1, np.int32))
            assert np.array_equal(alone[0], wanted[i])
        _, exact = reference.forward(file, tokens)
    assert np.abs(exact - wanted).max() < 0.02 * np.abs(exact).max()
