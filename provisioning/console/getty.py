"""Logging in where a getty asks: user, password, a new password where the first is only for once; and logging out.

What the board asks is read from its last, unfinished line, which the kernel may have torn. What was typed into a line
that then turns out to be another one does no harm: a password is typed only where one is asked for.
"""

from __future__ import annotations

import contextlib
import enum
import re
from dataclasses import dataclass
from typing import Protocol

from edge.errors import BoardUnfit, BoardUnreachable, LoginRefused

from .aboard import BUSY
from .wire import Wire, shown

__all__ = ["Account", "Asks", "Secret", "asks", "log_in", "log_out"]


class Asks(enum.Enum):
    """What the last line wants from whoever sits there."""

    USER = "a user"
    PASSWORD = "a password"  # noqa: S105
    OLD = "the password that is to be changed"
    NEW = "a new password"
    AGAIN = "the new password once more"
    COMMAND = "a command"
    OURS = "nothing: another 'edge console' was here"
    LOADER = "the boot loader's command"
    RESCUE = "what to do about a system that does not start"


_QUESTIONS = (
    (Asks.LOADER, r"^(=>|U-Boot>|grub>|grub rescue>) ?$"),
    (Asks.RESCUE, r"\(initramfs\) ?$|press enter for maintenance.*$|give root password for maintenance.*$"),
    (Asks.USER, r"login: ?$"),
    (Asks.AGAIN, r"(retype|re-enter|repeat|confirm|again)[^:]*: ?$"),
    (Asks.OLD, r"(current|old) (unix )?password: ?$|\(current\) unix password: ?$"),
    (Asks.NEW, r"new (unix )?password: ?$"),
    (Asks.PASSWORD, r"passw\w*[^:]*: ?$"),
    # A percentage is somebody's progress, and no prompt.
    (Asks.COMMAND, r"^(?!(?:.*\W)?\d{1,3} ?% ?$).*[#$%>\u276f\u279c] ?$"),
)  # fmt: skip
# What link.py's loader says after each line, until it is told to end.
_LOADING = re.compile(r"\n\+\d+\+\s*$")
_REFUSED = re.compile(r"[^\n]*(?:incorrect|failure|denied|timed out|not allowed|expired)[^\n]*", re.IGNORECASE)
_BAD_NEW = re.compile(r"[^\n]*(?:BAD PASSWORD|do not match|must |too short|unchanged|same as)[^\n]*")
_PASSWORDS = {Asks.PASSWORD, Asks.OLD, Asks.NEW, Asks.AGAIN}
_ENTER_S = 4.0
_CHECK_S = 60.0  # a board under load takes its time over a password
_TRIES = 3
_STEPS = 40
_SHELL_S = 5.0


class Secret(Protocol):
    """Gives a password, or None where there is none. ``again``: the one before was refused."""

    def __call__(self, *, again: bool = False) -> str | None: ...


@dataclass(frozen=True, repr=False)
class Account:
    """Who logs in. ``user``: None where whoever is logged in already will do, and otherwise pi."""

    user: str | None
    password: Secret
    new_password: Secret


def asks(line: str) -> Asks | None:
    """What an unfinished line asks for."""
    if line.endswith(BUSY):
        return Asks.OURS
    for what, pattern in _QUESTIONS:
        if re.search(pattern, line, re.IGNORECASE):
            return what
    return None


def log_in(wire: Wire, account: Account, *, patience_s: float) -> tuple[str, str] | None:
    """Come to a shell. Returns user and password that were used, or None where somebody was logged in already.

    ``patience_s``: for the board's first word; it may be booting. Raises BoardUnreachable, LoginRefused, BoardUnfit.
    """
    login = _Login(wire, account)
    try:
        return login.run(patience_s)
    except BaseException:
        if login.used is not None:  # the password may have been taken all the same
            with contextlib.suppress(BoardUnreachable):
                if wire.wait(lambda: asks(wire.last) is Asks.COMMAND, 1.0):
                    log_out(wire)
        raise


def log_out(wire: Wire) -> None:
    """Leave the console as it was found: a shell that nobody sits at must not stay open."""
    with contextlib.suppress(BoardUnreachable):
        wire.wait(lambda: asks(wire.last) is Asks.COMMAND, 5.0)
        wire.type("exit")
        wire.wait(lambda: asks(wire.last) is Asks.USER, 15.0)


