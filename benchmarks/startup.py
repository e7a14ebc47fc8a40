"""What a person waits for: each command as a fresh process, median wall time and peak memory.

python -m benchmarks.startup --runs 9 --json startup.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.engine import machine

COMMANDS = {
    "python, nothing else": [sys.executable, "-c", "pass"],
    "edge --help": [sys.executable, "-m", "edge", "--help"],
    "edge list": [sys.executable, "-m", "edge", "list"],
    "import the engine": [sys.executable, "-c", "import edge; edge.Model"],
    "first answer of home": [sys.executable, "-m", "edge", "run", "home", "turn off the kitchen lights"],
}


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds of wall time and peak resident MB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return taken, usage.ru_maxrss * 1024 / 1e6


def main() -> int:
    """Measure every command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    args = parser.parse_args()
    described, rows = machine(), []
    print("| command | seconds | peak MB |\n|---|---|---|")
    for name, command in COMMANDS.items():
        measure(command)  # the first run brings files into the page cache
        taken, peak = zip(*(measure(command) for _ in range(args.runs)), strict=True)
        row = {"command": name, "seconds": round(statistics.median(taken), 3), "peak_mb": round(max(peak), 1)}
        rows.append(row)
        print(f"| {name} | {row['seconds']} | {row['peak_mb']} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps({"machine": described, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
