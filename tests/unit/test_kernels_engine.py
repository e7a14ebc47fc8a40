"""The forward step: right beside a plain numpy decoder, and the same bytes however it is run."""

from __future__ import annotations

import dataclasses
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cython_kernels import Engine, ModelSpec, WeightFile, isa_names
from edge.inference.machine import memory_use
from tests import reference
from tests.models import SMALL, open_models, write_model

ISAS = [name for name, runs in isa_names() if runs]
VARIANTS = {
    "small": SMALL,
    "llama": dataclasses.replace(SMALL, activation="silu", sub_norms=False, tied=False, head="f16"),
    "groups": dataclasses.replace(SMALL, group=32, head="f16"),
    "mha": dataclasses.replace(SMALL, hidden=96, heads=3, kv_heads=3, head_dim=32, inter=130, vocab=17),
    "gqa6": dataclasses.replace(SMALL, hidden=64, heads=6, kv_heads=1, head_dim=16, inter=64),
}
IDS = np.random.default_rng(1).integers(0, 17, 40).astype(np.int32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WeightFile]]:
    with open_models(tmp_path_factory.mktemp("models"), VARIANTS) as files:
        yield files


def run(file: WeightFile, ids: np.ndarray, chunk: int = 64, **options: object) -> np.ndarray:
    """All logits of one sequence, in chunks."""
    engine = Engine(file, **options)  # type: ignore[arg-type]
    out = []
    for start in range(0, len(ids), chunk):
        part = np.ascontiguousarray(ids[start : start + chunk])
        n = np.arange(len(part), dtype=np.int32)
        out.append(engine.step(part, np.zeros_like(n), n + np.int32(start), n))
    return np.concatenate(out)


@pytest.mark.parametrize("variant", VARIANTS)
def test_layers_equal_the_numpy_reference(models: dict[str, WeightFile], variant: str) -> None:
    file = models[variant]
    states, _ = reference.forward(file, IDS)
    n = np.arange(len(IDS), dtype=np.int32)
    engine = Engine(file, kv="f32")
    for i in range(file.spec.layers):
        entering = np.ascontiguousarray(states[i], np.float32)
        wanted = reference.run_layer(file.spec, reference.read_layer(file, i), entering.astype(np.float64), n)
        got = engine.run_layers(entering, np.zeros_like(n), n, i, i + 1)
        error = np.abs(got - wanted).max(axis=1) / np.abs(wanted).max()
        # One activation in many thousands may lie so close to a half that float32 rounds it the other way.
        assert np.median(error) < 2e-6
        assert (error < 1e-5).mean() > 0.9


def test_head_equals_the_numpy_reference(models: dict[str, WeightFile]) -> None:
    for file in models.values():
        engine = Engine(file, kv="f32")
        table = reference.read_table(file, "embed" if file.spec.tied else "head").astype(np.float64)
        ids = IDS[:5]
        n = np.arange(5, dtype=np.int32)
        logits = engine.step(ids, np.zeros_like(n), n, n)
        last = engine.run_layers(reference.read_table(file, "embed")[ids].astype(np.float32), np.zeros_like(n), n, 0,
                                 file.spec.layers)  # fmt: skip
        norm = file.array("final_norm")[: file.spec.hidden].astype(np.float64)
        wanted = reference.rms_norm(last.astype(np.float64), norm, file.spec.norm_eps) @ table.T
        assert np.abs(logits - wanted).max() < 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kv", ["f16", "f32", "int8"])
def test_same_bytes_on_every_instruction_set(models: dict[str, WeightFile], variant: str, kv: str) -> None:
    wanted = run(models[variant], IDS, isa="scalar", kv=kv)
    assert np.isfinite(wanted).all()
    for isa in ISAS:
        assert np.array_equal(run(models[variant], IDS, isa=isa, kv=kv), wanted), isa


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("chunk", [1, 7, 16, 40])
def test_same_bytes_for_any_threads_and_chunks(models: dict[str, WeightFile], threads: int, chunk: int) -> None:
    for name, file in models.items():
        assert np.array_equal(run(file, IDS, chunk, threads=threads), run(file, IDS)), name


