"""The serial transport: the agent's end of a cable, and the asker's.

Kinds of messages: from the asker ``P`` a request, ``C`` the id of one to give up, ``Q`` the name of a report. From the
device ``A`` whatever concerns a question, under its tag; ``S`` status, ``I`` info, ``H`` health, for askers that want
to hear of them.
"""

from __future__ import annotations

import logging
import struct
import time
from collections import OrderedDict
from dataclasses import replace

from devices.ports import BAUD

from .cable import WINDOW, Cable
from .events import Connected, Disconnected, Listening, Message
from .letters import Closed, Got, Happening, Hello, Letter, Opened
from .lines import Ask, Cancel, Lines, Query
from .session import Session
from .topics import CABLE, DeviceTopics, TopicError

__all__ = ["SerialAsker", "SerialDevice"]

_LOG = logging.getLogger("edge.serial")
_PREVIEWS = 32  # frames under way, above which pieces of a stream are left out
_MOST_WRITING = 1 << 16  # bytes of line mode that may wait for a terminal that takes nothing
_NOBODY_S = 3.0
_MOST_TAGS = 4096
_QUIET_S = 1.0  # without a frame, before what comes is taken for typing
_TAG = struct.Struct("<IH")  # the session's number and a tag in it: what an answer's correlation data is
_REPORTS = {"S": "status", "I": "info", "H": "health"}


