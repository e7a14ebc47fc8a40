"""Frames on a line that may lose, change or add bytes: byte stuffing (COBS) and a checksum (CRC-32). Pure.

A frame on the line is ``COBS(body + CRC) 00``. COBS leaves no zero in it, so that a zero is always a frame's end: after
any damage the next zero is where reading goes on. The checksum is that of zip and Ethernet, least byte first, over a
``key`` and the body; the key itself is not sent. What was written in another session, with another key, is as
good as damaged.
"""

from __future__ import annotations

import zlib

__all__ = ["END", "Splitter", "decode", "encode"]

END = b"\0"
_CRC = 4
_RUN = 254  # bytes that one length byte can announce


def encode(body: bytes, key: bytes = b"") -> bytes:
    """A frame as it goes on the line, with its end."""
    whole = body + zlib.crc32(body, zlib.crc32(key)).to_bytes(_CRC, "little")
    out = bytearray()
    parts = whole.split(END)
    for i, part in enumerate(parts):
        start = 0
        while len(part) - start > _RUN:
            out.append(_RUN + 1)
            out += part[start : start + _RUN]
            start += _RUN
        left = len(part) - start
        out.append(left + 1)
        out += part[start:]
        if left == _RUN and i + 1 < len(parts):  # a full run is not followed by a zero, and here one was
            out.append(1)
    return bytes(out) + END


def decode(block: bytes, key: bytes = b"") -> bytes | None:
    """The body of what stood between two ends, or None if it is damaged or of another key."""
    out = bytearray()
    at, end = 0, len(block)
    while at < end:
        code = block[at]
        after = at + code
        if code == 0 or after > end:
            return None
        out += block[at + 1 : after]
        at = after
        if code <= _RUN and at < end:
            out.append(0)
    if len(out) <= _CRC:
        return None
    body = bytes(out[:-_CRC])
    return body if zlib.crc32(body, zlib.crc32(key)).to_bytes(_CRC, "little") == out[-_CRC:] else None


class Splitter:
    """Cuts what arrives into blocks. One of more than ``largest`` bytes is dropped, and counted in ``dropped``."""

    def __init__(self, largest: int) -> None:
        self.dropped = 0
        self._largest = largest
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The blocks that are complete now, without their ends; empty ones are left out."""
        *ended, rest = data.split(END)
        blocks = []
        for part in ended:
            self._keep(part)
            if self._rest and not self._skipping:
                blocks.append(bytes(self._rest))
            self._rest.clear()
            self._skipping = False
        self._keep(rest)
        return blocks

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        self._rest += part
        if len(self._rest) > self._largest:
            self._rest.clear()
            self._skipping = True
            self.dropped += 1
