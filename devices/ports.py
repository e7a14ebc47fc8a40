"""Serial ports: which there are, and opening one so that nobody else has it. With pyserial."""

from __future__ import annotations

import errno
import grp
import os
import re
import stat
import termios
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import serial

__all__ = ["BAUD", "Port", "PortError", "drivers", "open_port", "ports", "split_name", "stable_name"]

BAUD = 115200
_WRITE_S = 2.0  # that a full line may take no byte


class PortError(OSError):
    """A port cannot be opened. The message is one line: which port, why, and what to do."""


@dataclass(frozen=True)
class Port:
    """``device``: as the kernel names it. ``by_id``: its name that survives unplugging, if it has one."""

    device: str
    by_id: str | None
    what: str | None

    def __str__(self) -> str:
        return f"{self.by_id or self.device} ({self.what})" if self.what else self.by_id or self.device


def split_name(text: str, baud: int = BAUD) -> tuple[str, int]:
    """Port and speed of ``PORT[@BAUD]``."""
    name, at, digits = text.rpartition("@")
    return (name, int(digits)) if at and name and re.fullmatch(r"[1-9][0-9]{0,8}", digits) else (text, baud)


def ports(root: Path = Path("/")) -> list[Port]:
    """The ports of this machine that have hardware behind them. ``root``: what stands before /sys and /dev (tests)."""
    links = {os.path.realpath(link): str(link) for link in sorted((root / "dev/serial/by-id").glob("*"))}
    found = []
    for entry in sorted((root / "sys/class/tty").glob("*")):
        gadget = entry.name.startswith("ttyGS")  # our end of a cable to a computer that sees us as its USB device
        # The kernel makes some ttyS in advance; those without a chip have type 0.
        if gadget or ((entry / "device").exists() and _text(entry / "type") != "0"):
            device = root / "dev" / entry.name
            what = "USB gadget" if gadget else _product(entry / "device")
            found.append(Port(str(device), links.get(os.path.realpath(device)), what))
    return found


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def _product(device: Path) -> str | None:
    """What a USB device calls itself: it is some folders above the interface that is the port."""
    place = Path(os.path.realpath(device))
    return next((text for folder in (place, *list(place.parents)[:3]) if (text := _text(folder / "product"))), None)


def drivers(name: str) -> tuple[str, ...]:
    """The kinds of ports (as /proc/devices calls them) that a name can lead to, also when nothing is plugged in."""
    if found := re.fullmatch(r"/dev/(tty[A-Za-z]+)\d+", name):
        return (found[1],)
    if name.startswith("/dev/serial/by-"):
        return ("ttyACM", "ttyUSB")
    return ("ttyACM", "ttyAMA", "ttyS", "ttyUSB")  # /dev/serial0, or a link by a rule of udev's


def stable_name(name: str) -> str:
    """The name below /dev/serial/by-id for the same port, where there is one: plugged in again, ttyUSB0 may be 1."""
    real = os.path.realpath(name)
    return next((p.by_id for p in ports() if p.by_id and os.path.realpath(p.device) == real), name)


def open_port(name: str, baud: int = BAUD) -> serial.Serial:
    """Open a port exclusively: 8 bits, no parity, reads that return after 0.1 s with what there is.

    ``name``: a device, or one of pyserial's URLs (``socket://host:port``, ``rfc2217://…``, ``loop://``). Raises
    :class:`PortError`. Afterwards ``read`` and ``write`` raise OSError when the port is unplugged, which Linux shows as
    readiness without data; ``write`` also when the line takes nothing for 2 s.
    """
    try:
        if "://" in name:
            return serial.serial_for_url(name, baud, timeout=0.1, write_timeout=_WRITE_S)
        port = serial.Serial(name, baud, timeout=0.1, write_timeout=_WRITE_S, exclusive=True)
    except ValueError as error:
        raise PortError(f"{name}: {error}; write it as /dev/ttyUSB0@115200") from error
    except (OSError, termios.error) as error:
        raise PortError(_why(name, baud, error)) from error
    if hasattr(port, "set_low_latency_mode"):
        with suppress(ValueError, OSError):  # USB adapters hold bytes back for 16 ms otherwise; others do not know it
            port.set_low_latency_mode(True)
    return port


def _why(name: str, baud: int, error: Exception) -> str:
    # Of a terminal call that failed, pyserial keeps only the text; the error itself is its context.
    causes = [error, *([error.__context__] if error.__context__ else [])]
    number = next((arg for cause in causes for arg in cause.args[:1] if isinstance(arg, int)), None)
    if "://" in name:
        return f"{name}: {_plain(error, number)}; is the other end there?"
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return f"{name}: there is no such port; {_there_are()}"
    if number in (errno.EACCES, errno.EPERM):
        group = _group(name)
        who = f"join its group: sudo usermod -aG {group} $USER, and log in again" if group else "ask its owner"
        return f"{name}: we may not open it; {who}"
    if number in (errno.EAGAIN, errno.EBUSY):
        return f"{name}: {_holder(name) or 'another program'} has it open; end that first"
    if number == errno.EIO:
        return f"{name}: there is no hardware behind it; {_there_are()}"
    return f"{name}: {_plain(error, number)}; is it a serial port, and does it do {baud} baud?"


def _plain(error: Exception, number: int | None) -> str:
    """A library's sentence around the system's is of no use to anybody."""
    return os.strerror(number) if number else " ".join(str(error).split(": ")[-1].split())


def _there_are() -> str:
    found = [str(port) for port in ports()]
    return f"there are: {', '.join(found)}" if found else "this machine has none: is the cable plugged in?"


def _group(name: str) -> str | None:
    try:
        info = Path(name).stat()
        return grp.getgrgid(info.st_gid).gr_name if info.st_gid and info.st_mode & stat.S_IRGRP else None
    except (OSError, KeyError):
        return None


def _holder(name: str) -> str | None:
    """Which program has a port open, as far as we may see."""
    real = os.path.realpath(name)
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid():
            with suppress(OSError):
                if any(os.path.realpath(fd) == real for fd in (process / "fd").iterdir()):
                    return f"{_text(process / 'comm')} (process {process.name})"
    return None
