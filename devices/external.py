"""A meter that we know nothing of: a file that somebody keeps up to date, or a command that goes on printing.

What it says is a number and its unit, one reading a line, of which the last counts: ``4.21 W`` is power, ``1234.5 J``
and ``0.71 kWh`` are energy counted since some moment; a number alone is watts. So a smart plug serves that reports by
MQTT (``| mosquitto_sub -h hub -t plug/power``), a power chip on the board's header (``/sys/class/hwmon/hwmon3/
power1_input``, whose unit the kernel lays down), or whatever writes a file.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO

from .energy import STALE_S, Reading, Sensor, seconds

__all__ = ["MeterError", "open_meter", "reading"]

_MOST = 4096
_AGAIN_S = 5.0
_SCALE = {"u": 1e-6, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
_READING = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?)\s*(?:([uµmkM]?)(Wh|W|J))?")
# Microwatts and microjoules: https://www.kernel.org/doc/html/latest/hwmon/sysfs-interface.html
_KERNEL = re.compile(r"(power|energy)\d+_(?:input|average)|energy_uj")
_LARGEST = 1e15


class MeterError(ValueError):
    """Such a meter cannot be used; the message says why and what to give instead."""


def reading(line: str) -> Reading | None:
    """What a line says; None: it is no reading."""
    found = _READING.fullmatch(line.strip())
    if not found:
        return None
    value = float(found[1]) * _SCALE[found[2] or ""] * (3600 if found[3] == "Wh" else 1)
    if not 0 <= value < _LARGEST:
        return None
    return Reading(joules=value) if found[3] in ("J", "Wh") else Reading(watts=value)


def open_meter(source: str) -> Sensor:
    """The meter that a user names: a file, or after ``|`` a command for ``sh``.

    The command is started with the first reading, and again when it ends. Raises :class:`MeterError`.
    """
    kind, rest = source[:1], source[1:].strip()
    if kind == "|" and rest:
        meter: _File | _Command = _Command(rest)
    elif source.strip() and kind != "|":
        path = Path(source)
        if path.exists() and not path.is_file():
            raise MeterError(f"{source}: not a file; a meter is a file that holds its reading, or '| COMMAND'")
        meter = _File(path)
    else:
        raise MeterError("a meter is a file that holds its reading, or '| COMMAND' that prints readings")
    return Sensor(f"meter: {source}", "what the meter is connected to", meter.read, meter.close)


class _File:
    """A file that is read anew each time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kernel = _KERNEL.fullmatch(path.name)

    def read(self) -> Reading | None:
        try:
            with self._path.open("rb") as file:
                # What the kernel makes when it is read is never old, whatever its time says.
                made = None if self._kernel else os.fstat(file.fileno()).st_mtime
                if made is not None and time.time() - made > STALE_S:
                    return None
                lines = file.read(_MOST).decode("utf-8", "replace").split("\n")
        except OSError:
            return None
        line = next((line for line in reversed(lines) if line.strip()), "")
        if not self._kernel:
            said = reading(line)
            return None if said is None else replace(said, made=made)
        return reading(f"{line}u{'W' if self._kernel[1] == 'power' else 'J'}")

    def close(self) -> None:
        """Nothing is open."""


class _Command:
    """A program of the user's that prints readings; a thread takes them as they come."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._last: Reading | None = None
        self._begun = -math.inf
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._closed = False

    def read(self) -> Reading | None:
        now = seconds()
        with self._lock:
            if not self._closed and now - self._begun >= _AGAIN_S and self._has_ended():
                self._begun = now
                self._end()
                self._start()
        last = self._last
        return None if last is None or now - (last.made or 0) > STALE_S else last

    def _has_ended(self) -> bool:
        """Whether it has, without burying it: until then its number is nobody else's, and :meth:`_end` may use it."""
        if self._process is None:
            return True
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _start(self) -> None:
        if self._listener is not None and self._listener.is_alive():
            return  # something left its group and still holds the pipe: another would only pile up
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", self._command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                start_new_session=True,  # so that all that the command starts ends with it
            )
            told = self._process.stdout
            self._listener = threading.Thread(target=self._listen, args=(told,), name="edge-meter", daemon=True)
            self._listener.start()

    def _listen(self, told: IO[bytes]) -> None:
        with told:
            while line := told.readline(_MOST):
                if (said := reading(line.decode("utf-8", "replace"))) is not None:
                    self._last = replace(said, made=seconds())

    def _end(self) -> None:
        """End the command, and what it started and left behind. The caller holds the lock."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):  # there is nobody any more
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # what a dead driver holds dies when that lets go
            process.wait(timeout=2)
        if self._listener is not None:
            self._listener.join(timeout=1)

    def close(self) -> None:
        """End the command and all that it started."""
        with self._lock:
            self._closed = True
            self._end()
