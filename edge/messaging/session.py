"""Two ends of a line: whole messages in their order, each once, however many bytes get lost on the way. Pure.

The **asker** begins with HELLO, the **device** answers WELCOME; both say what they take. Then either sends messages,
cut into DATA frames that are numbered, and acknowledged by the number that is expected next. Beside it stands how many
frames there is room for (credit): who has none left sends nothing. A receiver takes frames in their order only; one
that sees a gap asks for what is missing (ACK with AGAIN), one that hears nothing is asked (ACK with ANSWER).

::

    HELLO    01 version, asker's number 4, window 1, payload 2, largest 4, wishes 1, length 1, name
    WELCOME  02 version, asker's number 4, device's number 4, window 1, payload 2, largest 4, wishes 1, length 1, name
    WHO      03                          a device without a session heard a frame of one: say HELLO
    BYE      04                          the session is over
    ACK      10 sequence, expected, credit   + 01 AGAIN: send from the expected on; + 02 ANSWER: say where you are
    DATA     20 sequence, expected, credit, bytes   + 01 MORE: the message goes on in the next

Whole numbers are unsigned, least byte first. A message's first bytes are its kind (1) and tag (2, see
:class:`.letters.Letter`). HELLO, WELCOME and WHO have no key (:mod:`.frames`); the others have the two numbers as
theirs, asker's first, so that nothing left over from another session is taken for something of this one.

No threads, clocks or ports in here: bytes in (:meth:`Session.receive`), bytes out (:meth:`Session.outgoing`), and the
time is told.
"""

from __future__ import annotations

import secrets
import struct
from collections import deque
from dataclasses import dataclass, field

from . import frames
from .letters import LETTER, MOST_WINDOW, Closed, Delivered, Got, Happening, Hello, Letter, Opened, Stats

__all__ = ["Session"]

VERSION = 1
_HELLO, _WELCOME, _WHO, _BYE, _ACK, _DATA = 1, 2, 3, 4, 0x10, 0x20
_AGAIN, _ANSWER, _MORE = 1, 2, 1
_HEADER = 4  # bytes of ACK and DATA before the payload
_FIRST_RETRY_S, _LEAST_RETRY_S, _LONGEST_RETRY_S = 0.5, 0.05, 4.0
_HELLO_S = (0.2, 0.4, 1.0)  # between one HELLO and the next
_POLL_S, _POLL_AGAIN_S = 2.0, 0.5  # of silence, after which an asker wants to hear something
_SILENT_S = 8.0  # of silence, after which the other end is gone
_WHO_S = 0.5


@dataclass
class _Sent:
    sequence: int
    flags: int
    payload: bytes
    last_of: int | None  # number of the message that ends with it
    at: float = 0.0
    once: bool = True


@dataclass
class _Timing:
    """How long an acknowledgement takes (RFC 6298): an average, and how far off it is on average."""

    byte_s: float
    mean: float | None = None
    spread: float = 0.0
    doubled: int = 0

    def learn(self, took: float) -> None:
        if self.mean is None:
            self.mean, self.spread = took, took / 2
        else:
            self.spread += (abs(took - self.mean) - self.spread) / 4
            self.mean += (took - self.mean) / 8
        self.doubled = 0

    def wait(self, size: int) -> float:
        """Seconds to wait for the acknowledgement of a frame with ``size`` bytes on the line before its end."""
        usual = _FIRST_RETRY_S if self.mean is None else max(_LEAST_RETRY_S, self.mean + 4 * self.spread)
        return float(min(_LONGEST_RETRY_S, usual * 2.0**self.doubled) + 2 * size * self.byte_s)


