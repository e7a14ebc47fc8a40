"""A board as its card was written: a login prompt on its serial console, a password to change, and no network at all.

Made of the other boards' image once per processor, and kept as they are: by a saved state in front of its prompt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.board.image import image, one_at_a_time
from tests.board.machine import BOOT_S, Board, saved_board
from tests.board.qemu import version
from tools.debs import cached

#: Of the user `pi`, who has to change it at the first login.
FIRST_PASSWORD: Final = "raspberry"  # noqa: S105 - a test's

# The host keys of the other kinds stay: making one of RSA would take the emulated processor half a minute.
_STRIP: Final = f"""
set -eu
rm /etc/systemd/network/10-board.network
systemctl -q disable systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service ssh.service
rm -r /home/pi/.ssh /etc/sudoers.d/010_pi-nopasswd /etc/ssh/ssh_host_ed25519_key*
userdel -r locked 2> /dev/null
echo 'pi:{FIRST_PASSWORD}' | chpasswd
chage -d 0 pi
systemctl poweroff
"""


def bare_board(cpu: str = "cortex-a72") -> Board:
    """Return a running board that waits for a login at its console: `qemu.serial_port()`."""
    return Board(cpu, ready=False, uart=True, saved=_saved(cpu))


def _saved(cpu: str) -> Path:
    def make(folder: Path) -> None:
        with Board(cpu) as board:
            board.ssh("sudo sh -s", stdin=_STRIP, check=False)  # the connection may end before its answer is through
            board.wait_off()
            board.boot()
            board.qemu.wait_said(" login: ", BOOT_S)
            board.save(folder)

    before = saved_board(image(), cpu)
    with one_at_a_time(f"bare-{cpu}"):
        return cached(f"board/bare-{cpu}", [before.name, version(), _STRIP], make)
