"""The sensors of boards as their sysfs shows them: files below a root, for the probe and for telemetry.

Names, places and units are those of the kernels' documents and of trees that people published; the figures are of the
size that such boards show.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

__all__ = ["PMIC", "agx_orin", "firmware", "orin_nano", "pi5", "rk3588", "write", "x86"]

# As a Raspberry Pi 5 at rest answers `vcgencmd pmic_read_adc`: amperes and volts of twelve rails, then the supply.
PMIC = """\
   3V7_WL_SW_A current(0)=0.10247270A
   3V3_SYS_A current(1)=0.10832820A
   1V8_SYS_A current(2)=0.15712470A
  DDR_VDD2_A current(3)=0.00585558A
  DDR_VDDQ_A current(4)=0.00000000A
   1V1_SYS_A current(5)=0.24105470A
    0V8_SW_A current(6)=0.31424950A
  VDD_CORE_A current(7)=1.42880000A
   3V3_DAC_A current(17)=0.00000000A
   3V3_ADC_A current(18)=0.00006105A
   0V8_AON_A current(16)=0.00354090A
      HDMI_A current(22)=0.02002440A
 3V7_WL_SW_V volt(8)=3.71091200V
   3V3_SYS_V volt(9)=3.30910500V
   1V8_SYS_V volt(10)=1.80073100V
  DDR_VDD2_V volt(11)=1.10439400V
  DDR_VDDQ_V volt(12)=0.60439500V
   1V1_SYS_V volt(13)=1.10805800V
    0V8_SW_V volt(14)=0.80402850V
  VDD_CORE_V volt(15)=0.90659250V
   3V3_DAC_V volt(20)=3.31135200V
   3V3_ADC_V volt(21)=3.31867800V
   0V8_AON_V volt(19)=0.79882700V
      HDMI_V volt(23)=5.07860000V
     EXT5V_V volt(24)=5.05716000V
      BATT_V volt(25)=0.00000000V
"""


def write(root: Path, files: Mapping[str, object]) -> None:
    """Files below ``root``, each with a line end as sysfs has it."""
    for path, value in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{value}\n")


def _policies(root: Path, *policies: tuple[str, int, int, int, str]) -> None:
    """Each: processors, clock now, limit and highest in kHz, governor."""
    for cpus, now, limit, most, governor in policies:
        folder = f"sys/devices/system/cpu/cpufreq/policy{cpus.split()[0]}"
        names = ("affected_cpus", "scaling_cur_freq", "scaling_max_freq", "cpuinfo_max_freq", "scaling_governor")
        values = (cpus, now, limit, most, governor)
        write(root, {f"{folder}/{name}": value for name, value in zip(names, values, strict=True)})


def _cores(root: Path, present: str, online: str) -> None:
    write(root, {"sys/devices/system/cpu/present": present, "sys/devices/system/cpu/online": online})


def _zones(root: Path, *zones: tuple[str, object]) -> None:
    for i, (kind, value) in enumerate(zones):
        folder = f"sys/class/thermal/thermal_zone{i}"
        write(root, {f"{folder}/type": kind, f"{folder}/temp": value})


def _ina3221(root: Path, chip: int, *channels: tuple[str, int, int]) -> None:
    """Each channel: label, millivolts, milliamperes. The seventh is the sum of the shunts'."""
    folder = f"sys/class/hwmon/hwmon{chip}"
    write(root, {f"{folder}/name": "ina3221", f"{folder}/in7_label": "sum of shunt voltages", f"{folder}/in7_input": 9})
    for n, (label, millivolts, milliamperes) in enumerate(channels, 1):
        named = {"in{}_label": label, "in{}_input": millivolts, "curr{}_input": milliamperes}
        write(root, {f"{folder}/{name.format(n)}": value for name, value in named.items()})


def pi5(root: Path) -> None:
    _cores(root, "0-3", "0-3")
    _policies(root, ("0 1 2 3", 1500000, 2400000, 2400000, "ondemand"))
    _zones(root, ("cpu-thermal", 50150))
    chips = {"hwmon0/name": "cpu_thermal", "hwmon1/name": "rp1_adc", "hwmon2/name": "pwmfan"}
    chips |= {"hwmon3/name": "rpi_volt", "hwmon3/in0_lcrit_alarm": "0"}
    write(root, {f"sys/class/hwmon/{name}": value for name, value in chips.items()})
    write(root, {"proc/meminfo": "MemTotal:        8254496 kB\nMemAvailable:    7412344 kB"})
    write(root, {"dev/vcio_gencmd": "", "dev/vcio": ""})


