"""Where messages travel: every topic of the protocol, version 1.

::

    edge/v1/<device>/status    retained   {"state": "ready", "boot": …}      (also the device's Last Will)
    edge/v1/<device>/info      retained   model, limits, versions
    edge/v1/<device>/health    retained   load, speed, memory
    edge/v1/<device>/prompt    in         a request for this device
    edge/v1/<device>/cancel    in         {"id": …} of a request to give up
    edge/v1/<device>/command/<name>  in   what else a device can be told
    edge/v1/<device>/answer    out        answers to requests that name no reply topic
    edge/v1/pool/<pool>/prompt in         a request for whichever device of a pool takes it ($share)
    edge/v1/reply/<client>/…   out        answers, on the topic a request names; a device adds its own name to a
                                          topic that ends with the client's

A device publishes in its own tree and under ``edge/v1/reply/+/<its name>``; a broker's access list can say just that.
"""

from __future__ import annotations

import re

from edge.errors import EdgeError

__all__ = [
    "ALL_STATUS",
    "CABLE",
    "DeviceTopics",
    "TopicError",
    "asker",
    "check_name",
    "parse_device_topic",
    "reply_topic",
    "share",
]

ROOT = "edge/v1"
REPLY = f"{ROOT}/reply/"
CABLE = "serial:"
"""What the reply topic of a request begins with that came by a cable, and no topic of a broker."""
ALL_STATUS = tuple(f"{ROOT}/+/{kind}" for kind in ("status", "info", "health"))

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_RESERVED = ("pool", "reply")
_LONGEST_REPLY = 256


class TopicError(EdgeError):
    """A name or topic that the protocol does not allow."""


def check_name(name: str, what: str = "device name") -> str:
    """``name`` if it can be one level of a topic; raises :class:`TopicError`."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
        raise TopicError(
            f"{what} {str(name)[:64]!r}: use 1 to 63 letters, digits, '.', '-', '_', beginning with a letter or digit"
            + (f"; {name!r} has a meaning of its own" if name in _RESERVED else "")
        )
    return name


class DeviceTopics:
    """The topics of one device."""

    def __init__(self, device: str) -> None:
        self.device = check_name(device)
        base = f"{ROOT}/{device}"
        self.status = f"{base}/status"
        self.info = f"{base}/info"
        self.health = f"{base}/health"
        self.prompt = f"{base}/prompt"
        self.cancel = f"{base}/cancel"
        self.command = f"{base}/command"
        self.answer = f"{base}/answer"


def share(pool: str) -> str:
    """The shared subscription by which the devices of a pool take turns."""
    return f"$share/{check_name(pool, 'pool name')}/{ROOT}/pool/{pool}/prompt"


def pool_prompt(pool: str) -> str:
    """Where a request to a pool is published."""
    return f"{ROOT}/pool/{check_name(pool, 'pool name')}/prompt"


def reply_topic(asked: str | None, device: str, prefixes: tuple[str, ...] = (REPLY,)) -> str:
    """Where the answer to a request goes.

    ``asked``: the topic the request names, or None for the device's own ``answer``. ``prefixes``: where replies may go.
    A request's reply topic is chosen by whoever sends it: without this check anybody could make a device publish to a
    door lock. Raises :class:`TopicError`.
    """
    if asked is None:
        return DeviceTopics(device).answer
    below = next((asked[len(p) :] for p in prefixes if asked.startswith(p)), None)
    if below is None:
        raise TopicError(f"replies may only go below {' or '.join(prefixes)}, not to {asked[:80]!r}")
    levels = below.split("/")
    # A broker ends the connection of whoever publishes to a wildcard or to a topic with control characters in it.
    if len(asked) > _LONGEST_REPLY or not all(levels) or not asked.isprintable() or "+" in asked or "#" in asked:
        raise TopicError(f"{asked[:80]!r} is no topic that can be replied to")
    return f"{asked}/{device}" if len(levels) == 1 and asked.startswith(REPLY) else asked


def asker(reply: str) -> str:
    """Whose a reply topic is: ``edge/v1/reply/<client>``, whatever comes behind it."""
    return "/".join(reply.split("/", 4)[:4])


def parse_device_topic(topic: str) -> tuple[str, str] | None:
    """(device, rest) of a topic in some device's tree, or None."""
    parts = topic.split("/", 3)
    if len(parts) < 4 or "/".join(parts[:2]) != ROOT or parts[2] in _RESERVED or not _NAME.fullmatch(parts[2]):
        return None
    return parts[2], parts[3]
