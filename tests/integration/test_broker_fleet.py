"""``edge broker``: a fleet made by the command, its rules proved with the real mosquitto that it runs."""

from __future__ import annotations

import json
import os
import queue
import re
import shlex
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.mosquitto import NoMosquittoError, free_port, program

pytest.importorskip("cryptography", reason="the extra 'broker' is not installed")

DEVICES, CLIENTS = ("kitchen", "garage.1"), ("laptop", "phone")


def edge(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", "broker", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class Running:
    """A fleet's folder and the broker that runs there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.password_port = free_port(), free_port()
        ports = ("--port", str(self.port), "--password-port", str(self.password_port))
        names = [word for name in DEVICES for word in ("--device", name)]
        names += [word for name in CLIENTS for word in ("--client", name)]
        here = ("--host", "localhost", "--host", "127.0.0.1", "--listen", "127.0.0.1")
        done = edge("init", folder, *ports, *here, *names)
        assert done.returncode == 0, done.stderr
        self.said = done.stdout
        program("mosquitto")

    def start(self) -> None:
        command = [sys.executable, "-m", "edge", "broker", "run", str(self.folder)]
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout
        assert self.process.stdout.readline().startswith("broker runs: mqtts://localhost:")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    @property
    def log(self) -> str:
        return (self.folder.parent / "log").read_text(errors="replace")


@pytest.fixture(scope="module", autouse=True)
def _mosquitto_on_the_path() -> Iterator[None]:
    """Where mosquitto is not installed, the tests' own is found like the system's."""
    try:
        place = Path(program("mosquitto")).parent
    except NoMosquittoError as error:
        pytest.skip(str(error))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{place}:{os.environ.get('PATH', '')}")
        yield


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    try:
        running = Running(tmp_path_factory.mktemp("broker") / "fleet")
    except NoMosquittoError as error:
        pytest.skip(str(error))
    running.start()
    yield running
    running.stop()


class Member:
    """A member's connection; ``heard`` is what came in."""

    def __init__(self, fleet: Running, name: str, *topics: str, password: str = "") -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.codes: queue.Queue[int] = queue.Queue()
        self._subscribed = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, f"test-{name}", protocol=paho.MQTTv5)
        own = fleet.folder / "members" / name
        context = ssl.create_default_context(cafile=own / "ca.pem")
        if password or (own / "password").exists():
            self.client.username_pw_set(name, password or (own / "password").read_text().strip())
        else:
            context.load_cert_chain(own / "cert.pem", own / "key.pem")
        self.client.tls_set_context(context)
        self.refused: queue.Queue[str] = queue.Queue()

        def on_connect(client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            self.refused.put(str(code) if code.is_failure else "")
            if not code.is_failure and topics:
                client.subscribe([(topic, 1) for topic in topics])

        self.client.on_connect = on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _c, _d, m: self.heard.put((m.topic, bytes(m.payload)))
        self.client.on_publish = lambda _c, _d, _mid, code, _p: self.codes.put(code.value)
        self.client.connect("localhost", fleet.password_port if self.client.username else fleet.port)
        self.client.loop_start()
        self.answer = self.refused.get(timeout=10)
        if topics:
            assert self._subscribed.wait(10)

    def say(self, topic: str, *, retain: bool = False) -> bool:
        """Publish; whether the broker lets us (MQTT 5: reason code 0x87 says no)."""
        self.client.publish(topic, topic, qos=1, retain=retain)
        code = self.codes.get(timeout=10)
        assert code in {0, 0x10, 0x87}
        return code != 0x87

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def member(fleet: Running) -> Iterator[Callable[..., Member]]:
    made: list[Member] = []

    def connect(name: str, *topics: str, **options: Any) -> Member:
        made.append(Member(fleet, name, *topics, **options))
        return made[-1]

    yield connect
    for one in made:
        one.close()


Connect = Callable[..., Member]


def test_a_device_speaks_as_itself_only(member: Connect) -> None:
    kitchen = member("kitchen")
    assert kitchen.answer == ""
    for topic in (
        "edge/v1/kitchen/status",
        "edge/v1/kitchen/health",
        "edge/v1/kitchen/answer",
        "edge/v1/reply/laptop/kitchen",
        "homeassistant/device/edge-kitchen/config",
    ):
        assert kitchen.say(topic), topic
    for topic in (
        "edge/v1/garage.1/status",
        "edge/v1/garage.1/prompt",
        "edge/v1/reply/laptop/garage.1",
        "edge/v1/reply/laptop",
        "edge/v1/pool/all/prompt",
        "homeassistant/device/edge-garage_1/config",
        "homeassistant/status",
        "door/lock",
    ):
        assert not kitchen.say(topic), topic


def test_a_client_asks_and_nothing_else(member: Connect) -> None:
    laptop = member("laptop")
    for topic in ("edge/v1/kitchen/prompt", "edge/v1/garage.1/cancel", "edge/v1/pool/all/prompt"):
        assert laptop.say(topic), topic
    for topic in (
        "edge/v1/kitchen/status",
        "edge/v1/kitchen/info",
        "edge/v1/reply/phone/kitchen",
        "homeassistant/status",
    ):
        assert not laptop.say(topic, retain=True), topic


def test_nobody_reads_others_answers(member: Connect) -> None:
    """All topics asked for, also by wildcards: what comes is one's own, and the fleet's state."""
    laptop, phone = member("laptop", "#", "edge/v1/reply/phone/#"), member("phone", "#", "edge/v1/reply/+/+")
    kitchen, garage = member("kitchen", "#"), member("garage.1", "#")
    assert kitchen.say("edge/v1/reply/laptop/kitchen")
    assert laptop.say("edge/v1/kitchen/prompt")
    assert garage.say("edge/v1/reply/phone/garage.1")
    assert kitchen.say("edge/v1/kitchen/answer")
    assert garage.say("edge/v1/garage.1/health")

    def until_health(who: Member) -> set[str]:
        topics: set[str] = set()
        while "edge/v1/garage.1/health" not in topics:
            topics.add(who.heard.get(timeout=10)[0])
        return topics - {"edge/v1/kitchen/status", "edge/v1/kitchen/health"}  # retained from other tests

    assert until_health(laptop) == {"edge/v1/reply/laptop/kitchen", "edge/v1/garage.1/health"}
    assert until_health(phone) == {"edge/v1/reply/phone/garage.1", "edge/v1/garage.1/health"}
    assert kitchen.say("edge/v1/kitchen/health")  # the last that kitchen hears: of its own tree
    heard = set()
    while "edge/v1/kitchen/health" not in heard:
        heard.add(kitchen.heard.get(timeout=10)[0])
    assert heard == {"edge/v1/kitchen/prompt", "edge/v1/kitchen/answer", "edge/v1/kitchen/health"}


def test_members_can_be_added_while_it_runs(fleet: Running, member: Connect) -> None:
    done = edge("add", fleet.folder, "--client", "node-red", "--home-assistant", "hass", "--passwords")
    assert done.returncode == 0, done.stderr
    assert "--password-file password" in done.stdout
    password = (fleet.folder / "members/node-red/password").read_text().strip()
    assert password not in done.stdout + done.stderr + fleet.log
    assert password not in (fleet.folder / "passwords").read_text()
    while (late := member("node-red")).answer:  # the broker looks for new rules once a second
        assert late.answer == "Not authorized"
    assert late.say("edge/v1/kitchen/prompt")
    assert not late.say("edge/v1/kitchen/status")
    hass = member("hass", "homeassistant/#")
    assert hass.say("homeassistant/status")
    assert hass.heard.get(timeout=10)[0] == "homeassistant/status"
    assert not late.say("homeassistant/status")
    wrong = member("node-red", password="not-it")  # noqa: S106
    assert wrong.answer == "Not authorized"


def test_strangers_stay_out(fleet: Running, tmp_path: Path) -> None:
    """No certificate, or one that another authority has signed for the very same name."""
    other = tmp_path / "other"
    assert edge("init", other, "--device", "kitchen", "--host", "localhost").returncode == 0
    no_certificate = ssl.create_default_context(cafile=str(fleet.folder / "ca.pem"))
    foreign = ssl.create_default_context(cafile=str(fleet.folder / "ca.pem"))
    foreign.load_cert_chain(other / "members/kitchen/cert.pem", other / "members/kitchen/key.pem")
    for context in (no_certificate, foreign):
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            socket.create_connection(("localhost", fleet.port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.recv(1)  # TLS 1.3 says no only after the handshake
    distrusting = ssl.create_default_context(cafile=str(other / "ca.pem"))
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("localhost", fleet.port), 10) as plain,
        distrusting.wrap_socket(plain, server_hostname="localhost"),
    ):
        pytest.fail("trusted")


def test_what_it_prints_works(fleet: Running, tmp_path: Path) -> None:
    """The lines printed for each member, typed where its files are: an agent runs, and a client asks it."""
    lines = dict(re.findall(r"^(\S+) \(.*\): .*\n  (.*)$", fleet.said, re.MULTILINE))
    folders = {name: fleet.folder / "members" / name for name in ("kitchen", "laptop")}
    typed = shlex.split(lines["kitchen"])[1:]
    more = ["--state", str(tmp_path), "--threads", "1", "--home-assistant"]
    agent = subprocess.Popen(
        [sys.executable, "-m", "edge", *typed, *more], cwd=folders["kitchen"], stderr=subprocess.PIPE, text=True
    )
    try:
        devices = shlex.split(lines["laptop"])[1:]
        ask = ["ask", "kitchen", "turn off the kitchen lights", *devices[1:]]
        for verb, wanted in ((ask, "HassTurnOff"), (devices, "kitchen")):
            command, here = [sys.executable, "-m", "edge", *verb], folders["laptop"]
            done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=90, check=False)
            assert done.returncode == 0, done.stderr
            assert wanted in done.stdout
    finally:
        agent.send_signal(signal.SIGTERM)
        log = agent.communicate(timeout=30)[1]
    assert "connected" in log
    for bad in ("lost", "refuse", "does not let", "Traceback"):
        assert bad not in log


