"""One command on a board: an exec channel, with limits to what it may say and how long it may take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import paramiko

from edge.errors import BoardUnreachable, DeployError

__all__ = ["Command", "Finished"]

#: (exit status, standard output, standard error); a status of -1 is none: it was killed.
Finished = tuple[int, bytes, bytes]

_PIECE = 64 << 10
_GLANCE_S = 0.25  # how often we look at standard error while nothing comes on standard output
_AFTERMATH_S = 1.0
_MOST_ERRORS = 64 << 10
_MOST_LINE = 4 << 20


class Command:
    """``why_gone`` says, once the connection is gone, why: it makes the error that is raised then."""

    def __init__(self, channel: paramiko.Channel, why_gone: Callable[[], BoardUnreachable]) -> None:
        self._channel = channel
        self._why_gone = why_gone
        self._buffer = bytearray()
        self._errors = bytearray()
        self.packet = max(1024, channel.out_max_packet_size - 64)  # what one packet holds

    def send(self, data: bytes | memoryview, timeout_s: float) -> None:
        """Write to its standard input. Raises BoardUnreachable, BrokenPipeError where the command has ended."""
        view = memoryview(data)
        try:
            self._channel.settimeout(timeout_s)
            while view:
                count = self._channel.send(view[: self.packet])  # a slice, not the whole: Paramiko copies what it gets
                if count == 0:
                    raise BrokenPipeError
                view = view[count:]
        except TimeoutError:
            self.close()
            raise
        except (OSError, EOFError, paramiko.SSHException) as error:
            if self._gone():
                raise self._why_gone() from error
            raise BrokenPipeError("the command has ended") from error

    def end_input(self) -> None:
        """Let it read the end of its standard input."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.shutdown_write()

    @property
    def waiting(self) -> bool:
        """Whether something has come on standard output."""
        return bool(self._buffer) or self._channel.recv_ready() or self._channel.eof_received or self._channel.closed

    def receive(self, timeout_s: float) -> bytes:
        """Whatever comes next on standard output, b"" at its end. Raises TimeoutError, BoardUnreachable."""
        if self._buffer:
            kept = bytes(self._buffer)
            self._buffer.clear()
            return kept
        end = time.monotonic() + timeout_s
        while True:
            self._take_errors()
            left = end - time.monotonic()
            try:
                self._channel.settimeout(max(0.0, min(left, _GLANCE_S)))
                data: bytes = self._channel.recv(_PIECE)
            except TimeoutError:
                if left <= 0:
                    raise
                continue
            if not data and self._gone():
                raise self._why_gone()
            return data

    def line(self, timeout_s: float) -> bytes | None:
        """The next line of standard output without its end, None at the end of all. Raises as :meth:`receive` does."""
        end = time.monotonic() + timeout_s
        looked = 0
        buffer = bytearray()
        while (at := buffer.find(b"\n", looked)) < 0:
            looked = len(buffer)
            if looked > _MOST_LINE:
                raise DeployError("the board sends a line without an end")
            try:
                data = self.receive(max(0.0, end - time.monotonic()))
            except TimeoutError:
                self._buffer[:0] = buffer
                raise
            if not data:
                return bytes(buffer) or None
            buffer += data
        self._buffer[:0] = buffer[at + 1 :]
        return bytes(buffer[:at])

    def lines(self, silence_s: float) -> Iterator[bytes]:
        """All its lines to the end."""
        while (line := self.line(silence_s)) is not None:
            yield line

    def finish(self, timeout_s: float, most: int) -> Finished:
        """Read all to its end. Raises TimeoutError; DeployError for more than ``most`` bytes of output."""
        end = time.monotonic() + timeout_s
        output = bytearray()
        while data := self.receive(max(0.0, end - time.monotonic())):
            output += data
            if len(output) > most:
                raise DeployError(f"the board answers with more than {most:,} bytes where few were expected")
        return self.status(max(0.0, end - time.monotonic())), bytes(output), self.errors

    def status(self, timeout_s: float) -> int:
        """Its exit status; -1 if it was killed, or does not end in time. Raises BoardUnreachable."""
        self._channel.status_event.wait(timeout_s)
        self._take_errors()
        status = int(self._channel.exit_status)
        if status < 0 and self._gone():
            raise self._why_gone()
        return status

    @property
    def errors(self) -> bytes:
        """The end of what it has written to standard error."""
        self._take_errors()
        return bytes(self._errors)

    def _take_errors(self) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            while self._channel.recv_stderr_ready():
                self._errors += self._channel.recv_stderr(_PIECE)
                del self._errors[:-_MOST_ERRORS]

    def _gone(self) -> bool:
        """Whether the connection has ended and not just the command: channels are told a moment before their hosts."""
        transport = self._channel.get_transport()
        if not self._channel.eof_received and self._channel.exit_status < 0:
            transport.join(_AFTERMATH_S)
        return not transport.is_active()

    def close(self) -> None:
        """Hang up: it gets SIGHUP at best, and the end of its input."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()