class _Login:
    def __init__(self, wire: Wire, account: Account) -> None:
        self.wire = wire
        self.account = account
        self.user = account.user or "pi"
        self.used: tuple[str, str] | None = None
        self.tries = 0
        self.new: str | None = None

    def run(self, patience_s: float) -> tuple[str, str] | None:
        asked: Asks | None = self.first(patience_s)
        for _ in range(_STEPS):
            match asked:
                case Asks.COMMAND:
                    return self.used
                case Asks.OURS:
                    self.wire.forget()
                    self.wire.write(b"\x04")
                    self.wire.settle(_ENTER_S)
                    asked = self.first(_CHECK_S)
                case Asks.LOADER:
                    raise BoardUnfit(
                        f"{self.wire.name}: that is a boot loader ({self.wire.tail(1)}); let the board boot"
                    )
                case Asks.RESCUE:
                    raise BoardUnfit(f"{self.wire.name}: the board's system does not start: {self.wire.tail()}")
                case _:
                    asked = self.answer(asked)
        raise LoginRefused(f"{self.wire.name}: the login goes round in circles: {self.wire.tail()}")

    def first(self, patience_s: float) -> Asks:
        """Press Enter until there is a question that we know."""
        wire = self.wire
        heard, odd, left, stopped = wire.heard, wire.odd, patience_s, False

        def loading() -> bool:
            return _LOADING.search(shown(wire.text)) is not None

        while left > 0:
            wire.forget()
            wire.write(b"\r")
            if wire.wait(lambda: asks(wire.last) is not None or loading(), min(_ENTER_S, left)):
                wire.settle(2.0)
                if loading() and not stopped:
                    wire.write(b"\x03")
                    wire.settle(2.0)
                    stopped = True
                    continue
                asked = asks(wire.last)
                # An old password prompt of somebody who gave up: its Enter was an empty password, and comes back.
                if asked is not None and asked not in _PASSWORDS:
                    return asked
            left -= _ENTER_S
        heard, odd = wire.heard - heard, wire.odd - odd
        if not heard:
            raise BoardUnreachable(
                f"{wire.name} says nothing in {patience_s:.0f} s; is the board on, its console on this port (Raspberry "
                "Pi: enable_uart=1 in config.txt), TX to RX and RX to TX, ground to ground?"
            )
        if odd * 5 > heard:
            raise BoardUnreachable(f"{wire.name} hears no text; try another speed: PORT@9600, PORT@1500000")
        raise BoardUnreachable(f"{wire.name} shows no login that we know; it says: {wire.tail()}")

    def answer(self, asked: Asks | None) -> Asks | None:
        """Answer a question and wait for the next one; None for a last line that nobody would understand."""
        wire = self.wire
        line = wire.last
        if asked is Asks.USER:
            wire.type(self.user)
            return self.next(asked)
        if asked is Asks.PASSWORD:
            secret = self.password()
        elif asked is Asks.OLD and self.used is not None:
            secret = self.used[1]
        elif asked in {Asks.NEW, Asks.AGAIN}:
            secret = self.changed(fresh=asked is Asks.NEW)
        else:
            raise BoardUnfit(f"{wire.name}: the board asks what we do not understand: {wire.tail(1)}")
        # Whoever was asked for it may have taken their time, and the board has gone back to its first question by then:
        # what is typed there is shown, and logged.
        wire.settle(1.0)
        if wire.last != line:
            return asks(wire.last) or self.first(_CHECK_S)
        wire.type(secret, secret=True)
        return self.next(asked)

    def next(self, answered: Asks | None) -> Asks | None:
        """The board's next question. A question in another language is a password's where only that can come."""
        wire = self.wire

        def there() -> bool:
            # Our own name is echoed behind "login:"; a question stands on a line that came after the answer.
            return "\n" in shown(wire.text) and (
                asks(wire.last) is not None or (answered is Asks.USER and wire.last.rstrip().endswith(":"))
            )

        found = wire.wait(there, _CHECK_S if answered is Asks.USER else _SHELL_S)
        wire.settle(2.0)
        said = shown(wire.text)
        if answered in {Asks.NEW, Asks.AGAIN} and (bad := _BAD_NEW.search(said)):
            raise LoginRefused(f"{wire.name}: the board does not take the new password: {wire.struck(bad[0]).strip()}")
        asked = asks(wire.last)
        if answered is not Asks.USER and asked in {Asks.USER, Asks.PASSWORD} and _REFUSED.search(said):
            return self.refused(asked)
        if asked is None and answered is Asks.USER and found:
            return Asks.PASSWORD
        if asked is None and answered is not Asks.USER:
            return self.unknown(answered)
        return asked

    def unknown(self, answered: Asks | None) -> Asks | None:
        """Nothing that we know after an answer: a slow board, or a shell with a prompt of its own."""
        wire = self.wire
        if wire.wait(lambda: asks(wire.last) is not None, _CHECK_S if not wire.last.strip() else _SHELL_S):
            wire.settle(2.0)
            asked = asks(wire.last)
            if asked in {Asks.USER, Asks.PASSWORD} and _REFUSED.search(shown(wire.text)):
                return self.refused(asked)
            return asked
        return Asks.COMMAND if answered in {Asks.PASSWORD, Asks.AGAIN} and wire.last.strip() else None

    def refused(self, asked: Asks | None) -> Asks | None:
        self.tries += 1
        if self.tries >= _TRIES or self.account.password(again=True) is None:
            raise LoginRefused(
                f"{self.wire.name}: the board refuses {self.user} or the password; write another USER@ before it, "
                "or see --login-password-file (Raspberry Pi OS has only the user that its card was written with)"
            )
        return asked

    def password(self) -> str:
        password = self.used[1] if self.used and not self.tries else self.account.password()
        if not password:
            raise LoginRefused(f"{self.wire.name}: {self.user} needs a password; give it with --login-password-file")
        self.used = (self.user, password)
        return password

    def changed(self, *, fresh: bool) -> str:
        if fresh or self.new is None:
            self.new = self.account.new_password()
        if not self.new:
            raise LoginRefused(
                f"{self.wire.name}: the board wants a new password for {self.user}; give one with --new-password-file"
            )
        self.used = (self.user, self.new)
        return self.new
