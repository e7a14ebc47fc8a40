"""One connection for many questions: sends them, and hands whatever comes back to the one who waits for it.

A thread of its own reads the link's events. Who waits is told by a function that must not block.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.errors import RequestRefused
from edge.messaging.events import Connected, Disconnected, Event, Message, Published, Subscribed, Transport
from edge.messaging.messages import encode
from edge.messaging.topics import ALL_STATUS, DeviceTopics

from .fleet import Device, Fleet
from .question import Question

__all__ = ["Closed", "Desk", "Down", "Happening", "NotTaken", "Said", "Status", "Up"]

_QUIET_S = 0.25
_LONGEST_SETTLE_S = 3.0
_CLOSE_S = 2.0

# Programs that have not set up logging get their errors as exceptions, and not on standard error as well.
logging.getLogger("edge").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Said:
    """A device said something about our question."""

    device: str
    message: dict[str, Any]


@dataclass(frozen=True)
class Status:
    """A device's status, perhaps the same as before."""

    device: Device


@dataclass(frozen=True)
class Up:
    """There is a connection; what was under way on an earlier one may be lost."""


@dataclass(frozen=True)
class Down:
    """There is no connection. ``refused``: the broker does not want us."""

    reason: str
    refused: bool


@dataclass(frozen=True)
class NotTaken:
    """The broker did not take our request (``reason``), or knows nobody who listens to it (None)."""

    topic: str
    reason: str | None


@dataclass(frozen=True)
class Closed:
    """The client was closed."""


Happening = Said | Status | Up | Down | NotTaken | Closed


@dataclass(frozen=True)
class _Out:
    topic: str
    payload: bytes
    asker: str | None
    reply_to: str | None
    expiry_s: int | None


