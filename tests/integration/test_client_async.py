"""AsyncClient, against puppets and a real mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

import edge
from edge.errors import BrokerUnreachable, DeviceUnreachable
from tests.integration.client_boards import PATIENCE_S, Puppet
from tests.integration.mosquitto import Mosquitto, free_port


def echo(puppet: Puppet, request: dict[str, Any]) -> None:
    puppet.reply(request, event="accepted")
    puppet.reply(request, event="piece", seq=0, text=request["prompt"][:2])
    puppet.answer(request, request["prompt"])


def with_client(broker: Mosquitto, does: Callable[[edge.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with edge.AsyncClient(broker.url, timeout=PATIENCE_S) as client:
            await does(client)

    asyncio.run(main())


def test_many_questions_at_once(broker: Mosquitto) -> None:
    async def does(client: edge.AsyncClient) -> None:
        replies = await asyncio.gather(*(client.ask("kitchen", f"question {i}") for i in range(200)))
        assert [r.text for r in replies] == [f"question {i}" for i in range(200)]

    with Puppet(broker.port, "kitchen", echo):
        with_client(broker, does)


def test_streams_pools_and_devices(broker: Mosquitto) -> None:
    async def does(client: edge.AsyncClient) -> None:
        *pieces, reply = [part async for part in client.stream("kitchen", "hello")]
        assert pieces == ["he", "llo"]
        assert isinstance(reply, edge.Reply)
        assert reply.text == "hello"
        assert (await client.ask_pool("living", "hi")).device == "kitchen"
        assert [(d.name, d.state, d.pools) for d in await client.devices()] == [("kitchen", "ready", ("living",))]
        assert client.connected

    with Puppet(broker.port, "kitchen", echo, pools=["living"]):
        with_client(broker, does)


def test_a_cancelled_task_gives_its_question_up(broker: Mosquitto) -> None:
    with Puppet(broker.port, "kitchen", lambda kitchen, request: kitchen.reply(request, event="accepted")) as kitchen:

        async def does(client: edge.AsyncClient) -> None:
            task = asyncio.create_task(client.ask("kitchen", "hello"))
            request = await asyncio.to_thread(kitchen.prompts.get, timeout=PATIENCE_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            said = await asyncio.to_thread(kitchen.cancels.get, timeout=PATIENCE_S)
            assert said == {"id": request["id"]}

        with_client(broker, does)


def test_leaving_a_stream_gives_its_question_up(broker: Mosquitto) -> None:
    def begins(kitchen: Puppet, request: dict[str, Any]) -> None:
        kitchen.reply(request, event="piece", seq=0, text="a")

    with Puppet(broker.port, "kitchen", begins) as kitchen:

        async def does(client: edge.AsyncClient) -> None:
            async with aclosing(client.stream("kitchen", "hello")) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    assert piece == "a"
                    break
            await asyncio.to_thread(kitchen.cancels.get, timeout=PATIENCE_S)

        with_client(broker, does)


def test_errors(broker: Mosquitto) -> None:
    async def does(client: edge.AsyncClient) -> None:
        with pytest.raises(DeviceUnreachable, match="nobody listens to its topic"):
            await client.ask("nobody", "hello")
        with pytest.raises(TypeError, match="no option"):
            await client.ask("nobody", "hello", colour="red")  # type: ignore[call-arg]

    with_client(broker, does)

    async def no_broker() -> None:
        async with edge.AsyncClient(f"mqtt://127.0.0.1:{free_port()}") as client:
            await client.ask("kitchen", "hello")

    with pytest.raises(BrokerUnreachable):
        asyncio.run(no_broker())
