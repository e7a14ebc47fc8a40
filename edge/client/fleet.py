"""What a client knows of the devices: from their retained messages, and from what it has lived through with them."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edge.messaging.topics import parse_device_topic

__all__ = ["Device", "Fleet"]

_MOST_DEVICES = 200_000
_LARGEST = 1e15
_SECONDS_EACH = 1.0  # that a question is taken to need, where the device has not said anything yet
_GONE = ("lost", "disconnected")


@dataclass(frozen=True)
class Device:
    """One device as it last described itself.

    ``state``: ready, init, sleeping, disconnected or lost, or ``unknown``. ``boot``: changes when its agent is started.
    ``info``, ``health``: see docs/protocol.md. ``seen``: when it last said how it is, seconds since 1970, or None.
    """

    name: str
    state: str = "unknown"
    boot: str | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Any] = field(default_factory=dict)
    seen: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @property
    def model(self) -> str | None:
        """The name of its model."""
        return _text(self.info.get("model"))

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools it belongs to."""
        pools = self.info.get("pools")
        return tuple(p for p in pools if isinstance(p, str)) if isinstance(pools, list) else ()

    @property
    def board(self) -> Mapping[str, Any]:
        """What its health report says of the board."""
        said = self.health.get("board")
        return said if isinstance(said, dict) else {}

    def figure(self, name: str) -> float | None:
        """A number of its health report, or None; ``board.watts`` is one of the board."""
        of, _, name = name.rpartition(".")
        return _number((self.board if of == "board" else self.health).get(name))


@dataclass
class _Known:
    """A device, and what only this client knows of it."""

    device: Device
    sent: int = 0  # questions of ours since its last health report
    silent: bool = False  # it left one of them without a sign, and has not been heard since
    busy_until: float = 0.0


class Fleet:
    """The devices by name. Not thread-safe: :class:`edge.client.desk.Desk` holds a lock around it."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self.changed = 0.0  # monotonic time of the last retained message

    def get(self, name: str) -> Device:
        """What is known of a device."""
        known = self._known.get(name)
        return known.device if known else Device(name)

    def devices(self) -> list[Device]:
        """All that were heard of, by name."""
        return [self._known[name].device for name in sorted(self._known) if self._known[name].device.state != "unknown"]

    def take(self, topic: str, payload: bytes, *, retained: bool) -> Device | None:
        """Read a message of a device's tree. Returns the device if it was its status."""
        found = parse_device_topic(topic)
        if found is None or found[1] not in ("status", "info", "health"):
            return None
        name, kind = found
        if retained:
            self.changed = time.monotonic()
        if not payload:  # a retained message was cleared
            if kind == "status":
                self._known.pop(name, None)
                return Device(name)
            payload = b"{}"
        said = _object(payload)
        if said is None or (name not in self._known and len(self._known) >= _MOST_DEVICES):
            return None
        known = self._known.setdefault(name, _Known(Device(name)))
        old = known.device
        state, boot, info, health, seen = old.state, old.boot, old.info, old.health, old.seen
        if kind == "status":
            state, boot = _text(said.get("state")) or "unknown", _text(said.get("boot"))
        elif kind == "info":
            info = said
        else:
            health, known.sent = said, 0
        alive = not retained and not (kind == "status" and state in _GONE)
        if alive:
            seen, known.silent = time.time(), False
        elif kind == "health":
            seen = _number(said.get("at")) or seen
        known.device = Device(name, state, boot, info, health, seen)
        return known.device if kind == "status" else None

    def heard(self, name: str) -> None:
        """A device has answered one of our questions."""
        if known := self._known.get(name):
            known.silent = False

    def asked(self, name: str) -> None:
        """A question of ours is on its way to a device."""
        if known := self._known.get(name):
            known.sent += 1

    def silent(self, name: str) -> None:
        """A device has not answered; it is not picked again until it has been heard."""
        if known := self._known.get(name):
            known.silent = True

    def busy(self, name: str, seconds: float) -> None:
        """A device has no room for this long."""
        if known := self._known.get(name):
            known.busy_until = time.monotonic() + seconds

    def members(self, pool: str) -> list[Device]:
        """The devices of a pool, ready or not."""
        return [known.device for known in self._known.values() if pool in known.device.pools]

    def pick(self, pool: str, avoid: set[str]) -> str | float | None:
        """The device of a pool with the least expected wait.

        If all that could answer are busy: seconds until the first has room; None if there is none at all.
        """
        now = time.monotonic()
        can = [
            known
            for known in self._known.values()
            if pool in known.device.pools
            and known.device.state == "ready"
            and not known.silent
            and known.device.name not in avoid
        ]
        if not can:
            return None
        free = [known for known in can if known.busy_until <= now]
        if not free:
            return min(known.busy_until for known in can) - now
        return min(free, key=_burden).device.name


def _burden(known: _Known) -> tuple[float, float, float]:
    """What is in the way of a new question: seconds to wait, then questions at hand; ties fall by lot."""
    # A wait below zero would win every pick, whoever claims it.
    wait = max(0.0, known.device.figure("expected_wait_ms") or 0) / 1000
    at_hand = (known.device.figure("queued") or 0) + (known.device.figure("active") or 0)
    return wait + _SECONDS_EACH * known.sent, at_hand, random.random()  # noqa: S311 - no secret


def _number(value: Any) -> float | None:
    """A number that a device said, if it is one of this world."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST
    return float(value) if good else None


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(payload, parse_float=_finite, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) else None