@pytest.mark.parametrize("batch", range(1, 9))
def test_same_bytes_for_any_batch(models: dict[str, WeightFile], batch: int) -> None:
    """Sequences of different lengths, interleaved in one engine, answer as if each were alone."""
    file = models["small"]
    rng = np.random.default_rng(batch)
    prompts = [rng.integers(0, file.spec.vocab, 5 + 3 * i).astype(np.int32) for i in range(batch)]
    alone = [run(file, ids) for ids in prompts]
    engine = Engine(file, sequences=batch, threads=2)
    done = [0] * batch
    while any(done[i] < len(prompts[i]) for i in range(batch)):
        tokens, sequences, positions = [], [], []
        for i, ids in enumerate(prompts):
            for _ in range(min(1 + i % 3, len(ids) - done[i])):
                tokens.append(ids[done[i]])
                sequences.append(i)
                positions.append(done[i])
                done[i] += 1
        rows = np.arange(len(tokens), dtype=np.int32)
        logits = engine.step(np.array(tokens, np.int32), np.array(sequences, np.int32), np.array(positions, np.int32),
                             rows)  # fmt: skip
        for i, position, row in zip(sequences, positions, logits, strict=True):
            assert np.array_equal(row, alone[i][position])


def test_large_enough_to_wake_the_pool(tmp_path: Path) -> None:
    """The other models are so small that one thread runs them alone; this one is shared out."""
    spec = dataclasses.replace(SMALL, layers=2, hidden=512, heads=8, kv_heads=4, head_dim=64, inter=1536, vocab=700)
    write_model(tmp_path / "m", spec)
    with WeightFile(tmp_path / "m") as file:
        ids = np.arange(80, dtype=np.int32)
        wanted = run(file, ids, threads=1)
        for threads in (2, 3, 4):
            assert np.array_equal(run(file, ids, 33, threads=threads), wanted)
            assert np.array_equal(run(file, ids[:9], 1, threads=threads), wanted[:9])


def test_rewinding_a_sequence_forgets_what_came_after(models: dict[str, WeightFile]) -> None:
    file = models["small"]
    engine = Engine(file)
    zeros, n = np.zeros(40, np.int32), np.arange(40, dtype=np.int32)
    engine.step(IDS, zeros, n, n[:0])
    again = engine.step(IDS[20:25].copy(), zeros[:5], n[20:25].copy(), n[:5])
    assert np.array_equal(again, run(file, IDS)[20:25])


def test_bad_batches_are_refused(models: dict[str, WeightFile]) -> None:
    engine = Engine(models["small"], context=50, max_batch=4)
    zero = np.zeros(1, np.int32)
    for token, sequence, position in [(300, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 50), (0, 0, -1)]:
        with pytest.raises(ValueError, match="out of range"):
            engine.step(zero + token, zero + sequence, zero + position, zero)
    with pytest.raises(ValueError, match="1 to 4"):
        engine.step(np.zeros(5, np.int32), np.zeros(5, np.int32), np.arange(5, dtype=np.int32), zero)
    with pytest.raises(ValueError, match="rows"):
        engine.step(zero, zero, zero, zero + 1)
    with pytest.raises(ValueError, match="int32"):
        engine.step(np.zeros(1, np.int64), zero, zero, zero)
    with pytest.raises(ValueError, match="elements"):
        engine.step(zero, np.zeros(0, np.int32), zero, zero)


