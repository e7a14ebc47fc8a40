"""What both ends of a cable do: keep one port open, with a session (:mod:`.session`) on it.

Two threads: one reads, one writes, so that a line that takes nothing keeps nobody but the writer. A port that is gone
is opened again as soon as it is back, by its name below ``/dev/serial/by-id`` where it has one, and everything begins
with a new handshake; what was owed is still owed.
"""

from __future__ import annotations

import logging
import queue
import termios
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devices.ports import PortError, open_port, stable_name

from .events import Connected, Disconnected, Event, Message, Published, Subscribed
from .letters import Closed, Delivered, Got, Happening, Letter, Opened
from .session import Session
from .topics import CABLE

if TYPE_CHECKING:
    from serial import Serial

__all__ = ["WINDOW", "Cable"]

_LOG = logging.getLogger("edge.serial")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_READ_S = 1.0  # how long a read waits; a port that cannot be woken up is given up that much later
_FLUSH_S = 1.0
WINDOW = 20  # messages that are on their way at most


class Cable(ABC):
    """What both ends have in common. ``name``: the port; ``baud``: its speed."""

    def __init__(self, name: str, baud: int, session: Session) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.address: str | None = None
        self.remedy = ""  # what goes wrong with a cable is said with its own
        self._name = name
        self._baud = baud
        self._session = session
        self._number = 0
        self._under_way: dict[int, tuple[int, int]] = {}  # the session's numbers of messages, and ours
        self._epoch = 0
        self._stopping = False
        self._broken: str | None = None
        self._writing = False
        self._changed = threading.Condition()  # its lock is of all that is here
        self._thread = threading.Thread(target=self._keep_up, name="edge-serial", daemon=True)

    def __repr__(self) -> str:
        return f"{CABLE}{self._name}@{self._baud}"

    def start(self) -> None:
        """Begin to open the port; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye and close the port."""
        with self._changed:
            self._session.close()
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(10)

    def subscribe(self, topics: Sequence[str], qos: int = 1) -> None:  # noqa: ARG002 - a transport's method
        """Nothing to do: whoever is at the other end sends what there is."""
        self.events.put(Subscribed(tuple(topics), self))

    @abstractmethod
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
    ) -> tuple[int, int] | None:
        """Hand a message over; its number, which comes back in :class:`Published`, or None if it cannot be sent now."""

    def fits(self, topic: str, payload: bytes, correlation: bytes | None = None) -> bool:  # noqa: ARG002 - the same
        """Whether the other end takes a message so large."""
        peer = self._session.peer
        return peer is None or len(payload) <= peer.largest

    def ack(self, message: Message) -> None:
        """Make room for another message."""
        with self._changed:
            if message.handle[0] == self._epoch:
                self._session.taken()
                self._changed.notify_all()

    # --- the port ---

    def _keep_up(self) -> None:
        wait, said = _FIRST_WAIT, ""
        while not self._stopping:
            try:
                # A name by id, once it is known: plugged in again the port may be another ttyUSB.
                port = open_port(stable_name(self._name), self._baud)
            except PortError as error:
                if str(error) != said:
                    said = str(error)
                    _LOG.warning("%s", said)
                    self._tell(Disconnected(said, link=self))
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, wait)
                wait = min(2 * wait, _LONGEST_WAIT)
                continue
            wait, said = _FIRST_WAIT, ""
            if "://" not in self._name:
                self._name = stable_name(self._name)
            try:
                with port:
                    reason = f"{self._name}: {self._serve(port)}"
            except (OSError, termios.error) as error:  # unplugged while it was being set up or closed
                reason = f"{self._name}: {error}"
            if not self._stopping:
                _LOG.warning("%s", reason)
                self._tell(Disconnected(reason, link=self))
                with self._changed:  # one that breaks as soon as it is open must not fill the log
                    self._changed.wait_for(lambda: self._stopping, wait)

    def _serve(self, port: Serial) -> str:
        """Read until the port is gone or :meth:`stop`; returns why."""
        port.timeout = _READ_S
        _LOG.info("%r: open", self)
        with self._changed:
            self._broken, self._writing = None, True
            self._opened()
        writer = threading.Thread(target=self._write, args=(port,), name="edge-serial-out", daemon=True)
        writer.start()
        try:
            while self._writing:
                data = port.read(1)
                if data and (more := port.in_waiting):
                    data += port.read(more)
                if data:
                    with self._changed:
                        self._read(data)
                        self._changed.notify_all()
        except OSError:
            unplugged = "://" in self._name or not Path(self._name).exists()
            self._break(
                "unplugged" if unplugged else "its bytes are gone; does another program read there, or a login?"
            )
        except Exception:  # noqa: BLE001 - whatever it is, the port is opened again
            _LOG.exception("%r: the reader has failed", self)
            self._break("an error of ours; the log has it")
        finally:
            writer.join()
            with self._changed:
                self._forget()
        return self._broken or "closed"

    def _break(self, reason: str) -> None:
        with self._changed:
            self._broken = self._broken or reason
            self._changed.notify_all()

    def _write(self, port: Serial) -> None:
        try:
            self._write_until_broken(port)
        except OSError as error:
            # One that takes nothing any more (flow control, a pty that nobody reads) is no different.
            self._break(f"it takes no more bytes ({error})")
        except Exception:  # noqa: BLE001 - whatever it is, the reader must not wait for us
            _LOG.exception("%r: the writer has failed", self)
            self._break("an error of ours; the log has it")
        finally:
            self._writing = False  # the reader goes on as long as this says so
        if hasattr(port, "cancel_read"):
            port.cancel_read()

    def _write_until_broken(self, port: Serial) -> None:
        step = max(16, self._baud // 10)  # a second's worth: a slow line is no stuck one
        end = float("inf")
        while self._broken is None:
            with self._changed:
                data, happened = self._next_bytes()
                for event in happened:
                    self._happened(event)
                if not data:
                    if self._stopping:
                        break
                    self._changed.wait(max(0.0, min(60.0, self._session.deadline() - time.monotonic())))
                    continue
            if self._stopping:
                end = min(end, time.monotonic() + _FLUSH_S)
            for start in range(0, len(data), step):
                if time.monotonic() > end:
                    break
                port.write(data[start : start + step])

    def _next_bytes(self) -> tuple[bytes, list[Happening]]:
        return self._session.outgoing(time.monotonic())

    def _forget(self) -> None:
        """The port is gone, and all that was on its way with it."""
        self._session.close()
        self._session.outgoing(time.monotonic())
        self._under_way.clear()
        self._epoch += 1

    def _tell(self, event: Event) -> None:
        self.events.put(event)

    @abstractmethod
    def _opened(self) -> None:
        """The port is open; the caller holds the lock."""

    def _read(self, data: bytes) -> None:
        for event in self._session.receive(data, time.monotonic()):
            self._happened(event)

    def _happened(self, event: Happening) -> None:
        if isinstance(event, Opened):
            self._under_way.clear()
            self._epoch += 1
            _LOG.info("%r: %s is there", self, event.peer.name or "an asker without a name")
            self._tell(Connected(WINDOW, resumed=False, link=self))
        elif isinstance(event, Delivered):
            number = self._under_way.pop(event.number, None)
            if number is not None:
                self._tell(Published(number, link=self))
        elif isinstance(event, Got):
            message = self._message(event)
            if message is not None:
                self._tell(message)
            else:
                self._session.taken()
        else:
            self._under_way.clear()
            self._closed(event)

    @abstractmethod
    def _message(self, got: Got) -> Message | None:
        """What a letter is for our owner; None for one of a later version."""

    @abstractmethod
    def _closed(self, event: Closed) -> None:
        """The session is over, while the port is there."""

    def _received(self, topic: str, payload: bytes, reply_to: str | None, correlation: bytes | None) -> Message:
        return Message(topic, payload, False, reply_to, correlation, None, None, (self._epoch, 0, 1), self)  # noqa: FBT003

    def _send(self, letter: Letter) -> tuple[int, int] | None:
        """Give a letter to the session; the caller holds the lock."""
        sent = self._session.send(letter)
        if sent is None:
            return None
        self._number += 1
        number = self._under_way[sent] = (self._epoch, self._number)
        self._changed.notify_all()
        return number

    def _at_once(self) -> tuple[int, int]:
        """The number of a message that counts as delivered already."""
        self._number += 1
        number = (self._epoch, self._number)
        self._tell(Published(number, link=self))
        return number
