"""The mailbox between the link's thread and a coroutine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from edge.client.aio import _Mailbox


def test_events_come_in_order_and_time_runs_out() -> None:
    async def run() -> list[Any]:
        box = _Mailbox()
        box.put("a")  # type: ignore[arg-type]
        box.put("b")  # type: ignore[arg-type]
        return [await box.get(5), await box.get(5), await box.get(0.01)]

    assert asyncio.run(run()) == ["a", "b", None]


@pytest.mark.parametrize("turns", range(6))
def test_a_cancelled_wait_always_ends_cancelled_or_done(turns: int) -> None:
    """However many turns of the loop lie between the event and the cancellation, one of the two is heard."""

    async def run() -> bool:
        box = _Mailbox()
        task = asyncio.create_task(box.get(5))
        for _ in range(3):
            await asyncio.sleep(0)
        box._queue.put_nowait("event")  # type: ignore[arg-type]
        for _ in range(turns):
            await asyncio.sleep(0)
        heard = task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return heard
        return not heard  # it was done already, so there was nothing left to cancel

    assert asyncio.run(run())
