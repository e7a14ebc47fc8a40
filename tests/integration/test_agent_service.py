"""The agent as a service: what its manager hears, what its watchdog would see, and the memory it keeps to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.agent.store import Held, Store
from tests.integration.hang import HOOK
from tests.integration.mosquitto import Mosquitto
from tests.integration.test_agent_protocol import PROMPT, REPLY, Ear

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., "Service"]


class Service:
    """``edge agent`` as systemd would start it, and what it tells systemd."""

    def __init__(self, broker: Mosquitto, folder: Path, *options: str) -> None:
        self.heard: list[str] = []
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(HOOK)
        address = folder / "notify"
        address.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(address))
        self._notify.settimeout(30)
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
            "NOTIFY_SOCKET": str(address),
            "WATCHDOG_USEC": "400000",
            "STATE_DIRECTORY": str(self.state),
        }
        command = [sys.executable, "-m", "edge", "agent", "--broker", broker.url, "--name", "board", "--health", "1"]
        self.process = subprocess.Popen([*command, *options], env=env, stderr=subprocess.PIPE, text=True)

    def until(self, wanted: str) -> list[str]:
        """What it tells systemd, line by line, up to the first that begins with ``wanted``."""
        heard: list[str] = []
        while not heard or not heard[-1].startswith(wanted):
            heard += self._notify.recv(1000).decode().splitlines()
        return heard

    def said(self) -> list[str]:
        """What it has told systemd since the last time anybody asked."""
        self._notify.setblocking(False)  # noqa: FBT003
        heard: list[str] = []
        try:
            while True:
                heard += self._notify.recv(1000).decode().splitlines()
        except BlockingIOError:
            return heard
        finally:
            self._notify.settimeout(30)

    def unheard(self) -> Service:
        """Listen no more: a manager that hears nothing for long would make it wait at its next word."""
        self._notify.close()
        return self

    def end(self, number: int = signal.SIGTERM) -> None:
        """Stop it, where it has not ended by itself."""
        self.process.send_signal(number)
        self.refusal()

    def refusal(self) -> str:
        """What it wrote to standard error until it ended."""
        _, errors = self.process.communicate(timeout=60)
        self._notify.close()
        return errors


@pytest.fixture
def start(broker: Mosquitto, tmp_path: Path) -> Iterator[Start]:
    running: list[Service] = []

    def begin(*options: str) -> Service:
        running.append(Service(broker, tmp_path, *options))
        return running[-1]

    yield begin
    for service in running:
        if service.process.returncode is None:
            service.end(signal.SIGKILL)


@pytest.fixture
def ear(broker: Mosquitto) -> Iterator[Ear]:
    listener = Ear(broker.port, "edge/v1/reply/me/#")
    yield listener
    listener.close()


def test_it_is_ready_once_the_model_is_in_memory_and_says_how_it_goes(start: Start) -> None:
    service = start()
    heard = service.until("STATUS=board: answering")
    ready = heard.index("READY=1")
    assert "STATUS=board: loading, 100 %" in heard[:ready]
    assert "EXTEND_TIMEOUT_USEC=60000000" in heard[:ready]
    assert "STATUS=board: connecting" in heard[ready:]
    service.until("WATCHDOG=1")
    service.end()
    assert service.process.returncode == 0


def test_a_token_loop_that_hangs_is_not_alive_though_all_else_is(start: Start, ear: Ear, broker: Mosquitto) -> None:
    service = start()
    service.until("STATUS=board: answering")
    service.until("WATCHDOG=1")
    trigger = service.state / "hang"
    trigger.touch()
    ear.say(PROMPT, {"id": "h", "prompt": "hello", "reply_to": REPLY, "events": True})
    assert ear.next()["event"] == "accepted"
    health = Ear(broker.port, "edge/v1/board/health")
    health.until(lambda message: message["active"] == 1 and not trigger.exists())
    service.said()
    for _ in range(3):  # a second each: the network's thread and the agent's own go on
        assert health.next()["active"] == 1
    health.close()
    assert "WATCHDOG=1" not in service.said()
    service.end(signal.SIGABRT)  # as systemd ends it then

    again = start()
    answer = ear.next()
    assert (answer["id"], answer["restarts"]) == ("h", 1)
    again.until("WATCHDOG=1")


def test_a_request_that_brings_it_down_again_and_again_is_given_up(start: Start, ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with closing(Store(tmp_path / "state" / "requests.db")) as store:
        request = {"id": "bad", "prompt": "hello"}
        store.accept(Held("k", "bad", REPLY, None, request, 1, 1.0, None, 0, None), "digest")
        for _ in range(6):
            store.begin("k")
    start()
    error = ear.next()["error"]
    assert error["code"] == "internal"
    assert "cut off 6 times" in error["message"]


def test_it_does_not_begin_with_more_memory_than_it_may_have(start: Start) -> None:
    service = start("--memory", "20000000")
    errors = service.refusal()
    assert service.process.returncode == 2
    assert errors.startswith("edge: error: home needs ")
    assert "8 answers at once of 512 tokens, and may take 20: lower --together or --context, or raise" in errors
    assert errors.count("\n") == 1


def test_it_keeps_to_its_memory_and_refuses_what_would_not_fit(start: Start, ear: Ear) -> None:
    most = 150_000_000
    service = start("--memory", str(most))
    service.until("STATUS=board: answering")
    limits = Path(f"/proc/{service.process.pid}/limits").read_text().splitlines()
    (data,) = (line.split() for line in limits if line.startswith("Max data size"))
    assert most < int(data[3]) < 3 * most  # stacks and other mappings count, and are hardly used
    ear.say(PROMPT, {"id": "g", "prompt": "take a gigabyte", "reply_to": REPLY})
    error = ear.next()["error"]
    assert error["code"] == "busy"
    assert error["retry_after_ms"] > 0
    ear.say(PROMPT, {"id": "n", "prompt": "turn on the kitchen lights", "reply_to": REPLY})
    assert "HassTurnOn" in ear.next()["text"]
    assert service.process.poll() is None


def test_it_reads_its_secrets_from_systemds_folder(
    start: Start, broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There they belong to root and a group may read them: whose group, systemd has seen to."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "broker-password").write_text("secret\n")
    (folder / "broker-password").chmod(0o440)
    url = broker.url.replace("mqtt://", "mqtt://board@")
    arguments = ("--broker", url, "--password-file", str(folder / "broker-password"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", f"{folder}/")
    service = start(*arguments)
    service.until("STATUS=board: answering")
    service.end()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    refused = start(*arguments)
    errors = refused.refusal()
    assert refused.process.returncode == 2
    assert "others may read this password" in errors


def test_its_health_has_what_the_meter_says(start: Start, broker: Mosquitto) -> None:
    """A meter that is a program: it runs as long as the agent, and ends with it."""
    ear = Ear(broker.port, "edge/v1/board/#")
    service = start("--meter", "| while echo 3.3 W; do sleep 0.2; done").unheard()
    ear.next(60)  # it may take its time to start
    heard = ear.until(lambda m: "queued" in m and "watts" in m["board"])[-1]
    assert heard["board"]["watts"] == 3.3
    assert heard["board"]["power_from"].startswith("meter: | while")
    # Its description follows, with the figures that were not known when it was first given.
    assert "watts" in ear.until(lambda m: "pools" in m and "watts" in m["board"])[-1]["board"]
    service.end()
    assert service.process.returncode == 0
    ear.close()


def test_a_sensor_that_hangs_keeps_nobody_waiting(start: Start, broker: Mosquitto, ear: Ear, tmp_path: Path) -> None:
    """A file that becomes a pipe nobody writes to: whoever opens it waits for ever, as before a dead driver."""
    meter, reports = tmp_path / "watts", Ear(broker.port, "edge/v1/board/health")
    service = start("--meter", str(meter)).unheard()
    reports.next(60)
    # Written again with each report: what a meter said once is no power.
    reports.until(lambda m: bool(meter.write_text("4 W\n")) and m["board"].get("watts") == 4.0)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.replace(meter)
    hung = reports.until(lambda m: "hanging" in m["board"] and "memory_available_mb" in m["board"])[-1]["board"]
    assert hung["hanging"] == ["power"]
    assert "watts" not in hung
    ear.say(PROMPT, b'{"id": "q", "prompt": "turn on the lamp"}', ResponseTopic=REPLY)
    assert "text" in ear.until(lambda m: m.get("id") == "q")[-1]
    service.end()
    assert service.process.returncode == 0
    reports.close()
