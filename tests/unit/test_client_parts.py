"""The client's parts that need no network, and what importing it costs."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any

import pytest

import edge
from edge.cli.fleet_table import table
from edge.client.fleet import Device, Fleet
from edge.client.question import make_question, reply_error
from edge.errors import AskError, AskTimeout


def imported_by(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_who_asks_needs_no_engine() -> None:
    modules = imported_by("import edge; edge.Client; edge.AsyncClient; edge.Reply; edge.Device")
    assert "paho.mqtt.client" in modules
    assert not modules & {"numpy", "cython_kernels", "edge.inference", "tokenizers", "safetensors"}


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["devices", "--help"], ["ask"]])
def test_help_loads_nothing(arguments: list[str]) -> None:
    modules = imported_by(f"import edge.cli; edge.cli.main({arguments!r})")
    assert not {m for m in modules if m.split(".")[0] in ("numpy", "paho", "asyncio", "cython_kernels")}


def test_public_names() -> None:
    for name in edge.__all__:
        assert getattr(edge, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'client_'"):
        edge.client_  # noqa: B018 - the look is the test


def test_errors_keep_what_they_say() -> None:
    error = reply_error({"code": "deadline", "message": "its time\nwas  over"}, "kitchen")
    assert isinstance(error, AskTimeout)
    assert str(error) == "kitchen: its time was over; allow more with timeout, or ask for fewer max_tokens"
    assert (error.code, error.device, error.args) == ("deadline", "kitchen", (str(error),))
    with pytest.raises(TimeoutError):
        raise error


def test_errors_without_sense() -> None:
    nonsense: tuple[Any, ...] = (None, 7, [], {}, {"code": []}, {"code": "busy", "retry_after_ms": "soon"})
    for said in nonsense:
        error: Any = reply_error(said, "kitchen")
        assert isinstance(error, AskError)
        assert getattr(error, "retry_after", 1.0) == 1.0


def test_a_question_without_a_seed_gets_one_for_all_its_attempts() -> None:
    question = make_question("hello", None, 10, "edge/v1/reply/me", stream=False)
    first, second = (question.request(left).to_json() for left in (10, 3))
    assert first.pop("deadline_ms") == 10_000
    assert second.pop("deadline_ms") == 3000
    assert first == second
    assert first["seed"] != make_question("hello", None, 10, "r", stream=False).fields["seed"]


def say(fleet: Fleet, name: str, kind: str, *, retained: bool = True, **said: Any) -> Device | None:
    return fleet.take(f"edge/v1/{name}/{kind}", json.dumps(said).encode(), retained=retained)


def living(*names: str) -> Fleet:
    fleet = Fleet()
    for name in names:
        say(fleet, name, "status", state="ready", boot="1")
        say(fleet, name, "info", pools=["living"])
    return fleet


def test_only_ready_members_are_picked() -> None:
    fleet = living("a", "b")
    say(fleet, "c", "status", state="ready")
    say(fleet, "b", "status", state="lost")
    assert {fleet.pick("living", set()) for _ in range(20)} == {"a"}
    assert fleet.pick("living", {"a"}) is None
    assert fleet.pick("garden", set()) is None


def test_the_idle_share_the_work() -> None:
    fleet = living("a", "b", "c")
    assert {fleet.pick("living", set()) for _ in range(200)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("sign", "counts"),
    [
        ({"kind": "health", "retained": False}, True), ({"kind": "health", "retained": True}, False),
        ({"kind": "status", "retained": False, "state": "lost"}, False),
    ],
)  # fmt: skip
def test_the_silent_are_picked_when_they_have_been_heard(sign: dict[str, Any], counts: bool) -> None:  # noqa: FBT001
    fleet = living("a")
    fleet.silent("a")
    assert fleet.pick("living", set()) is None
    say(fleet, "a", **sign)
    say(fleet, "a", "status", state="ready")  # as retained: what a reconnect brings again is no sign of life
    assert (fleet.pick("living", set()) == "a") is counts


def test_a_cleared_status_is_a_device_no_more() -> None:
    fleet = living("a", "b")
    fleet.take("edge/v1/a/status", b"", retained=False)
    assert [device.name for device in fleet.devices()] == ["b"]


def test_a_report_s_age_is_that_of_its_making() -> None:
    fleet = living("a")
    assert fleet.get("a").seen is None
    say(fleet, "a", "health", at=1000)
    assert fleet.get("a").seen == 1000


@pytest.mark.parametrize("width", [80, 120, None])
def test_the_table(width: int | None) -> None:
    health = {
        "tokens_per_s": 1234.56,
        "owed": 12,
        "expected_wait_ms": 90_000,
        "private_mb": 1234.5,
        "uptime_s": 200_000,
    }
    devices = [
        Device("kitchen" * 9, "ready", "1", {"model": "m" * 64}, health, 900.0),
        Device("b", "disconnected", "1", {"model": "two\x1b[2J\nlines"}, health, 1000 - 86_400 * 400.0),
        Device("c", "unheard of", None),
    ]
    lines = table(devices, 1000.0, width, colour=False)
    assert len(lines) == 4
    figures = ["1234.6", "12", "90", "s", "1234", "MB", "2", "d", "100", "s"]
    assert lines[1].split()[3:] == figures
    assert lines[2].split()[-6:] == ["-", "-", "-", "-", "400", "d"]
    assert ("two[2J lines" in lines[2]) == (width is None)
    assert lines[3].split()[1:] == ["unheard", "of", "-", "-", "-", "-", "-", "-", "-"]
    assert all("\x1b" not in line and (width is None or len(line) <= width) for line in lines)


def test_an_exception_travels_between_processes() -> None:
    error = AskTimeout("late", "deadline", "kitchen")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(copy), copy.code, copy.device) == ("late", "deadline", "kitchen")


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "-1e999", "NaN", "1e308", '"7"', "true", "[]"])
def test_figures_of_another_world_are_none(number: str) -> None:
    fleet = Fleet()
    fleet.take("edge/v1/evil/status", b'{"state": "ready"}', retained=True)
    fleet.take("edge/v1/evil/health", f'{{"at": {number}, "queued": {number}}}'.encode(), retained=True)
    (device,) = fleet.devices()
    assert (device.seen, device.figure("queued")) == (None, None)
    assert reply_error({"code": "busy", "retry_after_ms": 10**400}, "evil").code == "busy"
    json.dumps(device.to_json(), allow_nan=False)
