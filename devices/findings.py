"""What speaks against running a model on a board, in words: errors that forbid it, warnings that do not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .boards import recognise
from .facts import Facts
from .throttling import decode

__all__ = ["Finding", "findings"]

#: What our own software needs. The packages it stands on are built for this C library; the engine itself for the same.
GLIBC = (2, 28)
PYTHON = (3, 10)
#: LoadCredential, which keeps secrets away from everybody but the service.
SYSTEMD = 247
MACHINES = ("aarch64", "x86_64")

# The engine's instruction sets on ARM, the better the later.
_ARM = ("neon", "dotprod", "i8mm")
_DISK_FULL, _DISK_LOW = 64 << 20, 512 << 20
_INODES_FULL, _INODES_LOW = 500, 10_000
# A board without a battery begins in 1970, or where it was when it was switched off.
_NOT_BEFORE = 1_704_067_200  # 2024-01-01
_SKEW_S = 300.0
_HOT_C = 80.0
_MEMORY_LEAST, _MEMORY_FEW = 192 << 20, 160 << 20
_THROTTLED = {
    "under-voltage": "the voltage is too low",
    "clock-capped": "the clock is capped",
    "throttled": "it is throttled",
    "near-heat-limit": "it is near its heat limit",
}
#: Clocks below this share of what they could be are worth a word: a board's power modes are further apart.
_HELD_DOWN = 0.9


@dataclass(frozen=True)
class Finding:
    """``code``: short and stable, for programs. ``message``: what is wrong. ``remedy``: what to do, or type."""

    level: Literal["error", "warning"]
    code: str
    message: str
    remedy: str


def findings(facts: Facts, now: float) -> list[Finding]:
    """Everything found, errors first. ``now``: seconds since 1970 by the operator's clock, when the probe ended."""
    found = [finding for check in _CHECKS for finding in check(facts)]
    found += _clock(facts, now)
    return sorted(found, key=lambda finding: finding.level)


def _error(code: str, message: str, remedy: str) -> Finding:
    return Finding("error", code, message, remedy)


def _warning(code: str, message: str, remedy: str) -> Finding:
    return Finding("warning", code, message, remedy)


def _machine(facts: Facts) -> Iterator[Finding]:
    if facts.machine not in MACHINES and facts.machine not in {"armv8l", "i686"}:
        yield _error(
            "machine",
            f"this is a {facts.machine} machine, and we build for {' and '.join(MACHINES)}",
            "take a board with a 64-bit processor: Raspberry Pi 3, 4, 5, Zero 2 W, or later",
        )
    elif facts.bits == 32 or facts.machine not in MACHINES:
        yield _error(
            "userland-32bit",
            f"the programs of {facts.os.pretty or 'this system'} are 32-bit ones, though the processor has 64",
            "write the 64-bit edition of the system to the card (Raspberry Pi OS Lite, 64-bit) and start again",
        )
    elif facts.machine == "aarch64" and "asimd" not in facts.cpu.features:
        yield _error(
            "no-neon",
            "the kernel reports a processor without NEON (asimd), which every package we need is built for",
            "use the board's own kernel: 'grep -m1 Features /proc/cpuinfo' must show asimd",
        )
    elif facts.isa == "scalar":
        yield _warning(
            "slow-isa",
            "the processor has no AVX2: the engine runs, several times slower than it could",
            "in a virtual machine pass the host's processor through; otherwise use a newer machine",
        )


def _libc(facts: Facts) -> Iterator[Finding]:
    need = ".".join(map(str, GLIBC))
    if facts.glibc is None:
        yield _error(
            "no-glibc",
            f"the C library of {facts.os.pretty or 'this system'} is not glibc, and our packages need glibc {need}",
            "use a system with glibc: Raspberry Pi OS, Debian or Ubuntu",
        )
    elif facts.glibc < GLIBC:
        has = ".".join(map(str, facts.glibc))
        yield _error(
            "glibc-old",
            f"glibc is {has}; numpy and the engine need {need}",
            "install a newer system (Debian 12, Ubuntu 22.04 or later): glibc cannot be replaced alone",
        )


def _python(facts: Facts) -> Iterator[Finding]:
    python, need = facts.python, ".".join(map(str, PYTHON))
    if python is None:
        yield _error("no-python", "there is no python3", "sudo apt-get install python3")
        return
    if python.version is None:
        yield _error(
            "python-broken",
            f"{python.path} is there and does not run",
            f"try '{python.path} -V' on the board; 'sudo apt-get install --reinstall python3-minimal' mends most",
        )
        return
    version = ".".join(map(str, python.version))
    if python.version < PYTHON:
        yield _error(
            "python-old",
            f"{python.path} is Python {version}; {need} or later is needed",
            f"install a newer system (Debian 12, Ubuntu 22.04, JetPack 6), or a Python {need} in /usr/local",
        )
    elif python.bits == 32 and facts.bits != 32:
        yield _error(
            "python-32bit",
            f"{python.path} is a 32-bit program on a 64-bit system",
            "install the system's own python3: sudo apt-get install python3",
        )
    elif not python.has_venv:
        package = f"libpython3.{python.version[1]}-stdlib"
        yield _error(
            "no-venv",
            f"Python {version} has only a part of its library: no venv module",
            f"sudo apt-get install python3 {package}",
        )
    elif python.path.startswith(("/home/", "/root/")):
        yield _error(
            "python-home",
            f"{python.path} lies in a home folder, where a sandboxed service may not look",
            "install the system's own python3: sudo apt-get install python3",
        )


