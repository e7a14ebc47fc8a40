"""Energy from readings: how much since the beginning, and how much of it belongs to each of those at work.

Pure arithmetic. Between two readings of a power sensor the power is taken to go straight from one to the other; a
counter says itself what came between. A reading that is read twice is one. What lies in a gap is not guessed: whoever
asks across it is told nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .energy import STALE_S, Reading

__all__ = ["Mark", "Meter", "Used"]

#: Readings further apart than so many times their distance say nothing of what was between them.
_GAP = 4
#: A time of fewer readings is too short to be measured.
_LEAST = 3
#: Of a counter that counts in steps fewer than so many are no measure: one more or less would be 5 %.
_STEPS = 20


@dataclass(frozen=True)
class Mark:
    """A moment: ``at`` on the caller's clock; the rest is the meter's."""

    at: float
    joules: float
    share: float
    gaps: int
    readings: int = 0


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
        self._fine = True
        self._step = 0  # of a counter, in mJ
        self._gaps = 0
        self._readings = 0
        self._share = 0.0  # of one at work, until the last reading
        self._weight = 0.0  # seconds since then, each divided by the number at work
        self._weighed = 0.0
        self._running = 0

    @property
    def watts(self) -> float | None:
        """Between the last two readings; None without them, or where they say too little."""
        return self._watts if self._fine else None

    def add(self, now: float, reading: Reading | None) -> None:
        """Take a reading, or that there was none."""
        self._weigh(now)
        seconds = now - self._last[0] if self._last else 0.0
        if self._last and reading is not None and reading.made is not None and self._last[1].made == reading.made:
            return
        used = None
        if self._last and reading is not None and 0 < seconds <= self._patience():
            used = _between(self._last[1], reading, seconds)
        if used is not None:
            if reading is not None and reading.joules is not None:
                # Increases of whatever size have the step as their common divisor. Thousandths: below them a kWh
                # counter's floating point has noise.
                self._step = math.gcd(self._step, round(used * 1000))
            self._fine = reading is None or reading.joules is None or self._enough(used)
            self._readings += 1
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

        Since the last reading the power is taken to be what it was before it; but for a counter of coarse steps, of
        which a single one would be taken for a rate.
        """
        if self._last is None or self._watts is None or now - self._last[0] > self._patience():
            return None
        self._weigh(now)
        since = max(0.0, now - self._last[0])
        watts = self._watts if self._fine else 0.0
        joules, share = self.joules + since * watts, self._share + self._weight * watts
        return Mark(now, joules, share, self._gaps, self._readings)

    def used(self, mark: Mark | None, now: float) -> Used | None:
        """What was used since a moment; None where that is not known, or too short a time."""
        end = self.mark(now)
        if mark is None or end is None or mark.gaps != end.gaps or now - mark.at < self._shortest_s:
            return None
        joules = max(0.0, end.joules - mark.joules)
        if end.readings - mark.readings < _LEAST or (self._counts() and not self._enough(joules)):
            return None
        return Used(joules, max(0.0, end.share - mark.share), joules / (now - mark.at))

    def _patience(self) -> float:
        """Readings that carry their time come as they like; their sensor knows itself when they are too old."""
        timed = self._last is not None and self._last[1].made is not None
        return STALE_S + self._patience_s if timed else self._patience_s

    def _counts(self) -> bool:
        return self._last is not None and self._last[1].joules is not None

    def _enough(self, joules: float) -> bool:
        """Whether so much is many steps of the counter."""
        return self._step > 0 and joules * 1000 >= _STEPS * self._step

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