class SerialDevice(Cable):
    """The agent's end: waits for an asker, or for a person who types lines.

    ``device``: its name. ``largest``: bytes of a request. ``chat``: see :class:`.lines.Lines`.
    """

    def __init__(self, name: str, baud: int = BAUD, *, device: str, largest: int = 65536, chat: bool = False) -> None:
        # A little more than it takes, so that whoever sends too much hears by which limit.
        hello = Hello(device, largest=largest + 4096)
        super().__init__(name, baud, Session(asks=False, hello=hello, byte_s=10 / baud, room=WINDOW))
        self.address = CABLE + name
        self._topics = DeviceTopics(device)
        self._reports = {self._topics.status: "S", self._topics.info: "I", self._topics.health: "H"}
        self._lines = Lines(device, chat=chat, longest=largest)
        self._typed = False  # lines have come, and no frames since
        self._typed_open = 0  # messages that lines have become, and that nobody has looked at yet
        self._quiet_from = 0.0

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,  # noqa: ARG002 - a transport's method
        correlation: bytes | None = None,
        reply_to: str | None = None,  # noqa: ARG002
        expiry_s: int | None = None,  # noqa: ARG002
    ) -> tuple[int, int] | None:
        """Send what concerns a question (``topic`` is our address) or a report."""
        with self._changed:
            peer = self._session.peer
            if topic != self.address:
                kind = self._reports.get(topic)
                if peer is not None and peer.reports and kind is not None:
                    return self._send(Letter(kind, 0, payload))
                return self._at_once() if peer is not None or self._typed else None
            if peer is not None:
                if qos == 0 and self._session.backlog > _PREVIEWS:
                    return None
                number, tag = _TAG.unpack(correlation) if correlation and len(correlation) == _TAG.size else (0, 0)
                # Tags begin again with every session: an answer to an earlier one is known by its id alone.
                return self._send(Letter("A", tag if number == self._session.number else 0, payload))
            if not self._typed:
                return None
            self._wanted(self._lines.say(payload))
            return self._at_once()

    def ack(self, message: Message) -> None:
        """Make room for another message."""
        if message.handle[2]:
            super().ack(message)
        else:
            with self._changed:
                self._typed_open -= 1

    def _opened(self) -> None:
        self._typed = False
        self._lines.reset()
        self._tell(Listening(link=self))

    def _next_bytes(self) -> tuple[bytes, list[Happening]]:
        data, happened = super()._next_bytes()
        if not self._session.open and self._lines.out:
            data += bytes(self._lines.out)
            self._lines.out.clear()
        return data, happened

    def _read(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._session.open:
            # Frames have zeros around them, and typing has none.
            if b"\0" in data or now < self._quiet_from:
                self._quiet_from = now + _QUIET_S
                self._lines.reset()
            else:
                self._wanted(self._lines.feed(data))
        super()._read(data)

    def _wanted(self, wanted: list[Ask | Query | Cancel]) -> None:
        if wanted and not self._typed:
            self._typed = True
            self._tell(Connected(WINDOW, resumed=False, link=self))
        for want in wanted:
            if self._typed_open >= WINDOW:  # a program that writes lines faster than they can be read
                _LOG.warning("%r: more lines than can be taken; some are dropped", self)
                break
            self._typed_open += 1
            if isinstance(want, Ask):
                topic, payload = self._topics.prompt, want.payload
            elif isinstance(want, Cancel):
                topic, payload = self._topics.cancel, want.id.encode()
            else:
                topic, payload = f"{self._topics.command}/{want.name}", b""
            typed = self._received(topic, payload, self.address, None)
            self._tell(replace(typed, handle=(self._epoch, 0, 0)))
        if len(self._lines.out) > _MOST_WRITING:
            self._lines.out.clear()
        self._changed.notify_all()

    def _message(self, got: Got) -> Message | None:
        letter = got.letter
        topics = {"P": self._topics.prompt, "C": self._topics.cancel}
        if letter.kind == "Q":
            name = letter.payload.decode(errors="replace")[:64]
            topics["Q"] = f"{self._topics.command}/{name}"
        topic = topics.get(letter.kind)
        if topic is None:  # of a later version
            return None
        correlation = _TAG.pack(got.session, letter.tag)
        return self._received(topic, letter.payload, self.address, correlation)

    def _happened(self, event: Happening) -> None:
        if isinstance(event, Opened):
            self._typed = False
            self._lines.reset()
        super()._happened(event)

    def _closed(self, event: Closed) -> None:
        _LOG.info("%r: %s", self, event.reason)
        self._tell(Disconnected(event.reason, link=self))
        self._tell(Listening(link=self))


class SerialAsker(Cable):
    """The asker's end: calls until a device answers. ``reply_to``: the topic that its answers get here."""

    def __init__(self, name: str, baud: int = BAUD, *, who: str, reply_to: str) -> None:
        hello = Hello(who, largest=4 << 20, reports=True)
        super().__init__(name, baud, Session(asks=True, hello=hello, byte_s=10 / baud, room=WINDOW))
        self.address = CABLE + name
        self._reply_to = reply_to
        self._tags: OrderedDict[int, bytes] = OrderedDict()  # and the correlation data they stand for
        self._tag = 0
        self._since = 0.0  # that we have been calling
        self._told = False

    @property
    def device(self) -> str | None:
        """The name of the device at the other end, while there is a connection."""
        peer = self._session.peer
        return peer.name if peer else None

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,  # noqa: ARG002 - a transport's method
        retain: bool = False,  # noqa: ARG002
        correlation: bytes | None = None,
        reply_to: str | None = None,  # noqa: ARG002
        expiry_s: int | None = None,  # noqa: ARG002
    ) -> tuple[int, int] | None:
        """Send a request or a cancellation to the device, if it is the one that is there."""
        with self._changed:
            peer = self._session.peer
            if peer is None:
                return None
            try:
                topics = DeviceTopics(peer.name)
            except TopicError:
                return None
            if topic not in (topics.prompt, topics.cancel):
                return None
            return self._send(Letter("P" if topic == topics.prompt else "C", self._new_tag(correlation), payload))

    def _new_tag(self, correlation: bytes | None) -> int:
        if correlation is None:
            return 0
        self._tag = self._tag % 0xFFFF + 1
        self._tags[self._tag] = correlation
        if len(self._tags) > _MOST_TAGS:
            self._tags.popitem(last=False)
        return self._tag

    def _opened(self) -> None:
        self._call()

    def _call(self) -> None:
        self._since, self._told = time.monotonic(), False
        self._session.call(self._since)

    def _next_bytes(self) -> tuple[bytes, list[Happening]]:
        if not self._session.open and not self._told and time.monotonic() > self._since + _NOBODY_S:
            self._told = True
            line = (
                f"{self._name}: nobody answers at {self._baud} baud; is the cable right, and does 'edge agent --serial'"
            )
            self._tell(Disconnected(f"{line} run at its other end, at the same speed?", link=self))
        return super()._next_bytes()

    def _happened(self, event: Happening) -> None:
        if isinstance(event, Opened):
            self._tags.clear()
        super()._happened(event)

    def _message(self, got: Got) -> Message | None:
        letter = got.letter
        peer = self._session.peer
        if peer is None:
            return None
        if letter.kind in _REPORTS:
            try:
                topics = DeviceTopics(peer.name)
            except TopicError:
                return None
            return self._received(getattr(topics, _REPORTS[letter.kind]), letter.payload, None, None)
        if letter.kind != "A":
            return None
        return self._received(f"{self._reply_to}/{peer.name}", letter.payload, None, self._tags.get(letter.tag))

    def _closed(self, event: Closed) -> None:
        self._tell(Disconnected(f"{self._name}: {event.reason}", link=self))
        if not self._stopping:
            self._call()
