"""Speed of the engine for published shapes, with random weights: a table, and all figures as JSON.

python -m benchmarks.engine --shapes bitnet-2b4t --threads 1 2 --heads int8 f16 --json results.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.report import machine
from cython_kernels.spec import HEADS
from edge.checkpoints.library import cache_folder
from edge.cli.progress import Progress
from edge.inference.bench import bench
from edge.inference.machine import default_threads
from edge.inference.shapes import SHAPES, random_model

COLUMNS = {
    "shape": "shape",
    "head": "head",
    "threads": "threads",
    "pp128_tok_s": "pp128 tok/s",
    "pp512_tok_s": "pp512 tok/s",
    "tg128_tok_s": "tg128 tok/s",
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
    parser.add_argument("--shapes", nargs="+", default=["bitnet-2b4t", "bitnet-0.7b"], choices=SHAPES, metavar="SHAPE")
    parser.add_argument("--heads", nargs="+", default=["int8"], choices=HEADS, metavar="HEAD")
    parser.add_argument("--threads", nargs="+", type=int, default=sorted({1, default_threads()}), metavar="N")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    args = parser.parse_args()
    described, rows = machine(), []
    print("| " + " | ".join(COLUMNS.values()) + " |\n|" + "---|" * len(COLUMNS))
    for shape in args.shapes:
        for head in args.heads:
            with Progress() as progress:
                path = random_model(shape, cache_folder() / "shapes", head=head, progress=progress)
            for threads in args.threads:
                with Progress(counts="steps") as progress:
                    row = {"shape": shape, **bench(path, threads=threads, runs=args.runs, progress=progress)}
                rows.append(row)
                print("| " + " | ".join(str(row.get(key, "")) for key in COLUMNS) + " |", flush=True)
    if args.json:
        args.json.write_text(json.dumps({"machine": described, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
