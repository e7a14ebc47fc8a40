"""Telling systemd how it goes: ready, what we do, and that the work loop is alive (sd_notify(3))."""

from __future__ import annotations

import contextlib
import os
import socket
import time

__all__ = ["Notifier", "passed_files"]

_IDLE_S = 5.0  # between two signs of life where no watchdog wants them more often
_FIRST_PASSED = 3
_LOADING_S = 60  # that a service manager shall wait for the next word while a model is read from a slow card


class Notifier:
    """Sends to ``$NOTIFY_SOCKET``; does nothing where no service manager listens.

    ``every_s``: how often :meth:`alive` must be called for the watchdog, where there is one, to hear of it in time.
    """

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]  # an abstract socket
        self._watchdog_s = _watchdog_s()
        self._next = 0.0
        self.every_s = min(_IDLE_S, self._watchdog_s / 4) if self._watchdog_s else _IDLE_S

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # A service manager that went away is no reason to stop answering.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(text.encode(), self._address)

    def loading(self, text: str) -> None:
        """Not ready yet, and on the way there: more time, please."""
        self._send(f"STATUS={text}\nEXTEND_TIMEOUT_USEC={_LOADING_S * 1_000_000}")

    def ready(self) -> None:
        """The model is loaded and the loop runs."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send(f"STATUS={text}")

    def alive(self) -> None:
        """The work loop has come round. Thousands of times a second, of which the watchdog hears four in its time."""
        if not self._watchdog_s or (now := time.monotonic()) < self._next:
            return
        self._next = now + self.every_s
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """We are about to end."""
        self._send("STOPPING=1")


def passed_files() -> dict[str, int]:
    """Files that the service manager opened for this very process, by their names (sd_listen_fds(3))."""
    count, pid = os.environ.get("LISTEN_FDS", ""), os.environ.get("LISTEN_PID", "")
    if not count.isdecimal() or pid != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return {name: _FIRST_PASSED + i for i, name in enumerate(names[: int(count)])}


def _watchdog_s() -> float | None:
    """The watchdog's patience in seconds, if one watches this very process (sd_watchdog_enabled(3))."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not usec.isdecimal() or int(usec) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 1e6
