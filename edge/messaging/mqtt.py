"""The MQTT transport that agent and asker share: one connection, kept up.

Its own thread connects, reconnects (exponential back-off with jitter, so that a fleet does not come back all at once)
and turns everything that happens into events on a queue. Nothing is done in the library's callbacks: one that worked
for longer than the keepalive would cost the connection. Every connection is a fresh client, so no message lives in the
library's own unbounded queue; who publishes at QoS 1 keeps the message until it hears :class:`Published`.
"""

from __future__ import annotations

import logging
import queue
import random
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .broker import Broker
from .events import Connected, Disconnected, Event, Message, Published, Subscribed, Will

__all__ = ["Link"]

_LOG = logging.getLogger("edge.mqtt")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_HELLO_S = 10.0
_WINDOW = 20  # unacknowledged messages at most, also when the broker would take more
_AROUND = 64  # bytes of a PUBLISH beside topic, payload and correlation data: at most so many
_LARGEST = 4 << 20  # bytes of a packet: a broker that speaks MQTT 5 keeps larger ones from us
_OVERHEAD = 1024  # bytes that a waiting message takes beside its payload
_UNSUPPORTED_VERSION = ("Unsupported protocol version",)
_NO_MATCHING_SUBSCRIBERS = 0x10
_BRIEF_S = 3.0  # a connection that lasts no longer is one of two that push each other out, or about to go again
_LOOK_S = 5.0


