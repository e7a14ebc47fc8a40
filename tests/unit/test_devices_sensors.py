"""What telemetry reads of boards, and what the probe says of the same ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devices import sensors
from devices.facts import Facts
from devices.firmware import gencmd
from devices.throttling import Throttling, bits_of, decode
from tests.unit import board_sensors, board_trees
from tests.unit.board_trees import SHELLS, shell

_REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("said", "now", "before"),
    [
        ("throttled=0x0", (), ()),
        ("throttled=0x1", ("under-voltage",), ()),
        ("throttled=0x50005", ("under-voltage", "throttled"), ()),
        ("throttled=0x50000\n", (), ("under-voltage", "throttled")),
        ("throttled=0xe0008", ("near-heat-limit",), ("clock-capped", "throttled")),
        ("0xF000F", ("under-voltage", "clock-capped", "throttled", "near-heat-limit"), ()),
        ("throttled=0x80000010", (), ()),
    ],
)
def test_the_bits_in_words(said, now, before) -> None:
    bits = bits_of(said)
    assert bits is not None
    assert decode(bits) == Throttling(now, before)


@pytest.mark.parametrize("said", ["", None, "throttled=", "50005", "0x", "0x123456789", "error=1"])
def test_no_bits(said) -> None:
    assert bits_of(said) is None


def test_a_pi_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.pi5(tmp_path)
    asked = board_sensors.firmware(monkeypatch, {"get_throttled": "throttled=0x50000"}.get)
    assert sensors.temperature(tmp_path) == 50.15
    assert sensors.clocks(tmp_path) == (sensors.Clock((0, 1, 2, 3), 1500.0, 2400.0, 2400.0),)
    assert sensors.throttling(tmp_path) == Throttling((), ("under-voltage", "throttled"))
    assert sensors.power_mode(tmp_path) is None
    assert sensors.available_memory(tmp_path) == 7412344 * 1024
    assert gencmd("no_such_command", tmp_path) is None
    assert asked == ["get_throttled", "no_such_command"]


def test_without_the_firmware_the_voltage_is_still_known(tmp_path: Path) -> None:
    """As in a sandbox, or where the user is not in the group; the two devices are plain files here, and refuse."""
    board_sensors.pi5(tmp_path)
    assert sensors.throttling(tmp_path) == Throttling((), ())
    board_sensors.write(tmp_path, {"sys/class/hwmon/hwmon3/in0_lcrit_alarm": 1})
    assert sensors.throttling(tmp_path) == Throttling(("under-voltage",), ())


_HANGING = """
#include <stdarg.h>
#include <unistd.h>
int ioctl(int opened, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  unsigned *message = va_arg(rest, void *);
  va_end(rest);
  char byte;
  if (read(opened, &byte, 1) != 1) return -1;
  message[1] = 1u << 31;
  ((char *)message)[24] = byte;
  ((char *)message)[25] = 0;
  return 0;
}
"""
_ASKING = """
import sys, threading, time
from pathlib import Path
from devices.firmware import gencmd
said = []
asking = threading.Thread(target=lambda: said.append(gencmd("get_throttled", Path(sys.argv[1]))), daemon=True)
asking.start()
with open(sys.argv[1] + "/dev/vcio_gencmd", "wb", buffering=0) as driver:
    time.sleep(0.5)  # meanwhile the firmware is asked
    assert asking.is_alive()
    driver.write(b"7")
    asking.join(60)
