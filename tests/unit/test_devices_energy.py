"""Joules and watts: sensors of real boards' sysfs, meters of the user's, and the arithmetic between readings."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest

from devices.energy import Reading, Sensor, find_sensor, passed_name, power_source, seconds, watts_of_pmic, withheld
from devices.external import MeterError, open_meter, reading
from devices.facts import Facts
from devices.meter import Mark, Meter
from tests.unit import board_sensors, board_trees
from tests.unit.board_sensors import PMIC, write


def found(root: Path, passed: dict[str, int] | None = None) -> Sensor:
    sensor = find_sensor(root, passed)
    assert sensor is not None
    return sensor


def watts(sensor: Sensor) -> float:
    said = sensor.read()
    assert said is not None
    assert said.watts is not None
    return said.watts


def joules(sensor: Sensor) -> float:
    said = sensor.read()
    assert said is not None
    assert said.joules is not None
    return said.joules


def test_an_orin_nano_by_the_rail_that_all_comes_through(tmp_path: Path) -> None:
    board_sensors.orin_nano(tmp_path)
    sensor = found(tmp_path)
    assert sensor.name == "INA3221: VDD_IN"
    assert watts(sensor) == pytest.approx(5.016 * 1.088)
    (tmp_path / "sys/class/hwmon/hwmon1/curr1_input").unlink()
    assert sensor.read() is None


def test_an_agx_orin_by_all_that_lie_beside_each_other(tmp_path: Path) -> None:
    board_sensors.agx_orin(tmp_path)
    sensor = found(tmp_path)
    assert sensor.name == "INA3221: VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0"
    assert watts(sensor) == pytest.approx(19.68 * 0.16 + 4.968 * 0.72)


def test_a_thor_by_the_chip_that_has_the_whole(tmp_path: Path) -> None:
    board_sensors.agx_orin(tmp_path)
    known = "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264\0"
    write(tmp_path, {"sys/firmware/devicetree/base/compatible": known})
    assert find_sensor(tmp_path) is None  # and not by the sum of parts
    write(tmp_path, {"sys/class/hwmon/hwmon5/name": "ina238", "sys/class/hwmon/hwmon5/power1_input": 31_250_000})
    assert watts(found(tmp_path)) == 31.25


def test_a_pi_5_by_its_power_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.pi5(tmp_path)
    board_sensors.firmware(monkeypatch, {"pmic_read_adc": PMIC}.get)
    sensor = found(tmp_path)
    assert sensor.name == "PMIC of the Raspberry Pi"
    assert "without USB" in sensor.covers
    # Its largest rail, and the sum as somebody who knows only the two columns would make it.
    values = {line.split()[0]: float(line.split("=")[1].rstrip("AV")) for line in PMIC.splitlines()}
    rails = {name[:-2] for name in values if name.endswith("_A")}
    total = sum(values[f"{rail}_A"] * values[f"{rail}_V"] for rail in rails)
    assert watts(sensor) == pytest.approx(total)
    assert 1.2953 < total < 3.2


def test_an_older_pi_has_no_such_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.pi5(tmp_path)
    asked = board_sensors.firmware(monkeypatch, {"get_throttled": "throttled=0x0"}.get)
    assert find_sensor(tmp_path) is None
    assert asked == ["pmic_read_adc"]


@pytest.mark.parametrize("said", ["", "VDD_CORE_A current(7)=1.4A", "EXT5V_V volt(24)=5.1V", "error=1", "\0" * 50])
def test_no_rail_with_current_and_voltage_is_no_power(said: str) -> None:
    assert watts_of_pmic(said) == {}


def test_rapl_counts_processors_and_their_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.x86(tmp_path)
    sensor = found(tmp_path)
    assert sensor.name == "RAPL: package-0 + dram"
    first = joules(sensor)
    write(tmp_path, {"sys/class/powercap/intel-rapl:0/energy_uj": 7_500_000})
    assert joules(sensor) - first == 2.5
    ended = seconds() + 60
    monkeypatch.setattr("devices.energy.seconds", lambda: ended)
    write(tmp_path, {"sys/class/powercap/intel-rapl:0/energy_uj": 499_999})  # past its end
    assert joules(sensor) - first == pytest.approx(2.5 + (262143328850 - 7_500_000 + 500_000) / 1e6)


def test_rapl_that_begins_anew_has_not_come_to_its_end(tmp_path: Path) -> None:
    """As after a sleep: else that would be the energy of a month."""
    board_sensors.x86(tmp_path)
    sensor = found(tmp_path)
    before = joules(sensor)
    write(tmp_path, {"sys/class/powercap/intel-rapl:0/energy_uj": 1_000_000})
    assert sensor.read() is None
    write(tmp_path, {"sys/class/powercap/intel-rapl:0/energy_uj": 3_000_000})
    assert joules(sensor) - before == 2.0


def test_a_power_chip_that_loses_a_rail_or_its_mind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.pi5(tmp_path)
    said = {"pmic_read_adc": PMIC}
    board_sensors.firmware(monkeypatch, said.get)
    sensor = found(tmp_path)
    before = watts(sensor)
    said["pmic_read_adc"] = PMIC.replace("3V3_ADC_A current(18)=0.00006105A", "3V3_ADC_A current(18)=-0.00006105A")
    assert watts(sensor) == pytest.approx(before, abs=0.01)
    for other in (PMIC.replace("HDMI_A", "HDMI_B"), PMIC.replace("=1.42880000A", "=14288.0A"), "error=1"):
        said["pmic_read_adc"] = other
        assert sensor.read() is None
    said["pmic_read_adc"] = PMIC
    assert watts(sensor) == before


def test_rapl_only_for_root_is_no_sensor_unless_it_is_passed_open(tmp_path: Path) -> None:
    board_sensors.x86(tmp_path, (("intel-rapl:0", "package-0", 1_000_000), ("intel-rapl:1", "package-1", 0)))
    opened = {}
    for zone in ("intel-rapl:0", "intel-rapl:1"):
        place = tmp_path / "sys/class/powercap" / zone / "energy_uj"
        opened[passed_name(zone)] = os.open(place, os.O_RDONLY)
        place.rename(place.with_name("hidden"))  # as good as 0400 is for anybody but root
    try:
        assert find_sensor(tmp_path) is None
        sensor = found(tmp_path, opened)
        assert sensor.name == "RAPL: package-0 + package-1"
        first = joules(sensor)
        (tmp_path / "sys/class/powercap/intel-rapl:1/hidden").write_text("2000000\n")
        assert joules(sensor) - first == 2.0
        assert found(tmp_path, {"intel-rapl-1": opened["intel-rapl-1"]}).name == "RAPL: package-1"
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def test_boards_without_a_sensor_have_none(tmp_path: Path) -> None:
    board_sensors.rk3588(tmp_path)
    assert find_sensor(tmp_path) is None
    assert withheld(tmp_path) is None


def test_a_sensor_that_only_others_may_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.x86(tmp_path / "x86")
    board_sensors.pi5(tmp_path / "pi5")
    assert withheld(tmp_path / "x86") is None
    monkeypatch.setattr("devices.energy.os.access", lambda *_: False)  # the tests may run as root, who may all
    assert withheld(tmp_path / "x86") == "RAPL counts it, for root only"
    group = (tmp_path / "pi5/dev/vcio_gencmd").group()
    assert withheld(tmp_path / "pi5") == f"the firmware may know it; /dev/vcio_gencmd is for the group {group}"


def test_what_a_probe_says_of_it(tmp_path: Path) -> None:
    tree = board_trees.pi5(tmp_path / "pi5")
    board_sensors.pi5(tree.root)
    group = (tree.root / "dev/vcio_gencmd").group()
    assert power_source(Facts.from_json(tree.probe())) == f"its power chip, for the group {group}"
    tree = board_trees.pi4(tmp_path / "pi4")
    board_sensors.pi5(tree.root)
    assert power_source(Facts.from_json(tree.probe())) is None
    tree = board_trees.jetson_orin_nano(tmp_path / "nano")
    board_sensors.orin_nano(tree.root)
    assert power_source(Facts.from_json(tree.probe())) == "INA3221: VDD_IN"
    board_sensors.x86(board_trees.pi4(tmp_path / "x86").root)
    facts = Facts.from_json(board_trees.Tree.probe(tree) | {"power": {"rapl": [{"zone": "a", "name": "package-0"}]}})
    assert power_source(facts) == "RAPL: package-0, for root"


# --- meters ---


@pytest.mark.parametrize(
    ("line", "power", "energy"),
    [
        ("4.21", 4.21, None),
        (" 4.21 W\r", 4.21, None),
        ("4210mW", 4.21, None),
        ("4210000 µW", 4.21, None),
        ("1.2kW", 1200.0, None),
        ("1234.5 J", None, 1234.5),
        ("0.5 kWh", None, 1_800_000.0),
        ("2 Wh", None, 7200.0),
        ("3e2 J", None, 300.0),
        (".5", 0.5, None),
        *(
            (line, None, None)
            for line in ("", "W", "-3 W", "nan", "inf J", "4,2 W", "4 V", "1e99 W", "4 W 5 W", "0x10")
        ),
    ],
)
def test_readings(line: str, power: float | None, energy: float | None) -> None:
    said = reading(line) or Reading()
    assert (said.watts, said.joules) == (power and pytest.approx(power), energy and pytest.approx(energy))


def test_a_file_that_somebody_keeps_up_to_date(tmp_path: Path) -> None:
    place = tmp_path / "watts"
    sensor = open_meter(str(place))
    assert sensor.read() is None  # not yet there
    place.write_text("3.0 W\n3.5 W\n\n")
    assert sensor.read() == Reading(watts=3.5)
    os.utime(place, (time.time() - 31,) * 2)
    assert sensor.read() is None  # nobody does any more
    place.write_text("ten\n")
    assert sensor.read() is None


@pytest.mark.parametrize(
    ("name", "said"),
    [("power1_input", Reading(watts=5.2)), ("power2_average", Reading(watts=5.2)), ("energy_uj", Reading(joules=5.2))],
)
def test_files_of_the_kernel_have_its_units(tmp_path: Path, name: str, said: Reading) -> None:
    (tmp_path / name).write_text("5200000\n")
    os.utime(tmp_path / name, (0, 0))
    assert open_meter(str(tmp_path / name)).read() == said


def wait_for(sensor: Sensor, wanted: Reading | None) -> None:
    end = time.monotonic() + 20
    while sensor.read() != wanted:
        assert time.monotonic() < end, sensor.read()
        time.sleep(0.02)


def living(group: str) -> list[str]:
    """The processes of a group, but for those that only wait to be buried."""
    stats = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since it was listed
            stats.append(place.read_text().rsplit(")", 1)[1].split())
    return [stat[0] for stat in stats if stat[2] == group and stat[0] not in "ZX"]


def test_a_command_that_prints(tmp_path: Path) -> None:
    sensor = open_meter(f"| echo $$ > {tmp_path}/pid; echo nonsense; echo 4 W; echo 4.5 W; sleep 60; true")
    try:
        wait_for(sensor, Reading(watts=4.5))
        shell = (tmp_path / "pid").read_text().strip()
        assert living(shell)
        sensor.close()
        end = time.monotonic() + 20
        while living(shell):  # nor what it had started; they were killed, and may still be at it
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        sensor.close()


def test_a_command_that_ends_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.external._AGAIN_S", 0.1)
    sensor = open_meter(f"| echo x >> {tmp_path}/n; wc -l < {tmp_path}/n")
    try:
        end = time.monotonic() + 20
        while ((sensor.read() or Reading()).watts or 0) < 3:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        sensor.close()
    assert sensor.read() is not None  # what it said last still holds


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.external._AGAIN_S", 0.05)
    sensor = open_meter(f"| echo $$ >> {tmp_path}/pids; sleep 60 & echo 1 W")
    try:
        end = time.monotonic() + 20
        pids = tmp_path / "pids"
        while not pids.exists() or pids.read_text().count("\n") < 4:
            assert time.monotonic() < end
            sensor.read()
            time.sleep(0.02)
    finally:
        sensor.close()
    while any(living(pid) for pid in pids.read_text().split()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert sum(thread.name == "edge-meter" for thread in threading.enumerate()) <= 1


@pytest.mark.parametrize("source", ["", " ", "|", "| "])
def test_what_is_no_meter(source: str) -> None:
    with pytest.raises(MeterError, match="a meter is a file"):
        open_meter(source)


def test_a_folder_is_no_meter(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match="not a file"):
        open_meter(str(tmp_path))


# --- arithmetic ---


def fed(*readings: tuple[float, Reading | None], every_s: float = 1.0) -> Meter:
    meter = Meter(every_s)
    for at, said in readings:
        meter.add(at, said)
    return meter


def test_power_is_taken_to_go_straight_between_readings() -> None:
    meter = fed((0, Reading(watts=4)), (1, Reading(watts=6)), (2, Reading(watts=6)))
    assert meter.joules == 5 + 6
    assert meter.watts == 6


def test_a_counter_says_itself_what_was_used() -> None:
    meter = fed((0, Reading(joules=1000)), (1, Reading(joules=1003.2)), (2, Reading(joules=1010.3)))
    assert (meter.joules, meter.watts) == pytest.approx((10.3, 7.1))


def test_a_counter_of_coarse_steps_says_nothing_of_few() -> None:
    """A plug that counts in 0.001 kWh, at a board of 10 W."""
    meter = Meter(1.0)
    mark, said = None, []
    for at in range(50_000):
        meter.add(at, Reading(joules=3.6e6 * (at * 10 // 3600 / 1000), made=at))
        mark = meter.mark(at) if at == 1000 else mark
        assert meter.watts is None or meter.watts < 20
        if at % 100 == 0 and (used := meter.used(mark, at)):
            said.append((used.joules, at))
    assert said[0][0] >= 20 * 3600
    assert all(used == pytest.approx(10 * (at - 1000), rel=0.1) for used, at in said)


def test_readings_that_come_slowly_are_each_counted_once() -> None:
    """A plug that says every 10 s what it sees; an answer takes 8 W from 60 s on."""
    meter = Meter(1.0)
    for at in range(61):
        meter.add(at, Reading(watts=2.0, made=at // 10))
    mark = meter.mark(60)
    for at in range(61, 121):
        meter.add(at, Reading(watts=8.0, made=at // 10))
        if at < 90:
            assert meter.used(mark, at) is None
    used = meter.used(mark, 120)
    assert used is not None
    assert used.joules == pytest.approx(60 * 8, rel=0.1)
    meter.add(121, None)
    assert meter.used(mark, 125) is None


@pytest.mark.parametrize(
    "later",
    [
        (2.0, None),
        (9.0, Reading(watts=4)),  # after a pause
        (2.0, Reading(joules=7)),  # another kind
    ],
)
def test_across_a_gap_nothing_is_said(later: tuple[float, Reading | None]) -> None:
    meter = fed((0, Reading(watts=4)), (1, Reading(watts=4)))
    mark = meter.mark(1.0)
    assert mark is not None
    for at, said in (later, (later[0] + 1, Reading(watts=4)), (later[0] + 2, Reading(watts=4))):
        meter.add(at, said)
    assert meter.used(mark, later[0] + 5) is None
    after = meter.mark(later[0] + 2)
    for i in range(3, 7):
        meter.add(later[0] + i, Reading(watts=4))
    used = meter.used(after, later[0] + 6)
    assert used is not None
    assert used.joules == pytest.approx(16)


def test_what_is_too_short_is_not_measured() -> None:
    meter = fed(*((i, Reading(watts=5)) for i in range(7)))
    mark = meter.mark(6.5)
    for i in range(7, 10):
        assert meter.used(mark, i - 0.5) is None
        meter.add(i, Reading(watts=5))
    assert meter.used(mark, 9.4) is None
    assert meter.used(mark, 9.5) is not None
    assert meter.used(None, 9.5) is None
    assert fed((0, Reading(watts=5))).mark(0.5) is None


def test_a_sensor_that_hangs_is_not_believed_for_ever() -> None:
    meter = fed((0, Reading(watts=5)), (1, Reading(watts=5)))
    assert meter.mark(4.5) is not None
    assert meter.mark(5.5) is None


def test_those_at_work_share_what_is_used() -> None:
    """One from 1 to 9 s, another from 3 to 7 s; 10 W all the time."""
    meter = Meter(1.0)
    marks: dict[str, Mark | None] = {}
    events = {1.0: ("a", 1), 3.0: ("b", 2), 7.0: ("b", 1), 9.0: ("a", 0)}
    shares = {}
    for tick in range(-8, 40):
        now = tick / 4
        if tick % 4 == 2:  # readings come at other moments
            meter.add(now, Reading(watts=10))
        if now in events:
            name, count = events[now]
            if name in marks:
                used = meter.used(marks[name], now)
                assert used is not None
                shares[name] = (used.share, used.joules, used.watts)
            else:
                marks[name] = meter.mark(now)
            meter.running(count, now)
    assert shares["b"] == pytest.approx((20, 40, 10))
    assert shares["a"] == pytest.approx((2 * 10 + 4 * 5 + 2 * 10, 80, 10))
