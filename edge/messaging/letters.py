"""What two ends of a line tell each other, and what a session between them tells its owner. Pure values."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["LETTER", "MOST_WINDOW", "Closed", "Delivered", "Got", "Happening", "Hello", "Letter", "Opened", "Stats"]

MOST_WINDOW = 64
"""Frames under way at most, of the 256 numbers there are: an old one is never taken for a new one."""

LETTER = struct.Struct("<BH")
"""What a message begins with: kind, tag."""

_TERMS = struct.Struct("<BHIBB")  # window, payload, largest, wishes, length of the name


@dataclass(frozen=True)
class Hello:
    """What an end takes.

    ``window``: frames on their way to it. ``payload``: bytes in a frame. ``largest``: bytes of a message. ``reports``:
    whether it wants to hear of status, info and health unasked.
    """

    name: str = ""
    window: int = 16
    payload: int = 512
    largest: int = 1 << 20
    reports: bool = False

    def pack(self) -> bytes:
        """As it travels, without the numbers."""
        name = self.name.encode()[:255]
        return _TERMS.pack(self.window, self.payload, self.largest, self.reports, len(name)) + name

    @classmethod
    def unpack(cls, data: bytes) -> Hello | None:
        """The same, or None if it makes no sense; what a later version says behind the name is not looked at."""
        if len(data) < _TERMS.size:
            return None
        window, payload, largest, wishes, length = _TERMS.unpack_from(data)
        name = data[_TERMS.size : _TERMS.size + length]
        if not window or payload < LETTER.size or largest < 1 or len(name) != length:
            return None
        return cls(name.decode(errors="replace"), min(window, MOST_WINDOW), payload, largest, bool(wishes & 1))


@dataclass(frozen=True)
class Letter:
    """A message. ``kind``: one character (:mod:`.serial` has the list). ``tag``: the asker's number for a question.

    It comes back with everything that concerns the question; 0 means none.
    """

    kind: str
    tag: int
    payload: bytes


@dataclass(frozen=True)
class Opened:
    """A session begins, with this other end; what was under way in an earlier one is lost."""

    peer: Hello
    number: int


@dataclass(frozen=True)
class Got:
    """A whole message has come. It takes up room here until :meth:`Session.taken`.

    ``session``: the number of the one it came in, which may be over when the owner looks at it.
    """

    letter: Letter
    session: int


@dataclass(frozen=True)
class Delivered:
    """The other end has all of the message that :meth:`Session.send` numbered."""

    number: int


@dataclass(frozen=True)
class Closed:
    """The session is over."""

    reason: str


Happening = Opened | Got | Delivered | Closed


@dataclass
class Stats:
    """Frames: sent, of these again; received, of these for nothing (they came twice, or after a gap); damaged."""

    sent: int = 0
    again: int = 0
    received: int = 0
    useless: int = 0
    damaged: int = 0
