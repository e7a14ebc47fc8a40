"""What a board says of itself, checked and in units: what the probe's JSON means."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .json_text import MOST
from .sensors import Clock, hottest
from .throttling import bits_of

__all__ = ["Cpu", "Disk", "Facts", "Memory", "Os", "Power", "Python", "Swap"]

_T = TypeVar("_T", str, int, bool, list[Any], dict[str, Any])
_KB = 1024
#: Characters; the longest that a board has to say is its processor's features.
_MOST_TEXT = 1 << 14


@dataclass(frozen=True)
class Cpu:
    """``parts``: the designs among its cores ("0xd0b" is a Cortex-A76). ``features``: as Linux names them."""

    implementer: str | None
    parts: tuple[str, ...]
    name: str | None
    features: frozenset[str]
    cores: int


@dataclass(frozen=True)
class Memory:
    """Bytes. ``cgroup``: whether limits on a service's memory work; None where that is unknown."""

    total: int
    available: int
    cgroup: bool | None


@dataclass(frozen=True)
class Swap:
    """``kind``: "partition" or "file". ``size`` in bytes. ``card``: whether it lies on an SD card."""

    path: str
    kind: str
    size: int
    card: bool


@dataclass(frozen=True)
class Os:
    """The distribution, from os-release: "debian", "12", "Debian GNU/Linux 12 (bookworm)"."""

    id: str | None
    version: str | None
    pretty: str | None


@dataclass(frozen=True)
class Python:
    """An interpreter. ``version`` is None where it is there and does not run. ``has_venv``: it has `venv`."""

    path: str
    version: tuple[int, int, int] | None
    bits: int | None
    has_venv: bool


@dataclass(frozen=True)
class Disk:
    """The file system of /opt/edge, or of where it would be (``path``).

    ``size`` and ``free`` (for an ordinary user) in bytes. ``inodes_free``: files that can still be made, None where
    the file system has no such limit.
    """

    path: str
    device: str | None
    mount: str | None
    type: str | None
    readonly: bool
    card: bool
    size: int
    free: int
    inodes_free: int | None


@dataclass(frozen=True)
class Power:
    """Where its power could be read. ``rails``: of INA3221 chips, by name; ``rapl``: zones of RAPL, to their names.

    ``firmware``: the group of the device by which a Raspberry Pi's firmware takes commands and nothing else.
    """

    rails: tuple[str, ...] = ()
    rapl: dict[str, str] = field(default_factory=dict)
    firmware: str | None = None


@dataclass(frozen=True)
class Facts:
    """A board.

    ``machine``: of the kernel ("aarch64"); ``bits``: of the programs (32 or 64). ``glibc``: None with another C
    library. ``systemd``: its version, None where it is not in charge. ``sudo``: "none" (not installed), "free" (asks
    for no password), "password" or "hangs"; ``sudo_says``: its refusal. ``clock``: seconds since 1970. ``throttled``:
    a Raspberry Pi's bits. ``supply_ma``: what the supply of a Pi 5 says it can give. ``temperature_c``: the
    processor's. ``cores_off``: cores that are there and switched off. ``power_mode``: a Jetson's. ``edge``: what edge
    has there; its meaning is provisioning's business.
    """

    machine: str
    bits: int | None
    memory: Memory
    cpu: Cpu
    host: str | None = None
    kernel: str | None = None
    model: str | None = None
    compatible: tuple[str, ...] = ()
    page_size: int | None = None
    os: Os = field(default_factory=lambda: Os(None, None, None))
    glibc: tuple[int, int] | None = None
    systemd: int | None = None
    python: Python | None = None
    user: str | None = None
    uid: int | None = None
    sudo: str = "none"
    sudo_says: str | None = None
    disk: Disk | None = None
    etc_readonly: bool = False
    swap: tuple[Swap, ...] = ()
    clock: float | None = None
    uptime_s: float | None = None
    throttled: int | None = None
    supply_ma: int | None = None
    temperature_c: float | None = None
    clocks: tuple[Clock, ...] = ()
    cores_off: int = 0
    power_mode: str | None = None
    power: Power = field(default_factory=Power)
    edge: dict[str, Any] = field(default_factory=dict)

    @property
    def isa(self) -> str:
        """The best of the engine's instruction sets that this processor has."""
        has = self.cpu.features
        if self.machine == "aarch64":
            if "asimddp" in has:
                return "i8mm" if "i8mm" in has else "dotprod"
            return "neon" if "asimd" in has else "scalar"
        if {"avx512f", "avx512bw", "avx512vl", "avx512_vnni"} <= has:
            return "avx512vnni"
        return "avx2" if {"avx2", "fma"} <= has else "scalar"

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Facts:
        """Read what :func:`devices.probe.parse` returned. Raises ValueError on what no probe prints."""
        top = _Part(value, "")
        cpu, memory, system = top.part("cpu"), top.part("memory"), top.part("os")
        total = memory.whole("total_kb")
        available = memory.whole("available_kb")
        machine = top.text("machine")
        if machine is None or not total or total < 0:
            raise ValueError("the board's answer lacks its kind of machine or its memory: probe it again")
        glibc = re.match(r"glibc (\d{1,4})\.(\d{1,4})(?!\d)", top.text("libc") or "")
        systemd = re.match(r"systemd (\d{1,6})(?!\d)", top.text("systemd") or "")
        return cls(
            machine=machine,
            bits=top.whole("bits"),
            memory=Memory(total * _KB, (total if available is None else available) * _KB, memory.get("cgroup", bool)),
            cpu=Cpu(
                cpu.text("implementer"),
                tuple(map(str, cpu.get("parts", list) or ())),
                cpu.text("name"),
                frozenset((cpu.text("features") or "").split()),
                cpu.whole("cores") or 1,
            ),
            host=top.text("host"),
            kernel=top.text("kernel"),
            model=top.text("model"),
            compatible=tuple(map(str, top.get("compatible", list) or ())),
            page_size=top.whole("page_size"),
            os=Os(system.text("id"), system.text("version"), system.text("pretty")),
            glibc=(int(glibc[1]), int(glibc[2])) if glibc else None,
            systemd=int(systemd[1]) if systemd else None,
            python=_python(top),
            user=top.text("user"),
            uid=top.whole("uid"),
            sudo=top.text("sudo") or "none",
            sudo_says=top.text("sudo_says"),
            disk=_disk(top.part("disk")),
            etc_readonly=top.get("etc_readonly", bool) or False,
            swap=tuple(_swap(part) for part in top.parts("swap")),
            clock=top.real("clock"),
            uptime_s=top.real("uptime_s"),
            throttled=bits_of(top.text("throttled")),
            supply_ma=top.whole("supply_ma"),
            temperature_c=hottest(
                (part.text("zone") or "", part.whole("millidegrees")) for part in top.parts("temperatures")
            ),
            clocks=tuple(filter(None, map(_clock, top.parts("clocks")))),
            cores_off=len(_cores(cpu.text("present")) - _cores(cpu.text("online"))) if cpu.text("online") else 0,
            power_mode=top.text("power_mode"),
            power=_power(top.part("power")),
            edge=top.get("edge", dict) or {},
        )


