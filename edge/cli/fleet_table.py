"""The fleet as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .terminal import printable

if TYPE_CHECKING:
    from edge.client import Device

__all__ = ["table"]

_TITLES = ("NAME", "STATE", "MODEL", "TOK/S", "QUEUE", "WAIT", "MEMORY", "UP", "SEEN", "BOARD")
_LEFT = ("NAME", "STATE", "MODEL", "BOARD")
_SHRINK = ("MODEL", "NAME", "BOARD")  # what gives way on a narrow terminal, in this order
_LEAST = 8
_COLOURS = {"ready": "32", "lost": "31", "disconnected": "2"}
_OTHER = "33"
_NOTHING = "-"


def table(devices: Sequence[Device], now: float, width: int | None, *, colour: bool) -> list[str]:
    """Lines of a table, the titles first. ``now``: seconds since 1970. ``width``: columns of the terminal, or None."""
    rows = [_TITLES, *(_row(device, now) for device in devices)]
    if all(row[-1] == _NOTHING for row in rows[1:]):
        rows = [row[:-1] for row in rows]  # no board has a sensor
    titles = rows[0]
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
    excess = 0 if width is None else sum(widths) + len(widths) - 1 - width
    for title in _SHRINK:
        i = titles.index(title) if title in titles else 0
        cut = min(max(0, excess), max(0, widths[i] - _LEAST))
        widths[i] -= cut
        excess -= cut
    return [_line(titles, row, widths, colour=colour) for row in rows]


def _line(titles: Sequence[str], row: Sequence[str], widths: Sequence[int], *, colour: bool) -> str:
    cells = []
    for title, text, width in zip(titles, row, widths, strict=True):
        shown = text if len(text) <= width else text[: width - 1] + "…"
        shown = shown.ljust(width) if title in _LEFT else shown.rjust(width)
        if colour and row is not titles and title == "STATE":
            shown = f"\x1b[{_COLOURS.get(text, _OTHER)}m{shown}\x1b[0m"
        cells.append(f"\x1b[1m{shown}\x1b[0m" if colour and row is titles else shown)
    return " ".join(cells).rstrip()


def _row(device: Device, now: float) -> tuple[str, ...]:
    rate, owed, wait, memory, up = (
        device.figure(name) if device.state == "ready" else None  # of a device that is gone they mean nothing
        for name in ("tokens_per_s", "owed", "expected_wait_ms", "private_mb", "uptime_s")
    )
    return (
        device.name,
        _word(device.state),
        _word(device.model or _NOTHING),
        f"{rate:.1f}" if rate else _NOTHING,
        _NOTHING if owed is None else f"{owed:.0f}",
        _NOTHING if wait is None else _span(wait / 1000),
        _NOTHING if memory is None else f"{memory:.0f} MB",
        _NOTHING if up is None else _span(up),
        _NOTHING if device.seen is None else _span(max(0.0, now - device.seen)),
        _board(device) if device.state == "ready" else _NOTHING,
    )


def _board(device: Device) -> str:
    """Its heat, its power, and what is wrong with both."""
    heat, power = device.figure("board.temperature_c"), device.figure("board.watts")
    words = device.board.get("throttled")
    parts = [
        "" if heat is None else f"{heat:.0f} °C",
        "" if power is None else f"{power:.1f} W",
        *(_word(word) for word in (words if isinstance(words, list) else []) if isinstance(word, str)),
    ]
    return ", ".join(part for part in parts if part) or _NOTHING


def _word(text: str) -> str:
    return " ".join(printable(text).split()) or _NOTHING


def _span(seconds: float) -> str:
    """A time in few letters: "4 s", "12 min", "5 h", "3 d"."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if seconds < most * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"
