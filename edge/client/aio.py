"""Asking from asyncio programs: :class:`AsyncClient`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from .asking import POOL, converse, fleet
from .client import make_desk
from .desk import Happening
from .fleet import Device
from .question import Reply, Sampling, make_question

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["AsyncClient"]

T = TypeVar("T")


class AsyncClient:
    """:class:`edge.Client` for asyncio: the same arguments and methods, to be awaited.

    >>> async with edge.AsyncClient("mqtt://hub.local") as client:  # doctest: +SKIP
    ...     kitchen, hall = await asyncio.gather(client.ask("kitchen", "hello"), client.ask("hall", "hello"))

    No thread per question. A cancelled task gives its question up, on the device too. One client may serve several
    event loops.
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

    async def ask(
        self,
        device: str | None,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> Reply:
        """As :meth:`edge.Client.ask`."""
        *_, reply = [part async for part in self._ask(device, prompt, messages, timeout, sampling, stream=False)]
        assert isinstance(reply, Reply)  # noqa: S101 - the last one always is
        return reply

    async def ask_pool(
        self,
        pool: str,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> Reply:
        """As :meth:`edge.Client.ask_pool`."""
        return await self.ask(POOL + pool, prompt, messages=messages, timeout=timeout, **sampling)

    def stream(
        self,
        device: str | None,
        prompt: str | None = None,
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        timeout: float | None = None,
        **sampling: Unpack[Sampling],
    ) -> AsyncIterator[str | Reply]:
        """As :meth:`edge.Client.stream`, for ``async for``."""
        return self._ask(device, prompt, messages, timeout, sampling, stream=True)

    async def devices(self) -> list[Device]:
        """As :meth:`edge.Client.devices`."""
        mailbox = _Mailbox()
        key = f"devices-{uuid4().hex}"
        self._desk.register(key, mailbox.put)
        try:
            *_, found = [part async for part in _drive(fleet(self._desk), mailbox)]
            assert isinstance(found, list)  # noqa: S101 - as in ask
            return found
        finally:
            self._desk.forget(key)

    @property
    def connected(self) -> bool:
        """Whether there is a connection just now."""
        return self._desk.up

    async def close(self) -> None:
        """As :meth:`edge.Client.close`."""
        await asyncio.to_thread(self._desk.close)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        await self.close()

    async def _ask(
        self,
        device: str | None,
        prompt: str | None,
        messages: Sequence[Mapping[str, str]] | None,
        timeout: float | None,
        sampling: Sampling,
        *,
        stream: bool,
    ) -> AsyncIterator[str | Reply]:
        seconds = self._timeout if timeout is None else timeout
        question = make_question(prompt, messages, seconds, self._desk.reply_to, stream=stream, **sampling)
        mailbox = _Mailbox()
        self._desk.register(question.id, mailbox.put)
        try:
            async with aclosing(_drive(converse(self._desk, question, device, self._patience), mailbox)) as parts:
                async for part in parts:
                    yield part
        finally:
            self._desk.forget(question.id)


class _Mailbox:
    """Takes what other threads have to say to a coroutine."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Happening] = asyncio.Queue()

    def put(self, event: Happening) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    async def get(self, seconds: float) -> Happening | None:
        """The next, or None after so many seconds."""
        # Not wait_for: until Python 3.12 it forgets a cancellation that comes at the same moment as the event.
        getter = asyncio.ensure_future(self._queue.get())
        try:
            done, _ = await asyncio.wait((getter,), timeout=seconds)
            return getter.result() if done else None
        finally:
            getter.cancel()


async def _drive(
    steps: Generator[float | str, Happening | None, T], mailbox: _Mailbox
) -> AsyncGenerator[str | T, None]:
    """Run steps in this event loop: await when they want to wait, yield their texts, and at last what they return."""
    event: Happening | None = None
    try:
        while True:
            step = steps.send(event)
            event = None
            if isinstance(step, str):
                yield step
            else:
                event = await mailbox.get(step)
    except StopIteration as done:
        yield done.value
    finally:
        steps.close()
