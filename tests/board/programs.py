"""The programs that a board takes on this machine: the system's, or unpacked into the user's cache (no root)."""

from __future__ import annotations

import os
import shutil
from typing import Final

from tests.integration.unpacked import unpacked
from tools.debs import DebsError

#: Debian's packages, and the programs we take from them.
PACKAGES: Final = {
    ("qemu-system-arm", "qemu-utils"): ("qemu-system-aarch64", "qemu-img"),
    ("openssh-client",): ("ssh", "ssh-keygen"),
    ("e2fsprogs",): ("mke2fs", "debugfs"),
}
#: Debian keeps those of e2fsprogs where only root looks.
_PLACES: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class NoBoardError(Exception):
    """An emulated board cannot be had on this machine; the message says why and what to type."""


def program(name: str) -> str:
    """Return the path of one of the programs of PACKAGES. Raises NoBoardError."""
    if found := shutil.which(name, path=_PLACES):
        return found
    packages = next(packages for packages, names in PACKAGES.items() if name in names)
    try:
        return str(unpacked(f"board/{packages[0]}", list(packages)) / "run" / name)
    except DebsError as error:
        raise NoBoardError(f"no {name}: {error}\nType: sudo apt-get install {' '.join(packages)}") from error
