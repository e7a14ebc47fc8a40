"""How fast a packed model runs here, against what this machine's memory can deliver in the same minute.

A decoded token reads every weight once, so its speed is bounded by how fast the mapped file can be read. That roof is
measured with the same threads on the same mapping, between the decode runs: on a shared or throttling machine both
rise and fall together, and their ratio holds where the absolute figures do not.
"""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cython_kernels import Engine
from cython_kernels.weightfile import WeightFile, WeightFileError
from edge.errors import EngineError, PackedFileError
from edge.inference.machine import memory_use
from edge.inference.sizes import bytes_per_token, kv_read
from edge.inference.threads import AUTO, choose

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import numpy.typing as npt

    from cython_kernels.spec import ModelSpec

__all__ = ["Energy", "bench"]

PREFILLS = (128, 512)
DECODE = 128
RUNS = 5
_ROOF_PASSES = 8
"""Readings of the whole file of which the fastest counts."""
_PROOF_TOKENS = 8
_ENERGY_S = 1.0
"""A shorter time would hold too few readings of the power."""


def bench(
    path: str | os.PathLike[str],
    *,
    threads: int | str = AUTO,
    kv: str = "f16",
    runs: int = RUNS,
    seconds: float = 60.0,
    whole: bool = False,
    energy: Energy | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure the packed file at ``path`` and check that what was measured computed the right thing.

    ``threads``: a number, or ``"auto"``. ``kv``: numbers of the KV cache, as for :func:`edge.load`. ``runs``:
    repetitions of each measurement, of which the median counts; fewer when one of them takes more than ``seconds`` in
    all. ``whole``: also compute one token of the whole model with the plain C reference and compare every logit, which
    takes seconds or, on a small board, a minute. ``energy``: what measures the board's, while tokens are decoded.

    Returns plain JSON values: rates in tokens/s and 10^9 bytes/s, times in seconds, memory in 10^6 bytes, and
    where there is ``energy`` and it could be measured, ``joules_per_token`` and ``watts``. Raises
    :class:`~edge.errors.PackedFileError` or :class:`~edge.errors.EngineError`, the latter also when a check of the
    results fails.
    """
    report = progress or (lambda *_: None)
    start = time.perf_counter()
    try:
        weights = WeightFile(path)
    except WeightFileError as error:
        raise PackedFileError(str(error)) from error
    with weights:
        context = min(weights.spec.context, max(*PREFILLS, DECODE))
        chosen = choose(threads, bytes_per_token(weights.spec))
        try:
            engine = Engine(
                weights, threads=chosen.count, decode_threads=chosen.decode, cpus=chosen.cpus, context=context, kv=kv
            )
        except (ValueError, MemoryError) as error:
            raise EngineError(str(error)) from error
        load = time.perf_counter() - start
        run = _Run(engine, weights.spec, context)
        first = run.timed(lambda: run.decode(1))
        steps = _Steps(runs * (len(run.prefills) + 1) + 2, report)
        steps.next("checking the results")
        proof = _proof(run, weights, whole=whole)
        prefill: dict[int, float] = {}
        for count in run.prefills:
            prefill[count] = count / _median(
                lambda n=count: run.timed(lambda: run.prefill(n)),  # type: ignore[misc]
                runs,
                seconds,
                lambda n=count: steps.next(f"prefill of {n} tokens"),  # type: ignore[misc]
            )
        roofs = [engine.read_bandwidth(weights.data, _ROOF_PASSES)]

        def decode_then_roof() -> float:
            taken = run.timed(lambda: run.decode(run.decodes))
            roofs.append(engine.read_bandwidth(weights.data, _ROOF_PASSES))
            return taken

        run.decode(min(8, run.decodes))
        decode = run.decodes / _median(
            decode_then_roof, runs, seconds, lambda: steps.next(f"decode of {run.decodes} tokens")
        )
        used = _energy(run, energy)
        steps.next("done")
        memory = memory_use()
        read = bytes_per_token(weights.spec) + kv_read(weights.spec, run.decodes, kv)
        # Beside each decode run stands the better of the readings before and after it.
        roof = statistics.median(max(pair) for pair in itertools.pairwise(roofs))
        return {
            "prefill_tok_s": round(prefill[run.prefills[0]], 2),
            **{f"pp{n}_tok_s": round(rate, 2) for n, rate in prefill.items()},
            f"tg{run.decodes}_tok_s": round(decode, 2),
            "decode_tok_s": round(decode, 2),
            "bytes_per_token": read,
            "read_gb_s": round(decode * read / 1e9, 3),
            "roof_gb_s": round(roof / 1e9, 3),
            "roof_share": round(decode * read / roof, 4),
            "load_s": round(load, 4),
            "first_step_s": round(first, 4),
            "private_mb": round(memory["private"] / 1e6, 1),
            "file_mb": round(memory["file"] / 1e6, 1),
            "kv": engine.kv,
            "kv_mb": round(engine.kv_bytes / 1e6, 1),
            "scratch_mb": round(engine.scratch_bytes / 1e6, 1),
            "weights_mb": round(weights.nbytes / 1e6, 3),
            "isa": engine.isa,
            "threads": engine.threads,
            "decode_threads": engine.decode_threads,
            "threads_why": chosen.why,
            "head": weights.spec.head,
            "runs": runs,
            "proof": proof,
            **used,
        }


def _energy(run: _Run, energy: Energy | None) -> dict[str, float]:
    """What decoding takes, by as many runs as last long enough to be measured; nothing where nobody can say."""
    if energy is None:
        return {}
    end = time.perf_counter() + _ENERGY_S / 2
    while (mark := energy.mark()) is None:  # a small model is measured before the first readings are there
        if time.perf_counter() > end:
            return {}
        time.sleep(0.02)
    tokens, end = 0, time.perf_counter() + _ENERGY_S
    while not tokens or time.perf_counter() < end:
        run.decode(run.decodes)
        tokens += run.decodes
    used = energy.used(mark)
    return {"joules_per_token": round(used.joules / tokens, 6), "watts": round(used.watts, 2)} if used else {}


class Energy(Protocol):
    """What measures the board's energy (:class:`devices.telemetry.Telemetry`, which this room does not know)."""

    def mark(self) -> Any:
        """This moment."""

    def used(self, mark: Any) -> Any:
        """What was used since that moment: ``joules`` and average ``watts``; None if it is not known."""


@dataclass
class _Steps:
    total: int
    report: Callable[[str, int, int], None]
    done: int = 0

    def next(self, what: str) -> None:
        self.report(what, min(self.done, self.total), self.total)
        self.done += 1


class _Run:
    """The same tokens every time: a fixed random prompt, and a greedy continuation from its first token."""

    def __init__(self, engine: Engine, spec: ModelSpec, context: int) -> None:
        self.engine = engine
        self.prefills = [n for n in PREFILLS if n <= context] or [context]
        self.decodes = min(DECODE, context)
        self.prompt = np.random.default_rng(1).integers(0, spec.vocab, max(*self.prefills, self.decodes), np.int32)

    @staticmethod
    def timed(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def prefill(self, count: int) -> npt.NDArray[np.float32]:
        """Logits [1, vocab] after ``count`` tokens, in batches as large as the engine takes."""
        for at in range(0, count, 128):
            n = min(128, count - at)
            positions = np.arange(at, at + n, dtype=np.int32)
            rows = np.array([n - 1] if at + n == count else [], np.int32)
            logits = self.engine.step(self.prompt[at : at + n], np.zeros(n, np.int32), positions, rows)
        return logits

    def decode(self, count: int) -> list[int]:
        """``count`` tokens one after the other, each the likeliest after the last."""
        token, out = self.prompt[:1].copy(), []
        zero = np.zeros(1, np.int32)
        for position in range(count):
            logits = self.engine.step(token, zero, np.array([position], np.int32), zero)
            token[0] = int(logits[0].argmax())
            out.append(int(token[0]))
        return out

    def one_by_one(self, count: int) -> npt.NDArray[np.float32]:
        """What :meth:`prefill` computes in batches, computed token after token."""
        zero = np.zeros(1, np.int32)
        for position in range(count):
            token = self.prompt[position : position + 1]
            logits = self.engine.step(token, zero, np.array([position], np.int32), zero)
        return logits


def _proof(run: _Run, weights: WeightFile, *, whole: bool) -> dict[str, bool]:
    """Check the measured code against itself in another form, and its first layer against the plain C reference."""
    count = min(_PROOF_TOKENS, run.prefills[0])
    batched = run.prefill(count)
    checks = {
        "logits_finite": bool(np.isfinite(batched).all()),
        "batch_equals_single": bool(np.array_equal(batched, run.one_by_one(count))),
        "layer_equals_scalar": _layer_equals_scalar(run.engine, weights, count),
    }
    if whole:
        checks["logits_equal_scalar"] = _logits_equal_scalar(run, weights)
    if wrong := [name for name, right in checks.items() if not right]:
        raise EngineError(
            f"{weights.path}: the engine's results are wrong on this machine ({', '.join(wrong)}), so its speed means "
            f"nothing; please report it with the output of 'edge bench --debug' and EDGE_ISA={run.engine.isa}"
        )
    return checks


def _layer_equals_scalar(engine: Engine, weights: WeightFile, count: int) -> bool:
    """One layer on random input, bit for bit against the reference kernels that every machine shares."""
    x = np.random.default_rng(2).standard_normal((count, weights.spec.hidden), np.float32)
    zeros, positions = np.zeros(count, np.int32), np.arange(count, dtype=np.int32)
    reference = Engine(weights, threads=engine.threads, context=count, max_batch=count, kv=engine.kv, isa="scalar")
    return bool(
        np.array_equal(engine.run_layers(x, zeros, positions, 0, 1), reference.run_layers(x, zeros, positions, 0, 1))
    )


def _logits_equal_scalar(run: _Run, weights: WeightFile) -> bool:
    """Every logit after one token, bit for bit against the reference kernels."""
    reference = Engine(weights, threads=run.engine.threads, context=1, max_batch=1, kv=run.engine.kv, isa="scalar")
    zero = np.zeros(1, np.int32)
    return bool(np.array_equal(run.one_by_one(1), reference.step(run.prompt[:1], zero, zero, zero)))


def _median(measure: Callable[[], float], runs: int, seconds: float, before: Callable[[], None]) -> float:
    """Median of ``runs`` measurements after one that is thrown away (it faults pages in and wakes the threads)."""
    end = time.perf_counter() + seconds
    measure()
    taken = []
    for _ in range(runs):
        before()
        taken.append(measure())
        if time.perf_counter() > end:
            break
    return statistics.median(taken)
