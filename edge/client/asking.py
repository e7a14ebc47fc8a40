"""How a question is asked: of one device, or of whichever device of a pool answers soonest."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field

from edge.errors import AskError, DeviceBusy, DeviceFailed, DeviceUnreachable, RequestRefused
from edge.messaging.topics import check_name

from .attempt import Attempt, Steps, check, connected, too_late
from .desk import Desk, Happening, Said
from .fleet import Device
from .question import Question, make_reply
from .streaming import Pieces

__all__ = ["POOL", "converse", "fleet"]

POOL = "pool:"
_SILENCE_S = 4.0  # that a device of a pool has to accept a question
_UNKNOWN_S = 3.0  # patience with a pool that no device has ever said it belongs to


def converse(desk: Desk, question: Question, target: str | None, patience: float) -> Steps:
    """Ask a device, or with ``pool:NAME`` a pool, and return its reply; raises :class:`edge.errors.AskError`.

    None is the device at the other end of a cable.
    ``patience``: seconds that a device may leave a question unaccepted. The caller has registered the question.
    """
    pieces = Pieces(wanted=question.stream)
    if desk.cable:
        target = yield from _at_the_end(desk, question, target)
    if target is None:
        raise TypeError("which device? only a cable leads to the one that is there")
    if target.startswith(POOL):
        pool = check_name(target[len(POOL) :], "pool name")
        return (yield from _Pooled(desk, question, pool, patience, pieces).steps())
    desk.watch(check_name(target))
    return (yield from Attempt(desk, question, target, patience, pieces, alone=True).steps())


def _at_the_end(desk: Desk, question: Question, target: str | None) -> Generator[float, Happening | None, str]:
    """The name of the device that a cable leads to."""
    if target is not None and target.startswith(POOL):
        raise RequestRefused(f"{desk.where}: a cable leads to one device; a pool needs a broker", "bad_request")
    device = None
    while device is None:
        yield from connected(desk, question.deadline)
        device = desk.device
    if target not in (None, device):
        line = f"{target}: the device at {desk.where} is called {device}; ask that one, or give no name"
        raise DeviceUnreachable(line, "unreachable", target)
    return device


def fleet(desk: Desk) -> Generator[float | str, Happening | None, list[Device]]:
    """Wait until the whole fleet is known, and return it."""
    yield from connected(desk)
    yield from _settled(desk)
    with desk.lock:
        return desk.fleet.devices()


def _settled(desk: Desk) -> Generator[float, Happening | None, None]:
    desk.watch_all()
    while not desk.settled():
        check(desk, (yield 0.02))


@dataclass
class _Pooled:
    """One question to a pool: one device after the other, until one of them has answered."""

    desk: Desk
    question: Question
    pool: str
    patience: float
    pieces: Pieces
    failed: dict[str, AskError] = field(default_factory=dict)

    def steps(self) -> Steps:
        desk = self.desk
        yield from connected(desk, self.question.deadline)
        yield from _settled(desk)
        with desk.lock:
            known = bool(desk.fleet.members(self.pool))
        give_up = time.monotonic() + (self.patience if known else min(self.patience, _UNKNOWN_S))
        while True:
            with desk.lock:
                picked = desk.fleet.pick(self.pool, set(self.failed))
            if isinstance(picked, str):
                try:
                    attempt = Attempt(desk, self.question, picked, _SILENCE_S, self.pieces, alone=False)
                    return (yield from attempt.steps())
                except (DeviceBusy, DeviceUnreachable, DeviceFailed) as error:
                    self._remember(picked, error)
                give_up = time.monotonic() + self.patience
                continue
            event = yield self._pause(picked, give_up)
            check(desk, event)
            if isinstance(event, Said) and self.pieces.agrees(event.message.get("text")):
                # One we had given up has answered after all.
                reply = make_reply(event.message, event.device, self.question)
                yield from self.pieces.rest(reply)
                return reply

    def _remember(self, device: str, error: AskError) -> None:
        with self.desk.lock:
            if isinstance(error, DeviceBusy):
                self.desk.fleet.busy(device, error.retry_after)
            elif isinstance(error, DeviceUnreachable):
                self.desk.fleet.silent(device)
            else:
                self.failed[device] = error

    def _pause(self, room: float | None, give_up: float) -> float:
        """How long to wait when no device can be asked: all are busy for ``room`` seconds, or there are none (None)."""
        now = time.monotonic()
        if now >= self.question.deadline:
            raise too_late(self.question, None, accepted=False)
        if room is None and now >= give_up:
            raise next(iter(self.failed.values()), None) or self._nobody()
        if room is not None and now + room >= self.question.deadline:
            line = f"pool {self.pool}: all its devices are busy; try again in {room:.1f} s"
            raise DeviceBusy(line, "busy", None, room)
        # Health reports tell no question; a look now and then finds a device that has come back.
        until = give_up if room is None else now + room
        return max(0.01, min(until - now, self.question.deadline - now, 0.5))

    def _nobody(self) -> DeviceUnreachable:
        with self.desk.lock:
            states = {device.name: device.state for device in self.desk.fleet.members(self.pool)}
        if not states:
            line = f"pool {self.pool}: no device says it belongs to it; is the name right? 'edge devices' lists them"
        else:
            some = [f"{name} ({'silent' if state == 'ready' else state})" for name, state in sorted(states.items())[:5]]
            more = f" and {len(states) - 5} more" if len(states) > 5 else ""
            line = f"pool {self.pool}: no device answers: {', '.join(some)}{more}; are they switched on?"
        return DeviceUnreachable(line, "unreachable")
