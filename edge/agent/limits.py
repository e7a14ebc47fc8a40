"""How often one asker may ask."""

from __future__ import annotations

import time
from collections import OrderedDict

__all__ = ["Rate"]

_MOST_ASKERS = 4096


class Rate:
    """A token bucket for each asker: ``per_minute`` on average, a sixth of it at once."""

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._burst = max(1.0, per_minute / 6)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, asker: str) -> float:
        """0 if ``asker`` may ask now (which is counted), else the seconds until it may."""
        now = time.monotonic()
        tokens, then = self._buckets.pop(asker, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._buckets[asker] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MOST_ASKERS:
            self._buckets.popitem(last=False)  # whoever has been quiet longest; it starts with a full bucket again
        return 0.0 if allowed else (1 - tokens) / self._rate