class Desk:
    """The connection and the list of who waits for what.

    ``link``: not started yet. ``reply_to``: the topic below which answers come, a level for each device.
    """

    def __init__(self, link: Transport, reply_to: str) -> None:
        self._reply_to = reply_to
        self.fleet = Fleet()
        self.lock = threading.Lock()  # of the fleet and all that follows
        self.up = False
        self.ever_up = False
        self.closed = False
        self.down = Down("not connected yet" if link.remedy else f"{link!r}: nobody has answered yet", refused=False)
        self._waiting: dict[str, Callable[[Happening], None]] = {}
        self._out: deque[_Out] = deque()
        self._under_way: dict[tuple[int, int], _Out] = {}
        self._window = 0
        self._watched: set[str] = set()
        self._watching_all = False
        self._watch_since = math.inf  # that the broker has known it
        self._link = link
        self._events: Any = self._link.events
        self._thread = threading.Thread(target=self._serve, name="edge-client", daemon=True)
        self._thread.start()
        self._link.start()

    @property
    def reply_to(self) -> str | None:
        """What a request gives as its reply topic; None where there is only one way back."""
        return None if self.cable else self._reply_to

    @property
    def cable(self) -> bool:
        """Whether the connection leads to a single device."""
        return self._link.address is not None

    @property
    def device(self) -> str | None:
        """The device at the other end of a cable, once it has answered."""
        return getattr(self._link, "device", None)

    @property
    def where(self) -> str:
        """The broker's URL or the port, without secrets."""
        return repr(self._link)

    @property
    def remedy(self) -> str:
        """What to look at when there is no connection."""
        return self._link.remedy

    def register(self, question_id: str, deliver: Callable[[Happening], None]) -> None:
        """From now on ``deliver`` hears what concerns this question. To be called before it is published."""
        with self.lock:
            self._waiting[question_id] = deliver

    def forget(self, question_id: str) -> None:
        """Nobody waits for this question any more."""
        with self.lock:
            self._waiting.pop(question_id, None)
            self._out = deque(out for out in self._out if out.asker != question_id)

    def ask(self, question: Question, device: str) -> bool:
        """Publish a question to a device; False without a connection. One that is still on its way is not sent twice.

        Raises :class:`edge.errors.RequestRefused` for one that the broker would end the connection over.
        """
        left = max(0.001, question.deadline - time.monotonic())
        payload = encode(question.request(left).to_json())
        topic = DeviceTopics(device).prompt
        if not self._link.fits(topic, payload, question.id.encode()):
            line = f"the question has {len(payload)} bytes, more than {self.where} takes; send less text"
            raise RequestRefused(line, "too_large", device)
        out = _Out(topic, payload, question.id, question.reply_to, max(1, math.ceil(left)))
        with self.lock:
            return self._on_its_way(question, topic) or self._send(out)

    def arriving(self, question: Question, device: str) -> bool:
        """Whether a cable is still busy with a question: long ones take their time on slow lines."""
        with self.lock:
            return self.cable and self._on_its_way(question, DeviceTopics(device).prompt)

    def _on_its_way(self, question: Question, topic: str) -> bool:
        return any(out.asker == question.id and out.topic == topic for out in (*self._out, *self._under_way.values()))

    def cancel(self, question: Question, device: str) -> None:
        """Tell a device that nobody waits for this question any more."""
        left = max(1, math.ceil(question.deadline - time.monotonic()))
        with self.lock:
            self._send(_Out(DeviceTopics(device).cancel, encode({"id": question.id}), None, None, left))

    def watch(self, device: str) -> None:
        """Follow one device's status."""
        with self.lock:
            if device in self._watched or self._watching_all:
                return
            self._watched.add(device)
        self._link.subscribe([DeviceTopics(device).status])

    def watch_all(self) -> None:
        """Follow the whole fleet. Of 10,000 retained messages a broker's queues hold the QoS 0 ones only."""
        with self.lock:
            if self._watching_all:
                return
            self._watching_all = True
        self._link.subscribe(ALL_STATUS, qos=0)

    def settled(self) -> bool:
        """Whether the fleet's retained messages, which no broker counts for us, seem to be complete."""
        with self.lock:
            if not self.up:
                return False
            now = time.monotonic()
            since = now - self._watch_since
            return since > _LONGEST_SETTLE_S or (since > _QUIET_S and now - self.fleet.changed > _QUIET_S)

    def close(self) -> None:
        """End; whoever still waits is told."""
        with self.lock:
            if self.closed:
                return
            self.closed = True
        end = time.monotonic() + _CLOSE_S
        while self._busy() and time.monotonic() < end:  # the last cancel should still get through
            time.sleep(0.01)
        self._link.stop()
        self._events.put(None)
        self._thread.join()
        self._tell_all(Closed())

    def _busy(self) -> bool:
        with self.lock:
            return self.up and bool(self._out or self._under_way)

    # --- out ---

    def _send(self, out: _Out) -> bool:
        if not self.up:
            return False
        self._out.append(out)
        self._pump()
        return True

    def _pump(self) -> None:
        while self._out and len(self._under_way) < self._window:
            out = self._out[0]
            number = self._link.publish(
                out.topic,
                out.payload,
                correlation=out.asker.encode() if out.asker else None,
                reply_to=out.reply_to,
                expiry_s=out.expiry_s,
            )
            if number is None:  # the connection has just gone; Disconnected follows
                return
            self._out.popleft()
            self._under_way[number] = out

    # --- in ---

    def _serve(self) -> None:
        while (event := self._events.get()) is not None:
            self._handle(event)

    def _handle(self, event: Event) -> None:
        if isinstance(event, Message):
            self._message(event)
            self._link.ack(event)
        elif isinstance(event, Connected):
            with self.lock:
                self._under_way.clear()
                self._window = event.window
                self.up = self.ever_up = True
                if self._watching_all:
                    self._watch_since = time.monotonic()  # a new session: all is sent again
            if event.refused:
                reason = f"it does not let this client read {event.refused[0]}; choose a name= that its rules allow"
                self._tell_all(Down(reason, refused=True))
            else:
                self._tell_all(Up())
        elif isinstance(event, Disconnected):
            with self.lock:
                self.up = False
                self._out.clear()
                self._under_way.clear()
                self.down = Down(event.reason, event.refused)
            self._tell_all(self.down)
        elif isinstance(event, Subscribed):
            if ALL_STATUS[0] in event.topics:
                with self.lock:
                    self._watch_since = time.monotonic()
        elif isinstance(event, Published):
            with self.lock:
                out = self._under_way.pop(event.number, None)
                deliver = self._waiting.get(out.asker) if out and out.asker else None
                self._pump()
            if out and deliver and (event.reason or event.unheard):
                self._tell(deliver, NotTaken(out.topic, event.reason))

    def _message(self, message: Message) -> None:
        if not message.topic.startswith(self._reply_to + "/"):
            with self.lock:
                device = self.fleet.take(message.topic, message.payload, retained=message.retained)
            if device:
                self._tell_all(Status(device))
            return
        try:
            said = json.loads(message.payload)
        except (ValueError, RecursionError):
            return
        if not isinstance(said, dict):
            return
        # An error about a request that could not even be read has no id; the correlation data knows it.
        question = said.get("id")
        if not isinstance(question, str):
            question = (message.correlation or b"").decode(errors="replace")
        device_name = message.topic[len(self._reply_to) + 1 :]
        with self.lock:
            self.fleet.heard(device_name)
            deliver = self._waiting.get(question)
        if deliver:
            self._tell(deliver, Said(device_name, said))

    def _tell_all(self, happening: Happening) -> None:
        with self.lock:
            waiting = list(self._waiting.values())
        for deliver in waiting:
            self._tell(deliver, happening)

    @staticmethod
    def _tell(deliver: Callable[[Happening], None], happening: Happening) -> None:
        try:
            deliver(happening)
        except RuntimeError:  # an event loop that was closed with questions open
            logging.getLogger("edge.client").debug("nobody listens any more")
