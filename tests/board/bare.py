"""A board as its card was written: a login prompt on its serial console, a password to change, and no network at all.

Made of the other boards' image once per processor, and kept as they are: by a saved state in front of its prompt.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from tests.board.image import SYSTEM, image, one_at_a_time
from tests.board.machine import BOOT_S, Board, saved_board
from tests.board.qemu import version
from tools.debs import cached, distribution, download

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
# NetworkManager sets up by itself whatever has a cable; here it waits to be told, as with a board that has none.
_INSTALL: Final = """
set -eu
mkdir /tmp/debs
tar -C /tmp/debs -x
sudo dpkg --force-unsafe-io -i /tmp/debs/*.deb
rm -r /tmp/debs
printf '[main]\\nno-auto-default=*\\n' | sudo tee /etc/NetworkManager/conf.d/bare.conf
"""
_INSTALL_S: Final = 900.0


def bare_board(cpu: str = "cortex-a72", *, network_manager: bool = False) -> Board:
    """Return a running board that waits for a login at its console: `qemu.serial_port()`.

    `network_manager`: NetworkManager runs there, and not only what comes with systemd.
    """
    packages = ["network-manager"] if network_manager else []
    before = saved_board(image(), cpu)
    name = f"bare-{'nm-' * network_manager}{cpu}"

    def make(folder: Path) -> None:
        with Board(cpu) as board:
            if packages:
                board.ssh(_INSTALL, stdin=_packed(packages), timeout=_INSTALL_S)
            board.ssh("sudo sh -s", stdin=_STRIP, check=False)  # the connection may end before its answer is through
            board.wait_off()
            board.boot()
            board.qemu.wait_said(" login: ", BOOT_S)
            board.save(folder)

    with one_at_a_time(name):
        recipe = [before.name, version(), _STRIP, *([_INSTALL, distribution(), *packages] if packages else [])]
        saved = cached(f"board/{name}", recipe, make)
    return Board(cpu, ready=False, uart=True, saved=saved)


def _packed(packages: list[str]) -> bytes:
    """Return a tar archive of the packages, and of what they need that the board lacks."""
    made = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="board-") as scratch, tarfile.open(fileobj=made, mode="w") as archive:
        system = download(list(SYSTEM), Path(scratch, "system"), arch="arm64", closure=True)
        there = {deb.name.split("_")[0] for deb in system}
        for deb in download(packages, Path(scratch, "more"), arch="arm64", closure=True):
            if deb.name.split("_")[0] not in there:
                archive.add(deb, deb.name)
    return made.getvalue()
