"""Large fleets, other kinds of broker, and the command line's end of the client."""

from __future__ import annotations

import json
import os
import pty
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import edge
from tests.integration.client_boards import PATIENCE_S, ROOT, Listener, Puppet, until
from tests.integration.mosquitto import Mosquitto, _listens, free_port, program


def echo(puppet: Puppet, request: dict[str, Any]) -> None:
    puppet.answer(request, f"you said {request['prompt']}")


def edge_command(*arguments: str, broker: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S * 2,
        cwd=ROOT,
        env=os.environ | {"EDGE_BROKER": broker} | environment,
    )


@pytest.fixture
def thousand(broker: Mosquitto) -> Iterator[list[str]]:
    """What a thousand devices have left at a broker."""
    names = [f"board{i:04}" for i in range(1000)]
    with Listener(broker.port) as devices:
        for i, name in enumerate(names):
            for kind, message in {
                "status": {"state": "ready" if i % 10 else "lost", "boot": f"b{i}"},
                "info": {"device": name, "model": "home", "pools": ["all", f"floor{i // 100}"]},
                "health": {"queued": 0, "active": 0, "expected_wait_ms": i, "tokens_per_s": 20.0, "at": 1_700_000_000},
            }.items():
                devices.client.publish(f"edge/v1/{name}/{kind}", json.dumps(message), qos=0, retain=True)
        devices.say("test/last", "")
        yield names


def test_a_thousand_devices(broker: Mosquitto, thousand: list[str]) -> None:
    with edge.Client(broker.url) as client:
        found = client.devices()
        assert [device.name for device in found] == thousand
        assert sum(device.state == "ready" for device in found) == 900
        assert found[7].pools == ("all", "floor0")
        assert (found[7].model, found[7].figure("tokens_per_s"), found[7].seen) == ("home", 20.0, 1_700_000_000)
    listed = edge_command("devices", broker=broker.url)
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "MODEL", "TOK/S", "QUEUE", "WAIT", "MEMORY", "UP", "SEEN"]
    assert [line.split()[0] for line in lines[1:]] == thousand
    assert "\x1b" not in listed.stdout
    as_json = json.loads(edge_command("devices", "--json", broker=broker.url).stdout)
    assert [d["name"] for d in as_json] == thousand


def test_a_pool_of_a_thousand(broker: Mosquitto, thousand: list[str]) -> None:
    with (
        Puppet(broker.port, "board0301", echo, pools=["floor3"]),
        edge.Client(broker.url) as client,
    ):
        reply = client.ask_pool("floor3", "hello")
        assert (reply.device, reply.text) == ("board0301", "you said hello")


