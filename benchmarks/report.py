"""What every benchmark here prints and writes: the machine in words, a Markdown table, all figures as JSON, a plot."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn


def machine() -> dict[str, Any]:
    """The machine in words: CPU, processors this process may use, kernel, how busy it was."""
    info = Path("/proc/cpuinfo").read_text()
    names = [line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith(("model name", "Model"))]
    return {
        "cpu": names[0] if names else platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "mhz": _clock(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "throttled": _read("/sys/devices/platform/soc/soc:firmware/get_throttled"),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "page_bytes": os.sysconf("SC_PAGE_SIZE"),
        "huge_pages": _read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
    }


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _clock() -> float | None:
    """The clock of the first processor in MHz, now."""
    if hertz := _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"):
        return int(hertz) / 1000
    lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("cpu MHz")]
    return float(lines[0].split(":")[1]) if lines else None


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options --json and --plot: where the figures and their plot go.

    What would keep them from being written is said before anything is measured.
    """
    parser.add_argument("--json", type=_written, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--plot", type=_drawn, metavar="FILE.png", help="draw them there (pip install 'bitnet-edge[bench]')"
    )


def _written(text: str) -> Path:
    path = Path(text).expanduser()
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no place for a file")
    return path


def _drawn(text: str) -> Path:
    if not importlib.util.find_spec("matplotlib"):
        raise argparse.ArgumentTypeError("matplotlib is not here. Type: pip install 'bitnet-edge[bench]'")
    return _written(text)


def whole(least: int = 1, *, most: int | None = None, step: int = 1) -> Callable[[str], int]:
    """The type of an option that is a whole number of at least ``least``, at most ``most``, a multiple of ``step``."""
    wanted = f"a whole number from {least} {f'to {most}' if most else 'on'}"
    wanted += f", a multiple of {step}" if step > 1 else ""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most and value > most) or value % step:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return parse


#: Of options: how many of something; how many threads (the engine's own bounds).
count = whole()
threads = whole(most=256)


def seconds(text: str) -> float:
    """The type of an option that is a time."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as a Markdown table, numbers to the right, a column as wide as its widest cell."""
    cells = [[_text(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    numeric = [
        all(cell[:1].isdigit() or cell[:1] in "-." for cell in column if cell) for column in zip(*cells, strict=True)
    ]
    numeric = numeric or [False] * len(columns)
    for line in (list(columns), ["-" * width for width in widths], *cells):
        padded = [c.rjust(w) if right else c.ljust(w) for c, w, right in zip(line, widths, numeric, strict=True)]
        print("| " + " | ".join(padded) + " |")
    print(flush=True)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def save(args: argparse.Namespace, figures: Mapping[str, Any], described: Mapping[str, Any] | None = None) -> None:
    """Write the figures, the machine and the command line as JSON where --json says."""
    if args.json:
        command = shlex.join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]])
        head = {"command": command, "machine": described or machine()}
        args.json.write_text(json.dumps({**head, **figures}, indent=1) + "\n")


def bars(
    args: argparse.Namespace,
    title: str,
    unit: str,
    names: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    log: bool = False,
) -> None:
    """Draw groups of bars where --plot says: one group for each name, one bar in it for each series."""
    if (plt := _matplotlib(args)) is None:
        return
    figure, axes = plt.subplots(figsize=(max(6, 1.3 * len(names)), 4))
    axes.set_yscale("log" if log else "linear")
    width = 0.8 / max(len(series), 1)
    for i, (label, values) in enumerate(series.items()):
        drawn = axes.bar([x + i * width for x in range(len(names))], values, width, label=label)
        axes.bar_label(drawn, fmt="%.3g", fontsize=7)
    axes.set_xticks([x + 0.4 - width / 2 for x in range(len(names))], names, rotation=20, ha="right", fontsize=8)
    _finish(args, figure, axes, title, unit)


def lines(
    args: argparse.Namespace,
    title: str,
    across: str,
    unit: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    """Draw one line for each series of (x, y) where --plot says."""
    if (plt := _matplotlib(args)) is None:
        return
    figure, axes = plt.subplots(figsize=(6, 4))
    for label, points in series.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    axes.set_xlabel(across)
    _finish(args, figure, axes, title, unit)


def _finish(args: argparse.Namespace, figure: Any, axes: Any, title: str, unit: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(unit)
    axes.set_ylim(bottom=1 if axes.get_yscale() == "log" else 0)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(args.plot, dpi=120)


def _matplotlib(args: argparse.Namespace) -> Any:
    """Return matplotlib's pyplot, or None where no plot is wanted."""
    if not args.plot:
        return None
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("agg")  # a board has no screen
    return plt


def stop(why: str) -> NoReturn:
    """End a benchmark with one line that says what is missing and what to do."""
    raise SystemExit(f"{Path(sys.argv[0]).stem}: {why}")
