"""Asking from ordinary programs: :class:`Client`."""

from __future__ import annotations

import contextlib
import queue
import ssl
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from devices.ports import split_name
from edge.messaging.broker import BrokerError, broker_from_url
from edge.messaging.mqtt import Link
from edge.messaging.serial import SerialAsker
from edge.messaging.topics import CABLE, REPLY, TopicError, check_name

from .asking import POOL, converse, fleet
from .desk import Desk, Happening
from .fleet import Device
from .question import Reply, Sampling, make_question

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Client", "make_desk"]

T = TypeVar("T")
_LONGEST_WAIT_S = 5.0  # between attempts to connect: somebody may be waiting for an answer
_FLOOD_BYTES = 256 << 20


def make_desk(
    broker: str,
    ca: str | Path | None,
    cert: str | Path | None,
    key: str | Path | None,
    password_file: str | Path | None,
    name: str | None,
) -> Desk:
    """Read the settings that both clients take, and begin to connect."""
    if broker.startswith(CABLE):
        if ca or cert or key or password_file:
            raise BrokerError(f"{broker}: certificates and passwords are for brokers; a cable needs none")
        name = name or f"client-{uuid4().hex[:12]}"
        reply_to = REPLY + check_name(name, "client name")
        port, baud = split_name(broker[len(CABLE) :])
        return Desk(SerialAsker(port, baud, who=name, reply_to=reply_to), reply_to)
    ca, cert, key, password_file = (Path(p) if p is not None else None for p in (ca, cert, key, password_file))
    where = broker_from_url(broker, ca=ca, cert=cert, key=key, password_file=password_file)
    # A broker's access rules mostly go by the user's or the certificate's name, and so does the reply topic.
    name = name or where.username or (_common_name(cert) if cert else None)
    name = name or f"client-{uuid4().hex[:12]}"
    reply_to = REPLY + check_name(name, "client name")
    # Answers are wanted only while somebody waits for them here: no session that outlives the connection.
    link = Link(
        where,
        f"{name}-{uuid4().hex[:8]}",
        subscribe=[f"{reply_to}/+"],
        flood=_FLOOD_BYTES,
        longest_wait=_LONGEST_WAIT_S,
    )
    return Desk(link, reply_to)


def _common_name(certificate: Path) -> str | None:
    """Whom a certificate is for."""
    # Python reads certificates, but shows only those of a connection's other side; this is what its own tests use.
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    if decode is None:
        return None
    names = [value for part in decode(str(certificate))["subject"] for key, value in part if key == "commonName"]
    try:
        return check_name(names[-1]) if names else None
    except TopicError:
        return None


class Client:
    """Asks devices over MQTT, or the one at the other end of a cable, and waits for their answers.

    >>> with edge.Client("mqtt://hub.local") as client:  # doctest: +SKIP
    ...     print(client.ask("kitchen", "turn off the kitchen lights"))

    ``broker``: ``mqtt[s]://[user@]host[:port]``, or ``serial:PORT[@BAUD]`` for a cable, where no device need be named:
    ``ask(None, "…")``. ``ca``, ``cert``, ``key``: PEM files. ``password_file``: a file with
    the password that only we can read. ``name``: of this client, whose answers come below ``edge/v1/reply/<name>``
    (default: the user's name, else a random one). ``timeout``: seconds that an answer may take. ``patience``: seconds
    that a device may leave a question unaccepted before it counts as unreachable.

    The connection is made in the background and kept up. One client serves any number of threads, and as many questions
    at once. Raises :class:`edge.messaging.broker.BrokerError` for settings that cannot be used; what else can go
    wrong is an :class:`edge.errors.AskError`.
    """

    def __init__(
        self,
        broker: str,
        *,
        ca: str | Path | None = None,
        cert: str | Path | None = None,
        key: str | Path | None = None,
        password_file: str | Path | None = None,
        name: str | None = None,
        timeout: float = 300.0,
        patience: float = 20.0,
    ) -> None:
        self._desk = make_desk(broker, ca, cert, key, password_file, name)
        self._timeout = timeout
        self._patience = patience

    def ask(
        self,
        device: str | None,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> Reply:
        """Ask one device and wait for its whole answer.

        ``device``: its name, or ``pool:NAME`` for whichever device of a pool answers soonest, or None for the one at
        the other end of a cable. Either a ``prompt`` or ``messages`` of a chat (``{"role", "content"}``).
        ``timeout``: seconds; ``sampling``: see :class:`Sampling`.
        """
        *_, reply = self._ask(device, prompt, messages, timeout, sampling, stream=False)
        assert isinstance(reply, Reply)  # noqa: S101 - the last one always is
        return reply

    def ask_pool(
        self,
        pool: str,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> Reply:
        """Ask the device of a pool with the least expected wait, and another one if that is busy, lost or silent."""
        return self.ask(POOL + pool, prompt, messages=messages, timeout=timeout, **sampling)

    def stream(
        self,
        device: str | None,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> Iterator[str | Reply]:
        """Ask like :meth:`ask`, and yield the answer's text in pieces, as it is written; the :class:`Reply` comes last.

        The pieces together are always the reply's text. Whoever stops iterating early gives the question up.
        """
        return self._ask(device, prompt, messages, timeout, sampling, stream=True)

    def devices(self) -> list[Device]:
        """All devices the broker knows, by name, with what they last said of themselves."""
        mailbox: queue.SimpleQueue[Happening] = queue.SimpleQueue()
        key = f"devices-{uuid4().hex}"
        self._desk.register(key, mailbox.put)
        try:
            *_, found = _drive(fleet(self._desk), mailbox)
            assert isinstance(found, list)  # noqa: S101 - as in ask
            return found
        finally:
            self._desk.forget(key)

    @property
    def connected(self) -> bool:
        """Whether there is a connection just now."""
        return self._desk.up

    def close(self) -> None:
        """Disconnect. Questions that are still open raise :class:`edge.errors.AskError`."""
        self._desk.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.close()

    def _ask(
        self,
        device: str | None,
        prompt: str | None,
        messages: Sequence[Mapping[str, str]] | None,
        timeout: float | None,
        sampling: Sampling,
        *,
        stream: bool,
    ) -> Iterator[str | Reply]:
        seconds = self._timeout if timeout is None else timeout
        question = make_question(prompt, messages, seconds, self._desk.reply_to, stream=stream, **sampling)
        mailbox: queue.SimpleQueue[Happening] = queue.SimpleQueue()

        def pieces() -> Iterator[str | Reply]:
            self._desk.register(question.id, mailbox.put)
            try:
                yield from _drive(converse(self._desk, question, device, self._patience), mailbox)
            finally:
                self._desk.forget(question.id)

        return pieces()


def _drive(
    steps: Generator[float | str, Happening | None, T], mailbox: queue.SimpleQueue[Happening]
) -> Iterator[str | T]:
    """Run steps in this thread: wait when they want to wait, yield their texts, and at last what they return."""
    event: Happening | None = None
    try:
        while True:
            step = steps.send(event)
            event = None
            if isinstance(step, str):
                yield step
                continue
            with contextlib.suppress(queue.Empty):
                event = mailbox.get(timeout=step)
    except StopIteration as done:
        yield done.value
    finally:
        steps.close()
