"""What a token costs beside the kernels: meetings of threads, the way through Python, sampling, text.

python -m benchmarks.overhead [--threads 1 2] [--json results.json]

A phase: threads claim a unit each, all of the same size, and wait for one another; what that takes longer than one unit
done alone. A layer of the forward step has six with one token, ten with several. A run: how much longer than one unit
alone they take for a unit each when they are called while they still spin; a woken run: when they have fallen asleep. A
step without weights: a model with the built-in one's layers whose matrices have next to no elements, so that what is
left is everything else that a step does. A token: the built-in model decodes, and its kernels' time (a step of it less
a step without weights) is taken off.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import edge
from benchmarks import report
from cython_kernels import Engine, ModelSpec, WeightFile, WeightWriter
from edge.checkpoints.library import resolve
from edge.inference.processors import processors

if TYPE_CHECKING:
    from collections.abc import Callable

PHASES, TURNS, PAUSE_S, CONTEXT = 2000, 4000, 0.002, 256
PROMPT = "set the temperature in the guest bedroom to twenty one point five degrees"


def median_us(measure: Callable[[], float | None], times: int = 300) -> float:
    """Median in microseconds of what ``measure`` says, or of how long it takes."""
    taken = []
    for _ in range(times + 10):
        start = time.perf_counter()
        said = measure()
        taken.append(time.perf_counter() - start if said is None else said)
    return round(1e6 * statistics.median(taken[10:]), 3)


def hollow(spec: ModelSpec, folder: Path) -> WeightFile:
    """A model with the layers of ``spec`` and next to nothing in them."""
    small = dataclasses.replace(spec, hidden=16, inter=16, heads=1, kv_heads=1, head_dim=16, vocab=16)
    with WeightWriter(folder / "hollow", small, {}) as out:
        for name, (dtype, shape) in small.tensors().items():
            out.put(name, np.zeros(shape, {"U8": np.uint8, "I8": np.int8, "F16": np.float16, "F32": np.float32}[dtype]))
    return WeightFile(folder / "hollow")


def step(engine: Engine) -> Callable[[], None]:
    token, position, zero = np.array([5], np.int32), np.array([20], np.int32), np.zeros(1, np.int32)

    def one() -> None:
        engine.step(token, zero, position, zero)

    return one


def phases(weights: WeightFile, threads: int) -> dict[str, float]:
    engine = Engine(weights, threads=threads, context=CONTEXT)

    def called() -> float:
        engine.phase_seconds(1, threads, TURNS)  # just now: nobody sleeps
        return engine.phase_seconds(1, threads, 16 * TURNS)

    def woken() -> float:
        time.sleep(PAUSE_S)
        return engine.phase_seconds(1, threads, 16 * TURNS)

    def busy() -> float:
        return engine.phase_seconds(1, 1, 16 * TURNS)

    def alone() -> float:
        return engine.phase_seconds(PHASES, 1, TURNS)

    def together() -> float:
        return engine.phase_seconds(PHASES, threads, TURNS)

    return {
        "phase_us": round((median_us(together, 50) - median_us(alone, 50)) / PHASES, 4),
        "run_us": round(median_us(called, 100) - median_us(busy, 100), 3),
        "woken_run_us": round(median_us(woken, 100) - median_us(busy, 100), 3),
    }


def token_us() -> float:
    """Between two tokens of a streamed answer of the built-in model."""
    with edge.load("home") as model:

        def per_token() -> float:
            at = [time.perf_counter() for _ in model.stream(PROMPT, max_tokens=40)]
            # the first is the prompt's, and before the last two the whole answer is put together
            return (at[-3] - at[1]) / (len(at) - 4)

        return median_us(per_token, 300)


def main() -> int:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    most = processors().threads
    parser.add_argument(
        "--threads", nargs="+", type=report.threads, default=sorted({1, 2, most} & set(range(most + 1)))
    )
    report.add_options(parser)
    args = parser.parse_args()
    result: dict[str, Any] = {"threads": {}}
    with tempfile.TemporaryDirectory() as folder:
        weights = WeightFile(resolve("home") / "model.safetensors")
        empty = hollow(weights.spec, Path(folder))
        for n in args.threads:
            result["threads"][n] = phases(empty, n)
        result["hollow_step_us"] = median_us(step(Engine(empty, context=CONTEXT)))
        result["home_step_us"] = median_us(step(Engine(weights, context=CONTEXT)))
        result["home_token_us"] = token_us()
    kernels = result["home_step_us"] - result["hollow_step_us"]
    result["beside_kernels_us"] = round(result["home_token_us"] - kernels, 3)
    for n, row in result["threads"].items():
        print(f"{n} threads: " + ", ".join(f"{key.removesuffix('_us')} {value} us" for key, value in row.items()))
    print(f"a step without weights {result['hollow_step_us']} us, of the built-in model {result['home_step_us']} us")
    print(f"a token of it {result['home_token_us']} us, {result['beside_kernels_us']} us of them beside the kernels")
    report.save(args, result)
    series = {key: [row[key] for row in result["threads"].values()] for key in ("phase_us", "run_us", "woken_run_us")}
    report.bars(args, "meetings of threads", "us", [f"{n} threads" for n in result["threads"]], series)
    return 0


if __name__ == "__main__":
    sys.exit(main())
