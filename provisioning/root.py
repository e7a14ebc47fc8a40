"""Becoming root on a board, without a terminal there and without a password in any list of processes.

The board's shell finds out which way is open and says so: we are root, sudo asks nothing, or sudo wants a password.
A password is tried alone first, once: a wrong one must neither lock an account nor be followed by what was meant for
the program. Then sudo gets it again, together with the program; a line agreed upon separates what is for sudo from
what is for the program, so neither can be taken for the other, also where sudo asks for none the second time.
"""

from __future__ import annotations

import contextlib
import secrets
import shlex
from collections.abc import Callable, Sequence

from edge.errors import DeployError, SudoRefused

from .command import Command

__all__ = ["as_root_script", "become_root"]

# printf is built into every board's sh: the password is in no process's arguments.
# The line end before the first word: a login script may have printed something without one, such as a window's title.
_SCRIPT = r"""
set -- {words}
echo
if [ "$(id -u)" = 0 ]; then echo "edge: root"; exec "$@"; fi
if ! command -v sudo >/dev/null 2>&1; then echo "edge: none"; exit 1; fi
if sudo -n true >/dev/null 2>&1 </dev/null; then echo "edge: root"; exec sudo -n -- "$@"; fi
echo "edge: password"
IFS= read -r p || exit 1
if ! said=$(printf '%s\n' "$p" | sudo -k -S -p '' -v 2>&1); then
    echo "edge: refused"; printf '%s\n' "$said"; exit 1
fi
echo "edge: again"
unset p
exec sudo -k -S -p '' -- sh -c 'echo; echo "edge: root"
    while IFS= read -r l; do [ "$l" = "$0" ] && exec "$@"; done' {mark} "$@"
""".strip()
_MOST_CHATTER = 200  # lines of a talkative login before ours


def as_root_script(argv: Sequence[str]) -> tuple[str, bytes]:
    """A script that runs a command as root, and the line behind what is meant for sudo; then: :func:`become_root`."""
    mark = secrets.token_hex(16)
    return _SCRIPT.format(words=shlex.join(argv), mark=mark), mark.encode() + b"\n"


def become_root(
    command: Command, mark: bytes, password: Callable[[], str | None], who: tuple[str, str], timeout_s: float
) -> None:
    """Speak with the script until the command itself runs, with what follows as its standard input.

    ``password`` is asked only if sudo wants one. ``who``: the user and the board, for messages. Raises SudoRefused,
    TimeoutError, BoardUnreachable.
    """
    user, board = who
    match _word(command, timeout_s):
        case "root":
            return
        case "none":
            raise SudoRefused(f"{user} is not root on {board}, and there is no sudo; log in as root")
        case "password":
            pass
        case _:
            raise _refusal(command, who, "")
    secret = password()
    if not secret:
        raise SudoRefused(
            f"sudo on {board} wants {user}'s password; use --ask-sudo or --sudo-password-file, or let {user} do it "
            f"without: echo '{user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/{user}"
        )
    if "\n" in secret or "\0" in secret:
        raise SudoRefused("a sudo password is one line of text; correct the file that it comes from")
    line = secret.encode() + b"\n"
    command.send(line, timeout_s)
    if _word(command, timeout_s) != "again":
        raise _refusal(command, who, secret)
    command.send(line, timeout_s)
    if _word(command, timeout_s) != "root":
        raise _refusal(command, who, secret)
    command.send(mark, timeout_s)


def _word(command: Command, timeout_s: float) -> str:
    for _ in range(_MOST_CHATTER):
        line = command.line(timeout_s)
        if line is None:
            return ""
        if line.startswith(b"edge: "):
            return line[6:].decode("ascii", "replace").strip()
    return ""


def _refusal(command: Command, who: tuple[str, str], secret: str) -> SudoRefused:
    """With sudo's own last words, from which the password is struck should they hold it."""
    user, board = who
    command.end_input()  # a sudo that asks once more is to get no answer
    output = errors = b""
    with contextlib.suppress(TimeoutError, DeployError):
        _, output, errors = command.finish(10.0, 64 << 10)
    said = (output + errors).decode("utf-8", "replace")
    if secret:
        said = said.replace(secret, "***")
    last = [" ".join(line.split()) for line in said.splitlines() if line.strip()][-1:]
    told = f" ({''.join(c for c in last[0] if c.isprintable())[:200]})" if last else ""
    if not secret:
        return SudoRefused(f"the shell of {user} on {board} does not run commands as it should{told}; look at it there")
    return SudoRefused(f"sudo on {board} refuses {user} or the password{told}; nothing was changed there")