def _systemd(facts: Facts) -> Iterator[Finding]:
    if facts.systemd is None:
        yield _error(
            "no-systemd",
            "systemd does not run this system, and the agent is its service",
            "use a system with systemd (Raspberry Pi OS, Debian, Ubuntu); in a container start it as the first process",
        )
    elif facts.systemd < SYSTEMD:
        yield _error(
            "systemd-old",
            f"systemd is {facts.systemd}; {SYSTEMD} or later is needed to hand passwords to a service",
            "install a newer system (Debian 12, Ubuntu 22.04 or later)",
        )


def _rights(facts: Facts) -> Iterator[Finding]:
    user = facts.user or "this user"
    if facts.uid == 0 or facts.sudo == "free":
        return
    if facts.sudo == "none":
        yield _error(
            "no-sudo",
            f"{user} is not root, and there is no sudo",
            f"as root: apt-get install sudo && usermod -aG sudo {user}; or log in as root",
        )
    elif facts.sudo == "hangs":
        yield _error(
            "sudo-hangs",
            "sudo does not come back within 5 s",
            "run 'sudo true' on the board; a host name missing in /etc/hosts is the usual reason",
        )
    elif facts.sudo_says and "password" not in facts.sudo_says:
        yield _error(
            "sudo-refuses",
            f"sudo refuses {user}: {facts.sudo_says}",
            "run 'sudo true' on the board and put right what it says",
        )
    else:
        yield _warning(
            "sudo-password",
            f"sudo wants the password of {user}",
            "have it asked for with --ask-sudo, or allow NOPASSWD with 'sudo visudo'",
        )


def _disk(facts: Facts) -> Iterator[Finding]:
    disk = facts.disk
    if disk is None:
        yield _error(
            "no-disk",
            "how much room there is for /opt/edge cannot be found out",
            "run 'df -Pk /opt' on the board and put right what it says",
        )
        return
    where = disk.mount or disk.path
    if disk.readonly or facts.etc_readonly:
        what = where if disk.readonly else "/etc"
        yield _error(
            "read-only",
            f"{what} is mounted read-only",
            f"sudo mount -o remount,rw {what}; if it falls back, 'sudo dmesg | grep -i error' tells of a dying card",
        )
    elif disk.type in {"overlay", "tmpfs", "ramfs"}:
        yield _warning(
            "volatile",
            f"{where} is in memory ({disk.type}): after a restart nothing of edge would be left",
            "switch the overlay file system off while you deploy: sudo raspi-config, Performance Options",
        )
    yield from _room(disk.path, disk.free, disk.inodes_free)


def _room(path: str, free: int, inodes: int | None) -> Iterator[Finding]:
    if free < _DISK_FULL:
        yield _error(
            "disk-full", f"{_mb(free)} are free at {path}", "sudo apt-get clean; then 'sudo du -xh / | sort -h'"
        )
    elif free < _DISK_LOW:
        yield _warning("disk-low", f"only {_mb(free)} are free at {path}", "sudo apt-get clean, or a larger card")
    if inodes is None:
        return
    remedy = "'sudo du --inodes -x / | sort -n | tail' shows where all the small files are"
    if inodes < _INODES_FULL:
        yield _error("no-inodes", f"{inodes} more files can be made at {path}, whatever space is free", remedy)
    elif inodes < _INODES_LOW:
        yield _warning("few-inodes", f"only {inodes} more files can be made at {path}", remedy)


def _memory(facts: Facts) -> Iterator[Finding]:
    memory = facts.memory
    if memory.total < _MEMORY_LEAST:
        yield _error(
            "memory",
            f"the board has {_mb(memory.total)} of memory; Python and the smallest model want {_mb(_MEMORY_LEAST)}",
            "take a board with 512 MB or more",
        )
    elif memory.available < _MEMORY_FEW:
        yield _warning(
            "memory-low",
            f"{_mb(memory.available)} of {_mb(memory.total)} of memory are available",
            "end what is not needed ('ps aux --sort -rss | head' shows the largest), or use a system without a desktop",
        )
    if memory.cgroup is False:
        yield _warning(
            "memory-cgroup",
            f"the kernel's memory cgroup is off: a limit on the service (MemoryMax) does nothing, so that of "
            f"{_mb(memory.total)} only the agent's own bounds keep it from taking all",
            f"add 'cgroup_enable=memory' to the one line of {_cmdline(facts)} and restart",
        )


