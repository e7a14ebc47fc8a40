"""Asking the firmware of a Raspberry Pi what ``vcgencmd`` asks it, without starting a program each time.

The message is the one that vcgencmd sends (https://github.com/raspberrypi/utils, vcgencmd/vcgencmd.c): a property list
with one tag, in which the command goes out and its answer comes back. The device that takes nothing but such commands
comes first; the other one takes every property, which is more than we want to be able to do.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

__all__ = ["DEVICE", "gencmd"]

#: Takes this one tag and no other (raspberrypi/linux, drivers/char/broadcom/vcio.c); 6.12 lacked it, 6.18 has it.
DEVICE = "dev/vcio_gencmd"
_DEVICES = (DEVICE, "dev/vcio")
_PROPERTY = 3 << 30 | struct.calcsize("P") << 16 | 100 << 8  # _IOWR(100, 0, char *)
_GENCMD = 0x00030080
_LONGEST = 4096
_HEAD = struct.Struct("=6I")  # size in all, state, tag, its room, its length, the command's own error
_END = bytes(4)
_DONE = 1 << 31


def gencmd(command: str, root: Path = Path("/")) -> str | None:
    """The firmware's answer; None where there is no such firmware, we may not ask it, or it knows no such command.

    May wait for as long as the firmware likes: call it where nobody waits for you.
    """
    for device in _DEVICES:
        try:
            opened = os.open(root / device, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            return _ask(opened, command.encode())
        except OSError:
            continue
        finally:
            os.close(opened)
    return None


def _ioctl(opened: int, request: int, message: bytearray) -> None:
    """The C library's own: fcntl.ioctl keeps all threads waiting with a message of more than 1024 bytes."""
    call = ctypes.CDLL(None, use_errno=True).ioctl
    given = (ctypes.c_char * len(message)).from_buffer(message)
    if call(ctypes.c_int(opened), ctypes.c_ulong(request), ctypes.byref(given)) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _ask(opened: int, command: bytes) -> str | None:
    size = _HEAD.size + _LONGEST + len(_END)
    message = bytearray(_HEAD.pack(size, 0, _GENCMD, _LONGEST, 0, 0) + command.ljust(_LONGEST, b"\0") + _END)
    _ioctl(opened, _PROPERTY, message)
    _, state, _, _, _, error = _HEAD.unpack_from(message)
    answer = bytes(message[_HEAD.size : _HEAD.size + _LONGEST]).split(b"\0", 1)[0].decode("utf-8", "replace")
    failed = state != _DONE or error or answer.startswith("error=")
    return None if failed else answer
