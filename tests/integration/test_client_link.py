"""The MQTT link under many threads."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from edge.messaging.broker import broker_from_url
from edge.messaging.events import Connected, Disconnected, Message
from edge.messaging.mqtt import Link
from tests.integration.client_boards import PATIENCE_S, Listener
from tests.integration.mosquitto import Mosquitto

THREADS, EACH, SIZE = 6, 60, 30_000


def _packets(connection: socket.socket) -> list[tuple[int, bytes]]:
    """(type, body) of MQTT packets until the other side closes, read by somebody slow with small buffers."""
    data = bytearray()
    while block := connection.recv(4096):
        data += block
    out = []
    while data:
        length, shift, i = 0, 0, 1
        while True:
            length |= (data[i] & 0x7F) << shift
            shift += 7
            i += 1
            if data[i - 1] < 0x80:
                break
        out.append((data[0] >> 4, bytes(data[i : i + length])))
        del data[: i + length]
    return out


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns so often that what can come between two statements does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_messages_of_many_threads_do_not_mix() -> None:
    """A message that the socket takes in two parts has nobody else's between them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link = Link(broker_from_url(f"mqtt://127.0.0.1:{server.getsockname()[1]}"), "sender")
        link.start()
        connection, _ = server.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            connection.recv(1000)  # CONNECT
            connection.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK of MQTT 5
            assert isinstance(link.events.get(timeout=PATIENCE_S), Connected)

            def publish(letter: bytes) -> None:
                for _ in range(EACH):
                    link.publish("t", letter * SIZE, qos=0)

            letters = [bytes([65 + i]) for i in range(THREADS)]
            threads = [threading.Thread(target=publish, args=[letter]) for letter in letters]

            def end() -> None:
                for thread in threads:
                    thread.join()
                link.stop()

            ender = threading.Thread(target=end)
            for thread in (*threads, ender):
                thread.start()
            packets = _packets(connection)
            ender.join()
    published = [body for kind, body in packets if kind == 3]
    assert {(body[-1:], body[-SIZE:] == body[-1:] * SIZE) for body in published} == {(c, True) for c in letters}
    assert len(published) == THREADS * EACH


def test_two_of_one_name_do_not_fight(broker: Mosquitto) -> None:
    links = [Link(broker_from_url(broker.url), "twin") for _ in range(2)]
    for link in links:
        link.start()
        assert isinstance(link.events.get(timeout=PATIENCE_S), Connected)
    lost = links[0].events.get(timeout=PATIENCE_S)
    assert isinstance(lost, Disconnected)
    assert "does another client connect as 'twin'?" in lost.reason
    time.sleep(6)
    for link in links:
        link.stop()
    times = sum(isinstance(links[0].events.get(), Connected) for _ in range(links[0].events.qsize()))
    assert 1 <= times <= 5  # half a second, one, two, four: not twice a second for ever


def test_a_flood_of_qos_0_is_bounded(broker: Mosquitto) -> None:
    link = Link(broker_from_url(broker.url), "reader", subscribe=["flood"], flood=100_000)
    link.start()
    assert isinstance(link.events.get(timeout=PATIENCE_S), Connected)
    with Listener(broker.port) as sender:
        for _ in range(2):
            for _ in range(300):
                sender.client.publish("flood", b"x" * 1000, qos=0)
            sender.client.publish("flood", b"last", qos=1)
            heard: list[Message] = []
            while not heard or heard[-1].payload != b"last":
                event = link.events.get(timeout=PATIENCE_S)
                assert isinstance(event, Message)
                heard.append(event)
            assert 40 < len(heard) < 60  # 49 of 1000 bytes and what goes with them
            for message in heard:
                link.ack(message)
    link.stop()