def test_its_files(fleet: Running) -> None:
    secret = [p for p in fleet.folder.rglob("*") if p.name in {"password", "passwords"} or p.suffix == ".key"]
    secret += list(fleet.folder.glob("members/*/key.pem"))
    assert len(secret) >= 7
    for path in secret:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert path.read_text().strip() == "" or path.read_text() not in fleet.said
    assert stat.S_IMODE(fleet.folder.stat().st_mode) == 0o700
    assert {m["name"] for m in json.loads((fleet.folder / "fleet.json").read_text())["members"]} >= {*DEVICES, *CLIENTS}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "FLEET", "--device", "kitchen"), "kitchen: this name is taken"),
        (("add", "FLEET", "--client", "../x"), "use 1 to 63 letters"),
        (("add", "FLEET"), "whom? give --device"),
        (("add", "FLEET/data", "--device", "x"), "no fleet here; type: edge broker init"),
        (("init", "FLEET", "--device", "x"), "there is something already"),
        (("init", "FLEET2", "--host", "küche"), "host 'küche': give a name as DNS has it"),
        (("init", "FLEET2", "--host", "mqtts://hub"), "host 'mqtts://hub': give a name"),
        (("init", "FLEET2", "--device", "a", "--client", "a"), "a: this name is taken"),
        (("init", "FLEET2", "--days", "0"), "--days must be from 1"),
        (("init", "FLEET2", "--port", "70000"), "--port must be from 1"),
        (("run",), "what shall it do?"),
        (("run", "FLEET", "--embedded"), "--embedded has no folder"),
        (("run", "FLEET"), "mosquitto ended by itself"),  # its ports are taken
    ],
)
def test_mistakes(fleet: Running, arguments: tuple[str, ...], said: str) -> None:
    before = sorted(fleet.folder.parent.iterdir())
    done = edge(*(a.replace("FLEET", str(fleet.folder)) for a in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(fleet.folder.parent.iterdir()) == before


def test_states_survive_a_restart_and_old_certificates_are_named(tmp_path: Path) -> None:
    from edge.brokers.certificates import Pair, for_server

    try:
        running = Running(tmp_path / "fleet")
    except NoMosquittoError as error:
        pytest.skip(str(error))
    running.start()
    kitchen = Member(running, "kitchen")
    assert kitchen.say("edge/v1/kitchen/status", retain=True)
    kitchen.close()
    assert running.stop() == 0
    ca = Pair((running.folder / "ca.pem").read_bytes(), (running.folder / "ca.key").read_bytes())
    soon = for_server(ca, ("localhost",), 3)
    (running.folder / "server.pem").write_bytes(soon.certificate)
    (running.folder / "server.key").write_bytes(soon.key)
    running.start()
    laptop = Member(running, "laptop", "edge/v1/+/status")
    assert laptop.heard.get(timeout=10)[0] == "edge/v1/kitchen/status"
    laptop.close()
    assert running.stop() == 0
    assert f"edge: warning: {running.folder}/server.pem: this certificate ends on " in running.log
