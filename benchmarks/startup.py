"""What a person waits for: each command as a fresh process, median wall time.

python -m benchmarks.startup --runs 9 --json startup.json
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks import report

COMMANDS = {
    "python, nothing else": [sys.executable, "-c", "pass"],
    "edge --help": [sys.executable, "-m", "edge", "--help"],
    "edge list": [sys.executable, "-m", "edge", "list"],
    "import the engine": [sys.executable, "-c", "import edge; edge.Model"],
    "first answer of home": [sys.executable, "-m", "edge", "run", "home", "turn off the kitchen lights"],
}


def measure(command: list[str]) -> float:
    """Seconds of wall time of one run."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {done.returncode}")
    return taken


def main() -> int:
    """Measure every command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=report.count, default=9)
    report.add_options(parser)
    args = parser.parse_args()
    described = report.machine()
    rows: list[dict[str, Any]] = []
    for name, command in COMMANDS.items():
        measure(command)  # the first run brings files into the page cache
        taken = statistics.median(measure(command) for _ in range(args.runs))
        rows.append({"command": name, "seconds": round(taken, 3)})
    report.table(("command", "seconds"), rows)
    report.save(args, {"rows": rows}, described)
    times = {"seconds": [row["seconds"] for row in rows]}
    report.bars(args, "what a person waits for", "seconds", list(COMMANDS), times)
    return 0


if __name__ == "__main__":
    sys.exit(main())
