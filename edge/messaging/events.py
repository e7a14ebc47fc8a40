"""What a transport is, and what happens on its connection, as values that it puts on a queue."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Connected", "Disconnected", "Event", "Listening", "Message", "Published", "Subscribed", "Transport", "Will"]


@dataclass(frozen=True)
class Connected:
    """A connection is up and subscribed. ``window``: how many unacknowledged messages the broker takes.

    ``refused``: topics that the broker does not let us read.
    """

    window: int
    resumed: bool
    refused: tuple[str, ...] = ()
    link: Transport | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone, or could not be made; unacknowledged messages have to be sent again.

    ``refused``: the broker is there and does not want us, which trying again will hardly change.
    """

    reason: str
    refused: bool = False
    link: Transport | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Message:
    """A message that came in. ``handle`` is for :meth:`.mqtt.Link.ack`, which must be called for each."""

    topic: str
    payload: bytes
    retained: bool
    reply_to: str | None
    correlation: bytes | None
    content_type: str | None
    expiry_s: int | None
    handle: tuple[int, int, int]
    link: Transport | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Published:
    """The broker has taken (or, with a ``reason``, refused) the message that :meth:`.mqtt.Link.publish` numbered.

    ``unheard``: it says (MQTT 5, not every broker) that nobody has subscribed to this topic.
    """

    number: tuple[int, int]
    reason: str | None = None
    unheard: bool = False
    link: Transport | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Subscribed:
    """The broker has answered a :meth:`.mqtt.Link.subscribe`."""

    topics: tuple[str, ...]
    link: Transport | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Listening:
    """A port is open, and nobody has called by it yet."""

    link: Transport | None = field(default=None, compare=False, repr=False)


Event = Connected | Disconnected | Message | Published | Subscribed | Listening


@dataclass(frozen=True)
class Will:
    """What the broker publishes when we are gone without a word."""

    topic: str
    payload: bytes


class Transport(Protocol):
    """A connection that keeps itself up: by MQTT (:class:`.mqtt.Link`) or by a cable (:mod:`.serial`).

    ``events``: where everything arrives, with ``link`` set to the transport; another queue may be put there before the
    start. ``address``: for one that leads to a single other end, what answers to there have as their reply topic.
    ``remedy``: what to look at without a connection, where :class:`Disconnected` does not say so itself.
    """

    events: queue.SimpleQueue[Event]
    address: str | None
    remedy: str

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def subscribe(self, topics: Sequence[str], qos: int = 1) -> None: ...

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
        reply_to: str | None = None,
        expiry_s: int | None = None,
    ) -> tuple[int, int] | None: ...

    def fits(self, topic: str, payload: bytes, correlation: bytes | None = None) -> bool: ...

    def ack(self, message: Message) -> None: ...
