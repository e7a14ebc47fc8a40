"""One question to one device, until it has been answered: asked again when nobody answers, or when it is busy.

Written as generators that do no waiting of their own, so that threads and event loops drive the same code. They yield
a number (wait so many seconds at most for something to happen, then send it, or None) or a text (a piece of the
answer), and return the reply.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Generator
from dataclasses import dataclass

from edge.errors import AskError, AskTimeout, BrokerUnreachable, DeviceBusy, DeviceUnreachable
from edge.messaging.broker import BrokerError

from .desk import Closed, Desk, Down, Happening, NotTaken, Said, Status, Up
from .fleet import Device
from .question import Question, Reply, make_reply, reply_error
from .streaming import Pieces

__all__ = ["Attempt", "Steps", "check", "connected", "too_late"]

Steps = Generator["float | str", "Happening | None", Reply]

_LOG = logging.getLogger("edge.client")
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 10.0
_CHECK_S = 30.0  # how often an accepted question is asked again: a safety net for what no status tells
_UNHEARD_S = 3.0  # patience with a topic that nobody has subscribed to; its device may just be starting
_FIRST_CONNECT_S, _RECONNECT_S = 10.0, 30.0
_GONE = ("lost", "disconnected")


def connected(desk: Desk, deadline: float = math.inf) -> Generator[float, Happening | None, None]:
    """Return once there is a connection."""
    end = min(deadline, time.monotonic() + (_RECONNECT_S if desk.ever_up else _FIRST_CONNECT_S))
    while not desk.up:
        now = time.monotonic()
        if now >= end:
            raise _no_broker(desk, desk.down.reason)
        # The look at what happened before this question was registered is why the wait is short.
        event = yield min(0.5, end - now)
        check(desk, event)


def check(desk: Desk, event: Happening | None) -> None:
    """Raise what ends every question."""
    if isinstance(event, Closed) or desk.closed:
        raise AskError("the client was closed while the question was open", "closed")
    down = event if isinstance(event, Down) else None if desk.up else desk.down
    if down and down.refused:
        raise BrokerError(f"{desk.where}: {down.reason}; check user, password and certificates")
    if isinstance(event, Down) and not desk.ever_up:
        raise _no_broker(desk, event.reason)


def _no_broker(desk: Desk, reason: str) -> BrokerUnreachable:
    line = f"{desk.where}: no connection ({reason}); {desk.remedy}" if desk.remedy else reason
    return BrokerUnreachable(line, "no_broker")


def too_late(question: Question, device: str | None, *, accepted: bool) -> AskError:
    who = device or "the pool"
    if accepted:
        line = f"{who} has not finished within {question.timeout:g} s; allow more with timeout, or lower max_tokens"
        return AskTimeout(line, "deadline", device)
    return AskTimeout(f"{who} has not accepted the question within {question.timeout:g} s", "deadline", device)


@dataclass
class Attempt:
    """One device and one question. ``alone``: there is no other device to turn to, so wait for this one."""

    desk: Desk
    question: Question
    device: str
    patience: float
    pieces: Pieces
    alone: bool
    accepted: bool = False
    sure: bool = False  # that it has the question now: nothing has happened since we heard of it
    done: bool = False
    boot: str | None = None
    tries: int = 0
    busy: int = 0
    next_try: float = 0.0
    give_up: float = 0.0
    unheard: bool = False
    counted: bool = False

    def steps(self) -> Steps:
        self.give_up = time.monotonic() + self.patience
        with self.desk.lock:
            self.boot = self.desk.fleet.get(self.device).boot
        yield from connected(self.desk, self.question.deadline)
        self.pieces.restart(self.device)
        try:
            while True:
                now = time.monotonic()
                self._check_time(now)
                if now >= self.next_try:
                    self._publish(now)
                until = min(self.question.deadline, self.next_try, self.give_up if self._may_give_up else math.inf)
                event = yield max(0.0, until - now)
                check(self.desk, event)
                if event is None:
                    continue
                reply = self._handle(event)
                yield from self.pieces.ready()
                if reply:
                    self.done = True
                    yield from self.pieces.rest(reply)
                    return reply
        finally:
            # Nobody waits any more (an exception, a closed iterator, another device): save the board the work.
            if self.counted and not self.done:
                self.desk.cancel(self.question, self.device)

    @property
    def _may_give_up(self) -> bool:
        """Who has nobody else to ask waits for a device that has accepted to come back."""
        return not (self.accepted if self.alone else self.sure)

    def _check_time(self, now: float) -> None:
        if now >= self.question.deadline:
            if not self.desk.up:
                raise _no_broker(self.desk, self.desk.down.reason)
            if self._state() in _GONE or self.unheard:
                raise self._unreachable()
            raise too_late(self.question, self.device, accepted=self.accepted)
        if self._may_give_up and now >= self.give_up:
            if self.desk.arriving(self.question, self.device):
                self.give_up = now + self.patience
                return
            if not self.desk.up:
                raise _no_broker(self.desk, self.desk.down.reason)
            raise self._unreachable()

    def _state(self) -> str:
        with self.desk.lock:
            return self.desk.fleet.get(self.device).state

    def _unreachable(self) -> DeviceUnreachable:
        state = self._state()
        if self.unheard and state == "unknown":
            why = "nobody listens to its topic; is the name right ('edge devices' lists them), and does its agent run?"
        elif state in _GONE:
            why = f"its agent is {'gone without a word' if state == 'lost' else 'stopped'}; is it switched on?"
        else:
            why = f"no sign of it for {self.patience:g} s; is the name right, and does its agent run?"
        return DeviceUnreachable(f"{self.device}: {why}", "unreachable", self.device)

    def _publish(self, now: float) -> None:
        if not self.desk.ask(self.question, self.device):
            self.next_try = math.inf  # until there is a connection
            return
        if not self.counted:
            self.counted = True
            with self.desk.lock:
                self.desk.fleet.asked(self.device)
        wait = _CHECK_S if self.sure else min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2**self.tries)
        self.tries += 1
        self.next_try = now + wait * random.uniform(0.75, 1.25)  # noqa: S311 - no secret

    def _handle(self, event: Happening) -> Reply | None:
        now = time.monotonic()
        if isinstance(event, Said):
            return self._said(event, now)
        if isinstance(event, Up):
            self._once_more(now)  # an answer may have come while we were away
        elif isinstance(event, Down):
            self.next_try = math.inf
            self.give_up = now + max(self.patience, _RECONNECT_S)
        elif isinstance(event, Status) and event.device.name == self.device:
            self._status(event.device, now)
        elif isinstance(event, NotTaken) and event.topic.split("/")[2] == self.device:
            if event.reason:
                raise BrokerError(
                    f"{self.desk.where} lets nobody of our rights publish to {event.topic}: {event.reason}"
                )
            if not self.unheard and self._may_give_up:
                self.unheard = True
                self.give_up = min(self.give_up, now + _UNHEARD_S) if self.alone else now
        return None

    def _once_more(self, now: float) -> None:
        self.sure = False
        self.next_try, self.tries = now, 0
        self.give_up = now + self.patience

    def _status(self, device: Device, now: float) -> None:
        if device.state in _GONE:
            if not self.alone:
                raise self._unreachable()
        elif device.state == "ready":
            if self.boot is not None and not (self.sure and self.boot == device.boot):
                # Started anew: it attaches if it still knows the question, and begins if it does not.
                self._once_more(now)
            self.boot = device.boot

    def _said(self, event: Said, now: float) -> Reply | None:
        message = event.message
        if event.device != self.device:
            # One we had given up (pools). Its pieces are of no use, its answer is.
            if "text" in message and self.pieces.agrees(message["text"]):
                self.desk.cancel(self.question, self.device)
                return make_reply(message, event.device, self.question)
            return None
        self.unheard = False
        if "error" in message:
            self._error(reply_error(message["error"], self.device), now)
            return None
        if "event" not in message:
            return make_reply(message, self.device, self.question)
        self.accepted = True
        if not self.sure:
            self.sure = True
            self.next_try = now + _CHECK_S
        if message["event"] == "piece":
            self.pieces.take(message.get("seq"), message.get("text"))
        return None

    def _error(self, error: AskError, now: float) -> None:
        if not isinstance(error, DeviceBusy):
            self.done = True
            raise error
        if self.accepted:
            return  # said of a repetition that overtook it
        wait = max(error.retry_after, min(2.0, 0.05 * 2**self.busy)) * random.uniform(1.0, 1.3)  # noqa: S311
        self.busy += 1
        if not self.alone or now + wait >= self.question.deadline:
            self.done = True
            raise error
        _LOG.debug("%s is busy; again in %.2f s", self.device, wait)
        self.next_try = now + wait
        self.give_up = self.next_try + self.patience