def orin_nano(root: Path) -> None:
    """In its mode of 15 W: the clock is held down. The hottest zone is not the processor's."""
    _cores(root, "0-5", "0-5")
    held = (1510400, 1510400, 1728000, "schedutil")
    _policies(root, ("0 1 2 3", *held), ("4 5", *held))
    _zones(root, ("cpu-thermal", 49312), ("gpu-thermal", ""), ("soc0-thermal", 48406), ("tj-thermal", 50100))
    _ina3221(root, 1, ("VDD_IN", 5016, 1088), ("VDD_CPU_GPU_CV", 5016, 256), ("VDD_SOC", 5016, 288))
    modes = "\n".join(f"< POWER_MODEL ID={i} NAME={name} >" for i, name in enumerate(("15W", "25W", "MAXN_SUPER")))
    write(root, {"var/lib/nvpmodel/status": "pmode:0000 fmode:fanNull", "etc/nvpmodel.conf": f"# modes\n{modes}"})
    write(root, {"proc/meminfo": "MemTotal:        7802928 kB\nMemAvailable:    6120344 kB"})


def agx_orin(root: Path) -> None:
    """In a mode that switches four of its cores off; its rails are measured one by one."""
    _cores(root, "0-11", "0-7")
    clocks = (1728000, 2201600, 2201600, "schedutil")
    _policies(root, ("0 1 2 3", *clocks), ("4 5 6 7", *clocks))
    _zones(root, ("CPU-therm", 45531), ("Tboard_tegra", 35000))
    _ina3221(root, 3, ("VDD_GPU_SOC", 19680, 120), ("VDD_CPU_CV", 19680, 40), ("VIN_SYS_5V0", 4968, 720))
    _ina3221(root, 4, ("NC", 0, 0), ("VDDQ_VDD2_1V8AO", 4968, 80), ("NC", 0, 0))
    modes = "< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=2 NAME=MODE_30W >"
    write(root, {"var/lib/nvpmodel/status": "pmode:0002", "etc/nvpmodel.conf": modes})


def rk3588(root: Path) -> None:
    _cores(root, "0-7", "0-7")
    big = (2208000, 2304000, 2304000, "ondemand")
    _policies(root, ("0 1 2 3", 1008000, 1800000, 1800000, "ondemand"), ("4 5", *big), ("6 7", *big))
    _zones(root, ("soc-thermal", 43461), ("bigcore0-thermal", 44384), ("npu-thermal", 42538))
    capacity = {f"sys/devices/system/cpu/cpu{n}/cpu_capacity": 530 if n < 4 else 1024 for n in range(8)}
    write(root, capacity)


def x86(root: Path, zones: tuple[tuple[str, str, int], ...] = ()) -> None:
    """Its counters' zones: name in sysfs, what it is of, microjoules."""
    _cores(root, "0-7", "0-7")
    _zones(root, ("acpitz", 27800), ("x86_pkg_temp", 46000))
    named = zones or (
        ("intel-rapl:0", "package-0", 5_000_000),
        ("intel-rapl:0:0", "core", 3_000_000),
        ("intel-rapl:0:1", "dram", 1_000_000),
        ("intel-rapl:1", "psys", 9_000_000),
    )
    for zone, name, microjoules in named:
        folder = f"sys/class/powercap/{zone}"
        files = {"name": name, "energy_uj": microjoules, "max_energy_range_uj": 262143328850}
        write(root, {f"{folder}/{file}": value for file, value in files.items()})


def firmware(monkeypatch: pytest.MonkeyPatch, answers: Callable[[str], str | None]) -> list[str]:
    """Put a Raspberry Pi's kernel and firmware behind its device files; returns the list of what they are asked.

    The kernel's part looks at a message as its driver does (raspberrypi/linux, drivers/char/broadcom/vcio.c).
    """
    asked: list[str] = []

    def ioctl(_opened: int, request: int, message: bytearray) -> None:
        size, _state, tag, room = struct.unpack_from("=4I", message)
        assert request == 0xC0086400
        assert size == len(message)
        assert size % 4 == 0
        if tag != 0x00030080:
            raise PermissionError
        assert room <= size - 20
        command = bytes(message[24 : 20 + room]).split(b"\0", 1)[0].decode()
        asked.append(command)
        said = answers(command)
        text = b'error=1 error_msg="Command not registered"' if said is None else said.encode()
        struct.pack_into("=I", message, 4, 1 << 31)
        struct.pack_into("=II", message, 16, 1 << 31 | len(text), 0)
        message[24 : 24 + len(text) + 1] = text + b"\0"

    monkeypatch.setattr("devices.firmware._ioctl", ioctl)
    return asked
