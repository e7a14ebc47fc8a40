"""Where the time of one decoded token goes: matrices, head, attention, what lies between them, waiting.

    python -m benchmarks.breakdown --shape bitnet-2b4t --threads 1 2 --plot token.png

The engine runs as always, without a clock in it: each thread has a timer of its own, which notes at every tick which
function is being executed. A thread that sleeps has no ticks: that time, and what other programs took, is what remains.
"""

from __future__ import annotations

import argparse
import bisect
import ctypes
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.models import add_model_options, random_weights
from benchmarks.native import SOURCES, compile_here
from cython_kernels import Engine, _kernels
from cython_kernels.weightfile import WeightFile
from edge.inference.processors import processors
from edge.inference.sampling import Sampler, Sampling

#: Functions of the extension by what they are for: how their names begin. The first that fits counts.
PARTS = (
    ("head", ("table", "scale_table", "quantise16", "head_")),
    ("between", ("rms_norm", "quantise", "relu2", "silu", "scale_rows", "norm_and", "multiply", "forward", "peak_of")),
    (
        "attention",
        ("attend", "edge_att", "edge_fill", "edge_gather", "edge_plan", "soften", "join", "merge", "rope", "store"),
    ),
    ("hand-over", ("edge_claim", "edge_next", "edge_pool", "work", "wait")),
    ("matrices", ("ternary", "block", "rows", "few_tok", "sixteen_tok", "widen", "unpack", "sum_")),
)
TICK = 1000


def main() -> int:
    """Decode, and tell where the time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--threads", nargs="+", type=report.threads, default=sorted({1, processors().threads}), metavar="N"
    )
    parser.add_argument(
        "--seconds", type=report.seconds, default=15, help="of decoding for each thread count (default: 15)"
    )
    parser.add_argument("--functions", action="store_true", help="also every function of the extension")
    add_model_options(parser)
    report.add_options(parser)
    args = parser.parse_args()
    path = random_weights(args.shape, args.head, args.cache)
    with tempfile.TemporaryDirectory() as folder, WeightFile(path) as weights:
        library = compile_here(Path(folder) / "sampler.so", "-shared", "-fPIC", SOURCES / "sampler.c", "-lrt")
        sampler = ctypes.CDLL(str(library))
        sampler.edge_samples.restype = ctypes.POINTER(ctypes.c_uint64)
        rows = [_one(sampler, weights, threads, args.seconds) for threads in args.threads]
    parts = list(dict.fromkeys(part for row in rows for part in row["ms"]))
    shown = [{"threads": row["threads"], "ms/token": round(row["token_ms"], 2)} for row in rows]
    for line, row in zip(shown, rows, strict=True):
        line |= {part: f"{row['ms'].get(part, 0):.2f}" for part in parts}
    report.table(["threads", "ms/token", *parts], shown)
    if args.functions:
        for row in rows:
            report.table(["function", "share"], [{"function": k, "share": v} for k, v in row["functions"].items()])
    report.save(args, {"shape": args.shape, "head": args.head, "rows": rows})
    names = [f"{row['threads']} threads" for row in rows]
    series = {part: [row["ms"].get(part, 0.0) for row in rows] for part in parts}
    report.bars(args, f"one decoded token, {args.shape}", "ms of each thread's time", names, series)
    return 0


def _one(sampler: Any, weights: WeightFile, threads: int, seconds: float) -> dict[str, Any]:
    """Decode for ``seconds`` with ``threads`` threads: milliseconds of a token by part, averaged over the threads."""
    engine = Engine(weights, threads=threads, context=min(weights.spec.context, 256))
    choose = Sampler(Sampling(temperature=0.7, top_p=0.9, seed=1), ())
    positions = itertools.cycle(range(engine.context))
    token, zero = np.zeros(1, np.int32), np.zeros(1, np.int32)

    def step() -> None:
        logits = engine.step(token, zero, np.array([next(positions)], np.int32), zero)
        token[0] = choose.pick(logits[0])

    for _ in range(8):
        step()
    sampler.edge_sample(TICK)
    start, used, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < start + seconds:
        step()
        done += 1
    taken, used = time.perf_counter() - start, time.process_time() - used
    count = sampler.edge_sample(0)
    name_of = _names()
    seen = Counter(name_of(at) for at in sampler.edge_samples()[:count])
    parts: Counter[str] = Counter()
    for name, n in seen.items():
        parts[_part(name)] += n
    token_ms = 1e3 * taken / done
    per_sample = token_ms * used / taken / threads / max(count, 1)
    ms = {part: parts[part] * per_sample for part in (*(p for p, _ in PARTS), "other", "Python")}
    ms["not running"] = max(0.0, token_ms - sum(ms.values()))
    functions = {name or "outside the extension": f"{100 * n / count:.2f} %" for name, n in seen.most_common(40)}
    return {
        "threads": threads,
        "token_ms": token_ms,
        "tokens": done,
        "samples": count,
        "ms": ms,
        "functions": functions,
    }


def _part(name: str) -> str:
    if not name:
        return "Python"
    return next((part for part, starts in PARTS if name.startswith(starts)), "other")


def _names() -> Callable[[int], str]:
    """A function that names what lies at an address: a function of the extension, or "" for what is outside it."""
    extension = str(Path(_kernels.__file__).resolve())
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(extension)]
    if not maps:
        report.stop(f"{extension} is not in this process's memory map")
    base = min(int(line[0].split("-")[0], 16) for line in maps)
    end = max(int(line[0].split("-")[1], 16) for line in maps)
    listed = subprocess.run(
        ["nm", "-n", "--defined-only", extension], capture_output=True, text=True, check=True
    ).stdout
    symbols = [line.split() for line in listed.splitlines() if line.split()[1] in "tT"]
    if not symbols:
        report.stop(f"{extension} holds no names of functions; 'make build' compiles one that does")
    starts, names = [int(s[0], 16) for s in symbols], [s[2] for s in symbols]

    def name_of(at: int) -> str:
        index = bisect.bisect_right(starts, at - base) - 1
        return names[index] if base <= at < end and index >= 0 else ""

    return name_of


if __name__ == "__main__":
    sys.exit(main())
