"""``edge broker --embedded``: amqtt with our link in front, and amqtt's own client against an agent."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.messaging.broker import broker_from_url
from edge.messaging.events import Connected, Message, Will
from edge.messaging.mqtt import Link
from tests.integration.mosquitto import Mosquitto
from tests.models import write_folder

pytest.importorskip("amqtt", reason="the extra 'embedded' is not installed")


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


@pytest.fixture
def embedded() -> Iterator[str]:
    process = start("broker", "--embedded", "--port", "0")
    assert process.stdout
    found = re.search(r"mqtt://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    yield found[0]
    stop(process)


@pytest.fixture
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An agent called ``board`` at the broker of the fixture that the test's parameter names; that broker's URL."""
    broker = request.getfixturevalue(request.param)
    url: str = broker.url if isinstance(broker, Mosquitto) else broker
    model = write_folder(tmp_path / "tiny")
    process = start("agent", "--broker", url, "--name", "board", "--model", model, "--state", tmp_path / "state",
                    "--threads", "1")  # fmt: skip
    assert process.stderr
    for line in process.stderr:
        if "connected" in line:
            break
    yield url
    stop(process)


def port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def test_a_link_comes_to_3_1_1_by_itself(embedded: str) -> None:
    link = Link(broker_from_url(embedded), "x", subscribe=["a/#"], will=Will("a/will", b"gone"), session_s=60)
    link.start()
    try:
        events: list[Any] = []
        while not any(isinstance(event, Connected) for event in events):
            events.append(link.events.get(timeout=20))
        assert not link.version5
        link.publish("a/b", b"x" * 100_000)
        while not isinstance(event := link.events.get(timeout=20), Message):
            pass
        assert (event.topic, len(event.payload)) == ("a/b", 100_000)
        link.ack(event)
    finally:
        link.stop()


def test_whoever_speaks_nonsense_is_dropped(embedded: str) -> None:
    """Garbage, half a greeting, a version from the future: and the next client is served as if nothing were."""
    for first in (
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10",
        b"\xff" * 40,
        b"\x10\x0c\x00\x04MQTT\x09\x02\x00\x3c\x00\x00",  # version 9
    ):
        with socket.create_connection(("127.0.0.1", port(embedded)), 10) as connection:
            connection.sendall(first)
            connection.shutdown(socket.SHUT_WR)
            assert len(connection.recv(64)) in {0, 4}
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    codes = []

    def on_connect(client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        codes.append(code.value)
        client.disconnect()

    client.on_connect = on_connect
    client.connect("127.0.0.1", port(embedded))
    client.loop_forever()
    assert codes == [0]


@pytest.mark.parametrize("agent", ["embedded", "broker"], indirect=True)
def test_amqtt_s_client_is_answered(agent: str) -> None:
    """Another library's client, MQTT 3.1.1: id and reply topic travel in the request."""
    from amqtt.client import MQTTClient

    async def ask() -> list[tuple[str, dict[str, Any]]]:
        client = MQTTClient(client_id="amqtt-test", config={"auto_reconnect": False})
        await client.connect(agent + "/")
        await client.subscribe([("edge/v1/reply/amqtt/#", 1), ("edge/v1/board/status", 1)])
        request = {"id": "q1", "prompt": "hello", "max_tokens": 8, "seed": 1, "reply_to": "edge/v1/reply/amqtt",
                   "events": True}  # fmt: skip
        await client.publish("edge/v1/board/prompt", json.dumps(request).encode(), qos=1)
        heard: list[tuple[str, dict[str, Any]]] = []
        while not heard or "text" not in heard[-1][1]:
            message = await client.deliver_message(timeout_duration=20)
            assert message is not None
            heard.append((message.topic, json.loads(message.data or b"")))
        await client.disconnect()
        return heard

    heard = asyncio.run(ask())
    status = [said for topic, said in heard if topic == "edge/v1/board/status"]
    replies = [said for topic, said in heard if topic == "edge/v1/reply/amqtt/board"]
    assert status[0]["state"] == "ready"
    assert replies[0]["event"] == "accepted"
    assert [r["id"] for r in replies] == ["q1"] * len(replies)
    assert replies[-1]["usage"]["completion_tokens"] <= 8
    assert len(heard) == len(status) + len(replies)
