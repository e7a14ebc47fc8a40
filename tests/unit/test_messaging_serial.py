"""The ends of a cable, without one: what a reset asker hears, and what becomes of a port that breaks at once."""

from __future__ import annotations

import termios
import threading
import time
from typing import Any

import pytest

from edge.messaging import cable
from edge.messaging.events import Message
from edge.messaging.letters import Got, Happening, Hello, Letter
from edge.messaging.serial import SerialDevice
from edge.messaging.session import Session


def _calls() -> Session:
    asker = Session(asks=True, hello=Hello("asker"))
    asker.call(time.monotonic())
    return asker


def _speak(device: SerialDevice, asker: Session) -> list[Happening]:
    device._read(asker.outgoing(time.monotonic())[0])
    return asker.receive(device._next_bytes()[0], time.monotonic())


def test_an_answer_to_an_earlier_session_has_no_tag_in_the_new_one() -> None:
    device = SerialDevice("/dev/none", device="kitchen")
    old, new = _calls(), _calls()
    for _ in range(3):
        _speak(device, old)
    old.send(Letter("P", 1, b"question"))
    # In one read, as after a reset.
    device._read(old.outgoing(time.monotonic())[0] + new.outgoing(time.monotonic())[0])
    new.receive(device._next_bytes()[0], time.monotonic())
    events = [device.events.get() for _ in range(device.events.qsize())]
    (asked,) = (event for event in events if isinstance(event, Message))
    device.publish(device.address or "", b"late", correlation=asked.correlation)
    (got,) = (event for event in _speak(device, new) if isinstance(event, Got))
    assert got.letter == Letter("A", 0, b"late")


class _Port:
    """One that breaks as soon as it is used: by ``error``."""

    def __init__(self, error: Exception, where: str) -> None:
        self._error, self._where = error, where

    def __enter__(self) -> _Port:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "timeout" and self._where == "timeout":
            raise self._error
        super().__setattr__(name, value)

    def read(self, _: int) -> bytes:
        if self._where == "read":
            raise self._error
        time.sleep(0.01)
        return b""

    def write(self, _: bytes) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (OSError(5, "gone"), "timeout"),
        (termios.error(5, "gone"), "timeout"),
        (ValueError("a bug"), "read"),
        (ValueError("a bug"), "write"),
    ],
)
def test_a_port_that_breaks_is_opened_again(monkeypatch: pytest.MonkeyPatch, error: Exception, where: str) -> None:
    again, opened = threading.Event(), []

    def open_port(*_: object) -> _Port:
        opened.append(1)
        if len(opened) > 1:
            again.set()
        return _Port(error, where)

    monkeypatch.setattr(cable, "open_port", open_port)
    device = SerialDevice("nowhere://", device="kitchen")
    if where == "write":
        monkeypatch.setattr(device, "_next_bytes", lambda: (b"x", []))
    device.start()
    assert again.wait(30)
    device.stop()
    assert not device._thread.is_alive()
