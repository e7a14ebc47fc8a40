"""Progress on standard error: a line that updates itself on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Progress", "duration", "megabytes", "notice"]

_REDRAW = 0.1
"""Seconds between redraws; a serial console at 115200 baud has better things to do."""
_PLAIN = 10.0
"""Seconds between lines where nothing can be redrawn (a log, a pipe)."""
_MEMORY = 5.0
"""Seconds over which the rate is averaged."""


class Progress:
    """Call it with (what, done, total); it draws itself. Use as a context manager, which clears the line at the end.

    ``label``: said in place of what the caller says. ``counts``: ``"bytes"``, or ``"steps"`` of which no rate is
    shown. ``silent``: show nothing at all.
    """

    def __init__(
        self, label: str = "", *, silent: bool = False, counts: str = "bytes", stream: TextIO | None = None
    ) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._silent = silent
        self._bytes = counts == "bytes"
        self._live = not silent and self._stream.isatty()
        self._what = ""
        self._drawn = float("-inf")
        self._marks: list[tuple[float, int]] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._silent:
            return
        what = self._label or what
        now = time.monotonic()
        begins = what != self._what
        if begins:
            self._what, self._marks = what, []
        self._mark(now, done)
        pause = _REDRAW if self._live else _PLAIN
        # On a terminal the end is drawn too; in a log a new thing is worth a line, its end is not.
        if now - self._drawn < pause and not (begins and not self._live) and not (done >= total and self._live):
            return
        self._drawn = now
        line = self._line(what, done, total)
        if self._live:
            from shutil import get_terminal_size  # brings three compression libraries along

            width = get_terminal_size().columns - 1
            self._stream.write(f"\r{line[:width]}\x1b[K")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def _mark(self, now: float, done: int) -> None:
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _MEMORY:
            self._marks.pop(0)

    def _line(self, what: str, done: int, total: int) -> str:
        share = f"{100 * done // total:3d} %" if total else ""
        if not self._bytes:
            return f"{share}  {what}"
        parts = [what, f"{megabytes(done, total)} of {megabytes(total)}", share.strip()]
        (begin, base), (now, _) = self._marks[0], self._marks[-1]
        if now - begin > 0.5 and done > base:
            rate = (done - base) / (now - begin)
            parts.append(f"{megabytes(rate)}/s")
            if done < total:
                parts.append(f"{duration((total - done) / rate)} left")
        return "  ".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line off the terminal, so that something else can be written there."""
        if self._live and self._what:
            self._what = ""
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def notice(line: str) -> None:
    """Say something on standard error that is no error."""
    print(f"\r\x1b[Kedge: {line}" if sys.stderr.isatty() else f"edge: {line}", file=sys.stderr)


def megabytes(n: float, like: float | None = None) -> str:
    """Bytes for people: "512 kB", "12.3 MB", "850 MB", "1.20 GB"; in the unit of ``like`` when given, unit left out."""
    size = n if like is None else like
    for unit, digits, scale in (("GB", 2, 1e9), ("MB", 0 if size >= 100e6 else 1, 1e6), ("kB", 0, 1e3)):
        if size >= scale:
            return f"{n / scale:.{digits}f}" + ("" if like is not None else f" {unit}")
    return f"{n:.0f}" + ("" if like is not None else " bytes")


def duration(seconds: float) -> str:
    """Seconds for people: "8 s", "3 min 05 s", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
