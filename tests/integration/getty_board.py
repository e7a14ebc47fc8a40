"""The serial console of a board that is a shell of this machine: a getty that asks, a real shell, a wire between.

with GettyBoard(tmp_path) as board:
    wire = Wire(open_port(board.port), board.port)
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

__all__ = ["PASSWORD", "GettyBoard"]

PASSWORD: Final = "three blind mice"  # noqa: S105 - a test's

# Stands in for agetty and login: asks like them, with the terminal's echo off for a password, and starts a real shell.
_GETTY = r"""
import os, subprocess, sys, termios, tty
USER, PASSWORD, CHANGE, ASKS, SHELL = {user!r}, {password!r}, {change!r}, {asks!r}, {shell!r}
settings = termios.tcgetattr(0)
def ask(question, echo=True):
    now = termios.tcgetattr(0)
    now[3] = now[3] | termios.ECHO if echo else now[3] & ~termios.ECHO
    termios.tcsetattr(0, termios.TCSAFLUSH, now)
    print(question, end="", flush=True)
    line = sys.stdin.readline().rstrip("\n")
    if not echo:
        print(flush=True)
    return line
while True:
    termios.tcsetattr(0, termios.TCSANOW, settings)
    print("\nNo System 1 board ttyS0\n")
    user = ""
    while not user:
        user = ask("board login: ")
    if (user, ask(ASKS, echo=False)) != (USER, PASSWORD):
        print("\nLogin incorrect")
        continue
    if CHANGE:
        print("You are required to change your password immediately (administrator enforced).")
        if ask("Current password: ", echo=False) != PASSWORD:
            continue
        new = ask("New password: ", echo=False)
        if len(new) < 8:
            print("BAD PASSWORD: The password is shorter than 8 characters")
            continue
        if ask("Retype new password: ", echo=False) != new:
            print("Sorry, passwords do not match.")
            continue
        PASSWORD, CHANGE = new, False
    termios.tcsetattr(0, termios.TCSANOW, settings)
    print("Welcome.")
    subprocess.run(SHELL)
"""
_SUDO = r"""#!/bin/sh
# Asks on the terminal like the real one, once; -p PROMPT is all that it knows.
shift
stty -echo </dev/tty
printf '%s' "$1" >/dev/tty
shift
IFS= read -r word </dev/tty
stty echo </dev/tty
echo >/dev/tty
if [ "$word" != "$BOARD_PASSWORD" ]; then
    echo "Sorry, try again." >/dev/tty
    exit 1
fi
exec "$@"
"""
_ID = """#!/bin/sh
echo 1000
"""


class GettyBoard:
    """``port`` is the wire's other end. ``noise``: changes what passes, by direction (``in``, ``out``), as a bad line.

    ``asks``: the question for a password. ``change``: it is to be changed at the first login. ``spoke`` is set with the
    getty's first byte, which a busy machine takes its time to start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        user: str = "pi",
        change: bool = False,
        asks: str = "Password: ",
        shell: tuple[str, ...] = ("/bin/sh", "-i"),
        env: Mapping[str, str] | None = None,
        noise: Callable[[str, bytes], bytes] = lambda _, data: data,
    ) -> None:
        self.noise = noise
        self.spoke = threading.Event()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.program("sudo", _SUDO)
        self.program("id", _ID)
        self.program("python3", f'#!/bin/sh\nexec {getattr(sys, "_base_executable", sys.executable)} "$@"\n')
        text = _GETTY.format(user=user, password=PASSWORD, change=change, asks=asks, shell=list(shell))
        outer, wire = pty.openpty()
        tty.setraw(wire)
        self.port = os.ttyname(wire)
        inner, terminal = pty.openpty()
        self._ends = [outer, wire, inner]
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PS1": "$ ",
            "BOARD_PASSWORD": PASSWORD,
            "HOME": str(folder),
        }
        # TIOCSCTTY: the terminal belongs to the session, so that Ctrl-C and /dev/tty mean it.
        own = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); exec(sys.argv[1])"
        self._getty = subprocess.Popen(
            [sys.executable, "-c", own, text],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environment | dict(env or {}),
            start_new_session=True,
        )
        os.close(terminal)
        stop, self._stop = os.pipe()
        self._ends += [stop, self._stop]
        self._relay = threading.Thread(target=self._carry, args=(outer, inner, stop), daemon=True)

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def says(self, data: bytes) -> None:
        """Put something onto the wire that nobody asked for, as the kernel does."""
        os.write(self._ends[0], data)

    def types(self, data: bytes) -> None:
        """Type something, as somebody else at the same console."""
        os.write(self._ends[2], data)

    def unplug(self) -> None:
        """Pull the cable."""
        self.__exit__(None, None, None)

    def _carry(self, outer: int, inner: int, stop: int) -> None:
        ways = {outer: ("in", inner), inner: ("out", outer)}
        with contextlib.suppress(OSError, ValueError):
            while stop not in (ready := select.select([outer, inner, stop], [], [])[0]):
                for end in ready:
                    way, other = ways[end]
                    data = os.read(end, 4096)
                    if way == "out":
                        self.spoke.set()
                    data = self.noise(way, data)
                    # Nobody may be reading at the other end, and whoever ends this waits for us.
                    while data and select.select([stop], [other], [])[1]:
                        data = data[os.write(other, data[:64]) :]

    def __enter__(self) -> GettyBoard:
        self._relay.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._getty.pid, signal.SIGKILL)
        self._getty.wait()
        if not self._ends:
            return
        # Numbers of files that are closed are given to others, so nobody may still be reading them.
        os.write(self._stop, b".")
        self._relay.join(30)
        for end in self._ends:
            os.close(end)
        self._ends.clear()
