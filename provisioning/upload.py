"""The bytes of a blob on their way: in pieces of one packet each, no faster than allowed.

They go through the same channel as the rest of a session, by Paramiko. Measured over loopback against scp
(benchmarks/upload.py): Paramiko's own sendall copies what is left of its buffer for every packet, and its default
cipher is slow; with slices of one packet and AES-GCM it needs less processor time for a byte than OpenSSH with its
default cipher. So there is no second way for blobs, and no password is needed twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["TokenBucket", "pieces"]

# Read and sent in one go: between them we look what the board says.
_PACKETS = 8
_LEAST = 1024


class TokenBucket:
    """Lets ``rate`` bytes a second pass, and at most a quarter of a second's at once after a pause."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self.burst = rate / 4
        self._clock = clock
        self._sleep = sleep
        self._have = self.burst
        self._at = clock()

    def take(self, count: int) -> None:
        """Wait until ``count`` bytes may go."""
        now = self._clock()
        self._have = min(self.burst, self._have + (now - self._at) * self.rate) - count
        self._at = now
        if self._have < 0:
            self._sleep(-self._have / self.rate)


def pieces(path: Path, offset: int, size: int, packet: int, bucket: TokenBucket | None = None) -> Iterator[memoryview]:
    """A file's bytes from ``offset`` to ``size``, some whole packets at a time; fewer in all if the file is shorter.

    A piece is good until the next one is asked for: all come in the same memory.
    """
    step = packet * _PACKETS if bucket is None else max(_LEAST, min(packet, int(bucket.burst)))
    buffer = memoryview(bytearray(step))
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        left = size - offset
        while left and (count := file.readinto(buffer[: min(left, step)])):
            left -= count
            if bucket is not None:
                bucket.take(count)
            yield buffer[:count]