@dataclass
class Session:
    """One end. ``asks``: whether it is the asker. ``hello``: what it says of itself.

    ``byte_s``: seconds that a byte takes on the line. ``room``: messages that may wait here until :meth:`taken`.
    """

    asks: bool
    hello: Hello
    byte_s: float = 0.0
    room: int = 16
    peer: Hello | None = None
    stats: Stats = field(default_factory=Stats)
    number: int = 0  # ours, of this session
    _key: bytes | None = None
    _theirs: int = 0

    def __post_init__(self) -> None:
        # Every two bytes more than the body: what COBS adds to a payload of up to 64 KB.
        self._splitter = frames.Splitter(self.hello.payload + self.hello.payload // 200 + 512)
        self._out = bytearray()
        self._calling = False
        self._hellos = 0
        self._next_hello = 0.0
        self._last_who = -_WHO_S
        self._reset(0.0)

    def _reset(self, now: float) -> None:
        self._queue: deque[_Sent] = deque()  # not sent yet
        self._flight: deque[_Sent] = deque()  # not acknowledged yet
        self._flying = 0  # bytes of these
        self._messages = 0
        self._next = 0  # sequence of the next new frame
        self._credit = 1
        self._expected = 0
        self._partial = bytearray()
        self._gap: int | None = None  # how far ahead the last frame was that came out of turn
        self._owes_ack = False
        self._waiting = 0  # messages that have not been taken
        self._told_credit = self.hello.window
        self._timing = _Timing(self.byte_s)
        self._heard = self._polled = now
        self._confirmed = False  # that the other end speaks in this session

    # --- what the owner does ---

    @property
    def open(self) -> bool:
        """Whether there is a session."""
        return self._key is not None

    @property
    def backlog(self) -> int:
        """Frames that have not been acknowledged, sent or not."""
        return len(self._queue) + len(self._flight)

    def call(self, now: float) -> None:
        """As the asker: say HELLO, and go on until somebody answers."""
        self._key, self.peer = None, None
        self.number = secrets.randbits(32)
        self._calling, self._hellos, self._next_hello = True, 0, now

    def send(self, letter: Letter) -> int | None:
        """Queue a message; its number, which comes back in :class:`Delivered`, or None without a session.

        Also None for one that is larger than the other end takes.
        """
        if self.peer is None or len(letter.payload) > self.peer.largest:
            return None
        data = LETTER.pack(ord(letter.kind), letter.tag) + letter.payload
        size = self.peer.payload
        self._messages += 1
        for start in range(0, len(data), size):
            last = start + size >= len(data)
            piece = data[start : start + size]
            self._queue.append(_Sent(0, 0 if last else _MORE, piece, self._messages if last else None))
        return self._messages

    def taken(self) -> None:
        """One message that was :class:`Got` needs no room here any more."""
        if self._waiting:
            self._waiting -= 1
            if self._told_credit == 0 or self._grants() - self._told_credit > self.hello.window // 2:
                self._owes_ack = True

    def close(self) -> None:
        """End the session, and say so."""
        if self._key is not None:
            self._frame(bytes([_BYE]), self._key)
        self._key, self.peer, self._calling = None, None, False

    def deadline(self) -> float:
        """When :meth:`outgoing` will have something to say if nothing happens before; infinite if never."""
        if self._key is None:
            return self._next_hello if self._calling else float("inf")
        until = [self._heard + _SILENT_S]
        if self.asks:
            until.append(self._next_poll())
        if self._flight:
            until.append(self._flight[0].at + self._timing.wait(self._flying))
        elif self._queue and self._credit == 0:
            until.append(self._polled + self._timing.wait(0))
        return min(until)

    def outgoing(self, now: float) -> tuple[bytes, list[Happening]]:
        """What is to be written now. To be called after everything else, and at :meth:`deadline`."""
        happened: list[Happening] = []
        if self._key is not None and now - self._heard >= _SILENT_S:
            happened.append(self._lose("nothing was heard from the other end"))
        if self._key is None:
            if self._calling and now >= self._next_hello:
                self._say_hello(now)
        else:
            self._speak(now)
        out, self._out = bytes(self._out), bytearray()
        return out, happened

    def receive(self, data: bytes, now: float) -> list[Happening]:
        """Understand what was read."""
        happened: list[Happening] = []
        for block in self._splitter.feed(data):
            self._block(block, now, happened)
        return happened

    # --- out ---

    def _next_poll(self) -> float:
        return max(self._heard + _POLL_S, self._polled + _POLL_AGAIN_S)

    def _frame(self, body: bytes, key: bytes = b"") -> None:
        if not self._out:
            self._out += frames.END  # whatever the line has picked up while it was quiet is no part of this frame
        self._out += frames.encode(body, key)
        self.stats.sent += 1

    def _say_hello(self, now: float) -> None:
        self._frame(bytes([_HELLO, VERSION]) + self.number.to_bytes(4, "little") + self.hello.pack())
        self._next_hello = now + _HELLO_S[min(self._hellos, len(_HELLO_S) - 1)] + 2 * len(self._out) * self.byte_s
        self._hellos += 1

    def _speak(self, now: float) -> None:
        if self._flight and now >= self._flight[0].at + self._timing.wait(self._flying):
            self._timing.doubled += 1
            self._go_back(now)
        while self._queue and len(self._flight) < self._credit:
            sent = self._queue.popleft()
            sent.sequence = self._next
            self._next = (self._next + 1) & 0xFF
            self._flight.append(sent)
            self._flying += len(sent.payload)
            self._data(sent, now)
        silent = self.asks and now >= self._next_poll()
        stuck = self._queue and not self._flight and now >= self._polled + self._timing.wait(0)
        if silent or stuck:
            self._polled = now
            self._ack(_ANSWER)
        elif self._owes_ack:
            self._ack(0)

    def _go_back(self, now: float) -> None:
        for sent in self._flight:
            sent.once = False
            self.stats.again += 1
            self._data(sent, now)

    def _data(self, sent: _Sent, now: float) -> None:
        sent.at = now
        self._session_frame(_DATA | sent.flags, sent.sequence, sent.payload)

    def _ack(self, flags: int) -> None:
        self._session_frame(_ACK | flags, self._next, b"")

    def _grants(self) -> int:
        """Frames that there is room for: each may complete a message."""
        return min(self.hello.window, self.room - self._waiting)

    def _session_frame(self, kind: int, sequence: int, payload: bytes) -> None:
        assert self._key is not None  # noqa: S101 - who calls has looked
        self._told_credit = self._grants()
        self._owes_ack = False
        self._frame(bytes([kind, sequence, self._expected, self._told_credit]) + payload, self._key)

    # --- in ---

    def _block(self, block: bytes, now: float, happened: list[Happening]) -> None:
        if self._key is not None and (body := frames.decode(block, self._key)) is not None:
            self.stats.received += 1
            self._heard, self._confirmed = now, True
            if body[0] == _BYE:
                happened.append(self._lose("the other end has closed it"))
            elif len(body) >= _HEADER and body[0] & 0xF0 in (_ACK, _DATA):
                self._in_session(body, now, happened)
        elif (body := frames.decode(block)) is not None:
            self.stats.received += 1
            self._greeting(body, now, happened)
        else:
            self.stats.damaged += 1
            if self._key is None and not self.asks and now - self._last_who >= _WHO_S:
                self._last_who = now
                self._frame(bytes([_WHO]))

    def _greeting(self, body: bytes, now: float, happened: list[Happening]) -> None:
        kind = body[0]
        if kind == _HELLO and not self.asks and len(body) > 6:
            theirs, peer = int.from_bytes(body[2:6], "little"), Hello.unpack(body[6:])
            if peer is None:
                return
            # Before its first frame in the session it may only not have heard our answer. After that it never says this
            # again, so one with the same number is an asker that was reset, and has no better number.
            if self._key is None or theirs != self._theirs or self._confirmed:
                if self._key is not None:
                    happened.append(self._lose("the other end began anew"))
                self.number, self._theirs = secrets.randbits(32), theirs
                self._begin(theirs, self.number, peer, now, happened)
            self._frame(
                bytes([_WELCOME, VERSION])
                + theirs.to_bytes(4, "little")
                + self.number.to_bytes(4, "little")
                + self.hello.pack()
            )
        elif kind == _WELCOME and self._calling and len(body) > 10:
            ours, theirs = int.from_bytes(body[2:6], "little"), int.from_bytes(body[6:10], "little")
            peer = Hello.unpack(body[10:])
            if peer is not None and ours == self.number:
                self._calling = False
                self._begin(ours, theirs, peer, now, happened)
        elif kind == _WHO and self.asks and self._key is not None:
            happened.append(self._lose("the other end began anew"))

    def _begin(self, asker: int, device: int, peer: Hello, now: float, happened: list[Happening]) -> None:
        self._key = struct.pack("<II", asker, device)
        self.peer = peer
        self._reset(now)
        self._credit = peer.window
        self._owes_ack = self.asks  # the device hears that its WELCOME has come
        happened.append(Opened(peer, asker))

    def _lose(self, reason: str) -> Closed:
        self._key, self.peer = None, None
        return Closed(reason)

    def _in_session(self, body: bytes, now: float, happened: list[Happening]) -> None:
        kind, sequence, expected, credit = body[:_HEADER]
        self._acknowledged(expected, now, happened)
        self._credit = min(credit, MOST_WINDOW)
        if kind & 0xF0 == _ACK:
            if kind & _AGAIN and self._flight:
                self._go_back(now)
            if kind & _ANSWER:
                self._owes_ack = True
            if self._gap is None:
                self._want_again(sequence)
            return
        if sequence != self._expected:
            self.stats.useless += 1
            self._owes_ack = True
            self._want_again(sequence)
            return
        if self._waiting >= self.room:
            return  # sent without credit
        self._expected = (self._expected + 1) & 0xFF
        self._gap = None
        self._owes_ack = True
        self._partial += body[_HEADER:]
        if len(self._partial) > self.hello.largest + LETTER.size:
            self._frame(bytes([_BYE]), self._key or b"")
            happened.append(self._lose("the other end sent more than we take"))
        elif not kind & _MORE:
            data, self._partial = bytes(self._partial), bytearray()
            if len(data) >= LETTER.size:
                kind, tag = LETTER.unpack_from(data)
                self._waiting += 1
                happened.append(Got(Letter(chr(kind), tag, data[LETTER.size :]), self.number))

    def _want_again(self, sequence: int) -> None:
        """Ask for what a gap has swallowed, once each time that it is sent; what is behind has only come twice."""
        ahead = (sequence - self._expected) & 0xFF
        if 0 < ahead <= MOST_WINDOW:
            if self._gap is None or ahead <= self._gap:  # the other end has gone back, and lost it once more
                self._ack(_AGAIN)
            self._gap = ahead

    def _acknowledged(self, expected: int, now: float, happened: list[Happening]) -> None:
        base = self._flight[0].sequence if self._flight else self._next
        done = (expected - base) & 0xFF
        if not 0 < done <= len(self._flight):
            return
        for _ in range(done):
            sent = self._flight.popleft()
            self._flying -= len(sent.payload)
            if sent.last_of is not None:
                happened.append(Delivered(sent.last_of))
        if sent.once:
            self._timing.learn(now - sent.at)
        else:
            self._timing.doubled = 0
