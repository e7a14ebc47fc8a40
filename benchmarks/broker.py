"""What a device costs a broker: memory of a connection and of its retained messages, and health messages a second.

    python -m benchmarks.broker --devices 2000

Starts a mosquitto on the loopback interface, connects that many devices (real connections with MQTT 5, three
subscriptions each, as an agent has), publishes their real retained messages, and lets all of them say how they are as
fast as the broker takes it, with one dashboard listening. docs/scale.md calculates with the results.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import report
from edge.brokers.running import find_mosquitto
from edge.messaging.discovery import config_topic, device_config
from edge.messaging.messages import encode
from edge.messaging.topics import ALL_STATUS, DeviceTopics

# What an agent with the model `home` says after ten busy days; a test compares the sizes with a real one's.
BOOT = "6cd30d52df4c452b8b9fd885d3fd805c"
SAMPLE: dict[str, dict[str, Any]] = {
    "status": {"state": "ready", "boot": BOOT, "protocol": 1},
    "info": {
        "device": "board-000000", "model": "home", "pools": ["house"], "software": "0.1.0", "protocol": 1,
        "isa": "neon-dotprod", "threads": 4, "context": 512, "weights_mb": 1.4, "chat": False,
        "board": ["clock_mhz", "memory_available_mb", "temperature_c"],
        "limits": {"payload_bytes": 65536, "max_tokens": 1024},
    },
    "health": {
        "device": "board-000000", "boot": BOOT, "owed": 2, "queued": 1, "active": 1, "expected_wait_ms": 1250,
        "tokens_per_s": 182.4, "answered": 123456, "uptime_s": 864000, "at": 1795182303, "private_mb": 58.3,
        "mapped_mb": 21.1, "board": {"temperature_c": 52.1, "clock_mhz": 2400, "memory_available_mb": 6120},
    },
}  # fmt: skip


def string(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def packet(kind: int, body: bytes) -> bytes:
    size, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        size += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + size + body


def publish(topic: str, payload: bytes) -> bytes:
    """A retained message at QoS 1, as agents send theirs; nobody looks at the broker's acknowledgement."""
    return packet(0x33, string(topic.encode()) + b"\0\1\0" + payload)


class Device:
    """A connection that does what an agent does, without a model."""

    def __init__(self, name: str, messages: dict[str, bytes]) -> None:
        self.topics = DeviceTopics(name)
        self._name = name
        self._messages = messages

    async def connect(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(packet(0x10, string(b"MQTT") + b"\x05\x02" + struct.pack(">H", 600) + b"\0"
                                 + string(b"edge-" + self._name.encode())))  # fmt: skip
        await self._expect(0x20)
        topics = (self.topics.prompt, self.topics.cancel, f"{self.topics.command}/+")
        self.writer.write(packet(0x82, b"\0\1\0" + b"".join(string(t.encode()) + b"\1" for t in topics)))
        await self._expect(0x90)

    async def _expect(self, kind: int) -> None:
        got, size = await self.reader.readexactly(2)
        if got != kind or size > 127:
            raise RuntimeError(f"the broker answered {got:#x}")
        await self.reader.readexactly(size)

    async def say(self, *kinds: str) -> None:
        for kind in kinds:
            topic = config_topic(self._name) if kind == "page" else getattr(self.topics, kind)
            self.writer.write(publish(topic, self._messages[kind]))
        await self.writer.drain()


def memory(pid: int) -> float:
    """Resident bytes of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024.0 * int(text.split("VmRSS:")[1].split()[0])


def cpu(pid: int) -> float:
    """Processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Dashboard(asyncio.Protocol):
    """Hears all status, info and health messages; ``heard`` counts them, ``enough`` is set at ``wanted``."""

    def __init__(self) -> None:
        self.heard = self.wanted = 0
        self.enough = asyncio.Event()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP gives
        transport.write(packet(0x10, string(b"MQTT") + b"\x05\x02\0\0\0" + string(b"dashboard")))
        topics = b"".join(string(topic.encode()) + b"\0" for topic in ALL_STATUS)
        transport.write(packet(0x82, b"\0\1\0" + topics))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        while at + 3 < len(data):  # type, and at most two bytes of length: messages are shorter than 16 KB
            size, head = (data[at + 1], 2) if data[at + 1] < 128 else ((data[at + 1] & 127) | data[at + 2] << 7, 3)
            if at + head + size > len(data):
                break
            self.heard += data[at] & 0xF0 == 0x30
            at += head + size
        self._rest = data[at:]
        if self.heard >= self.wanted:
            self.enough.set()

    async def hears(self, wanted: int) -> None:
        """Wait until this many have come altogether."""
        self.wanted = wanted
        self.enough.clear()
        if self.heard < wanted:
            await self.enough.wait()


async def measure(pid: int, port: int, devices: int, rounds: int, messages: dict[str, bytes]) -> dict[str, float]:
    empty = memory(pid)
    fleet = [Device(f"board-{i:06}", messages) for i in range(devices)]
    for device in fleet:
        await device.connect(port)
    connected = memory(pid)
    for device in fleet:
        await device.say("status", "info", "health")
    await asyncio.sleep(1)
    retained = memory(pid)
    for device in fleet:
        await device.say("page")
    await asyncio.sleep(1)
    pages = memory(pid)
    loop = asyncio.get_running_loop()
    transport, dashboard = await loop.create_connection(Dashboard, "127.0.0.1", port)
    await dashboard.hears(3 * devices)  # the retained ones come first
    begin, used = time.perf_counter(), cpu(pid)
    for _ in range(rounds):
        for device in fleet:
            await device.say("health")
    await dashboard.hears((3 + rounds) * devices)
    seconds, used = time.perf_counter() - begin, cpu(pid) - used
    transport.close()
    return {
        "connection_kb": round((connected - empty) / devices / 1e3, 2),
        "retained_kb": round((retained - connected) / devices / 1e3, 2),
        "page_kb": round((pages - retained) / devices / 1e3, 2),
        "health_per_s": round(devices * rounds / seconds),
        "health_per_cpu_s": round(devices * rounds / used),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=report.count, default=2000)
    parser.add_argument("--rounds", type=report.count, default=20, help="health messages of each device")
    parser.add_argument("--port", type=report.whole(most=65535), default=18999)
    args = parser.parse_args()
    program = find_mosquitto()
    if program is None:
        raise SystemExit("no mosquitto; type: sudo apt-get install mosquitto")
    messages = {kind: encode(said) for kind, said in SAMPLE.items()}
    messages["page"] = encode(device_config(SAMPLE["info"]))
    sizes = {kind: len(payload) for kind, payload in messages.items()}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "mosquitto.conf")
        config.write_text(
            # By itself it drops all but a thousand messages for a reader whose socket is full.
            f"listener {args.port} 127.0.0.1\nallow_anonymous true\nlog_type none\nuser {getpass.getuser()}\n"
            "max_queued_messages 0\n"
        )
        broker = subprocess.Popen([program, "-c", config])
        try:
            time.sleep(1)
            work = measure(broker.pid, args.port, args.devices, args.rounds, messages)
            result = asyncio.run(asyncio.wait_for(work, 120))
        finally:
            broker.terminate()
            broker.wait()
    print(json.dumps({"devices": args.devices, "payload_bytes": sizes, **result}))


if __name__ == "__main__":
    main()
