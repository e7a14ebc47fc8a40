"""What an agent is granted in its sandbox: the board's own sensors, one file each, and ports that are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from devices.energy import RAPL, passed_name, rapl_zones
from devices.facts import Facts
from devices.firmware import DEVICE
from devices.ports import drivers, split_name

__all__ = ["port_grants", "sensor_grants"]

_GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_ZONE = re.compile(r"intel-rapl(:\d{1,3}){1,2}")
#: OpenFile, which opens a file that only root may, and hands it over.
_OPENS = 253


def sensor_grants(facts: Facts) -> tuple[str, ...]:
    """Lines of the unit for a board with these facts; empty where everything there is may be read by everybody.

    Of a Raspberry Pi's two devices only the one that takes questions; the other would let the agent command the
    firmware, and with it the board. All three lines are needed: the node in the agent's own /dev, the cgroup's leave
    to open it, and the group it belongs to.
    """
    lines: list[str] = []
    group = facts.power.firmware
    if group and group != "root" and _GROUP.fullmatch(group):
        lines += [f"BindPaths=-/{DEVICE}", f"DeviceAllow=/{DEVICE} r", f"SupplementaryGroups={group}"]
    if (facts.systemd or 0) >= _OPENS:
        for zone in filter(_ZONE.fullmatch, rapl_zones(facts.power.rapl)):
            counter = f"/{RAPL}/{zone}/energy_uj".replace(":", r"\x3a")  # a colon parts the path from the rest
            lines.append(f"OpenFile={counter}:{passed_name(zone)}:read-only,graceful")
    return tuple(lines)


def port_grants(ports: Iterable[str]) -> tuple[str, ...]:
    """Lines of the unit for serial ports (PORT[@BAUD]): every port of their drivers, and no other device.

    A port may be plugged in later, under another number: so the board's own /dev is seen, and the cgroup opens what the
    drivers make. ``dialout`` is Debian's group for it; it has no name in the agent's user namespace, and holds there.
    """
    kinds = sorted({driver for port in ports for driver in drivers(split_name(port)[0])})
    if not kinds:
        return ()
    return ("PrivateDevices=no", *(f"DeviceAllow=char-{kind} rw" for kind in kinds), "SupplementaryGroups=dialout")
