"""What the facts mean: each thing that can be wrong with a board is told from all others, with a way out."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from devices import findings as devices_findings
from devices.boards import recognise
from devices.facts import Facts
from devices.findings import Finding, findings
from tests.unit import board_trees

NOW = 1_796_000_000.0
GOOD = [
    "warning memory-cgroup",  # as every Raspberry Pi has it
]


@pytest.fixture(scope="module")
def pi4(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a healthy Raspberry Pi 4 says, with room on its card."""
    told = board_trees.pi4(tmp_path_factory.mktemp("pi4")).probe()
    told["disk"] |= {"path": "/opt", "free_kb": 20_000_000, "inodes": 1_900_000, "inodes_free": 1_800_000}
    return told


def zone(name: str, value: int | None) -> dict[str, Any]:
    return {"zone": name, "millidegrees": value}


def clock(limit: int, most: int) -> dict[str, Any]:
    return {"cpus": "0 1 2 3", "now_khz": limit, "limit_khz": limit, "most_khz": most, "governor": "ondemand"}


def changed(told: dict[str, Any], changes: dict[str, Any]) -> Facts:
    """The facts with some of them otherwise: {"disk.free_kb": 0}."""
    told = copy.deepcopy(told)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = told
        for name in parents:
            place = place[name]
        place[last] = value
    return Facts.from_json(told)


def of(told: dict[str, Any], changes: dict[str, Any], now: float = NOW) -> list[Finding]:
    return findings(changed(told, changes), now)


def test_a_healthy_board(pi4: dict[str, Any]) -> None:
    (cgroup,) = findings(Facts.from_json(pi4), NOW)
    assert cgroup.code == "memory-cgroup"
    assert "3976 MB" in cgroup.message
    assert "'cgroup_enable=memory' to the one line of /boot/firmware/cmdline.txt" in cgroup.remedy


