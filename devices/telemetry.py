"""A board's health and energy while it works: read in a thread of its own, asked for without ever waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import sensors
from .energy import Reading, Sensor, find_sensor, seconds
from .meter import Mark, Meter, Used
from .sampler import Sampler, Source
from .throttling import Throttling

__all__ = ["Health", "Telemetry"]

_LOOK_AGAIN_S = 60.0
_STALE = 3
#: After so many failures at a stretch a sensor is looked for anew: a driver that begins again may count anew.
_FAILURES = 60


@dataclass(frozen=True)
class Health:
    """What was seen of the board; None and empty: what it does not say.

    ``clock_mhz``: of the fastest processors, now; ``clock_limit_mhz``: what they are held down to, None where they are
    not. ``memory_available``: bytes.
    """

    temperature_c: float | None = None
    clock_mhz: float | None = None
    clock_limit_mhz: float | None = None
    throttling: Throttling | None = None
    power_mode: str | None = None
    memory_available: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, only of what there is."""
        said: dict[str, Any] = {
            "temperature_c": None if self.temperature_c is None else round(self.temperature_c, 1),
            "clock_mhz": None if self.clock_mhz is None else round(self.clock_mhz),
            "clock_limit_mhz": None if self.clock_limit_mhz is None else round(self.clock_limit_mhz),
            "power_mode": self.power_mode,
            "memory_available_mb": None if self.memory_available is None else round(self.memory_available / 1e6),
        }
        if self.throttling is not None:
            said |= {"throttled": list(self.throttling.now), "throttled_before": list(self.throttling.before)}
        return {name: value for name, value in said.items() if value is not None}


class Telemetry:
    """Looks at the board every ``look_s`` seconds, and at its power every ``power_s``.

    ``root``: where ``/sys`` and ``/proc`` are. ``find``: finds the power's sensor (:func:`devices.energy.find_sensor`
    or a meter); it is asked again once in a minute while there is none. All methods return at once, whatever a driver
    does meanwhile. Use it as a context manager, or call :meth:`start` and :meth:`stop`.
    """

    def __init__(
        self,
        root: Path = Path("/"),
        find: Callable[[], Sensor | None] | None = None,
        *,
        power_s: float = 1.0,
        look_s: float = 10.0,
    ) -> None:
        self._root = root
        self._find = find or (lambda: find_sensor(root))
        self._look_s = look_s
        self._lock = threading.Lock()
        self._meter = Meter(power_s)
        self._sensor: Sensor | None = None
        self._next_find = 0.0
        self._failures = 0
        self._stopped = False
        self._window: Mark | None = None
        self._average: float | None = None
        self._seen: dict[str, tuple[float, Any]] = {}
        looks: dict[str, Callable[[Path], Any]] = {
            "temperature": sensors.temperature,
            "clock": sensors.clocks,
            "throttling": sensors.throttling,
            "power mode": sensors.power_mode,
            "memory": sensors.available_memory,
        }
        sources = {name: Source(look_s, self._looking(name, look)) for name, look in looks.items()}
        self._sampler = Sampler({"power": Source(power_s, self._power), **sources})

    def __enter__(self) -> Telemetry:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to look."""
        self._sampler.start()

    def stop(self) -> None:
        """End, and end what the sensor has started."""
        self._stopped = True
        self._sampler.stop()
        if self._sensor is not None:
            self._sensor.close()

    # --- what is known ---

    @property
    def sensor(self) -> Sensor | None:
        """What the power is read from; None while none was found."""
        return self._sensor

    def health(self) -> Health:
        """The board as it was seen last; without what was not seen for long."""
        oldest = time.monotonic() - _STALE * self._look_s
        seen = {name: value for name, (at, value) in self._seen.copy().items() if at >= oldest}
        clocks: tuple[sensors.Clock, ...] = seen.get("clock") or ()
        fastest = max(clocks, key=lambda clock: clock.most, default=None)
        held = fastest is not None and fastest.limited < fastest.most
        return Health(
            temperature_c=seen.get("temperature"),
            clock_mhz=fastest.now if fastest else None,
            clock_limit_mhz=fastest.limited if fastest and held else None,
            throttling=seen.get("throttling"),
            power_mode=seen.get("power mode"),
            memory_available=seen.get("memory"),
        )

    def hanging(self) -> dict[str, float]:
        """What does not answer, and for how many seconds. Call it now and then: then the rest is looked at again."""
        return self._sampler.hanging()

    # --- energy ---

    def energy(self) -> dict[str, Any]:
        """``watts`` on average of late (of the last ``look_s``), ``joules`` since the beginning, and what they are of.

        Empty where nothing is measured at the moment.
        """
        sensor, watts = self._sensor, self._average
        if sensor is None or watts is None or self.mark() is None or "power" in self.hanging():
            return {}
        return {"watts": round(watts, 2), "joules": round(self._meter.joules, 1), "power_from": sensor.name}

    def running(self, count: int) -> None:
        """So many are at work on this board from now on, and share its energy."""
        with self._lock:
            self._meter.running(count, seconds())

    def mark(self) -> Mark | None:
        """This moment, to ask from later what was :meth:`used`; None while nothing is measured."""
        with self._lock:
            return self._meter.mark(seconds())

    def used(self, mark: Mark | None) -> Used | None:
        """What was used since then; None where nothing was measured, or not all the time, or for too short a time."""
        with self._lock:
            return self._meter.used(mark, seconds())

    # --- in the sampler's thread ---

    def _looking(self, name: str, look: Callable[[Path], Any]) -> Callable[[], None]:
        def call() -> None:
            value = look(self._root)
            self._seen[name] = (time.monotonic(), value)

        return call

    def _power(self) -> None:
        sensor, now = self._sensor, time.monotonic()
        if sensor is None:
            if now < self._next_find:
                return
            self._next_find = now + _LOOK_AGAIN_S
            sensor = self._sensor = self._find()
            if sensor is None:
                return
            if self._stopped:  # whoever ended us may not have seen it
                sensor.close()
                return
        reading: Reading | None = None
        try:
            reading = sensor.read()
        finally:
            self._failures = 0 if reading is not None else self._failures + 1
            self._take(reading)
            if self._failures >= _FAILURES and not self._stopped:
                self._failures, self._sensor = 0, None
                self._next_find = 0.0
                sensor.close()

    def _take(self, reading: Reading | None) -> None:
        with self._lock:
            now = seconds()
            self._meter.add(now, reading)
            if self._window is None or now - self._window.at >= self._look_s:
                mark, used = self._meter.mark(now), self._meter.used(self._window, now)
                if used:
                    self._average, self._window = used.watts, mark
                elif self._window is None or mark is None or mark.gaps != self._window.gaps:
                    self._average, self._window = self._meter.watts, mark
                # Otherwise a meter that is slow, or counts coarsely, needs a longer time.
