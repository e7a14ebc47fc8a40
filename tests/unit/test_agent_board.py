"""What an agent says of its board: health, the energy of answers, and how both are shown."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import SandboxedEnvironment

import edge
from devices.energy import Reading, Sensor
from devices.meter import Mark, Used
from devices.telemetry import Telemetry
from edge.agent.health import Health, energy_of
from edge.agent.notify import passed_files
from edge.agent.worker import Ended, Job, Worker, Wrote
from edge.cli.fleet_table import table
from edge.client import Device
from edge.errors import EngineError
from edge.inference import Model
from edge.messaging.discovery import device_config
from edge.messaging.messages import Limits
from tests.models import write_folder
from tests.unit import board_sensors


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with edge.load(write_folder(tmp_path_factory.mktemp("m") / "tiny"), threads=1, sequences=2) as loaded:
        yield loaded


class Listening(Telemetry):
    """Writes down how many are at work; everybody used the same."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []
        self.asked: list[Mark | None] = []

    def running(self, count: int) -> None:
        self.counts.append(count)

    def mark(self) -> Mark:
        return Mark(float(len(self.counts)), 0.0, 0.0, 0)

    def used(self, mark: Mark | None) -> Used:
        self.asked.append(mark)
        return Used(joules=30.0, share=12.3456, watts=5.006)


def worked(model: Model, telemetry: Telemetry, jobs: int, fail: BaseException | None = None) -> list[Ended]:
    """What became of so many jobs that were there when the work began, two at a time."""
    said: queue.SimpleQueue[Wrote | Ended] = queue.SimpleQueue()
    worker = Worker(model, said.put, lambda _: 0, lambda: None, 2, telemetry, 0.05)
    for number in range(jobs):
        answer = model.prepare([1, 2, 3 + number], max_tokens=4, temperature=0, stop=[])
        worker.add(Job(str(number), answer, False, False, None, time.monotonic()))  # noqa: FBT003
    if fail:
        worker._model = type("Broken", (), {"step": lambda _: (_ for _ in ()).throw(fail)})()
    worker.start()
    ended: list[Ended] = []
    while len(ended) < jobs:
        event = said.get(timeout=30)
        if isinstance(event, Ended):
            ended.append(event)
    worker.stop(5)
    return ended


def test_each_answer_is_told_what_it_used(model: Model) -> None:
    telemetry = Listening()
    ended = worked(model, telemetry, 3)
    assert telemetry.counts in ([1, 2, 1, 0, 1, 0], [1, 2, 1, 2, 1, 0])
    assert [end.used for end in ended] == [Used(30.0, 12.3456, 5.006)] * 3
    begun = [mark.at for mark in telemetry.asked if mark]
    assert begun[:2] == [0, 1]  # before they were counted themselves
    assert energy_of(ended[0].used) == {"joules": 12.346, "watts": 5.01}


def test_after_a_failure_nobody_is_at_work(model: Model) -> None:
    telemetry = Listening()
    ended = worked(model, telemetry, 2, EngineError("broken"))
    assert [(end.code, end.used) for end in ended] == [("internal", None)] * 2
    assert telemetry.counts == [1, 2, 0]


def test_without_a_sensor_an_answer_says_nothing_of_energy(model: Model) -> None:
    (end,) = worked(model, Telemetry(), 1)
    assert end.completion is not None
    assert energy_of(end.used) == {}


def health(model: Model, telemetry: Telemetry) -> Health:
    worker = Worker(model, lambda _: None, lambda _: 0, lambda: None, 2, telemetry)
    return Health("kitchen", "b", model, worker, Limits(), (), telemetry)


