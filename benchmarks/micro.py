"""Each kernel alone, one thread: weights per second, instructions per weight, share of what the core could do.

    python -m benchmarks.micro                  # the fastest instruction set of this machine
    python -m benchmarks.micro --isa avx2 neon

Beside the kernels stand two ceilings measured in the same minute: the multiply instruction they are built on with
nothing around it, and plain reads from each level of memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.native import call, kernel_program
from cython_kernels._kernels import isa_names

#: Kernel, bits a weight, products a weight, tokens. A head's activations have two digits.
DECODE = {"ternary": (2, 1), "int8": (8, 2), "q6": (6.5, 2), "q4": (4.5, 2), "f16": (16, 1)}
TOKENS = (1, 4, 64)
COLUMNS = ("isa", "kernel", "tokens", "in", "Gweights/s", "instr/weight", "GB/s", "of reads", "of multiply peak")


def main() -> int:
    """Measure every kernel."""
    here = [name for name, runs in isa_names() if runs and name != "scalar"] or ["scalar"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", nargs="+", default=here[-1:], choices=here, metavar="ISA")
    parser.add_argument("--kernels", nargs="+", default=list(DECODE), choices=DECODE, metavar="KERNEL")
    parser.add_argument("--seconds", type=report.seconds, default=0.3, help="of each measurement (default: 0.3)")
    report.add_options(parser)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        program = kernel_program(Path(folder))
        for isa in args.isa:
            rows += _one_set(program, isa, args.kernels, args.seconds)
    report.table(COLUMNS, rows)
    report.save(args, {"rows": rows})
    ours = [row for row in rows if row["of multiply peak"]]
    names = [f"{row['kernel']} x{row['tokens']}, {row['in']}" for row in ours]
    report.bars(args, "kernels", "10^9 weights/s", names, {"one thread": [row["Gweights/s"] for row in ours]})
    return 0


def places() -> dict[str, int]:
    """Bytes of weights that stay in each level of memory: half of L1, half of L2, and four times the last one."""
    sizes = {name: _cache(name[1]) for name in ("L1", "L2", "L3")}
    first, second = sizes["L1"] or 32 << 10, sizes["L2"] or 512 << 10
    return {"L1": first // 2, "L2": second // 2, "RAM": max(4 * sizes["L3"], 64 << 20)}


def _cache(level: str) -> int:
    """Bytes of a processor's cache; 0 where the system does not say, as on many boards."""
    try:
        return os.sysconf(f"SC_LEVEL{level}_{'D' if level == '1' else ''}CACHE_SIZE")
    except (OSError, ValueError):
        return 0


def _one_set(program: Path, isa: str, kernels: list[str], seconds: float) -> list[dict[str, Any]]:
    """Every kernel of one instruction set at every place."""
    measured = call(program, isa, "peak", 100_000, 16, 1, seconds)
    peak = measured["work"] / measured["best_s"]
    rows, reads = [], {}
    for place, size in places().items():
        found = call(program, isa, "read", size // 512, 512, 1, seconds)
        reads[place] = size / found["best_s"]
        rows.append({"isa": isa, "kernel": "read", "in": place, "GB/s": reads[place] / 1e9, "of multiply peak": ""})
    for kernel in kernels:
        bits, products = DECODE[kernel]
        for tokens in TOKENS:
            instructions = _instructions(program, isa, kernel, tokens)
            for place, size in places().items():
                if tokens > 1 and place == "RAM":
                    continue
                columns = 2560 if size >= 16 * 2560 * bits / 8 else 512
                weight_rows = max(16, int(size * 8 / bits / columns) // 16 * 16)
                found = call(program, isa, kernel, weight_rows, columns, tokens, seconds)
                rate = found["work"] / found["best_s"]
                read = found["bytes"] / found["best_s"]
                rows.append(
                    {
                        "isa": isa,
                        "kernel": kernel,
                        "tokens": tokens,
                        "in": place,
                        "Gweights/s": round(rate / 1e9, 2),
                        "instr/weight": instructions,
                        "GB/s": round(read / 1e9, 1),
                        "of reads": f"{100 * read / reads[place]:.0f} %",
                        "of multiply peak": f"{100 * rate * products / peak:.0f} %" if peak else "",
                    }
                )
    return rows


def _instructions(program: Path, isa: str, kernel: str, tokens: int) -> float | str:
    """Instructions per weight and token, by stepping through one call of 16 rows."""
    found = call(program, isa, kernel, 16, 2560 if tokens < 8 else 512, tokens, -1)
    return round(found["instructions"] / found["work"], 4) if found["instructions"] > 0 else ""


if __name__ == "__main__":
    sys.exit(main())
