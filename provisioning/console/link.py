"""From a shell on a console to requests and answers: brings aboard.py there and speaks with it."""

from __future__ import annotations

import base64
import contextlib
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from edge.errors import BoardUnfit, BoardUnreachable, SudoRefused

from . import aboard
from .getty import Asks, asks
from .wire import Wire, shown

__all__ = ["Link", "link"]

# Typed into whatever shell there is, so only what all of them read alike. The product tells the answer from the echo of
# the question; what follows is read by Python itself, without a shell's editing and history. The alarms end a Python of
# root's that nobody speaks to any more.
_COMMAND = (
    ' sh -c \'test $(id -u) = 0 || set -- sudo -p "edge-sudo: "; '
    'exec "$@" python3 -Iuc "import signal;signal.alarm(60);print(271828*314159);exec(input())"\''
)
_STARTED = str(271828 * 314159)
_SUDO = "edge-sudo: "
# Lines shorter than the 4095 bytes that a terminal keeps, each answered before the next: no flow control needed.
_LOADER = (
    "import signal as s,termios as t,zlib,binascii as b\n"
    "def q(*_): raise SystemExit\n"
    "s.signal(s.SIGALRM,q)\n"
    "s.signal(s.SIGINT,q)\n"
    "a=t.tcgetattr(0)\n"
    "p=l=''\n"
    "try:\n"
    " a[3]&=~t.ECHO\n"
    " t.tcsetattr(0,2,a)\n"
    " while l!='.':\n"
    "  p+=l\n"
    "  s.alarm(60)\n"
    "  print('\\n+%d+'%len(p))\n"
    "  l=input()\n"
    "finally:\n"
    " a[3]|=t.ECHO\n"
    " t.tcsetattr(0,2,a)\n"
    "exec(zlib.decompress(b.a2b_base64(p)),{'__name__':'__main__'})"
)
_LINE = 512
_START_S = 60.0
_ANSWER_S = 10.0
_BYES = 4
_BYE_S = 3.0


class Link:
    """A conversation with aboard.py. :func:`link` makes it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._number = 0

    def ask(self, operation: str, arguments: Mapping[str, Any] | None = None, *, within_s: float = 60.0) -> Any:
        """Have one of aboard.OPERATIONS done, once, and return its result. Raises BoardUnreachable."""
        self._number += 1
        request = aboard.packed({"id": self._number, "do": operation, "with": dict(arguments or {})}) + b"\n"
        end = time.monotonic() + within_s + _ANSWER_S
        # What was done is not done again: the board answers a number that it knows from memory.
        while time.monotonic() < end:
            self._wire.forget()
            self._wire.write(request)
            answer = self._answer(time.monotonic() + _ANSWER_S)
            if answer is not None:
                return answer
        raise BoardUnreachable(f"{self._wire.name}: the board does not answer any more; repeat the command")

    def _answer(self, end: float) -> Any:
        """The result, or None where the line was silent or damaged for too long."""
        wire = self._wire
        while time.monotonic() < end:
            *whole, _ = wire.text.split("\n")
            for line in (line.strip("\r") for line in whole):
                try:
                    answer = aboard.unpacked(line.encode())
                except ValueError:
                    if line.startswith(("~", "-")):
                        return None  # damaged on its way here, or there
                    continue
                # Not the request, which a terminal may echo.
                if answer.get("id") == self._number and "is" in answer:
                    return answer["is"]
            wire.read()
        return None

    def bye(self) -> None:
        """End the conversation, and have it acknowledged: what is typed next is a shell's to read."""
        self._number += 1
        wire, ack = self._wire, f"\n+{self._number}\n"
        for _ in range(_BYES):
            wire.forget()
            wire.write(aboard.packed({"id": self._number, "do": "bye", "with": {}}) + b"\n")
            # The acknowledgement may be what the line damaged.
            if wire.wait(lambda: ack in shown(wire.text) or asks(wire.last) is Asks.COMMAND, _BYE_S):
                return


@contextlib.contextmanager
def link(wire: Wire, password: Callable[[], str | None]) -> Iterator[Link]:
    """Start the board program as root from the shell that is on the wire, and end it afterwards.

    ``password``: asked for sudo, where that wants one. Raises SudoRefused, BoardUnfit, BoardUnreachable.
    """
    _start(wire, password)
    made = Link(wire)
    wire.quiet = True
    try:
        try:
            _load(wire)
        except BaseException:
            with contextlib.suppress(BoardUnreachable):
                _unload(wire)
            raise
        try:
            yield made
        finally:
            with contextlib.suppress(BoardUnreachable):
                made.bye()
                wire.settle(3.0)
    finally:
        wire.quiet = False


def _start(wire: Wire, password: Callable[[], str | None]) -> None:
    """Have Python run as root."""
    wire.type(_COMMAND)
    tried = False
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        wire.wait(lambda: _running(wire) or wire.last == _SUDO, 1.0)
        if _running(wire):
            return
        said = shown(wire.text)
        if tried and re.search(r"\n(?:Sorry, try again|[^\n]*incorrect password)", said):
            wire.write(b"\x03")
            wire.settle(2.0)
            raise SudoRefused(f"{wire.name}: sudo on the board refuses the password; nothing was changed there")
        if wire.last == _SUDO:
            secret = password()
            if not secret:
                wire.write(b"\x03")
                wire.settle(2.0)
                raise SudoRefused(f"{wire.name}: sudo on the board wants a password; give --login-password-file")
            wire.settle(1.0)
            if wire.last == _SUDO:  # still, and not its shell's prompt, which shows what is typed
                wire.type(secret, secret=True)
                tried = True
            end = time.monotonic() + _START_S
        if found := re.search(
            r"[^\n]*(?:not found|not in the sudoers|may not run sudo|Sorry, user|No module)[^\n]*", said
        ):
            line = wire.struck(found[0]).strip()  # a shell may have got what was meant for sudo
            raise BoardUnfit(f"{wire.name}: the board needs python3, and sudo or a login as root: {line}")
    raise BoardUnfit(f"{wire.name}: the shell there does not start python3; it says: {wire.tail()}")


def _running(wire: Wire) -> bool:
    return any(line.strip() == _STARTED for line in shown(wire.text).splitlines())


def _load(wire: Wire) -> None:
    """Bring the program there."""
    program = base64.b64encode(zlib.compress(Path(aboard.__file__).read_bytes(), 9)).decode()
    wire.type(f"exec({_LOADER!r})")
    parts = [program[start : start + _LINE] for start in range(0, len(program), _LINE)]
    sent = 0
    for part in (*parts, "."):
        if not _heard(wire, f"+{sent}+\n", _ANSWER_S):
            raise BoardUnreachable(f"{wire.name}: the line loses what is sent; a shorter cable or less speed may help")
        wire.type(part)
        sent += len(part)
    if not _heard(wire, "\n+0\n", _START_S):
        raise BoardUnreachable(f"{wire.name}: the line damages what is sent; it says: {wire.tail()}")


def _unload(wire: Wire) -> None:
    """Leave nothing of root's behind where loading has failed: neither the loader nor a program that was not heard."""
    wire.forget()
    wire.write(b"\x03\r")
    wire.settle(2.0)
    if "\n-\n" in shown(wire.text):  # the program takes that for a damaged line
        wire.write(b"\x04")
        wire.settle(2.0)


def _heard(wire: Wire, mark: str, seconds: float) -> bool:
    return wire.wait(lambda: mark in shown(wire.text), seconds)
