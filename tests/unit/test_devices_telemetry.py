"""Telemetry never waits: whatever hangs costs its own figures, and nothing else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from devices.energy import Reading, Sensor
from devices.meter import Used
from devices.sampler import Sampler, Source
from devices.telemetry import Telemetry
from tests.unit import board_sensors
from tests.unit.board_sensors import PMIC

Value = TypeVar("Value")


def until(condition: Callable[[], Value | None]) -> Value:
    """The first true value of a condition."""
    end = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return value


def measured(telemetry: Telemetry) -> Used:
    """What is used from some moment on; from another one where a busy machine made a gap."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        mark = telemetry.mark()
        patience = time.monotonic() + 3
        while mark and time.monotonic() < patience:
            if used := telemetry.used(mark):
                return used
            time.sleep(0.01)
        time.sleep(0.01)
    raise AssertionError("never measured")


class Call:
    """A call that counts, and can be made to hang."""

    def __init__(self) -> None:
        self.count = 0
        self.way = threading.Event()
        self.way.set()

    def __call__(self) -> None:
        self.count += 1
        self.way.wait(60)

    def hang(self) -> None:
        """Return when a call hangs for sure: it began after the way was closed."""
        self.way.clear()
        before = self.count
        until(lambda: self.count > before)


@pytest.fixture
def calls() -> Iterator[dict[str, Call]]:
    made = {"a": Call(), "b": Call(), "c": Call()}
    yield made
    for call in made.values():
        call.way.set()


def sampler_threads() -> int:
    return sum(thread.name.startswith("edge-sensors") for thread in threading.enumerate())


def test_a_call_that_hangs_is_left_behind(calls: dict[str, Call]) -> None:
    sampler = Sampler({name: Source(0.01, call) for name, call in calls.items()}, patience_s=0.3)
    before = sampler_threads()
    sampler.start()
    until(lambda: min(call.count for call in calls.values()) > 2)
    calls["a"].hang()
    until(lambda: "a" in sampler.hanging())
    calls["b"].hang()
    until(lambda: {"a", "b"} <= sampler.hanging().keys())
    stuck, others = calls["a"].count + calls["b"].count, calls["c"].count
    until(lambda: calls["c"].count > others + 5)
    assert calls["a"].count + calls["b"].count <= stuck + 1  # they are not called on and on
    assert sampler_threads() - before <= 4
    hanging = sampler.hanging()
    assert hanging["a"] > hanging["b"] > 0.3
    calls["a"].way.set()
    until(lambda: list(sampler.hanging()) == ["b"])
    again = calls["a"].count
    until(lambda: calls["a"].count > again)
    calls["b"].way.set()
    sampler.stop()
    until(lambda: sampler_threads() <= before)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("?"), ZeroDivisionError()])
def test_what_fails_is_tried_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tried = []

    def fail() -> None:
        tried.append(1)
        raise error

    sampler = Sampler({"x": Source(0.01, fail)})
    with caplog.at_level("WARNING"):
        sampler.start()
        until(lambda: len(tried) > 3)
        sampler.stop()
    assert len(caplog.records) == 1  # that it fails every time is no news


def test_health_of_a_pi_5_with_energy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_sensors.pi5(tmp_path)
    board_sensors.firmware(monkeypatch, {"get_throttled": "throttled=0x50001", "pmic_read_adc": PMIC}.get)
    with Telemetry(tmp_path, power_s=0.2, look_s=2.0) as telemetry:
        used = measured(telemetry)
        said = until(lambda: (seen := telemetry.health().to_json()) and len(seen) == 5 and seen)
        assert telemetry.sensor is not None
        assert telemetry.sensor.name == "PMIC of the Raspberry Pi"
        until(lambda: telemetry.hanging() == {})
    assert said == {
        "temperature_c": 50.1,
        "clock_mhz": 1500,
        "memory_available_mb": 7590,
        "throttled": ["under-voltage"],
        "throttled_before": ["throttled"],
    }
    assert used is not None
    assert used.watts == pytest.approx(2.9, abs=0.3)
    assert used.joules > 0
    assert used.share == 0  # nobody was at work


def test_a_file_of_sysfs_that_hangs_costs_its_own_figure(tmp_path: Path) -> None:
    """A named pipe that nobody writes to: opening it takes for ever, as reading from a dead driver does."""
    board_sensors.pi5(tmp_path)
    zone = tmp_path / "sys/class/thermal/thermal_zone0/temp"
    zone.unlink()
    os.mkfifo(zone)
    with Telemetry(tmp_path, power_s=0.02, look_s=0.2) as telemetry:
        telemetry._sampler._patience_s = 0.2
        until(lambda: "temperature" in telemetry.hanging())
        until(lambda: telemetry.health().clock_mhz)
        assert telemetry.health().temperature_c is None
        slowest = 0.0
        for _ in range(100):
            start = time.monotonic()
            telemetry.health()
            telemetry.mark()
            telemetry.running(1)
            slowest = max(slowest, time.monotonic() - start)
        assert slowest < 5  # and not the time that the pipe takes
        zone.rename(zone.with_name("pipe"))
        board_sensors.write(tmp_path, {"sys/class/thermal/thermal_zone0/temp": 40000})
        with zone.with_name("pipe").open("w"):  # the driver comes back
            pass
        until(lambda: telemetry.health().temperature_c == 40.0)
        until(lambda: telemetry.hanging() == {})


def test_a_sensor_that_hangs_costs_the_energy_alone(tmp_path: Path) -> None:
    way, marked = threading.Event(), threading.Event()

    def read() -> Reading:
        if marked.is_set():
            way.wait(60)
        return Reading(watts=5.0)

    board_sensors.rk3588(tmp_path)
    with Telemetry(tmp_path, lambda: Sensor("s", "all", read), power_s=0.2, look_s=0.5) as telemetry:
        telemetry._sampler._patience_s = 0.5
        mark = until(telemetry.mark)
        marked.set()
        until(lambda: "power" in telemetry.hanging())
        until(lambda: telemetry.mark() is None)
        assert telemetry.used(mark) is None
        until(lambda: telemetry.health().temperature_c == 44.384)
        way.set()
        until(telemetry.mark)
        assert telemetry.used(mark) is None  # there was a gap
        telemetry.running(1)
        assert measured(telemetry).watts == pytest.approx(5.0)


def test_a_sensor_that_comes_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.telemetry._LOOK_AGAIN_S", 0.05)
    with Telemetry(tmp_path, power_s=0.1, look_s=1) as telemetry:
        time.sleep(0.3)
        assert telemetry.sensor is None
        assert telemetry.health().to_json() == {}
        board_sensors.orin_nano(tmp_path)
        until(telemetry.mark)
        assert telemetry.sensor is not None


def test_a_sensor_that_only_fails_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.telemetry._FAILURES", 3)
    closed: list[str] = []

    def fail() -> Reading:
        raise OSError(19, "No such device")

    sensors = iter(
        (
            Sensor("old", "all", fail, lambda: closed.append("old")),
            Sensor("new", "all", lambda: Reading(watts=5.0), lambda: closed.append("new")),
        )
    )
    with Telemetry(tmp_path, lambda: next(sensors), power_s=0.05, look_s=1) as telemetry:
        until(telemetry.mark)
        assert telemetry.sensor is not None
        assert (telemetry.sensor.name, closed) == ("new", ["old"])
    assert closed == ["old", "new"]