@pytest.mark.parametrize(
    "options", [{"threads": 0}, {"threads": 1000}, {"sequences": 0}, {"context": 97}, {"kv": "f8"}, {"isa": "sse"}]
)
def test_bad_options_are_refused(models: dict[str, WeightFile], options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|unknown"):
        Engine(models["small"], **options)  # type: ignore[arg-type]


def test_the_environment_chooses_the_instruction_set(
    models: dict[str, WeightFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_ISA", "scalar")
    assert Engine(models["small"]).isa == "scalar"
    monkeypatch.delenv("EDGE_ISA")
    assert Engine(models["small"]).isa == ISAS[-1]


@pytest.mark.parametrize(("kv", "share"), [("f32", 2), ("f16", 1), ("int8", 0.54)])
def test_the_cache_takes_memory_only_as_it_fills(tmp_path: Path, kv: str, share: float) -> None:
    spec = dataclasses.replace(SMALL, layers=4, heads=4, kv_heads=4, head_dim=64, hidden=256, context=4096)
    write_model(tmp_path / "m", spec)
    with WeightFile(tmp_path / "m") as file:
        engine = Engine(file, sequences=8, kv=kv)
        full = 8 * 4 * 2 * 4096 * 4 * 64 * 2  # of f16
        assert 0.98 * share * full < engine.kv_bytes <= share * full
        ids, rows = np.zeros(128, np.int32), np.zeros(0, np.int32)

        def grown_by(sequence: int, positions: int) -> int:
            before = memory_use()["private"]
            for start in range(0, positions, 128):
                at = np.arange(start, start + 128, dtype=np.int32)
                engine.step(ids, np.full(128, sequence, np.int32), at, rows)
            return memory_use()["private"] - before

        grown_by(0, 128)  # all that is no cache
        for sequence, positions in ((1, 128), (2, 1024)):
            # Pages of 4 to 16 kB, of which every head's keys and values may leave one half empty.
            assert grown_by(sequence, positions) < share * full / 8 * positions / 4096 + 32 * 32768


def test_a_forked_child_is_told_to_open_its_own(models: dict[str, WeightFile]) -> None:
    engine = Engine(models["small"], threads=2)
    zero = np.zeros(1, np.int32)
    pid = os.fork()
    if pid == 0:
        try:
            engine.step(zero, zero, zero, zero)
        except ValueError as error:
            told = "fork" in str(error)
            del engine  # whose threads are not here to be waited for
            os._exit(42 if told else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42


def test_an_engine_outlives_the_file_it_was_opened_from(tmp_path: Path) -> None:
    write_model(tmp_path / "m", SMALL)
    with WeightFile(tmp_path / "m") as file:
        wanted = run(file, IDS)
        engine = Engine(file)
    (tmp_path / "m").unlink()
    del file
    gc.collect()
    n = np.arange(len(IDS), dtype=np.int32)
    assert np.array_equal(engine.step(IDS, np.zeros_like(n), n, n), wanted)


def test_a_nan_reaches_the_logits(tmp_path: Path) -> None:
    """Whatever goes wrong in the numbers, the caller must be able to see it."""
    spec: ModelSpec = dataclasses.replace(SMALL, layers=1)
    write_model(tmp_path / "m", spec)
    with WeightFile(tmp_path / "m") as file:
        engine = Engine(file)
        hidden = np.full((1, spec.hidden), np.nan, np.float32)
        zero = np.zeros(1, np.int32)
        assert np.isnan(engine.run_layers(hidden, zero, zero, 0, 1)).any()


@pytest.mark.kernels
@pytest.mark.parametrize("kv", ["f16", "f32", "int8"])
@pytest.mark.parametrize("factor", [3e4, 1e38])
def test_numbers_that_overflow_do_so_alike(tmp_path: Path, kv: str, factor: float) -> None:
    """Keys that f16 cannot hold, sums that float32 cannot: whatever comes out is the same on every instruction set."""
    path = tmp_path / "m"
    write_model(path, SMALL)
    with WeightFile(path) as file:
        scale = file.array("layers.0.qkv.scale").copy()
        start = path.read_bytes().index(scale.tobytes())
    with path.open("r+b") as out:
        out.seek(start)
        out.write((scale * np.linspace(1, factor, scale.size, dtype=np.float32)).astype(np.float32).tobytes())
    with WeightFile(path) as file:
        found = {isa: run(file, IDS, isa=isa, kv=kv).tobytes() for isa in ISAS}
        assert len(set(found.values())) == 1


def test_what_may_not_be_written_is_not_written(models: dict[str, WeightFile]) -> None:
    engine, zero = Engine(models["small"], threads=2), np.zeros(1, np.int32)
    out = np.zeros((1, models["small"].spec.vocab), np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        engine.step(zero, zero, zero, zero, out)
    with pytest.raises(ValueError, match="64 are needed"):
        engine.read_bandwidth(np.zeros(4, np.uint8))