def test_asking_from_the_command_line(broker: Mosquitto) -> None:
    with Puppet(broker.port, "kitchen", echo, pools=["living"]):
        asked = edge_command("ask", "kitchen", "hello", broker=broker.url)
        assert (asked.returncode, asked.stdout, asked.stderr) == (0, "you said hello\n", "")
        piped = edge_command("ask", "--pool", "living", "--stream", "--stats", broker=broker.url, stdin="hello\n")
        assert (piped.returncode, piped.stdout) == (0, "you said hello\n")
        assert piped.stderr.startswith("kitchen: puppet · 1 tokens")
        whole = json.loads(edge_command("ask", "kitchen", "hello", "--json", "--name", "me", broker=broker.url).stdout)
        assert (whole["text"], whole["device"], whole["model"]) == ("you said hello", "kitchen", "puppet")
    nobody = edge_command("ask", "nobody", "hello", broker=broker.url)
    assert (nobody.returncode, nobody.stdout) == (3, "")
    assert nobody.stderr == (
        "edge: error: nobody: nobody listens to its topic; is the name right ('edge devices' lists them), and does its"
        " agent run?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask"], 2, "whom?"), (["ask", "kitchen"], 2, "the prompt is empty"),
        (["ask", "a/b", "hello"], 2, "device name 'a/b'"), (["ask", "k", "x", "--json", "--stream"], 2, "--json"),
        (["ask", "k", "x", "--timeout", "0"], 2, "--timeout"), (["ask", "k", "x", "--seed", "x"], 2, "whole number"),
        (["ask", "k", "x", "--broker", "http://x"], 2, "write mqtt://host"), (["devices", "--watch"], 2, "terminal"),
        (["ask", "k", "x"], 3, "no connection"), (["devices"], 3, "no connection"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_one_line(arguments: list[str], code: int, says: str) -> None:
    done = edge_command(*arguments, broker=f"mqtt://127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("edge: error: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_broker(broker: Mosquitto) -> None:
    done = edge_command("devices", broker=broker.url)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no device has ever said anything" in done.stderr
    assert edge_command("devices", "--json", broker=broker.url).stdout == "[]\n"


def test_the_live_table(broker: Mosquitto) -> None:
    """On a terminal the table is coloured, as wide as the terminal at most, and follows what happens."""
    with Puppet(broker.port, "kitchen-of-the-very-long-name", echo) as kitchen:
        kitchen.say(f"edge/v1/{kitchen.name}/info", {"model": "evil\x1b[2J-" + 80 * "x"}, retain=True)
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(COLUMNS="80", LINES="24")
            os.execv(sys.executable, [sys.executable, "-m", "edge", "devices", "--watch", "--broker", broker.url])  # noqa: S606
        seen = bytearray()

        def read() -> None:
            try:
                while block := os.read(fd, 65536):
                    seen.extend(block)
            except OSError:  # how Linux says that the other side has gone
                pass

        reader = threading.Thread(target=read)
        reader.start()
        until(lambda: b"\x1b[32mready" in seen and b"1 device, 1 ready" in seen, "the device in green")
        kitchen.status("lost", "boot1")
        until(lambda: b"\x1b[31mlost" in seen, "the device in red")
        os.kill(pid, 2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        reader.join()
        os.close(fd)
    text = seen.decode()
    assert text.endswith("\x1b[?25h\x1b[?1049l")  # the terminal as it was
    assert "evil\x1b" not in text
    for line in re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", text.replace("\x1b[H", "\n")).splitlines():
        assert len(line) <= 80


def test_members_of_a_fleet_with_rules(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    """With certificates and the rules of ``edge broker``, the client's name is the certificate's."""
    pytest.importorskip("cryptography")
    from edge.brokers.folder import Fleet, add, init
    from edge.brokers.rules import Member

    folder = tmp_path / "fleet"
    port, password_port = free_port(), free_port()
    fleet = init(folder, Fleet(("localhost",), "127.0.0.1", port, password_port, 30, (Member("laptop", "client"),)))
    add(folder, fleet, (Member("kitchen", "device"), Member("phone", "client", password=True)))
    broker = subprocess.Popen([program("mosquitto"), "-c", "mosquitto.conf"], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port), "the broker")
        mine, theirs, phone = (folder / "members" / name for name in ("laptop", "kitchen", "phone"))
        context = ssl.create_default_context(cafile=theirs / "ca.pem")
        context.load_cert_chain(theirs / "cert.pem", theirs / "key.pem")
        kitchen = Puppet(port, "kitchen", echo, tls=context)
        url, cert, key = f"mqtts://localhost:{port}", mine / "cert.pem", mine / "key.pem"
        with kitchen, edge.Client(url, ca=mine / "ca.pem", cert=cert, key=key) as client:
            assert client.ask("kitchen", "hello").text == "you said hello"
            assert kitchen.prompts.get_nowait()["reply_to"] == "edge/v1/reply/laptop"
            assert [d.name for d in client.devices()] == ["kitchen"]
            url = f"mqtts://phone@localhost:{password_port}"
            with edge.Client(url, ca=phone / "ca.pem", password_file=phone / "password") as other:
                assert other.ask("kitchen", "hello").text == "you said hello"
    finally:
        broker.terminate()
        broker.wait(PATIENCE_S)


def test_a_broker_that_speaks_311_only() -> None:
    pytest.importorskip("amqtt")
    command = [sys.executable, "-m", "edge", "broker", "--embedded", "--port", str(port := free_port())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as broker:
        try:
            assert broker.stdout
            assert "broker runs" in broker.stdout.readline()
            with (
                Puppet(port, "kitchen", echo, pools=["living"], old=True),
                edge.Client(f"mqtt://127.0.0.1:{port}") as client,
            ):
                assert client.ask("kitchen", "hello").text == "you said hello"
                assert client.ask_pool("living", "hello").text == "you said hello"
                assert [d.name for d in client.devices()] == ["kitchen"]
        finally:
            broker.terminate()
