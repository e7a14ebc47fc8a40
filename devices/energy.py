"""What a board can say of the power it takes: which sensors it has, and how they are read.

Sensors of two kinds: those that know the power of this moment, and those that count energy. Nothing is estimated: a
board without a sensor has none, and what a sensor does not see (``covers`` says what it sees) is not added.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .boards import boards, recognise
from .facts import Facts
from .firmware import DEVICE, gencmd
from .sensors import number, numbered, text

__all__ = [
    "RAPL",
    "STALE_S",
    "Reading",
    "Sensor",
    "find_sensor",
    "passed_name",
    "power_source",
    "rails_of",
    "rapl_zones",
    "seconds",
    "watts_of_pmic",
    "withheld",
]

#: Where the kernel counts what x86 processors use.
RAPL = "sys/class/powercap"
#: A reading that was made so long ago is none: what made it has stopped.
STALE_S = 30.0
# No board takes more, nor any machine with a few processors: a driver says so that fails, or a counter begun anew.
_MOST_BOARD_W = 2000.0
_MOST_W = 5000.0
# The rail that everything of a module comes through, where it has one: Xavier NX, Orin Nano and NX; TX2 and Nano.
# https://docs.nvidia.com/jetson/archives/r36.3/DeveloperGuide (Platform Power and Performance, Power Monitoring)
_WHOLE_RAILS = ("VDD_IN", "POM_5V_IN")
# Elsewhere each rail has its own way in, and they add up (the Xavier AGX design guide, DG-09840, figure 5-14). But for
# this one of the AGX Orin, whose sensor sits behind VIN_SYS_5V0: both show 4968 mV. NC is not connected.
_INNER_RAILS = ("VDDQ_VDD2_1V8AO", "NC")
_RAIL = re.compile(r"\s*(\w+)_([AV]) (?:current|volt)\(\d+\)=(-?\d+\.\d+)[AV]\s*")
# The shunt resistors of a chip added up, and the sums themselves: not rails.
_CHANNELS = (1, 2, 3)


@dataclass(frozen=True)
class Reading:
    """One of both: the power of this moment, or the energy since some moment.

    ``made``: when, by a clock of the sensor's own, so that one reading that is read twice is known; None: when read.
    """

    watts: float | None = None
    joules: float | None = None
    made: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Sensor:
    """``read`` takes a reading; None when there is none just now. It may take long, or hang.

    ``name``: what it is ("INA3221: VDD_IN"). ``covers``: what its figures are of, in words. ``close``: end what it has
    started.
    """

    name: str
    covers: str
    read: Callable[[], Reading | None]
    close: Callable[[], None] = lambda: None


def seconds() -> float:
    """A clock that never goes back, and goes on while the machine sleeps: what was used then nobody has measured."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def find_sensor(root: Path = Path("/"), passed: Mapping[str, int] | None = None) -> Sensor | None:
    """The sensor that sees most of this board, or None. Tries them, so it may take long, or hang.

    ``passed``: counters of RAPL that were opened for us because we may not, as file descriptors by :func:`passed_name`.
    """
    if _has_ina238(root):
        return _ina238(root)  # its INA3221 sees parts only, whose sum would look like the whole
    return _rails(root) or _pmic(root) or _rapl(root, passed or {})


def power_source(facts: Facts) -> str | None:
    """What the power of a board that was probed could be read from, in words; None: it has no sensor we know."""
    power, board = facts.power, recognise(facts)
    if board and "ina238" in board.power:
        return "INA238"
    if rails := rails_of({name: name for name in power.rails}):
        return f"INA3221: {' + '.join(rails)}"
    if power.firmware and board and "pmic" in board.power:
        return f"its power chip, for the group {power.firmware}"
    if zones := rapl_zones(power.rapl):
        return f"RAPL: {' + '.join(power.rapl[zone] for zone in zones)}, for root"
    return None


def withheld(root: Path = Path("/")) -> str | None:
    """Why a sensor that is there cannot be read, in words; None where there is none, or nothing in the way."""
    counters = [root / RAPL / zone.name / "energy_uj" for zone in numbered(root / RAPL, "intel-rapl:*")]
    if counters and not any(os.access(counter, os.R_OK) for counter in counters):
        return "RAPL counts it, for root only"
    device = root / DEVICE
    if device.exists() and not os.access(device, os.R_OK):
        return f"the firmware may know it; /{DEVICE} is for the group {device.group()}"
    return None


# --- Jetson: INA3221, https://www.kernel.org/doc/html/latest/hwmon/ina3221.html ---


def rails_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Of all rails (by any key, to their names) the keys of those whose sum is the whole board's power."""
    whole = [key for key, name in labels.items() if name in _WHOLE_RAILS]
    return tuple(whole or (key for key, name in labels.items() if name and name not in _INNER_RAILS))


def _power(watts: float) -> Reading | None:
    return Reading(watts=watts) if 0 <= watts <= _MOST_BOARD_W else None


