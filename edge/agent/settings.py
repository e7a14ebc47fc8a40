"""How an agent works, and what it listens to."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.messaging.discovery import BIRTH
from edge.messaging.messages import Limits
from edge.messaging.topics import REPLY, DeviceTopics, share

__all__ = ["Settings", "subscriptions"]


@dataclass(frozen=True)
class Settings:
    """How an agent works.

    ``queue``: most requests accepted and not begun. ``together``: most answered at the same time. ``rate``: requests a
    minute and asker. ``keep_s``, ``keep``: how long, and how many, delivered answers are kept for repeated requests.
    ``reply_prefixes``: where answers may go. ``drain_s``: time that running answers get at a stop.
    ``home_assistant``: whether the device shows itself there; False takes its page away, None leaves that alone.
    ``health_s``: seconds between two health messages.
    """

    name: str
    pools: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    queue: int = 32
    together: int = 8
    rate: float = 600.0
    keep_s: float = 600.0
    keep: int = 1000
    reply_prefixes: tuple[str, ...] = (REPLY,)
    drain_s: float = 10.0
    log_prompts: bool = False
    home_assistant: bool | None = None
    health_s: float = 10.0


def subscriptions(settings: Settings) -> list[str]:
    """What an agent listens to."""
    topics = DeviceTopics(settings.name)
    own = [topics.prompt, topics.cancel, f"{topics.command}/+", topics.status]
    return [*own, *(share(p) for p in settings.pools), *([BIRTH] if settings.home_assistant else [])]
