"""Calling what may hang, again and again, where nobody waits for it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Sampler", "Source"]

_LOG = logging.getLogger("edge.devices")


@dataclass(frozen=True)
class Source:
    """``call`` is called every ``every_s`` seconds; what it raises is let go, and said in the log once."""

    every_s: float
    call: Callable[[], object]


class Sampler:
    """Calls sources in one thread of its own, each at its own pace.

    A call that has not come back after ``patience_s`` is left behind with its thread, and another thread goes on with
    the other sources; so there are never more threads than sources. When the call does come back, its source is called
    again as before. Whoever is interested must look (:meth:`hanging`) now and then: it is he who notices.
    """

    def __init__(self, sources: Mapping[str, Source], patience_s: float = 5.0) -> None:
        self._sources = dict(sources)
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._due = dict.fromkeys(self._sources, 0.0)
        self._hung: dict[str, float] = {}
        self._now: tuple[str, float] | None = None
        self._generation = 0
        self._told: set[str] = set()

    def start(self) -> None:
        """Begin; the first call of each comes at once."""
        with self._lock:
            self._begin()

    def stop(self) -> None:
        """Call nothing any more; what hangs is not waited for."""
        self._ended.set()

    def hanging(self) -> dict[str, float]:
        """The sources whose call has not come back for long, and for how many seconds."""
        now = time.monotonic()
        with self._lock:
            if self._now is not None and now - self._now[1] > self._patience_s and not self._ended.is_set():
                name, since = self._now
                self._hung[name] = since
                self._now = None
                # Without memory for another thread the rest is looked at when the one that hangs comes back.
                with contextlib.suppress(RuntimeError, MemoryError):
                    self._begin()
            return {name: now - since for name, since in self._hung.items()}

    def _begin(self) -> None:
        """Start a thread, which takes the work from the one before. The caller holds the lock."""
        generation = self._generation + 1
        threading.Thread(target=self._run, args=(generation,), name=f"edge-sensors-{generation}", daemon=True).start()
        self._generation = generation

    def _failed(self, name: str, error: Exception) -> None:
        if name not in self._told:
            self._told.add(name)
            _LOG.warning("reading %s failed: %r; it is tried again, and not told again", name, error)

    def _run(self, generation: int) -> None:
        while not self._ended.is_set():
            with self._lock:
                if generation != self._generation:
                    return
                name = min((n for n in self._due if n not in self._hung), key=self._due.__getitem__, default=None)
                now = time.monotonic()
                wait = self._patience_s if name is None else self._due[name] - now
                if name is not None and wait <= 0:
                    self._now = (name, now)
                    every_s = self._sources[name].every_s
                    late = now - self._due[name] >= every_s  # what was missed is not caught up
                    self._due[name] = (now if late else self._due[name]) + every_s
            if name is None or wait > 0:
                self._ended.wait(min(wait, self._patience_s))
                continue
            try:
                self._sources[name].call()
            except Exception as error:  # noqa: BLE001 (a driver that fails; the next call may not, and others go on)
                self._failed(name, error)
            with self._lock:
                if self._hung.pop(name, None) is None:
                    self._now = None