def _rails(root: Path) -> Sensor | None:
    labels: dict[str, str] = {}
    for chip in numbered(root / "sys/class/hwmon", "hwmon*"):
        if text(chip / "name") == "ina3221":
            labels |= {f"{chip}/{n}": text(chip / f"in{n}_label") or "" for n in _CHANNELS}
    chosen = [(Path(key).parent, Path(key).name) for key in rails_of(labels)]
    if not chosen:
        return None

    def watts() -> Reading | None:
        pairs = [(number(chip / f"in{n}_input"), number(chip / f"curr{n}_input")) for chip, n in chosen]
        if any(None in pair for pair in pairs):
            return None
        return _power(sum((volts or 0) * (amperes or 0) for volts, amperes in pairs) / 1e6)

    names = [labels[f"{chip}/{n}"] for chip, n in chosen]
    return Sensor(f"INA3221: {' + '.join(names)}", "the module, without its carrier board", watts)


def _has_ina238(root: Path) -> bool:
    """Whether this is a board whose power is measured as a whole by such a chip (Jetson AGX Thor)."""
    said = (text(root / "sys/firmware/devicetree/base/compatible") or "").split("\0")
    return any("ina238" in board.power and not {*board.compatible}.isdisjoint(said) for board in boards())


def _ina238(root: Path) -> Sensor | None:
    chips = [chip for chip in numbered(root / "sys/class/hwmon", "hwmon*") if text(chip / "name") == "ina238"]
    if len(chips) != 1:
        return None  # of several nothing says which has the whole

    def watts() -> Reading | None:
        microwatts = number(chips[0] / "power1_input")
        return None if microwatts is None else _power(microwatts / 1e6)

    return Sensor("INA238", "all that comes through its chip", watts) if watts() is not None else None


# --- Raspberry Pi 5, 500, CM5: the power chip's rails, through the firmware ---


def watts_of_pmic(said: str) -> dict[str, float]:
    """The power of all rails of which ``vcgencmd pmic_read_adc`` tells both current and voltage.

    A line of it: ``VDD_CORE_A current(7)=1.42880000A``. EXT5V, what comes from the supply, has no current.
    """
    amperes: dict[str, float] = {}
    volts: dict[str, float] = {}
    for line in said.splitlines():
        if found := _RAIL.fullmatch(line):
            (amperes if found[2] == "A" else volts)[found[1]] = float(found[3])
    return {rail: amperes[rail] * volts[rail] for rail in amperes.keys() & volts.keys()}


def _pmic(root: Path) -> Sensor | None:
    known: set[str] = set()

    def watts() -> Reading | None:
        rails = watts_of_pmic(gencmd("pmic_read_adc", root) or "")
        if not rails or not known <= rails.keys():
            return None  # without a rail the sum would be of something else
        known.update(rails)
        return _power(sum(rails.values()))

    if watts() is None:
        return None  # an older board: its firmware knows no such command
    covers = "the rails behind the power chip: without USB, HATs and what the chip itself loses"
    return Sensor("PMIC of the Raspberry Pi", covers, watts)


# --- x86: RAPL, https://www.kernel.org/doc/html/latest/power/powercap/powercap.html ---


def rapl_zones(names: Mapping[str, str]) -> tuple[str, ...]:
    """Of RAPL's zones (``intel-rapl:0``, to their names) those that are added: processors, and their memory.

    ``core`` and ``uncore`` are parts of a processor; what ``psys`` is of, each maker decides alone.
    """
    return tuple(zone for zone, name in names.items() if name == "dram" or name.startswith("package"))


def passed_name(zone: str) -> str:
    """What a zone's counter is called when it is handed over open: systemd's names hold no colons."""
    return zone.replace(":", "-")


class _Counter:
    """A counter of microjoules that begins again at 0 when it has come to its end."""

    def __init__(self, zone: Path, passed: int | None) -> None:
        self._file = zone / "energy_uj"
        self._passed = passed
        self._most = number(zone / "max_energy_range_uj") or 0
        self._last: tuple[int, float] | None = None
        self._whole = 0

    def joules(self) -> float | None:
        """Since the first reading; None where it cannot be read, or has begun anew before its end."""
        if self._passed is None:
            now = number(self._file)
        else:
            said = os.pread(self._passed, 32, 0).strip()
            now = int(said) if said.isdigit() else None
        if now is None:
            return None
        last, self._last = self._last, (now, seconds())
        if last is not None:
            more = now - last[0]
            if more < 0:
                more += self._most + 1
                if not 0 <= more <= _MOST_W * 1e6 * (self._last[1] - last[1]):
                    return None  # the machine has slept, or the driver was loaded again
            self._whole += more
        return self._whole / 1e6


def _rapl(root: Path, passed: Mapping[str, int]) -> Sensor | None:
    names = {zone.name: text(zone / "name") or "" for zone in numbered(root / RAPL, "intel-rapl:*")}
    zones = rapl_zones(names)
    counters = [_Counter(root / RAPL / zone, passed.get(passed_name(zone))) for zone in zones]
    readable = [c.joules() is not None for c in counters]
    if not any(readable):
        return None
    # A processor whose memory's counter is not to be read still has its own.
    used = [counter for counter, good in zip(counters, readable, strict=True) if good]
    seen = [names[zone] for zone, good in zip(zones, readable, strict=True) if good]

    def joules() -> Reading | None:
        parts = [counter.joules() for counter in used]
        return None if None in parts else Reading(joules=sum(part or 0 for part in parts))

    covers = f"the processor{'s' if sum(n.startswith('package') for n in seen) > 1 else ''}"
    covers += " and the memory" if "dram" in seen else ""
    return Sensor(f"RAPL: {' + '.join(seen)}", f"{covers}, nothing else of the machine", joules)
