"""A broker inside this process, where no mosquitto is: for a first try on one machine, not for a fleet.

amqtt (https://github.com/Yakifo/amqtt) speaks MQTT 3.1.1 only, so there are no shared subscriptions: a pool's topic
reaches nobody. It listens on the loopback interface and lets everybody in who is on this machine; what it keeps, it
keeps in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections.abc import Callable
from typing import Any

from edge.errors import EdgeError

try:
    from amqtt.adapters import StreamWriterAdapter
    from amqtt.broker import Broker
except ImportError as missing:
    raise EdgeError("the embedded broker is amqtt; type: pip install 'bitnet-edge[embedded]'") from missing

__all__ = ["serve"]

_HELLO_S = 10.0
_GOODBYE_S = 2.0
_LISTENER = "default"
_CONNECT = 0x10
_UNACCEPTABLE_VERSION = bytes((0x20, 2, 0, 1))  # CONNACK of MQTT 3.1.1, return code 1 (MQTT 3.1.1, 3.2.2.3)


class _Reader:
    """A connection whose first bytes have been looked at already, with the methods of amqtt's ReaderAdapter."""

    def __init__(self, first: bytes, stream: asyncio.StreamReader) -> None:
        self._first = first
        self._stream = stream

    async def read(self, n: int = -1) -> bytes:
        if n < 0:
            first, self._first = self._first, b""
            return first + await self._stream.read(n)
        first, self._first = self._first[:n], self._first[n:]
        return first + (await self._stream.readexactly(n - len(first)) if n > len(first) else b"")

    def feed_eof(self) -> None:
        self._stream.feed_eof()


async def _hello(stream: asyncio.StreamReader) -> tuple[bytes, int]:
    """The beginning of a CONNECT packet (MQTT 5, 3.1.2) and the protocol level it asks for."""
    read = await stream.readexactly(1)
    if read[0] != _CONNECT:
        raise EOFError("no MQTT")
    for _ in range(4):  # the packet's remaining length: seven bits a byte, the eighth says that there is more
        read += await stream.readexactly(1)
        if read[-1] < 0x80:
            break
    read += await stream.readexactly(2)
    (name,) = struct.unpack(">H", read[-2:])
    read += await stream.readexactly(min(name, 8) + 1)
    return read, read[-1]


async def serve(port: int, started: Callable[[int], None], *, until: asyncio.Event | None = None) -> None:
    """Serve on 127.0.0.1 (``port`` 0: any) until cancelled or ``until`` is set; ``started`` is told the port."""
    # A client that goes away without a word is no news, nor is its own end: amqtt reports each with a traceback.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    config: dict[str, Any] = {
        "listeners": {_LISTENER: {"type": "external", "bind": "127.0.0.1"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = Broker(config)
    await broker.start()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, level = await asyncio.wait_for(_hello(reader), _HELLO_S)
            if level > 4:
                # amqtt itself would misread an MQTT 5 CONNECT and wait for bytes that never come. Told the truth,
                # a client comes back with 3.1.1.
                writer.write(_UNACCEPTABLE_VERSION)
                await writer.drain()
                return
            await broker.external_connected(_Reader(first, reader), StreamWriterAdapter(writer), _LISTENER)
        except (OSError, EOFError, TimeoutError, asyncio.TimeoutError):
            pass  # whoever it was has gone
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(connected, "127.0.0.1", port)
        async with server:
            started(server.sockets[0].getsockname()[1])
            await (until or asyncio.Event()).wait()
    finally:
        # A connection that ends in this very moment and the shutdown wait for each other (seen with amqtt 0.12.1).
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(broker.shutdown(), _GOODBYE_S)
