"""Speed of the engine for published shapes, with random weights, and of other engines beside it.

    python -m benchmarks.engine --shapes bitnet-2b4t --threads 1 2 --heads int8 f16 --json results.json
    python -m benchmarks.engine --peer ik=PATH/llama-bench:MODEL.gguf --peer other=PATH/llama-bench:MODEL.gguf

With peers, ours and theirs take turns, round after round, and medians are compared: on a shared machine the absolute
figures move, their ratio much less. What was measured is also proved: logits of the whole model, byte for byte, against
the plain C reference, in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.models import add_model_options, random_weights
from benchmarks.peers import Peer, PeerError, peer
from edge.cli.progress import Progress
from edge.inference.bench import DECODE, PREFILLS, bench
from edge.inference.processors import processors

COLUMNS = {
    "engine": "engine",
    "shape": "shape",
    "head": "head",
    "threads": "threads",
    "pp128_tok_s": "pp128",
    "pp512_tok_s": "pp512",
    "tg128_tok_s": "tg128",
    "read_gb_s": "GB/s",
    "roof_gb_s": "of",
    "roof_share": "share",
    "load_s": "load s",
    "private_mb": "private MB",
    "kv_mb": "of it KV",
    "file_mb": "file MB",
}


def main() -> int:
    """Measure everything asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--threads", nargs="+", type=report.threads, default=sorted({1, processors().threads}), metavar="N"
    )
    parser.add_argument("--runs", type=report.count, default=5, help="rounds, of which the medians count (default: 5)")
    add_model_options(parser, several=True, heads=True)
    parser.add_argument("--no-proof", action="store_true", help="leave out the comparison with the plain C reference")
    parser.add_argument(
        "--peer",
        action="append",
        type=peer,
        default=[],
        metavar="NAME=PATH/llama-bench:MODEL.gguf[:OPTIONS]",
        help="another engine to run in turns with ours; may be given again",
    )
    report.add_options(parser)
    args = parser.parse_args()
    described, rows = report.machine(), []
    for shape in args.shapes:
        paths = {head: random_weights(shape, head, args.cache) for head in args.heads}
        for threads in args.threads:
            rows += _turns(args, shape, paths, threads)
    report.table(list(COLUMNS.values()), [{COLUMNS[k]: v for k, v in row.items() if k in COLUMNS} for row in rows])
    _ratios(rows)
    report.save(args, {"rows": rows}, described)
    names = [f"{row['engine']} {row.get('head', '')} x{row['threads']}" for row in rows]
    report.bars(args, "decode, 128 tokens", "tok/s", names, {"tg128": [row["tg128_tok_s"] for row in rows]})
    return 0


def _turns(args: argparse.Namespace, shape: str, paths: dict[str, Path], threads: int) -> list[dict[str, Any]]:
    """One row for each head of ours and for each peer, measured in turns."""
    taken: dict[str, list[dict[str, Any]]] = {}
    with Progress(counts="steps") as progress:
        for i in range(args.runs):
            # The whole model against the plain reference takes seconds: once is enough, the bytes stay the same.
            whole = i == 0 and not args.no_proof
            for head, path in paths.items():
                taken.setdefault(f"ours {head}", []).append(_ours(path, threads, whole=whole, progress=progress))
            for other in args.peer:
                progress(f"{other.name}, {threads} threads", i, args.runs)
                taken.setdefault(other.name, []).append(_theirs(other, threads))
    rows = []
    for name, runs in taken.items():
        numbers = [key for key, value in runs[0].items() if isinstance(value, float)]
        middle = {key: round(statistics.median(run[key] for run in runs), 4) for key in numbers}
        spread = {f"{key}_all": [run[key] for run in runs] for key in numbers if key.endswith("tok_s")}
        fixed = {**runs[0], "engine": name.split()[0], "shape": shape, "threads": threads}
        rows.append({**fixed, **middle, **spread})
    return rows


def _ours(path: Path, threads: int, *, whole: bool, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    return bench(path, threads=threads, runs=1, whole=whole, progress=progress)


def _theirs(other: Peer, threads: int) -> dict[str, Any]:
    try:
        rates = other.run(threads, PREFILLS, DECODE)
    except PeerError as error:
        report.stop(str(error))
    return {f"{test}_tok_s": rate for test, rate in rates.items()}


def _ratios(rows: list[dict[str, Any]]) -> None:
    """How each of ours stands to the best peer with the same threads, test by test."""
    tests = [f"pp{n}_tok_s" for n in PREFILLS] + [f"tg{DECODE}_tok_s"]
    shown = []
    for row in rows:
        others = [other for other in rows if other["engine"] != "ours" and other["threads"] == row["threads"]]
        if row["engine"] == "ours" and others:
            best = {test: max(others, key=lambda other, test=test: other[test]) for test in tests}  # type: ignore[misc]
            shown.append(
                {"ours": row["head"], "threads": row["threads"]}
                | {test.split("_")[0]: f"{row[test] / best[test][test]:.2f} x {best[test]['engine']}" for test in tests}
            )
    if shown:
        report.table(list(shown[0]), shown)


if __name__ == "__main__":
    sys.exit(main())