def _cmdline(facts: Facts) -> str:
    if any(name.startswith("raspberrypi,") for name in facts.compatible):
        # Bookworm moved it; what was before it kept Debian's number too.
        old = facts.os.version is not None and facts.os.version.isdigit() and int(facts.os.version) < 12
        return "/boot/cmdline.txt" if old else "/boot/firmware/cmdline.txt"
    return "the kernel's parameters"


def _swap(facts: Facts) -> Iterator[Finding]:
    on_card = [swap for swap in facts.swap if swap.card]
    if on_card:
        names = ", ".join(f"{swap.path} ({_mb(swap.size)})" for swap in on_card)
        yield _warning(
            "swap-on-card",
            f"swap lies on the SD card: {names}; it is slow there and wears the card out",
            "sudo swapoff -a, and for good: 'sudo systemctl disable --now dphys-swapfile', or zram instead",
        )


def _power(facts: Facts) -> Iterator[Finding]:
    if not facts.throttled:
        return
    state = decode(facts.throttled)
    said = f" (throttled=0x{facts.throttled:x})"
    remedy = (
        "use the power supply made for this board and a short, thick cable"
        if "under-voltage" in (*state.now, *state.before)
        else "give it a heat sink or a fan, and air"
    )
    if state.now:
        now = " and ".join(_THROTTLED[word] for word in state.now)
        yield _warning("throttled", f"now {now}{said}", remedy)
    elif state.before:
        since = " and ".join(_THROTTLED[word].replace(" is ", " was ") for word in state.before)
        yield _warning("was-throttled", f"since it was started {since}{said}", remedy)


def _clocks(facts: Facts) -> Iterator[Finding]:
    mode = f" (power mode {facts.power_mode})" if facts.power_mode else ""
    if facts.power_mode:
        remedy = "'grep POWER_MODEL /etc/nvpmodel.conf' lists the modes; 'sudo nvpmodel -m NUMBER' takes another"
    else:
        remedy = "see /sys/devices/system/cpu/cpu*/online and the kernel's parameters (maxcpus=, isolcpus=)"
    if facts.cores_off:
        yield _warning(
            "cores-off",
            f"{facts.cores_off} of {facts.cpu.cores + facts.cores_off} cores are switched off{mode}",
            remedy,
        )
    held = [clock for clock in facts.clocks if clock.limited < _HELD_DOWN * clock.most]
    if held:
        clock = max(held, key=lambda clock: clock.most)
        yield _warning(
            "clock-limited",
            f"the clock is held at {clock.limited:.0f} MHz, and could be {clock.most:.0f}{mode}",
            remedy
            if facts.power_mode
            else "set it free: 'sudo cpupower frequency-set -u "
            f"{clock.most:.0f}MHz'; if it falls again, heat or a power profile does it",
        )


def _supply(facts: Facts) -> Iterator[Finding]:
    board = recognise(facts)
    should, gives = board.supply_ma if board else None, facts.supply_ma
    if board and should and gives and gives < should:
        yield _warning(
            "weak-supply",
            f"the power supply gives {gives / 1000:g} A, and a {board.name} may take {should / 1000:g} A: under load "
            "the voltage may sink, and USB devices get less",
            "use the power supply made for this board (27 W, 5.1 V at 5 A)",
        )


def _hidden(facts: Facts) -> Iterator[Finding]:
    board = recognise(facts)
    if board and board.isa in _ARM and facts.isa in _ARM and _ARM.index(facts.isa) < _ARM.index(board.isa):
        yield _warning(
            "isa-hidden",
            f"the cores of a {board.name} have {board.isa}, and the system shows only {facts.isa}: the engine runs "
            "slower than it could",
            "use the board's own kernel, in a virtual machine pass the host's processor through; 'grep -m1 Features "
            "/proc/cpuinfo' shows what there is",
        )


def _heat(facts: Facts) -> Iterator[Finding]:
    if facts.temperature_c is not None and facts.temperature_c >= _HOT_C:
        yield _warning(
            "hot",
            f"the processor has {facts.temperature_c:.0f} °C, and slows down at about 85",
            "give it a heat sink or a fan, and air",
        )


def _clock(facts: Facts, now: float) -> Iterator[Finding]:
    remedy = (
        "sudo timedatectl set-ntp true, and see that the board reaches a time server ('timedatectl'); without one, "
        "from here: ssh -t HOST sudo date -s @$(date +%s)"
    )
    if facts.clock is None:
        return
    shown = time.strftime("%Y-%m-%d %H:%M", time.gmtime(min(max(facts.clock, 0), 253402300799)))
    if facts.clock < _NOT_BEFORE:
        yield _error("clock-unset", f"the board believes it is {shown} UTC: no certificate is valid then", remedy)
    elif abs(facts.clock - now) > _SKEW_S:
        way = "behind" if facts.clock < now else "ahead of"
        yield _error(
            "clock-off",
            f"the board's clock is {_span(abs(facts.clock - now))} {way} ours ({shown} UTC): certificates may fail",
            f"{remedy}; or this machine's clock is the wrong one",
        )


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


_CHECKS = (
    *(_machine, _hidden, _libc, _python, _systemd, _rights, _disk, _memory, _swap),
    *(_power, _supply, _clocks, _heat),
)