@pytest.mark.parametrize(
    ("changes", "found", "says", "remedy"),
    [
        ({"machine": "armv7l", "bits": 32}, ["error machine"], "armv7l", "64-bit processor"),
        ({"machine": "riscv64"}, ["error machine"], "riscv64", "Raspberry Pi"),
        ({"bits": 32}, ["error userland-32bit"], "Debian GNU/Linux 12 (bookworm) are 32-bit", "64-bit edition"),
        ({"machine": "armv8l", "bits": 32}, ["error userland-32bit"], "are 32-bit", "64-bit edition"),
        ({"bits": 32, "python.bits": 32}, ["error userland-32bit"], "are 32-bit", "64-bit edition"),
        ({"cpu.features": "fp evtstrm"}, ["error no-neon"], "without NEON", "asimd"),
        ({"machine": "x86_64", "cpu.features": "sse2"}, ["warning slow-isa"], "no AVX2", "virtual machine"),
        ({"libc": None}, ["error no-glibc"], "is not glibc", "Debian"),
        ({"libc": "glibc 2.27"}, ["error glibc-old"], "glibc is 2.27; numpy and the engine need 2.28", "newer system"),
        ({"libc": "glibc 2.9"}, ["error glibc-old"], "glibc is 2.9;", "newer system"),
        ({"python": None}, ["error no-python"], "no python3", "sudo apt-get install python3"),
        ({"python.version": None}, ["error python-broken"], "/usr/bin/python3.11 is there and does not run", "-V"),
        ({"python.version": "3.9.2"}, ["error python-old"], "is Python 3.9.2; 3.10 or later", "JetPack 6"),
        ({"python.version": "2.7.18"}, ["error python-old"], "is Python 2.7.18", "newer system"),
        ({"python.bits": 32}, ["error python-32bit"], "32-bit program on a 64-bit system", "apt-get install python3"),
        ({"python.venv": False}, ["error no-venv"], "no venv module", "libpython3.11-stdlib"),
        ({"python.path": "/home/pi/.pyenv/x"}, ["error python-home"], "lies in a home folder", "apt-get"),
        ({"systemd": None}, ["error no-systemd"], "systemd does not run", "a system with systemd"),
        ({"systemd": "systemd 241 (241)"}, ["error systemd-old"], "systemd is 241; 247 or later", "newer system"),
        ({"sudo": "none"}, ["error no-sudo"], "pi is not root, and there is no sudo", "usermod -aG sudo pi"),
        ({"sudo": "hangs"}, ["error sudo-hangs"], "does not come back", "/etc/hosts"),
        (
            {"sudo": "password", "sudo_says": "sudo: a password is required"},
            ["warning sudo-password"],
            "wants the password of pi",
            "--ask-sudo",
        ),
        (
            {"sudo": "password", "sudo_says": 'sudo: The "no new privileges" flag is set'},
            ["error sudo-refuses"],
            'sudo refuses pi: sudo: The "no new privileges" flag is set',
            "sudo true",
        ),
        ({"sudo": "none", "uid": 0}, [], "", ""),
        ({"sudo": "password", "uid": 0}, [], "", ""),
        ({"disk.size_kb": None}, ["error no-disk"], "cannot be found out", "df -Pk /opt"),
        ({"disk.free_kb": 0}, ["error disk-full"], "0 MB are free at /opt", "apt-get clean"),
        ({"disk.free_kb": -4}, ["error disk-full"], "0 MB are free at /opt", "apt-get clean"),
        ({"disk.free_kb": 300_000}, ["warning disk-low"], "only 307 MB are free at /opt", "larger card"),
        ({"disk.inodes_free": 0}, ["error no-inodes"], "0 more files can be made at /opt", "du --inodes"),
        ({"disk.inodes_free": 5000}, ["warning few-inodes"], "only 5000 more files", "du --inodes"),
        ({"disk.inodes": 0, "disk.inodes_free": 0}, [], "", ""),
        ({"disk.readonly": True}, ["error read-only"], "/ is mounted read-only", "mount -o remount,rw /;"),
        ({"etc_readonly": True}, ["error read-only"], "/etc is mounted read-only", "remount,rw /etc;"),
        ({"disk.type": "overlay"}, ["warning volatile"], "/ is in memory (overlay)", "raspi-config"),
        ({"clock": 42}, ["error clock-unset"], "1970-01-01 00:00 UTC", "sudo date -s @$(date +%s)"),
        ({"clock": NOW - 400}, ["error clock-off"], "7 minutes behind ours", "or this machine's clock"),
        ({"clock": NOW + 86400 * 3}, ["error clock-off"], "3 days ahead of ours", "or this machine's clock"),
        ({"clock": NOW - 7200}, ["error clock-off"], "2 hours behind ours", "sudo date -s @$(date +%s)"),
        ({"clock": NOW - 200}, [], "", ""),
        ({"clock": None}, [], "", ""),
        ({"memory.total_kb": 120_000}, ["error memory"], "123 MB of memory", "512 MB"),
        ({"memory.available_kb": 90_000}, ["warning memory-low"], "92 MB of 3976 MB", "ps aux"),
        (
            {"swap": [{"path": "/var/swap", "kind": "file", "size_kb": 102396, "card": True}]},
            ["warning swap-on-card"],
            "/var/swap (105 MB)",
            "swapoff",
        ),
        ({"swap": [{"path": "/dev/zram0", "kind": "partition", "size_kb": 9, "card": False}]}, [], "", ""),
        (
            {"throttled": "0x50005"},
            ["warning throttled"],
            "now the voltage is too low and it is throttled",
            "power supply",
        ),
        ({"throttled": "0x50000"}, ["warning was-throttled"], "the voltage was too low and it was throttled", "supply"),
        ({"throttled": "0xe0008"}, ["warning throttled"], "now it is near its heat limit", "heat sink"),
        ({"throttled": "0x20002"}, ["warning throttled"], "now the clock is capped", "heat sink"),
        ({"throttled": "nonsense"}, [], "", ""),
        (
            {
                "compatible": ["raspberrypi,5-model-b", "brcm,bcm2712"],
                "supply_ma": 3000,
                "cpu.features": "asimd asimddp",
            },
            ["warning weak-supply"],
            "the power supply gives 3 A, and a Raspberry Pi 5 may take 5 A",
            "27 W",
        ),
        (
            {"compatible": ["raspberrypi,5-model-b"], "supply_ma": 5000},
            ["warning isa-hidden"],
            "the cores of a Raspberry Pi 5 have dotprod, and the system shows only neon",
            "grep -m1 Features",
        ),
        ({"supply_ma": 900}, [], "", ""),  # a Pi 4 does not ask its supply
        (
            {"cpu.present": "0-11", "cpu.online": "0-7", "cpu.cores": 8, "power_mode": "MODE_30W"},
            ["warning cores-off"],
            "4 of 12 cores are switched off (power mode MODE_30W)",
            "nvpmodel -m NUMBER",
        ),
        ({"cpu.present": "0-3", "cpu.online": "0-1,3", "cpu.cores": 3}, ["warning cores-off"], "1 of 4", "maxcpus="),
        ({"cpu.present": "0-3", "cpu.online": "0-3"}, [], "", ""),
        (
            {"clocks": [clock(1510400, 1728000)], "power_mode": "15W"},
            ["warning clock-limited"],
            "the clock is held at 1510 MHz, and could be 1728 (power mode 15W)",
            "nvpmodel -m NUMBER",
        ),
        ({"clocks": [clock(600000, 1500000)]}, ["warning clock-limited"], "held at 600 MHz", "-u 1500MHz"),
        ({"clocks": [clock(2350000, 2400000)]}, [], "", ""),
        ({"temperatures": [zone("cpu-thermal", 84500)]}, ["warning hot"], "84 °C", "fan"),
        # a Jetson Nano's power chip says 100 °C, whatever it has
        ({"temperatures": [zone("PMIC-Die", 100000), zone("CPU-therm", 41000)]}, [], "", ""),
        ({"temperatures": [zone("x", -256000), zone("y", None)]}, [], "", ""),
    ],
    ids=str,
)
def test_each_thing_that_can_be_wrong(pi4, changes, found, says, remedy) -> None:
    new = [finding for finding in of(pi4, changes) if f"{finding.level} {finding.code}" not in GOOD]
    assert [f"{finding.level} {finding.code}" for finding in new] == found
    for finding in new:
        assert says in finding.message
        assert remedy in finding.remedy