class Link:
    """A connection to a broker. ``events`` is where everything arrives; :meth:`start` begins, :meth:`stop` ends it.

    ``client_id``: our name with the broker. ``subscribe``: topics, at QoS 1. ``will``: see :class:`Will`.
    ``session_s``: how long the broker keeps messages for us while we are away (MQTT 5; 0: not at all).
    ``receive_maximum``: unacknowledged messages the broker may have on their way to us. ``flood``: most bytes of QoS 0
    messages, which know no such limit, that may wait in ``events``; further ones are dropped (None: no limit).
    ``longest_wait``: seconds between two attempts to connect, at most.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        subscribe: Sequence[str] = (),
        will: Will | None = None,
        session_s: int = 0,
        receive_maximum: int = 20,
        flood: int | None = None,
        keepalive: int = 30,
        longest_wait: float = _LONGEST_WAIT,
    ) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.address: str | None = None  # whoever asks by a broker says where the answer goes
        self.remedy = "is the broker's address right, and does it run?"
        self._broker = broker
        self._client_id = client_id
        self._topics: dict[str, int] = dict.fromkeys(subscribe, 1)
        self._asked: dict[int, tuple[str, ...]] = {}  # subscriptions under way, by message number
        self._first: int | None = None  # the one of all topics at the beginning of a connection
        self._will = will
        self._session_s = session_s
        self._receive_maximum = receive_maximum
        self._flood = flood
        # Each written by one thread only: bytes of QoS 0 messages that have come, and of those that were acknowledged.
        self._came = self._gone = 0
        self._dropping = False
        self._keepalive = keepalive
        self._version = MQTTv5
        self._client: Client | None = None
        self._epoch = 0
        self._up = False
        self._since = 0.0  # monotonic
        self._answered = False
        self._window = _WINDOW
        self._takes: int | None = None  # bytes of a packet, if the broker says so
        self._resumed = False
        self._refusal: str | None = None
        self._farewell: ReasonCode | None = None  # why the broker ended the connection, where it says so (MQTT 5)
        self._again = False  # in the older version of the protocol, at once
        self._wait = _FIRST_WAIT
        self._longest_wait = longest_wait
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # of the subscriptions, which anybody may add to
        self._thread = threading.Thread(target=self._keep_up, name="edge-mqtt", daemon=True)

    @property
    def version5(self) -> bool:
        """Whether the present connection speaks MQTT 5."""
        return bool(self._version == MQTTv5)

    def __repr__(self) -> str:
        return repr(self._broker)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect politely and end the thread."""
        self._stopping.set()
        client = self._client
        if client is not None:
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(10)

    def subscribe(self, topics: Sequence[str], qos: int = 1) -> None:
        """Listen to more topics from now on, also after a reconnect; :class:`Subscribed` follows when it is so."""
        with self._lock:
            new = tuple(topic for topic in topics if topic not in self._topics)
            self._topics |= dict.fromkeys(new, qos)
            client = self._client
            if new and client is not None and self._first is not None:
                self._ask(client, new)

    def _ask(self, client: Client, topics: tuple[str, ...]) -> int | None:
        _, mid = client.subscribe([(topic, self._topics[topic]) for topic in topics])
        if mid is not None:
            self._asked[mid] = topics
        return mid

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
        reply_to: str | None = None,
        expiry_s: int | None = None,
        json: bool = True,
    ) -> tuple[int, int] | None:
        """Hand a message over; its number, which comes back in :class:`Published`, or None without a connection."""
        client = self._client
        if client is None or not self._up:
            return None
        properties = None
        if self.version5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if json:
                properties.ContentType = "application/json"
            if correlation is not None:
                properties.CorrelationData = correlation
            if reply_to is not None:
                properties.ResponseTopic = reply_to
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        epoch = self._epoch
        info = client.publish(topic, payload, qos, retain, properties)
        return (epoch, info.mid) if info.rc == 0 else None

    def fits(self, topic: str, payload: bytes, correlation: bytes | None = None) -> bool:
        """Whether the broker takes a message so large; it ends the connection of whoever sends it all the same.

        Without MQTT 5 a broker does not say how much it takes.
        """
        size = len(topic.encode()) + len(payload) + len(correlation or b"") + _AROUND
        return self._takes is None or size <= self._takes

    def ack(self, message: Message) -> None:
        """Tell the broker that a message is ours now; does nothing when the connection it came by is gone."""
        epoch, mid, qos = message.handle
        if not qos:
            self._gone += len(message.payload) + _OVERHEAD
            return
        client = self._client
        if client is not None and epoch == self._epoch:
            client.ack(mid, qos)

    def _room(self, size: int) -> bool:
        """Whether a QoS 0 message of this size may wait with the others; counts it if so."""
        waiting = self._came - self._gone
        if self._flood is not None and waiting + size > self._flood:
            if not self._dropping:
                _LOG.warning("%r: more QoS 0 messages than can be read; dropping some", self._broker)
            self._dropping = True
            return False
        self._dropping = self._dropping and waiting > 0  # a flood is told once
        self._came += size
        return True

    def _keep_up(self) -> None:
        while not self._stopping.is_set():
            self._epoch += 1
            self._answered = False
            self._farewell = None
            client = self._make_client()
            try:
                self._connect(client)
                self._client = client
                self._serve(client)
                reason = self._refusal or self._lost()
            except (OSError, ssl.SSLError, ValueError) as error:
                reason = _explain(error)
            if self._up and time.monotonic() - self._since >= _BRIEF_S:
                self._wait = _FIRST_WAIT
            self._up = False
            self._client = None
            self._first = None
            if self._stopping.is_set():
                return
            if self._again:
                self._again = False
                continue
            _LOG.warning("%r: %s", self._broker, reason)
            self.events.put(Disconnected(reason, self._refusal is not None, self))
            self._refusal = None
            # Full jitter: a broker that comes back is not met by the whole fleet in the same second.
            self._stopping.wait(random.uniform(self._wait / 2, self._wait))  # noqa: S311
            self._wait = min(2 * self._wait, self._longest_wait)

    def _lost(self) -> str:
        """What a connection's end without a word means; a broker that ends it before its first one has a reason."""
        if self._answered:
            why = f" ({self._farewell})" if self._farewell else ""
            if time.monotonic() - self._since < _BRIEF_S:
                return f"connection lost at once{why}; does another client connect as {self._client_id!r}?"
            return f"connection lost{why}"
        if self._broker.tls:  # since TLS 1.3 a certificate is refused after the handshake, and paho keeps the alert
            return "it hung up before a word: it may not accept our certificate, or want one (--cert, --key)"
        return "it hung up before a word: its port may be one for TLS (mqtts://)"

    def _serve(self, client: Client) -> None:
        """Return when the connection is over.

        In the library's own thread, not by ``loop_forever`` in ours: that one lets every thread that publishes write
        to the socket itself, and the rest of a large message could then end up behind the beginning of another.
        """
        over = threading.Event()

        def on_disconnect(_client: Client, _data: Any, flags: Any, code: ReasonCode, _properties: Any) -> None:
            if flags.is_disconnect_packet_from_server:
                self._farewell = code
            over.set()

        client.on_disconnect = on_disconnect
        client.loop_start()
        if self._stopping.is_set():  # while we were connecting, and nobody could reach the client yet
            client.disconnect()
        thread = client._thread  # noqa: SLF001 - a packet that makes no sense ends it without a word
        end = time.monotonic() + _HELLO_S
        while not over.wait(_LOOK_S) and thread is not None and thread.is_alive():
            if not self._answered and time.monotonic() > end:
                self._refusal = "it takes connections and says nothing: is it an MQTT broker, and its port for TLS?"
                client.disconnect()
                break
        client.loop_stop()

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=None if self.version5 else self._session_s == 0,
            protocol=self._version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if self._broker.tls:
            client.tls_set_context(self._broker.tls)
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._will:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        epoch = self._epoch

        def on_message(client: Client, _data: Any, message: MQTTMessage) -> None:
            _acknowledge_quickly(client)
            if message.qos or self._room(len(message.payload) + _OVERHEAD):
                self.events.put(self._message(message, epoch))

        def on_publish(client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
            _acknowledge_quickly(client)
            reason = str(code) if code.is_failure else None
            self.events.put(Published((epoch, mid), reason, code.value == _NO_MATCHING_SUBSCRIBERS, self))

        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = on_message
        client.on_publish = on_publish
        return client

    def _connect(self, client: Client) -> None:
        if self.version5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = self._session_s
            properties.ReceiveMaximum = self._receive_maximum
            properties.MaximumPacketSize = _LARGEST
            client.connect(
                self._broker.host,
                self._broker.port,
                self._keepalive,
                clean_start=self._session_s == 0,
                properties=properties,
            )
        else:
            client.connect(self._broker.host, self._broker.port, self._keepalive)
        # Small messages that someone waits for: Nagle's algorithm would hold them back.
        sock = client.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(self, client: Client, _data: Any, flags: Any, code: ReasonCode, properties: Any) -> None:
        self._answered = True
        if code.is_failure:
            if self.version5 and str(code) in _UNSUPPORTED_VERSION:
                self._version = MQTTv311
                self._again = True
            else:
                self._refusal = f"it refuses us: {code}"
            client.disconnect()
            return
        self._window = min(_WINDOW, getattr(properties, "ReceiveMaximum", _WINDOW) or _WINDOW)
        self._resumed = bool(flags.session_present)
        self._takes = getattr(properties, "MaximumPacketSize", None)
        with self._lock:
            self._asked.clear()
            topics = tuple(self._topics)
            self._first = self._ask(client, topics) if topics else 0
        if not topics:
            self._announce(())

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _properties: Any) -> None:
        with self._lock:
            topics = self._asked.pop(mid, ())
        refused = tuple(topic for topic, code in zip(topics, codes, strict=False) if code.is_failure)
        for topic in refused:
            _LOG.error("%r does not let us subscribe to %s", self._broker, topic)
        if mid == self._first:
            self._announce(refused)
        else:
            self.events.put(Subscribed(topics, self))

    def _announce(self, refused: tuple[str, ...]) -> None:
        self._up = True
        self._since = time.monotonic()
        self.events.put(Connected(self._window, self._resumed, refused, self))

    def _message(self, message: MQTTMessage, epoch: int) -> Message:
        properties = message.properties
        return Message(
            topic=message.topic,
            payload=bytes(message.payload),
            retained=bool(message.retain),
            reply_to=getattr(properties, "ResponseTopic", None),
            correlation=getattr(properties, "CorrelationData", None),
            content_type=getattr(properties, "ContentType", None),
            expiry_s=getattr(properties, "MessageExpiryInterval", None),
            handle=(epoch, message.mid, message.qos),
            link=self,
        )


def _acknowledge_quickly(client: Client) -> None:
    """Have the kernel acknowledge what came at once, this time: it forgets.

    A broker that leaves Nagle's algorithm on (mosquitto does) keeps a small packet back until the one before is
    acknowledged, and this side's kernel by itself takes 40 ms for that.
    """
    sock = client.socket()
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _explain(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not to be trusted: {error.verify_message}"
    return str(error) or type(error).__name__
