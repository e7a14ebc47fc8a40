"""Energy from readings: how much since the beginning, and how much of it belongs to each of those at work.

Pure arithmetic. Between two readings of a power sensor the power is taken to go straight from one to the other; a
counter says itself what came between. What lies in a gap is not guessed: whoever asks across it is told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from .energy import Reading

__all__ = ["Mark", "Meter", "Used"]

#: Readings further apart than so many times their distance say nothing of what was between them.
_GAP = 4
#: A time of fewer readings is too short to be measured.
_LEAST = 3


@dataclass(frozen=True)
class Mark:
    """A moment: ``at`` on the caller's clock; the rest is the meter's."""

    at: float
    joules: float
    share: float
    gaps: int


@dataclass(frozen=True)
class Used:
    """Joules between two moments. ``share``: one's own, where several were at work; ``watts``: of all, on average."""

    joules: float
    share: float
    watts: float


class Meter:
    """Adds readings up. ``every_s``: how far they are apart. Not thread-safe.

    Times are seconds of a clock that never goes back.
    """

    def __init__(self, every_s: float) -> None:
        self.joules = 0.0
        self._shortest_s = _LEAST * every_s
        self._patience_s = _GAP * every_s
        self._last: tuple[float, Reading] | None = None
        self._watts: float | None = None
        self._gaps = 0
        self._share = 0.0  # of one at work, until the last reading
        self._weight = 0.0  # seconds since then, each divided by the number at work
        self._weighed = 0.0
        self._running = 0

    @property
    def watts(self) -> float | None:
        """Between the last two readings; None without them."""
        return self._watts

    def add(self, now: float, reading: Reading | None) -> None:
        """Take a reading, or that there was none."""
        self._weigh(now)
        seconds = now - self._last[0] if self._last else 0.0
        used = None
        if self._last and reading is not None and 0 < seconds <= self._patience_s:
            used = _between(self._last[1], reading, seconds)
        if used is not None:
            self._watts = used / seconds
            self.joules += used
            self._share += self._weight * self._watts
        elif self._watts is not None:
            self._gaps += 1
            self._watts = None
        self._last = None if reading is None else (now, reading)
        self._weight = 0.0

    def running(self, count: int, now: float) -> None:
        """So many are at work from now on."""
        if count != self._running:
            self._weigh(now)
            self._running = count

    def mark(self, now: float) -> Mark | None:
        """This moment, to ask from later; None while there are no readings.

        Since the last reading the power is taken to be what it was before it.
        """
        if self._last is None or self._watts is None or now - self._last[0] > self._patience_s:
            return None
        self._weigh(now)
        since = max(0.0, now - self._last[0])
        return Mark(now, self.joules + since * self._watts, self._share + self._weight * self._watts, self._gaps)

    def used(self, mark: Mark | None, now: float) -> Used | None:
        """What was used since a moment; None where that is not known, or too short a time."""
        end = self.mark(now)
        if mark is None or end is None or mark.gaps != end.gaps or now - mark.at < self._shortest_s:
            return None
        joules = max(0.0, end.joules - mark.joules)
        return Used(joules, max(0.0, end.share - mark.share), joules / (now - mark.at))

    def _weigh(self, now: float) -> None:
        if self._running:
            self._weight += max(0.0, now - self._weighed) / self._running
        self._weighed = max(now, self._weighed)


def _between(first: Reading, second: Reading, seconds: float) -> float | None:
    """Joules between two readings of one kind; None: a counter that has begun anew."""
    if first.joules is not None and second.joules is not None:
        return second.joules - first.joules if second.joules >= first.joules else None
    if first.watts is not None and second.watts is not None:
        return (first.watts + second.watts) / 2 * seconds
    return None
