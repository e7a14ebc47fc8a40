"""Curves of accuracy against training tokens, as SVG.  python -m training.picture OUT.svg NAME=LOG.jsonl ..."""

from __future__ import annotations

import argparse
import json
from html import escape
from pathlib import Path

from .files import command, write_whole

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 56, 132, 20, 48
COLOURS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8e5ea2", "#c78500", "#4a4a4a", "#00868b", "#a0522d")


def curves(lines: dict[str, list[tuple[float, float]]]) -> str:
    """An SVG with a line for each name: x millions of tokens, y percent of held-out sentences answered exactly."""
    most = max((x for line in lines.values() for x, _ in line), default=0.0) or 1.0
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + wide * x / most, TOP + high * (1 - y / 100)

    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for percent in range(0, 101, 20):
        x, y = at(0, percent)
        parts.append(f'<line x1="{x}" y1="{y:.1f}" x2="{LEFT + wide}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    for tick in _ticks(most):
        x, y = at(tick, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 8}" text-anchor="middle">million tokens seen</text>')
    for index, (name, line) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = TOP + 14 + 18 * index
        parts.append(f'<text x="{LEFT + wide + 10}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _ticks(most: float) -> list[float]:
    """Five or so round numbers up to `most`."""
    step = next(s for p in range(-3, 9) for s in (10.0**p, 2 * 10.0**p, 5 * 10.0**p) if most / s <= 6)
    return [step * i for i in range(int(most / step) + 1)]


def learning_curve(log: Path) -> list[tuple[float, float]]:
    """(millions of tokens, percent exact) of a run's log, of the averaged weights.

    Of a run that was killed the log may go beyond the checkpoint that it went on from, and may end in half a line.
    """
    curve: list[tuple[float, float]] = []
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        millions = record["tokens"] / 1e6
        curve = [point for point in curve if point[0] < millions] + [(millions, 100 * record["average_exact"])]
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.picture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT.svg")
    parser.add_argument("logs", nargs="+", metavar="NAME=LOG.jsonl", help="a run, and what to call it")
    args = parser.parse_args()
    for pair in args.logs:
        if "=" not in pair:
            parser.error(f"{pair!r} is not NAME=LOG.jsonl")
    logs = dict(pair.split("=", 1) for pair in args.logs)
    write_whole(args.out, curves({name: learning_curve(Path(log)) for name, log in logs.items()}))


if __name__ == "__main__":
    command(main)
