"""How a board is at this moment, from sysfs and procfs: heat, clocks, cores, power mode.

Each function takes the ``root`` below which ``/sys`` and ``/proc`` are, so that the trees of boards serve as tests.
What cannot be read is None. A read may hang in a driver: call these where nobody waits (:mod:`devices.telemetry`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .firmware import gencmd
from .throttling import Throttling, bits_of, decode

__all__ = [
    "Clock", "available_memory", "clocks", "hottest", "number", "numbered", "power_mode", "temperature", "text",
    "throttling",
]  # fmt: skip

_MOST_TEXT = 1 << 16
# Sensors of the processor itself. Others sit at a battery or a power chip, and some only repeat a constant.
_PROCESSOR_ZONE = re.compile(r"cpu|soc|pkg|package|bigcore|littlecore", re.IGNORECASE)
# What no working board has: sensors that are switched off report such.
_COLDEST_C, _HOTTEST_C = -40.0, 150.0


@dataclass(frozen=True)
class Clock:
    """Processors that share a clock, in MHz: what it is ``now``, what it is ``limited`` to, what they can (``most``).

    ``limited`` is below ``most`` where a power mode, a governor's settings or heat holds them down. ``now`` is None
    where the kernel cannot say.
    """

    cpus: tuple[int, ...]
    now: float | None
    limited: float
    most: float


def text(path: Path) -> str | None:
    """A small file's text without the space around it; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_TEXT).decode("utf-8", "replace").strip()
    except OSError:
        return None


def number(path: Path) -> int | None:
    """The whole number in a file; None where there is none."""
    said = text(path)
    return int(said) if said and re.fullmatch(r"-?\d{1,18}", said) else None


def numbered(folder: Path, pattern: str) -> list[Path]:
    """The entries of a folder that fit, by their numbers: zone2 before zone10."""
    return sorted(folder.glob(pattern), key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])


def hottest(zones: Iterable[tuple[str, int | None]]) -> float | None:
    """Of sensors (name, thousandths of °C) the hottest of the processor's, or of all where none says that it is one."""
    good = [(name, (value or 0) / 1000) for name, value in zones]
    good = [(name, value) for name, value in good if value and _COLDEST_C < value < _HOTTEST_C]
    own = [value for name, value in good if _PROCESSOR_ZONE.search(name)]
    return max(own or [value for _, value in good], default=None)


def temperature(root: Path) -> float | None:
    """The processor's, in °C."""
    zones = numbered(root / "sys/class/thermal", "thermal_zone*")
    return hottest((text(zone / "type") or "", number(zone / "temp")) for zone in zones)


def clocks(root: Path) -> tuple[Clock, ...]:
    """The clocks of all processors that are on; empty where the kernel does not manage them."""
    found = []
    for policy in numbered(root / "sys/devices/system/cpu/cpufreq", "policy*"):
        most = number(policy / "cpuinfo_max_freq")
        limited, now = number(policy / "scaling_max_freq"), number(policy / "scaling_cur_freq")
        cpus = tuple(int(cpu) for cpu in (text(policy / "affected_cpus") or "").split() if cpu.isdecimal())
        if most and most > 0 and cpus:
            found.append(Clock(cpus, now / 1000 if now else None, (limited or most) / 1000, most / 1000))
    return tuple(found)


def throttling(root: Path) -> Throttling | None:
    """What a Raspberry Pi's firmware says of its power and heat; from hwmon only whether the voltage is too low.

    The file ``get_throttled`` in sysfs is no way to it: the kernel calls it deprecated, and leaves a stack trace in
    its log when somebody reads it (raspberrypi/linux, drivers/firmware/raspberrypi.c).
    """
    bits = bits_of(gencmd("get_throttled", root))
    if bits is not None:
        return decode(bits)
    for chip in numbered(root / "sys/class/hwmon", "hwmon*"):
        if text(chip / "name") == "rpi_volt":
            alarm = number(chip / "in0_lcrit_alarm")
            return None if alarm is None else decode(int(alarm == 1))
    return None


def power_mode(root: Path) -> str | None:
    """The power mode of a Jetson by its name ("15W", "MAXN_SUPER").

    nvpmodel keeps its number in one file ("pmode:0002"), and the names in another ("< POWER_MODEL ID=2 NAME=15W >").
    """
    mode = re.match(r"pmode:(\d{1,4})", text(root / "var/lib/nvpmodel/status") or "")
    if not mode:
        return None
    names = re.findall(
        r"^<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>", text(root / "etc/nvpmodel.conf") or "", re.MULTILINE
    )
    return next((name for number, name in names if int(number) == int(mode[1])), f"mode {int(mode[1])}")


def available_memory(root: Path) -> int | None:
    """Bytes that programs can still have."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text(root / "proc/meminfo") or "", re.MULTILINE)
    return int(found[1]) * 1024 if found else None
