"""Boards made of files and little programs, for the probe to look at: what it reads, and nothing of this machine.

Facts of real boards only: device tree strings, processor tables and mounts as such boards show them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from devices import probe

__all__ = ["SHELLS", "Tree", "jetson_orin_nano", "pi4", "pi5", "shell"]

#: The shells of this machine; tests/integration/test_devices_shells.py brings those that boards have.
SHELLS = [
    command
    for command in (("sh",), ("dash",), ("bash", "--posix"), ("bash",), ("busybox", "ash"))
    if shutil.which(command[0])
]
#: The programs that the probe may find everywhere; all others are there only where a test puts them.
_COMMON = ("cat", "cut", "dd", "df", "ls", "od", "sed", "sleep", "timeout", "tr")

_BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
_JAMMY = 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nVERSION_ID="22.04"\nID=ubuntu\n'
_A72 = "fp asimd evtstrm crc32 cpuid"
_A76 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
_A78AE = f"{_A76} uscat ilrcpc flagm paca pacg"


def shell(command: tuple[str, ...]) -> tuple[str, ...]:
    """One of :data:`SHELLS` by its path, whatever PATH a board has."""
    return (str(shutil.which(command[0])), *command[1:])


class Tree:
    """A board: files below ``root`` (the system's) and ``prefix`` (edge's), programs in ``bin``."""

    def __init__(self, folder: Path, prefix: str = "prefix") -> None:
        self.root, self.bin, self.prefix = folder / "root", folder / "bin", folder / prefix
        for path in (self.root, self.bin, self.prefix):
            path.mkdir(parents=True)
        for name in _COMMON:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)
        self.file("proc/sys/kernel/hostname", "kitchen\n")
        self.file("proc/sys/kernel/osrelease", "6.6.51+rpt-rpi-v8\n")
        self.file("proc/uptime", "351735.47 1401337.09\n")
        self.file("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
        self.file("proc/locks", "")
        self.file("run/systemd/system/.keep", "")
        self.answers(uname="aarch64", date="1796000000", python3="3.11.2 64 1 /usr/bin/python3.11")
        self.program("id", "case $1 in -u) echo 1000 ;; *) echo pi ;; esac")
        self.program("sudo", '[ "$1" = -n ] && exit 0; exit 1')
        self.program(
            "getconf",
            "case $1 in LONG_BIT) echo 64 ;; PAGESIZE) echo 4096 ;; GNU_LIBC_VERSION) echo glibc 2.36 ;; esac",
        )
        self.program(
            "systemctl",
            'case $1 in --version) echo "systemd 252 (252.38-1~deb12u1)"; echo "+PAM +AUDIT" ;;\n'
            "show) echo LoadState=not-found; echo ActiveState=inactive ;; esac",
        )

    def file(self, path: str, text: str | bytes) -> Path:
        """Write a file of the system."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def edge(self, path: str, text: str | bytes) -> Path:
        """Write a file of edge's."""
        place = self.prefix / "opt/edge" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def program(self, name: str, script: str) -> None:
        """Put a program on the PATH, in the place of what may be there."""
        place = self.bin / name
        place.unlink(missing_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    def answers(self, **lines: str) -> None:
        """Put programs on the PATH that print a line each, whatever they are asked."""
        for name, line in lines.items():
            self.program(name, f"echo '{line}'")

    def without(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink()

    def card(self, kind: str = "SD") -> None:
        """Put the root file system on a card, the way sysfs shows one."""
        host = self.root / "sys/devices/platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa"
        for part in ("p1", "p2"):
            (host / f"block/mmcblk0/mmcblk0{part}").mkdir(parents=True)
        (host / "type").write_text(f"{kind}\n")
        (host / "block/mmcblk0/device").symlink_to("../../../mmc0:aaaa")
        links = {
            "dev/block/179:2": "block/mmcblk0/mmcblk0p2",
            "class/block/mmcblk0p1": "block/mmcblk0/mmcblk0p1",
            "class/block/mmcblk0p2": "block/mmcblk0/mmcblk0p2",
        }
        for link, place in links.items():
            (self.root / "sys" / link).parent.mkdir(parents=True, exist_ok=True)
            (self.root / "sys" / link).symlink_to(host / place)
        self.mounts("179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw")

    def mounts(self, *lines: str) -> None:
        """Fields from the device's number on, as in mountinfo; the two before them do not matter."""
        self.file("proc/self/mountinfo", "".join(f"{24 + i} 1 {line}\n" for i, line in enumerate(lines)))

    def script(self) -> bytes:
        return probe.script(str(self.prefix), str(self.root))

    def run(self, *shell: str, script: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*(shell or ("/bin/sh",)), "-s"],
            input=self.script() if script is None else script,
            env={"PATH": str(self.bin), "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TIME_STYLE": "full-iso"},
            cwd=os.sep,
            capture_output=True,
            timeout=30,
            check=False,
        )

    def probe(self, *shell: str) -> dict[str, Any]:
        """What the operator learns."""
        done = self.run(*shell)
        # bash complains of the locale before it reads a line
        assert [line for line in done.stderr.splitlines() if b"setlocale" not in line] == []
        assert done.stdout.endswith(b"}\n")
        assert done.stdout.count(b"\n") == 1
        return probe.parse(done.stdout)


def _processor(part: str, revision: str, features: str, cores: int) -> str:
    core = (
        "processor\t: {}\nBogoMIPS\t: 108.00\nFeatures\t: {}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        "CPU variant\t: 0x0\nCPU part\t: {}\nCPU revision\t: {}\n\n"
    )
    return "".join(core.format(i, features, part, revision) for i in range(cores))


def _memory(total_kb: int, available_kb: int) -> str:
    return (
        f"MemTotal:       {total_kb:8} kB\nMemFree:          812340 kB\nMemAvailable:   {available_kb:8} kB\n"
        "Buffers:           54321 kB\nCached:           654321 kB\nSwapTotal:        102396 kB\nSwapFree: 102396 kB\n"
    )


def _pi(folder: Path, model: str, compatible: bytes, processor: str, memory: str) -> Tree:
    tree = Tree(folder)
    tree.file("proc/device-tree/model", f"{model}\0")
    tree.file("proc/device-tree/compatible", compatible)
    tree.file("proc/cpuinfo", f"{processor}Revision\t: c03114\nSerial\t\t: 1\nModel\t\t: {model}\n")
    tree.file("proc/meminfo", memory)
    tree.file("etc/os-release", _BOOKWORM)
    tree.file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n")  # as the firmware has it: no memory
    tree.file("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    tree.file("sys/class/thermal/thermal_zone0/temp", "48212\n")
    tree.answers(vcgencmd="throttled=0x0")
    tree.card()
    return tree


def pi4(folder: Path) -> Tree:
    compatible = b"raspberrypi,4-model-b\0brcm,bcm2711\0"
    return _pi(
        folder,
        "Raspberry Pi 4 Model B Rev 1.4",
        compatible,
        _processor("0xd08", "3", _A72, 4),
        _memory(3882384, 3367588),
    )


def pi5(folder: Path) -> Tree:
    compatible = b"raspberrypi,5-model-b\0brcm,bcm2712\0"
    tree = _pi(
        folder,
        "Raspberry Pi 5 Model B Rev 1.0",
        compatible,
        _processor("0xd0b", "1", _A76, 4),
        _memory(8254496, 7412344),
    )
    tree.file("proc/device-tree/chosen/power/max_current", (5000).to_bytes(4, "big"))
    tree.program(
        "getconf", "case $1 in LONG_BIT) echo 64 ;; PAGESIZE) echo 16384 ;; GNU_LIBC_VERSION) echo glibc 2.36 ;; esac"
    )
    return tree


def jetson_orin_nano(folder: Path) -> Tree:
    tree = Tree(folder)
    tree.file("proc/device-tree/model", "NVIDIA Jetson Orin Nano Developer Kit\0")
    tree.file("proc/device-tree/compatible", b"nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0")
    tree.file("proc/cpuinfo", _processor("0xd42", "1", _A78AE, 6))
    tree.file("proc/meminfo", _memory(7802928, 6120344))
    tree.file("etc/os-release", _JAMMY)
    tree.file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n")
    for i, (zone, value) in enumerate((("cpu-thermal", "51406"), ("gpu-thermal", ""), ("tj-thermal", "52093"))):
        tree.file(f"sys/class/thermal/thermal_zone{i}/type", f"{zone}\n")
        tree.file(f"sys/class/thermal/thermal_zone{i}/temp", f"{value}\n")
    tree.mounts("259:1 / / rw,relatime - ext4 /dev/nvme0n1p1 rw")
    tree.answers(python3="3.10.12 64 1 /usr/bin/python3.10")
    tree.program(
        "getconf", "case $1 in LONG_BIT) echo 64 ;; PAGESIZE) echo 4096 ;; GNU_LIBC_VERSION) echo glibc 2.35 ;; esac"
    )
    tree.program("systemctl", 'case $1 in --version) echo "systemd 249 (249.11-0ubuntu3.12)" ;; esac')
    return tree
