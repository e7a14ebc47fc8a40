"""Fixtures: a fresh emulated board for a test, and the board's console in the report of a test that failed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest

from tests.board.machine import Board
from tests.board.programs import NoBoardError

_BOARDS = pytest.StashKey[list[Board]]()


@pytest.fixture
def boards(request: pytest.FixtureRequest) -> Iterator[Callable[..., Board]]:
    """``boards("cortex-a72")`` gives a fresh board that is ready for ssh; it ends with the test."""
    running = request.node.stash.setdefault(_BOARDS, [])
    with ExitStack() as stack:

        def start(cpu: str = "cortex-a72", **settings: object) -> Board:
            try:
                board = stack.enter_context(Board(cpu, **settings))  # type: ignore[arg-type]
            except NoBoardError as error:
                pytest.skip(str(error))
            running.append(board)
            return board

        yield start


@pytest.fixture
def board_a72(boards: Callable[..., Board]) -> Board:
    """A fresh board with the processor of a Pi 4: no dot product."""
    return boards("cortex-a72")


@pytest.fixture
def board_a76(boards: Callable[..., Board]) -> Board:
    """A fresh board with the processor of a Pi 5."""
    return boards("cortex-a76")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the boards of a failed test said, while their logs are still there."""
    report = yield
    if report.when == "call" and report.failed:
        running: list[Board] = item.stash.get(_BOARDS, [])
        for number, board in enumerate(running):
            report.sections.append((f"console of board {number} ({board.cpu})", board.console[-6000:]))
    return report