def test_the_memory_cgroup(pi4: dict[str, Any]) -> None:
    assert of(pi4, {"memory.cgroup": True}) == []
    assert of(pi4, {"memory.cgroup": None}) == []
    (old,) = of(pi4, {"os.version": "11"})
    assert "/boot/cmdline.txt" in old.remedy
    (other,) = of(pi4, {"compatible": ["linux,dummy-virt"]})
    assert "the kernel's parameters" in other.remedy


def test_errors_come_before_warnings(pi4: dict[str, Any]) -> None:
    levels = [finding.level for finding in of(pi4, {"python": None, "disk.free_kb": 300_000, "clock": 42})]
    assert levels == ["error", "error", "warning", "warning"]


def test_every_finding_is_one_line_and_has_a_test(pi4: dict[str, Any]) -> None:
    here = Path(__file__).read_text()
    source = (Path(devices_findings.__file__).parent / "findings.py").read_text()
    codes = re.findall(r"_(?:error|warning)\(\s*\"([a-z0-9-]+)\"", source)
    assert len(codes) == len(set(codes)) > 25
    assert [code for code in codes if f' {code}"' not in here and f" {code}]" not in here] == []
    for finding in of(pi4, {"machine": "armv7l", "libc": None, "python": None, "systemd": None, "sudo": "none"}):
        assert "\n" not in finding.message + finding.remedy


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"machine": None}, "lacks its kind of machine"),
        ({"memory.total_kb": None}, "or its memory"),
        ({"memory": [1]}, "no sensible memory"),
        ({"memory.total_kb": "much"}, "no sensible memory.total_kb: 'much'"),
        ({"memory.total_kb": True}, "no sensible memory.total_kb: True"),
        ({"cpu.features": 7}, "no sensible cpu.features: 7"),
        ({"clock": "noon"}, "no sensible clock: 'noon'"),
        ({"swap": {"a": 1}}, "no sensible swap"),
        ({"swap": [7]}, "no sensible swap: 7"),
        ({"edge": "x" * 500}, "no sensible edge: '" + "x" * 79 + "$"),
    ],
)
def test_nonsense_is_refused(pi4, changes, says) -> None:
    with pytest.raises(ValueError, match=says):
        changed(pi4, changes)


@pytest.mark.parametrize(
    ("compatible", "name"),
    [
        (["raspberrypi,3-model-b-plus", "brcm,bcm2837"], "Raspberry Pi 3 Model B+"),
        (["raspberrypi,3-model-b", "brcm,bcm2837"], "Raspberry Pi 3 Model B"),
        (["raspberrypi,model-zero-2-w", "brcm,bcm2837"], "Raspberry Pi Zero 2 W"),
        (["nvidia,p3737-0000+p3701-0000", "nvidia,p3701-0000", "nvidia,tegra234"], "Jetson AGX Orin"),
        (["nvidia,p3768-0000+p3767-0000", "nvidia,p3767-0000", "nvidia,tegra234"], "Jetson Orin NX 16GB"),
        (["nvidia,p3737-0000+p3701-0004", "nvidia,p3701-0004", "nvidia,tegra234"], "Jetson AGX Orin 32GB"),
        (["nvidia,quill", "nvidia,tegra186"], "Jetson TX2"),
        (["radxa,rock-5b", "rockchip,rk3588"], "Radxa ROCK 5B"),
        (["raspberrypi,40", "brcm,bcm2711"], "another aarch64 machine"),
        ([], "another aarch64 machine"),
    ],
)
def test_recognition(pi4, compatible, name) -> None:
    board = recognise(changed(pi4, {"compatible": compatible}))
    assert (board and board.name) == name
