"""What Paramiko takes for a socket: the real one, or a channel through another host, with a limit to its patience.

Paramiko waits for ever for a host that neither takes nor sends anything, and its keepalives ask for no answer.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from typing import Protocol

import paramiko

__all__ = ["Line", "Stream", "dial", "through_command"]

#: The host is asked for a sign of life after so many seconds without one …
_ASK_S = 10.0
#: … and given up after so many. A busy board may be slow, but its sshd answers.
SILENCE_S = 45.0


class Stream(Protocol):
    """A socket, as far as Paramiko needs one."""

    def send(self, data: bytes, /) -> int: ...
    def recv(self, count: int, /) -> bytes: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def close(self) -> None: ...


class Line:
    """A stream that counts its bytes and fails when nothing moves for :data:`SILENCE_S`.

    ``end`` is called once, at :meth:`close`.
    """

    def __init__(self, stream: Stream, process: subprocess.Popen[bytes] | None = None) -> None:
        self._stream = stream
        self._process = process
        self._moved = time.monotonic()
        self._heard = time.monotonic()
        self._closed = False  # Paramiko looks at it
        self.sent = 0
        self.received = 0
        self.silent = False
        if isinstance(stream, socket.socket) and stream.family in {socket.AF_INET, socket.AF_INET6}:
            # A request and its answer are small: none is to wait for the acknowledgement of the one before.
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError, AttributeError):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENCE_S * 1000))

    def send(self, data: bytes) -> int:
        """Send some of it. Raises OSError after too long a standstill."""
        try:
            count = self._stream.send(data)
        except TimeoutError:
            if time.monotonic() - self._moved > SILENCE_S:
                self.silent = True
                raise ConnectionAbortedError("the other side takes nothing") from None
            raise
        self._moved = time.monotonic()
        self.sent += count
        return count

    def recv(self, count: int) -> bytes:
        data = self._stream.recv(count)
        self._moved = self._heard = time.monotonic()
        self.received += len(data)
        return data

    def settimeout(self, seconds: float | None) -> None:
        self._stream.settimeout(seconds)

    def getpeername(self) -> object:
        return self._stream.getpeername() if isinstance(self._stream, socket.socket) else ("", 0)

    def close(self) -> None:
        """Close it; a proxy command ends with it."""
        self._closed = True
        self._stream.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def watch(self, transport: paramiko.Transport) -> None:
        """Ask the host for signs of life from now on, and close the line when none comes."""

        def ask() -> None:
            if time.monotonic() - self._heard > SILENCE_S:
                self.silent = True
                transport.close()
                return
            if not transport.clear_to_send.is_set():
                return  # new keys are being agreed upon, by this very thread: it must not wait for itself
            message = paramiko.Message()
            message.add_byte(paramiko.common.cMSG_GLOBAL_REQUEST)
            message.add_string("keepalive@openssh.com")
            message.add_boolean(True)  # noqa: FBT003 - an answer is wanted: that is what Paramiko's own leaves out
            transport._send_user_message(message)  # noqa: SLF001 - its only way to say this

        transport.packetizer.set_keepalive(_ASK_S, ask)


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to whichever of the host's addresses answers. Raises OSError."""
    return socket.create_connection((host, port), timeout)


def through_command(command: str) -> Line:
    """Start a ProxyCommand: its standard input and output are the connection.

    Both are one end of a pair of sockets: Paramiko's own class polls pipes, and spins when the command has ended.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(["/bin/sh", "-c", f"exec {command}"], stdin=theirs.fileno(), stdout=theirs.fileno())
    return Line(ours, process)
