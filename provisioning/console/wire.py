"""A serial console as somebody at a terminal has it: what stands there, and typing. With a record free of secrets."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable
from typing import Protocol

from edge.errors import BoardUnreachable

__all__ = ["SerialPort", "Wire", "shown"]

# Colours, cursor moves, window titles, bracketed paste; and the two-character ones.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]")
# The kernel and systemd write where somebody is being asked something: their lines are taken out, and the question is
# the last thing again.
_NOISE = re.compile(r"(?:\[ *\d+\.\d{6}\]|\[(?:  OK  |FAILED|DEPEND| WARN | INFO | TIME |[ *]{6})\])[^\n]*\n")
_MOST = 64 << 10


class SerialPort(Protocol):
    """What is needed of pyserial's ports. ``read`` returns after a tenth of a second with what there is."""

    def read(self, size: int, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...


def shown(text: str) -> str:
    """What of a board's output a person would see: no escape sequences, no lines of the kernel or of systemd."""
    plain = _ESCAPES.sub("", text).replace("\r\n", "\n")
    plain = "".join(c for c in plain.replace("\r", "\n") if c in "\n\t" or c.isprintable())
    return _NOISE.sub("", plain)


class Wire:
    """``name``: of the port, for messages. ``port``: opened. Every method raises BoardUnreachable when it is gone."""

    def __init__(self, port: SerialPort, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        #: What was said since :meth:`forget`, escape sequences and noise included.
        self.text = ""
        #: Bytes heard so far, and how many of them no text has.
        self.heard = 0
        self.odd = 0
        #: While this is on, what comes does not belong into the transcript: frames, not words.
        self.quiet = False
        self._port = port
        self._clock = clock
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._said: list[str] = []
        self._secrets: list[str] = []

    def read(self) -> bytes:
        """What has come, waiting for a tenth of a second if nothing has."""
        try:
            data = self._port.read(1)
            if data and (more := getattr(self._port, "in_waiting", 0)):
                data += self._port.read(min(more, 4096))
        except (OSError, TypeError) as error:  # the second: pyserial, closed under its reader
            raise BoardUnreachable(f"{self.name} is gone ({error}); plug it in again and repeat the command") from error
        if not data:
            return b""
        self.heard += len(data)
        text = self._decoder.decode(data)
        self.odd += sum(c == "\N{REPLACEMENT CHARACTER}" or (ord(c) < 32 and c not in "\r\n\t\b\a\x1b") for c in text)
        self.text = (self.text + text)[-_MOST:]
        if not self.quiet:
            self._said.append(text)
        return data

    def write(self, data: bytes) -> None:
        """Send bytes, never faster than the line takes them."""
        try:
            while data:
                count = self._port.write(data[:256])
                data = data[256 if count is None else count :]
        except OSError as error:
            raise BoardUnreachable(f"{self.name} takes nothing ({error}); is the board still there?") from error

    def type(self, line: str, *, secret: bool = False) -> None:
        """Type a line and press Enter. What was said before is forgotten."""
        if secret and line and line not in self._secrets:
            self._secrets.append(line)
        self.forget()
        self.write(line.encode() + b"\r")

    def forget(self) -> None:
        """Take all that stands there for read."""
        self.text = ""

    def note(self, line: str) -> None:
        """Put a line of our own into the transcript."""
        self._said.append(f"\n[edge: {line}]\n")

    @property
    def last(self) -> str:
        """The line that is not finished: a question, or nothing."""
        return shown(self.text).rpartition("\n")[2]

    def tail(self, lines: int = 3) -> str:
        """The last lines that hold something, on one line and without secrets, for messages."""
        said = [" ".join(line.split()) for line in self.struck(shown(self.text)).splitlines() if line.strip()]
        return " / ".join(said[-lines:])[-300:]

    def struck(self, text: str) -> str:
        """The text with every secret in it replaced."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def transcript(self) -> str:
        """All that was said and shown, as a person would have seen it, without secrets."""
        plain = _ESCAPES.sub("", "".join(self._said)).replace("\r", "")
        return self.struck("".join(c for c in plain if c in "\n\t" or c.isprintable()))

    def wait(self, wanted: Callable[[], bool], seconds: float) -> bool:
        """Read until ``wanted()``, or for so long. Whether it came true."""
        end = self._clock() + seconds
        while not wanted():
            if self._clock() > end:
                return False
            self.read()
        return True

    def settle(self, seconds: float) -> None:
        """Read until nothing has come for a quarter of a second, for so long at most."""
        end = self._clock() + seconds
        still = 0
        while still < 3 and self._clock() < end:
            still = 0 if self.read() else still + 1