class _Part:
    """An object of the answer, read member by member; an absent or null member is None."""

    def __init__(self, value: object, name: str) -> None:
        if value is not None and not isinstance(value, Mapping):
            raise ValueError(f"the board's answer has no sensible {name or 'form'}: {value!r:.80}")
        self._value: Mapping[str, Any] = value or {}
        self._name = f"{name}." if name else ""

    def get(self, name: str, kind: type[_T]) -> _T | None:
        value = self._value.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._nonsense(name, value)
        return value

    def text(self, name: str) -> str | None:
        value = self.get(name, str)
        if value is not None and len(value) > _MOST_TEXT:
            raise self._nonsense(name, value)
        return value

    def whole(self, name: str) -> int | None:
        value = self.get(name, int)
        if value is not None and abs(value) > MOST:
            raise self._nonsense(name, value)
        return value

    def real(self, name: str) -> float | None:
        value = self._value.get(name)
        if not isinstance(value, float):
            return self.whole(name)
        if not math.isfinite(value) or abs(value) > MOST:
            raise self._nonsense(name, value)
        return value

    def _nonsense(self, name: str, value: object) -> ValueError:
        huge = isinstance(value, int) and abs(value) > MOST  # Python may refuse to write it
        return ValueError(
            f"the board's answer has no sensible {self._name}{name}: {'a huge number' if huge else repr(value):.80}"
        )

    def part(self, name: str) -> _Part:
        return _Part(self._value.get(name), f"{self._name}{name}")

    def parts(self, name: str) -> list[_Part]:
        return [_Part(value, f"{self._name}{name}") for value in self.get(name, list) or ()]


def _python(top: _Part) -> Python | None:
    part = top.part("python")
    path = part.text("path")
    if path is None:
        return None
    version = re.fullmatch(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", part.text("version") or "")
    return Python(
        path,
        (int(version[1]), int(version[2]), int(version[3])) if version else None,
        part.whole("bits"),
        part.get("venv", bool) or False,
    )


def _disk(part: _Part) -> Disk | None:
    path, size, free = part.text("path"), part.whole("size_kb"), part.whole("free_kb")
    if path is None or size is None or free is None:
        return None
    return Disk(
        path,
        part.text("device"),
        part.text("mount"),
        part.text("type"),
        part.get("readonly", bool) or False,
        part.get("card", bool) or False,
        size * _KB,
        max(0, free) * _KB,
        # btrfs and others, which make them as needed, say that there are 0 in all
        part.whole("inodes_free") if part.whole("inodes") else None,
    )


def _swap(part: _Part) -> Swap:
    return Swap(
        part.text("path") or "?",
        part.text("kind") or "?",
        (part.whole("size_kb") or 0) * _KB,
        part.get("card", bool) or False,
    )


def _clock(part: _Part) -> Clock | None:
    most, limited, now = part.whole("most_khz"), part.whole("limit_khz"), part.whole("now_khz")
    cpus = tuple(int(cpu) for cpu in (part.text("cpus") or "").split() if re.fullmatch(r"\d{1,4}", cpu))
    if not most or most < 0 or not cpus:
        return None
    return Clock(cpus, now / 1000 if now else None, (limited or most) / 1000, most / 1000)


def _cores(listed: str | None) -> frozenset[int]:
    """The numbers in the kernel's lists of processors: "0-3,6"."""
    spans = re.findall(r"(\d{1,4})(?:-(\d{1,4}))?(?:,|$)", listed or "")
    return frozenset(cpu for first, last in spans for cpu in range(int(first), int(last or first) + 1))


def _power(part: _Part) -> Power:
    return Power(
        rails=tuple(map(str, part.get("rails", list) or ())),
        rapl={str(zone.text("zone")): zone.text("name") or "" for zone in part.parts("rapl")},
        firmware=part.text("firmware"),
    )
