"""What goes out: no more at a time than the broker takes, and answers until it has them."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

from edge.messaging.events import Published, Transport
from edge.messaging.messages import encode, error

from .store import Held, Store

__all__ = ["Outbox"]

_LOG = logging.getLogger("edge.agent")

# Messages that nobody is owed (errors, events, status) and that a broken connection may cost.
_MOST_WAITING = 1000


@dataclass(frozen=True)
class _Loose:
    topic: str
    payload: bytes
    correlation: bytes | None
    retain: bool


class Outbox:
    """Publishes with a window. Answers come from the store and count as sent once the other side has acknowledged them.

    Used by one thread; each transport has one. ``window`` is 0 without a connection.
    """

    def __init__(self, link: Transport, store: Store) -> None:
        self._link = link
        self._store = store
        self._window = 0
        self._loose: deque[_Loose] = deque(maxlen=_MOST_WAITING)
        self._under_way: dict[tuple[int, int], str | None] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way and not self._loose

    def connected(self, window: int) -> None:
        """A new connection: whatever was under way on the last one goes again."""
        self._under_way.clear()
        self._window = window
        self.pump()

    def disconnected(self) -> None:
        """No connection; answers stay in the store, the rest is worth nothing later."""
        self._under_way.clear()
        self._loose.clear()
        self._window = 0

    def published(self, event: Published) -> None:
        """The broker has acknowledged a message; a refused answer counts as delivered, it would be refused again."""
        key = self._under_way.pop(event.number, None)
        if key is not None:
            self._store.sent(key)
        self.pump()

    def send(self, topic: str, payload: bytes, correlation: bytes | None = None, *, retain: bool = False) -> None:
        """Publish when there is room; lost without a connection."""
        if self._window:
            self._loose.append(_Loose(topic, payload, correlation, retain))
            self.pump()

    def send_now(self, topic: str, payload: bytes, correlation: bytes | None) -> None:
        """Publish at QoS 0: pieces of a stream, whose text the answer repeats."""
        if self._link.fits(topic, payload, correlation):
            self._link.publish(topic, payload, qos=0, correlation=correlation)

    def pump(self) -> None:
        """Hand over as much as the window takes."""
        while self._loose and len(self._under_way) < self._window:
            m = self._loose[0]
            if self._link.fits(m.topic, m.payload, m.correlation):
                number = self._link.publish(m.topic, m.payload, retain=m.retain, correlation=m.correlation)
                if number is None:
                    return
                self._under_way[number] = None
            else:
                _LOG.warning("%s: %d bytes are more than %r takes; not sent", m.topic, len(m.payload), self._link)
            self._loose.popleft()
        keys = {key for key in self._under_way.values() if key}
        if len(self._under_way) < self._window:
            for held in self._store.unsent(self._window + len(keys), self._link.address):
                if held.key not in keys and not self._answer(held):
                    return

    def _answer(self, held: Held) -> bool:
        """Hand an answer over; whether there is room for another."""
        answer = held.answer or b""
        if not self._link.fits(held.reply, answer, held.correlation):
            who = "you take" if self._link.address else "the broker takes"
            said = f"the answer has {len(answer)} bytes, which is more than {who}; ask for a shorter one"
            _LOG.warning("%s: %s", held.reply, said)
            answer = encode(error("too_large", said, held.id))
            if not self._link.fits(held.reply, answer, held.correlation):
                self._store.sent(held.key)  # not even that: nothing can be said to this asker
                return True
        number = self._link.publish(held.reply, answer, correlation=held.correlation)
        if number is None:
            return False
        self._under_way[number] = held.key
        return len(self._under_way) < self._window
