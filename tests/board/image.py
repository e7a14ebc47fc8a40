"""The board's image: Debian's own arm64 system, made from packages and configured by itself in the emulator, cached.

What is deliberately not in it is what Raspberry Pi OS Lite lacks, too: pip, ensurepip (python3-venv), a compiler. It
has an address and sees the host (10.0.2.2), and no way beyond.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.board.debian import lay_out
from tests.board.disk import make_disk, make_initramfs
from tests.board.programs import NoBoardError, program
from tests.board.qemu import Hardware, Qemu
from tools.debs import DebsError, cached, distribution, download, user_cache

HERE: Final = Path(__file__).resolve().parent
SYSTEM: Final = (
    "?priority(required)", "usr-is-merged", "apt", "dbus", "dbus-user-session", "iproute2", "kmod", "libnss-systemd",
    "libpam-systemd", "netbase", "openssh-server", "procps", "python3", "sudo", "systemd", "systemd-sysv",
    "systemd-timesyncd", "udev",
)  # fmt: skip
KERNEL: Final = ("linux-image-cloud-arm64", "busybox-static")
#: What sudo asks the user `locked` for.
PASSWORD: Final = "open sesame"  # noqa: S105 - a test's
NETWORK: Final = """\
[Match]
Type=ether
[Network]
DHCP=ipv4
LinkLocalAddressing=no
[DHCPv4]
UseRoutes=no
UseGateway=no
UseDNS=no
UseNTP=no
"""
#: Minutes on an idle machine, and this for one that is not.
SETUP_S: Final = 1200.0


@dataclass(frozen=True)
class Image:
    """A cached image: its disk (never written to), what boots it, and the keys that it knows."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.img"

    @property
    def key(self) -> Path:
        """The private key of both users."""
        return self.folder / "key"

    @property
    def host_key(self) -> str:
        """The board's public host key, as known_hosts has it: kind and number."""
        return " ".join((self.folder / "host_key.pub").read_text(encoding="utf-8").split()[:2])

    def hardware(self, cpu: str) -> Hardware:
        return Hardware(cpu, self.folder / "vmlinuz", self.folder / "initramfs")


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one process make what takes minutes while others wait for it."""
    place = user_cache() / "board"
    place.mkdir(parents=True, exist_ok=True)
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def recipe() -> list[str]:
    """Return all that an image comes from; a change in any of it makes a new one."""
    sources = [(HERE / name).read_text(encoding="utf-8") for name in ("debian.py", "disk.py", "image.py", "setup.sh")]
    return [*sources, distribution(), os.environ.get("EDGE_APT_SOURCE_ARM64", "")]


def image() -> Image:
    """Return the image, made on the first call (minutes). Raises NoBoardError."""
    try:
        with one_at_a_time("image"):
            return Image(cached("board/image", recipe(), _make))
    except DebsError as error:
        raise NoBoardError(
            f"no image of a board: {error}\n"
            "Where arm64 packages lie on another server (Ubuntu), name it:\n"
            "Type: EDGE_APT_SOURCE_ARM64='deb URI SUITE main universe' make test-board"
        ) from error


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="board-", dir=folder) as scratch:
        _make_files(folder, Path(scratch))
    with tempfile.TemporaryDirectory(prefix="board-") as name:
        _configure(Image(folder), Path(name))


def _make_files(folder: Path, scratch: Path) -> None:
    """Write disk, kernel, initramfs and keys; the packages on the disk are not configured yet."""
    for name, kinds in (("key", ("ed25519",)), ("host_key", ("ed25519", "ecdsa", "rsa"))):
        for kind in kinds:
            path = folder / name if kind == "ed25519" else scratch / kind
            command = [program("ssh-keygen"), "-q", "-t", kind, "-N", "", "-C", "board", "-f", str(path)]
            subprocess.run(command, check=True)
    debs = download(list(SYSTEM), scratch / "system", arch="arm64", closure=True)
    # What the kernel's package depends on would build an initramfs on the board for ten minutes: only itself is taken.
    boot = [
        deb
        for deb in download(list(KERNEL), scratch / "kernel", arch="arm64", closure=True)
        if deb.name.startswith(("linux-image-", "busybox-static"))
    ]
    unpacked_kernel = scratch / "unpacked"
    for deb in boot:
        subprocess.run(["dpkg-deb", "-x", str(deb), str(unpacked_kernel)], check=True)
    modules = next(place for place in unpacked_kernel.glob("**/lib/modules") if place.is_dir())
    make_initramfs(modules, next(unpacked_kernel.glob("**/bin/busybox")), folder / "initramfs")
    shutil.copy(next(unpacked_kernel.glob("boot/vmlinuz-*")), folder / "vmlinuz")

    (scratch / "root").mkdir()
    tree = lay_out(debs, scratch / "root")
    shutil.copytree(modules, tree.root / "usr/lib/modules", symlinks=True, dirs_exist_ok=True)
    for kind in ("ed25519", "ecdsa", "rsa"):  # making them on the board would take it half a minute
        path = folder / "host_key" if kind == "ed25519" else scratch / kind
        tree.file(f"etc/ssh/ssh_host_{kind}_key", path.read_bytes(), 0o600)
        tree.file(f"etc/ssh/ssh_host_{kind}_key.pub", path.with_suffix(".pub").read_bytes())
    tree.file("setup/setup.sh", (HERE / "setup.sh").read_bytes(), 0o755)
    tree.file("setup/key.pub", (folder / "key.pub").read_bytes())
    tree.file("setup/password", PASSWORD)
    tree.file("setup/10-board.network", NETWORK)
    tree.file("setup/fstab", "/dev/vda / ext4 rw,noatime 0 1\n")
    make_disk(tree, folder / "disk.img")


def _configure(made: Image, scratch: Path) -> None:
    """Have the board configure its packages, which takes its own processor."""
    machine = Qemu(
        made.hardware("cortex-a76"),
        f"file={made.disk},format=raw,cache=unsafe",  # an interrupted setup is thrown away anyway
        scratch,
        append="board.init=/setup/setup.sh",
        extra=("-no-reboot",),  # a panic ends it, too
    )
    try:
        machine.wait(SETUP_S)
        if "BOARD-SETUP-DONE" not in machine.tail():
            raise machine.fail("the board's packages could not be configured")
        shutil.copy(machine.console, made.folder / "setup.log")
    finally:
        machine.kill()