def test_the_health_of_a_jetson(tmp_path: Path, model: Model) -> None:
    board_sensors.orin_nano(tmp_path)
    with Telemetry(tmp_path, power_s=0.5, look_s=2.0) as telemetry:
        told = health(model, telemetry)
        assert told.info()["board"] == []
        end = time.monotonic() + 60
        while len(told.report(0)["board"]) < 8:
            assert time.monotonic() < end, told.report(0)
            time.sleep(0.02)
        board = told.report(0)["board"]
        assert told.new_figures
        assert told.info()["board"] == sorted(board)
        assert not told.new_figures
    assert board.pop("joules") > 0
    assert board == {
        "temperature_c": 49.3,
        "clock_mhz": 1510,
        "clock_limit_mhz": 1510,
        "power_mode": "15W",
        "memory_available_mb": 6267,
        "watts": pytest.approx(5.46, abs=0.01),
        "power_from": "INA3221: VDD_IN",
    }


def test_a_board_that_says_nothing_is_told_as_that(tmp_path: Path, model: Model) -> None:
    with Telemetry(tmp_path, power_s=0.02, look_s=0.1) as telemetry:
        assert health(model, telemetry).report(0)["board"] == {}


def test_files_that_the_service_manager_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    assert passed_files() == {}
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_FDNAMES", "intel-rapl-0:intel-rapl-0-1:and-more")
    monkeypatch.setenv("LISTEN_PID", "1")
    assert passed_files() == {}  # somebody else's
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    assert passed_files() == {"intel-rapl-0": 3, "intel-rapl-0-1": 4}


BOARD = {"temperature_c": 61.26, "watts": 5.21, "throttled": ["under-voltage", "x\x1b[2J"], "joules": 7200.0}


def test_the_table_has_a_column_for_boards_that_say_something() -> None:
    devices = [
        Device("kitchen", "ready", "1", {"model": "home"}, {"board": BOARD}, 900.0),
        Device("gone", "lost", "1", {"model": "home"}, {"board": BOARD}, 900.0),
        Device("evil", "ready", "1", {"model": "home"}, {"board": [1]}, 900.0),
        Device("worse", "ready", "1", {}, {"board": {"watts": "5", "temperature_c": 1e99, "throttled": "all"}}, 900.0),
    ]
    lines = table(devices, 1000.0, None, colour=False)
    assert lines[0].endswith("SEEN BOARD")
    assert lines[1].endswith(" 61 °C, 5.2 W, under-voltage, x[2J")
    assert [line.split()[-1] for line in lines[2:]] == ["-"] * 3
    narrow = table(devices, 1000.0, 80, colour=False)
    assert max(map(len, narrow)) <= 80
    assert "BOARD" not in table(devices[1:], 1000.0, None, colour=False)[0]


def test_home_assistant_gets_the_figures_that_the_board_has() -> None:
    info = {"device": "kitchen", "model": "home", "software": "1"}
    plain = device_config(info | {"board": []})["components"]
    full = device_config(info | {"board": ["joules", "temperature_c", "throttled", "watts"]})["components"]
    new = full.keys() - plain.keys()
    assert new == {"joules", "temperature_c", "throttled", "watts"}
    assert (full["joules"]["state_class"], full["watts"]["state_class"]) == ("total_increasing", "measurement")
    jinja = SandboxedEnvironment()

    def shown(board: dict[str, Any]) -> dict[str, str]:
        return {
            name: jinja.from_string(full[name]["value_template"]).render(value_json={"board": board})
            for name in sorted(new)
        }

    assert shown(BOARD) == {"joules": "2.0", "temperature_c": "61.26", "throttled": "ON", "watts": "5.21"}
    assert shown({}) == {"joules": "None", "temperature_c": "None", "throttled": "OFF", "watts": "None"}
    for component in full.values():
        assert re.fullmatch(r"edge-kitchen-\w+", component["unique_id"])


def test_a_meter_of_the_user_s_own(tmp_path: Path) -> None:
    closed = []
    sensor = Sensor("meter", "all", lambda: Reading(watts=3.0), lambda: closed.append(1))
    with Telemetry(tmp_path, lambda: sensor, power_s=0.3, look_s=1.0) as telemetry:
        end = time.monotonic() + 60
        while telemetry.energy().get("watts") != 3.0:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert closed == [1]
