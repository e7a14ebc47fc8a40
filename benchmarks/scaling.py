"""How speed changes with threads, context, sequences decoded together, and the model's size.

    python -m benchmarks.scaling threads --plot threads.png --json threads.json
    python -m benchmarks.scaling context --kv f16 int8
    python -m benchmarks.scaling batch --threads 2
    python -m benchmarks.scaling size --shapes bitnet-0.7b bitnet-2b4t falcon3-3b

Random weights of a published shape; the median of several runs. The roof is the rate at which the mapped file can be
read with the same threads, measured between the same runs.
"""

from __future__ import annotations

import argparse
import mmap
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.models import add_model_options, random_weights
from cython_kernels import Engine
from cython_kernels.weightfile import WeightFile
from edge.inference.processors import processors
from edge.inference.sizes import bytes_per_token

TOKENS = 24
"""Decoded in each timed run."""
KV = ("f16", "int8", "f32")
OWN: dict[str, tuple[tuple[str, ...], list[Any]]] = {
    "kv": (("context", "batch"), ["f16"]),
    "positions": (("context",), [0, 512, 1024, 2048]),
    "sequences": (("batch",), [1, 2, 4, 8]),
}
"""Options that only some kinds have, and what is measured where they are not given."""


def main() -> int:
    """Measure one kind of scaling."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=KINDS)
    parser.add_argument(
        "--threads",
        nargs="+",
        type=report.threads,
        metavar="N",
        help="threads: each of these, elsewhere one (default: all processors)",
    )
    parser.add_argument("--kv", nargs="+", choices=KV, metavar="FORM", help=f"context, batch: of {KV} (default: f16)")
    parser.add_argument("--positions", nargs="+", type=report.whole(0), metavar="N", help="context: after so many")
    parser.add_argument("--sequences", nargs="+", type=report.count, metavar="N", help="batch: so many at once")
    parser.add_argument("--runs", type=report.count, default=5)
    add_model_options(parser, several=True)
    report.add_options(parser)
    args = parser.parse_args()
    for name, (kinds, default) in OWN.items():
        if getattr(args, name) is None:
            setattr(args, name, default)
        elif args.what not in kinds:
            parser.error(f"--{name} is an option of {' and '.join(kinds)}")
    if args.what != "threads" and args.threads and len(args.threads) > 1:
        parser.error(f"{args.what} is measured with one number of threads")
    measure, across, unit = KINDS[args.what]
    rows: list[dict[str, Any]] = []
    for shape in args.shapes:
        with WeightFile(random_weights(shape, args.head, args.cache)) as weights:
            rows += [{"shape": shape, **row} for row in measure(args, weights)]
    report.table(list(rows[0]), rows)
    report.save(args, {"what": args.what, "head": args.head, "rows": rows})
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        label = " ".join(str(row[key]) for key in ("shape", "kv", "mode") if key in row)
        series.setdefault(label, []).append((float(row[across]), float(row[unit])))
    report.lines(args, f"{args.what}, {args.head} head", across, unit, series)
    return 0


def by_threads(args: argparse.Namespace, weights: WeightFile) -> list[dict[str, Any]]:
    """Decode and the read rates of file and of anonymous huge pages, with one thread after the other added."""
    huge = _huge_pages(min(weights.nbytes, 512 << 20))
    return [_with_threads(args, weights, n, huge) for n in args.threads or range(1, processors().threads + 1)]


def _with_threads(args: argparse.Namespace, weights: WeightFile, threads: int, huge: Any) -> dict[str, Any]:
    engine = Engine(weights, threads=threads, context=256)
    roofs: list[float] = []
    rate = TOKENS / _median(args.runs, lambda: _decode(engine, 0), lambda: roofs.append(_roof(engine, weights)))
    roof, read = statistics.median(roofs), bytes_per_token(weights.spec) * rate
    return {
        "threads": threads,
        "decode tok/s": round(rate, 2),
        "prefill tok/s": round(128 / _median(args.runs, lambda: _prefill(engine, 0, 128)), 1),
        "GB/s": round(read / 1e9, 2),
        "file GB/s": round(roof / 1e9, 2),
        "huge GB/s": round(engine.read_bandwidth(huge, 8) / 1e9, 2),
        "share": f"{100 * read / roof:.1f} %",
    }


def by_context(args: argparse.Namespace, weights: WeightFile) -> list[dict[str, Any]]:
    """Decode after so many positions, which are really filled: an untouched cache would be read from one zero page."""
    rows = []
    for kv in args.kv:
        room = max(args.positions) + TOKENS + 1
        engine = Engine(weights, threads=_threads(args), context=room, kv=kv)
        first, filled = 0.0, 0
        for position in sorted(args.positions):
            if position > filled:
                _prefill(engine, filled, position - filled)
                filled = position
            rate = TOKENS / _median(args.runs, partial(_decode, engine, position))
            first = first or rate
            rows.append(
                {
                    "kv": kv,
                    "position": position,
                    "decode tok/s": round(rate, 2),
                    "of first": f"{100 * rate / first:.1f} %",
                }
            )
    return rows


def by_batch(args: argparse.Namespace, weights: WeightFile) -> list[dict[str, Any]]:
    """Several sequences decoded in one step: tokens per second of all of them together."""
    rows: list[dict[str, Any]] = []
    for kv in args.kv:
        alone = 0.0
        for count in args.sequences:
            engine = Engine(weights, threads=_threads(args), context=64, sequences=count, kv=kv)
            rate = count * TOKENS / _median(args.runs, partial(_decode, engine, 0, count))
            alone = alone or rate
            rows.append({"kv": kv, "sequences": count, "tok/s": round(rate, 2), "times one": round(rate / alone, 2)})
    return rows


def by_size(args: argparse.Namespace, weights: WeightFile) -> list[dict[str, Any]]:
    """Decode and prefill of one shape; --shapes names several."""
    engine = Engine(weights, threads=_threads(args), context=256)
    roofs: list[float] = []
    rate = TOKENS / _median(args.runs, lambda: _decode(engine, 0), lambda: roofs.append(_roof(engine, weights)))
    read = bytes_per_token(weights.spec)
    share = rate * read / statistics.median(roofs)
    prefill = 128 / _median(args.runs, lambda: _prefill(engine, 0, 128))
    return [
        {
            "mode": "decode",
            "MB/token": round(read / 1e6),
            "tok/s": round(rate, 2),
            "share": f"{100 * share:.1f} %",
            "prefill tok/s": round(prefill, 1),
        }
    ]


#: What is measured, the column across, the column up.
KINDS: dict[str, tuple[Callable[[argparse.Namespace, WeightFile], list[dict[str, Any]]], str, str]] = {
    "threads": (by_threads, "threads", "decode tok/s"),
    "context": (by_context, "position", "decode tok/s"),
    "batch": (by_batch, "sequences", "tok/s"),
    "size": (by_size, "MB/token", "tok/s"),
}


def _threads(args: argparse.Namespace) -> int:
    return int(args.threads[0]) if args.threads else processors().threads


def _decode(engine: Engine, position: int, sequences: int = 1) -> None:
    """TOKENS steps from ``position`` on, each with one token for every sequence."""
    rows = np.arange(sequences, dtype=np.int32)
    tokens = np.full(sequences, 7, np.int32)
    for at in range(position, position + TOKENS):
        logits = engine.step(tokens, rows, np.full(sequences, at, np.int32), rows)
        tokens = logits.argmax(axis=1).astype(np.int32)


def _prefill(engine: Engine, position: int, count: int) -> None:
    """``count`` random tokens of the first sequence from ``position`` on; logits after the last."""
    tokens = np.random.default_rng(1).integers(0, 1000, count, np.int32)
    for at in range(0, count, engine.max_batch):
        n = min(engine.max_batch, count - at)
        positions = np.arange(position + at, position + at + n, dtype=np.int32)
        wanted = np.array([n - 1] if at + n == count else [], np.int32)
        engine.step(tokens[at : at + n], np.zeros(n, np.int32), positions, wanted)


def _roof(engine: Engine, weights: WeightFile) -> float:
    return engine.read_bandwidth(weights.data, 4)


def _huge_pages(size: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Filled anonymous memory, in 2 MB pages where the kernel gives them."""
    held = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        held.madvise(mmap.MADV_HUGEPAGE)
    data = np.frombuffer(held, np.uint8)
    data[:: mmap.PAGESIZE] = 1
    return data


def _median(runs: int, work: Callable[[], None], between: Callable[[], None] | None = None) -> float:
    """Median seconds of ``work`` over ``runs``, after one run that is thrown away."""
    work()
    taken = []
    for _ in range(runs):
        if between:
            between()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
