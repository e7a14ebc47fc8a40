"""What happens on a connection, as values that a transport puts on a queue."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Connected", "Disconnected", "Event", "Message", "Published", "Subscribed", "Will"]


@dataclass(frozen=True)
class Connected:
    """A connection is up and subscribed. ``window``: how many unacknowledged messages the broker takes.

    ``refused``: topics that the broker does not let us read.
    """

    window: int
    resumed: bool
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone, or could not be made; unacknowledged messages have to be sent again.

    ``refused``: the broker is there and does not want us, which trying again will hardly change.
    """

    reason: str
    refused: bool = False


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


@dataclass(frozen=True)
class Published:
    """The broker has taken (or, with a ``reason``, refused) the message that :meth:`.mqtt.Link.publish` numbered.

    ``unheard``: it says (MQTT 5, not every broker) that nobody has subscribed to this topic.
    """

    number: tuple[int, int]
    reason: str | None = None
    unheard: bool = False


@dataclass(frozen=True)
class Subscribed:
    """The broker has answered a :meth:`.mqtt.Link.subscribe`."""

    topics: tuple[str, ...]


Event = Connected | Disconnected | Message | Published | Subscribed


@dataclass(frozen=True)
class Will:
    """What the broker publishes when we are gone without a word."""

    topic: str
    payload: bytes
