"""Which way what an agent has to say goes: by the broker, or back along the cable that a request came by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge.messaging.events import Connected, Disconnected, Message, Published, Transport
from edge.messaging.messages import encode
from edge.messaging.topics import CABLE

from .outbox import Outbox
from .store import Held, Store

__all__ = ["Post", "address_of"]


def address_of(event: Connected | Disconnected | Message | Published) -> str | None:
    """The reply topic that stands for the cable an event came by; None for the broker."""
    return event.link.address if event.link else None


class Post:
    """The outboxes of all transports. Reply topics that begin with ``serial:`` are cables, all others the broker's."""

    def __init__(self, links: Sequence[Transport], store: Store) -> None:
        self._outboxes = {link.address: Outbox(link, store) for link in links}

    @property
    def addresses(self) -> list[str]:
        """Our cables."""
        return [address for address in self._outboxes if address]

    @property
    def broker(self) -> bool:
        """Whether there is one to talk to, connected or not."""
        return None in self._outboxes

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return all(outbox.idle for outbox in self._outboxes.values())

    def outbox(self, event: Connected | Disconnected | Message | Published) -> Outbox:
        """The outbox of the transport that an event is about."""
        return self._outboxes[address_of(event)]

    def _way(self, reply: str) -> Outbox | None:
        """None for a cable or a broker that this agent no longer has."""
        return self._outboxes.get(reply if reply.startswith(CABLE) else None)

    def send(self, topic: str, payload: bytes, correlation: bytes | None = None, *, retain: bool = False) -> None:
        """As :meth:`.outbox.Outbox.send`."""
        if outbox := self._way(topic):
            outbox.send(topic, payload, correlation, retain=retain)

    def send_now(self, topic: str, payload: bytes, correlation: bytes | None) -> None:
        """As :meth:`.outbox.Outbox.send_now`."""
        if outbox := self._way(topic):
            outbox.send_now(topic, payload, correlation)

    def deliver(self, held: Held) -> None:
        """Send an answer that is in the store, as soon as there is room."""
        if outbox := self._way(held.reply):
            outbox.pump()

    def report(self, topic: str, report: dict[str, Any]) -> None:
        """Say something of this device to everybody who can hear it."""
        for outbox in self._outboxes.values():
            outbox.send(topic, encode(report), retain=True)
