"""Attention over several chunks of positions: right, and the same bytes however a sequence is cut into calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from cython_kernels import Engine, WeightFile, isa_names
from tests import reference
from tests.models import SMALL, open_models

pytestmark = pytest.mark.kernels

ISAS = [name for name, runs in isa_names() if runs]
KVS = ("f16", "f32", "int8")
LONG = dataclasses.replace(SMALL, layers=2, context=400)
VARIANTS = {
    "pairs": LONG,
    "mha": dataclasses.replace(LONG, heads=3, kv_heads=3, head_dim=32),
    "threes": dataclasses.replace(LONG, heads=6, kv_heads=2, head_dim=16),
    "fives": dataclasses.replace(LONG, heads=5, kv_heads=1, head_dim=40),
    "many": dataclasses.replace(LONG, heads=18, kv_heads=1, head_dim=8),
}
IDS = np.random.default_rng(1).integers(0, 300, 300).astype(np.int32)
POSITIONS = np.arange(len(IDS), dtype=np.int32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WeightFile]]:
    with open_models(tmp_path_factory.mktemp("models"), VARIANTS) as files:
        yield files


def run(engine: Engine, cuts: list[int], sequence: int = 0) -> np.ndarray:
    """Logits of all of IDS, which enter in calls that end at ``cuts``."""
    out = []
    for start, stop in zip([0, *cuts], [*cuts, len(IDS)], strict=True):
        rows = np.arange(stop - start, dtype=np.int32)
        out.append(engine.step(IDS[start:stop], np.full_like(rows, sequence), POSITIONS[start:stop], rows))
    return np.concatenate(out)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("threads", [1, 3])
def test_it_equals_the_numpy_reference(models: dict[str, WeightFile], variant: str, threads: int) -> None:
    file = models[variant]
    x = np.random.default_rng(2).standard_normal((len(IDS), file.spec.hidden)).astype(np.float32)
    wanted = reference.run_layer(file.spec, reference.read_layer(file, 0), x.astype(np.float64), POSITIONS)
    engine = Engine(file, kv="f32", max_batch=len(IDS), threads=threads)
    got = engine.run_layers(x, np.zeros_like(POSITIONS), POSITIONS, 0, 1)
    error = np.abs(got - wanted).max(axis=1) / np.abs(wanted).max()
    # One activation in many thousands may lie so close to a half that float32 rounds it the other way.
    assert np.median(error) < 2e-6
    assert (error < 1e-5).mean() > 0.9


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kv", KVS)
def test_same_bytes_on_every_instruction_set(models: dict[str, WeightFile], variant: str, kv: str) -> None:
    wanted = run(Engine(models[variant], isa="scalar", kv=kv), [90, 140, 142, 143, 270])
    assert np.isfinite(wanted).all()
    for isa in ISAS:
        assert np.array_equal(run(Engine(models[variant], isa=isa, kv=kv), [90, 140, 142, 143, 270]), wanted), isa


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kv", KVS)
def test_same_bytes_for_any_threads_and_cuts(models: dict[str, WeightFile], variant: str, kv: str) -> None:
    """One token at a time past the ends of chunks, blocks across them, and everything in calls as large as they get."""
    file = models[variant]
    wanted = run(Engine(file, kv=kv, max_batch=300), [])
    one_by_one = [*range(120, 135), 250, *range(252, 260)]
    for threads, cuts in ((1, one_by_one), (4, one_by_one), (2, [5, 111, 125, 130, 254, 257])):
        assert np.array_equal(run(Engine(file, kv=kv, threads=threads, max_batch=128), cuts), wanted), threads


@pytest.mark.parametrize("kv", KVS)
def test_same_bytes_beside_other_sequences(models: dict[str, WeightFile], kv: str) -> None:
    """Sequences of very different lengths in one call, with more threads than heads."""
    file = models["fives"]
    wanted = run(Engine(file, kv=kv, max_batch=300), [])
    engine = Engine(file, kv=kv, sequences=3, threads=4)
    zero = np.zeros(1, np.int32)
    for sequence, length in ((0, 3), (1, 127), (2, 256)):
        for start in range(0, length, 100):
            part = POSITIONS[start : min(start + 100, length)]
            engine.step(IDS[part], np.full_like(part, sequence), part, zero[:0])
    for step in range(8):
        at = np.array([3, 127, 256], np.int32) + np.int32(step)
        got = engine.step(IDS[at], np.arange(3, dtype=np.int32), at, np.arange(3, dtype=np.int32))
        assert np.array_equal(got, wanted[at])


@pytest.mark.parametrize("kv", KVS)
def test_what_comes_later_leaves_no_trace(models: dict[str, WeightFile], kv: str) -> None:
    """Neither a token behind in the same call nor what an earlier answer left in the cache, be it not a number."""
    file = models["pairs"]
    x = np.random.default_rng(3).standard_normal((140, file.spec.hidden)).astype(np.float32)
    zeros = np.zeros(140, np.int32)
    wanted = Engine(file, kv=kv, max_batch=140).run_layers(x, zeros, POSITIONS[:140], 0, 1)
    engine = Engine(file, kv=kv, max_batch=140)
    engine.run_layers(np.full_like(x, np.nan), zeros, POSITIONS[:140], 0, 1)
    for last in (3, 126, 130):
        spoilt = x.copy()
        spoilt[last:] = np.nan
        got = engine.run_layers(spoilt, zeros, POSITIONS[:140], 0, 1)
        assert np.array_equal(got[:last], wanted[:last])
        assert np.isnan(got[last:]).any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_eight_bits_are_nearly_enough(models: dict[str, WeightFile], variant: str) -> None:
    """A layer's output beside the one with a float cache; what int8 activations add to either is the same."""
    file = models[variant]
    x = np.random.default_rng(2).standard_normal((len(IDS), file.spec.hidden)).astype(np.float32)
    zeros = np.zeros_like(POSITIONS)
    exact, rough = (
        Engine(file, kv=kv, max_batch=len(IDS)).run_layers(x, zeros, POSITIONS, 0, 1) - x for kv in ("f32", "int8")
    )
    assert np.sqrt(np.mean((rough - exact) ** 2) / np.mean(exact**2)) < 0.02