assert said == ["7"], said
"""


def test_other_threads_go_on_while_the_firmware_hangs(tmp_path: Path) -> None:
    """A driver that answers when it is written to, by a thread that could not if the one that asks held it up."""
    (tmp_path / "shim.c").write_text(_HANGING)
    compiler = (os.environ.get("CC") or "cc").split()
    library = tmp_path / "shim.so"
    subprocess.run([*compiler, "-shared", "-fPIC", "-o", library, tmp_path / "shim.c"], check=True)
    (tmp_path / "dev").mkdir()
    os.mkfifo(tmp_path / "dev/vcio_gencmd")
    command = [sys.executable, "-c", _ASKING, str(tmp_path)]
    subprocess.run(command, check=True, timeout=120, env=os.environ | {"LD_PRELOAD": str(library)}, cwd=_REPOSITORY)


def test_jetsons(tmp_path: Path) -> None:
    board_sensors.orin_nano(tmp_path / "nano")
    assert sensors.temperature(tmp_path / "nano") == 49.312
    assert sensors.power_mode(tmp_path / "nano") == "15W"
    assert [clock.limited for clock in sensors.clocks(tmp_path / "nano")] == [1510.4, 1510.4]
    assert sensors.throttling(tmp_path / "nano") is None
    board_sensors.agx_orin(tmp_path / "agx")
    assert sensors.power_mode(tmp_path / "agx") == "MODE_30W"
    board_sensors.write(tmp_path / "agx", {"var/lib/nvpmodel/status": "pmode:0009"})
    assert sensors.power_mode(tmp_path / "agx") == "mode 9"


def test_a_machine_that_says_nothing(tmp_path: Path) -> None:
    assert sensors.temperature(tmp_path) is None
    assert sensors.clocks(tmp_path) == ()
    assert sensors.throttling(tmp_path) is None
    assert sensors.available_memory(tmp_path) is None


def test_nonsense_is_nothing(tmp_path: Path) -> None:
    board_sensors.pi5(tmp_path)
    zone, policy = "sys/class/thermal/thermal_zone0/temp", "sys/devices/system/cpu/cpufreq/policy0"
    for junk in ("", "hot", "9" * 40, "\udcff", "-256000", "4e3"):
        (tmp_path / zone).write_bytes(junk.encode("utf-8", "surrogateescape"))
        (tmp_path / policy / "cpuinfo_max_freq").write_bytes(junk.encode("utf-8", "surrogateescape"))
        assert sensors.temperature(tmp_path) is None
        assert sensors.clocks(tmp_path) == ()


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_the_probe_of_a_jetson_in_every_shell(tmp_path: Path, command: tuple[str, ...]) -> None:
    tree = board_trees.jetson_orin_nano(tmp_path)
    board_sensors.orin_nano(tree.root)
    told = tree.probe(*shell(command))
    policy = {"capacity": None, "now_khz": 1510400, "limit_khz": 1510400, "most_khz": 1728000, "governor": "schedutil"}
    assert told["clocks"] == [{"cpus": "0 1 2 3", **policy}, {"cpus": "4 5", **policy}]
    assert told["power_mode"] == "15W"
    assert told["power"] == {"rails": ["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"], "rapl": [], "firmware": None}
    facts = Facts.from_json(told)
    assert facts.clocks == sensors.clocks(tree.root)
    assert facts.power_mode == sensors.power_mode(tree.root)
    assert facts.temperature_c == sensors.temperature(tree.root)
    assert facts.cores_off == 0


def test_the_probe_of_others(tmp_path: Path) -> None:
    tree = board_trees.jetson_orin_nano(tmp_path / "agx")
    board_sensors.agx_orin(tree.root)
    facts = Facts.from_json(tree.probe())
    assert (facts.power_mode, facts.cores_off) == ("MODE_30W", 4)
    tree = board_trees.pi5(tmp_path / "rk3588")
    board_sensors.rk3588(tree.root)
    told = tree.probe()
    assert [clock["capacity"] for clock in told["clocks"]] == [530, 1024, 1024]
    assert Facts.from_json(told).clocks == sensors.clocks(tree.root)
    tree = board_trees.pi5(tmp_path / "pi5")
    board_sensors.pi5(tree.root)
    power = Facts.from_json(tree.probe()).power
    assert power.firmware == (tree.root / "dev/vcio_gencmd").group()
    tree = board_trees.pi5(tmp_path / "x86")
    board_sensors.x86(tree.root)
    assert Facts.from_json(tree.probe()).power.rapl == {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:0:1": "dram",
        "intel-rapl:1": "psys",
    }
