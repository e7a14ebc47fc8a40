"""The line to the operator: JSON lines both ways on standard input and output, and raw bytes where both expect them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import time
from collections.abc import Iterator
from typing import Any

from .failure import Failure, Gone

__all__ = ["Wire"]

#: An operator that sends nothing for so long, not even a ping, is gone: a dead connection must not hold the lock.
SILENCE_S = 120.0
#: While we are at work, an operator that hears nothing for long believes us dead: so often it hears that we are not.
ALIVE_S = 15.0
#: The longest request: a manifest with a unit's text and the hashes of a model's files.
MOST_LINE = 4 << 20
_CHUNK = 1 << 20
# Measured: written in larger pieces, a file takes up to three times the processor time (ext4 on Linux 6.18).
_PIECE = 64 << 10


class Wire:
    """``read`` and ``write``: file descriptors. Raises Gone wherever the other end is not there."""

    def __init__(self, read: int = 0, write: int = 1) -> None:
        self._in = read
        self._out = write
        self._buffer = bytearray()
        self._said = time.monotonic()
        #: Raw bytes that the operator still sends: after an error now, nobody could tell where the next line begins.
        self.owed = 0
        with contextlib.suppress(OSError, AttributeError):  # a pipe holds 64 kB; the fewer turns, the faster an upload
            fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, _CHUNK)

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError as error:
            raise Gone("the operator's end of the line is closed") from error
        self._said = time.monotonic()

    def _receive(self, most: int) -> bytes:
        ready, _, _ = select.select([self._in], [], [], SILENCE_S)
        if not ready:
            raise Gone(f"nothing came for {SILENCE_S:.0f} s")
        try:
            data = os.read(self._in, most)
        except OSError as error:
            raise Gone(str(error)) from error
        if not data:
            raise Gone("the operator hung up")
        return data

    def line(self) -> dict[str, Any]:
        """The next request. Raises Failure (protocol) for what is none."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > MOST_LINE:
                raise Gone("a line without an end")
            self._buffer += self._receive(_CHUNK)
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Failure("protocol", f"a line that is not JSON: {line[:60]!r}") from error
        if not isinstance(value, dict) or not isinstance(value.get("op"), str):
            raise Failure("protocol", f"a line that is no request: {line[:60]!r}")
        return value

    def raw(self, count: int) -> Iterator[bytes]:
        """The next ``count`` bytes, in pieces as they come."""
        self.owed = count
        while self.owed:
            if self._buffer:
                piece = bytes(self._buffer[: self.owed])
                del self._buffer[: len(piece)]
            else:
                piece = self._receive(min(self.owed, _PIECE))
            self.owed -= len(piece)
            yield piece

    def check(self) -> None:
        """Called again and again while we are at work: say so now and then; raise Gone if the operator hung up."""
        poll = select.poll()
        poll.register(self._in, select.POLLRDHUP)
        if any(events & (select.POLLHUP | select.POLLRDHUP | select.POLLERR) for _, events in poll.poll(0)):
            raise Gone("the operator hung up")
        if time.monotonic() - self._said >= ALIVE_S:
            self.send({"event": "alive"})

    def wait(self, seconds: float) -> None:
        """Sleep, but see the operator go."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.1))
