"""The probe and its findings on a whole system: a kernel, systemd, sudo and a disk of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devices import probe
from devices.boards import recognise
from devices.facts import Facts
from devices.findings import findings
from tests.board.machine import Board
from tests.board.programs import NoBoardError

pytestmark = pytest.mark.board


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    """One board for all tests here but the last, which needs another kernel command line."""
    try:
        with Board("cortex-a76") as started:
            yield started
    except NoBoardError as error:
        pytest.skip(str(error))


def facts_of(board: Board, **login: Any) -> Facts:
    done = board.ssh(probe.COMMAND, stdin=probe.script(), **login)
    return Facts.from_json(probe.parse(done.stdout.encode()))


def test_a_board_like_a_pi_5(board: Board) -> None:
    facts = facts_of(board)
    known = recognise(facts)
    assert known is not None
    assert known.name == "a virtual machine (QEMU)"
    assert (facts.machine, facts.bits, facts.isa, facts.cpu.cores) == ("aarch64", 64, "dotprod", 2)
    assert facts.cpu.parts == ("0xd0b",)
    assert facts.glibc == (2, 36)
    assert facts.systemd == 252
    assert facts.python is not None
    assert facts.python.path == "/usr/bin/python3.11"
    assert facts.python.has_venv
    assert facts.memory.cgroup is True
    assert 900e6 < facts.memory.total < 1100e6
    assert facts.disk is not None
    assert facts.disk.type == "ext4"
    assert facts.disk.mount == "/"
    assert (facts.user, facts.sudo) == ("pi", "free")
    assert facts.edge["current"] is None
    assert findings(facts, time.time()) == []


def test_a_user_whom_sudo_asks(board: Board) -> None:
    facts = facts_of(board, user="locked")
    assert facts.sudo == "password"
    assert [finding.code for finding in findings(facts, time.time())] == ["sudo-password"]


def test_what_its_owner_can_break(board: Board) -> None:
    """Last of those with this board: it is of no use afterwards."""
    board.ssh("sudo date -s @86400 && sudo mount --bind /opt /opt && sudo mount -o remount,bind,ro /opt")
    codes = [finding.code for finding in findings(facts_of(board), time.time()) if finding.level == "error"]
    assert codes == ["read-only", "clock-unset"]


@pytest.mark.slow_board
def test_without_the_memory_cgroup(boards: Callable[..., Board]) -> None:
    """As Raspberry Pi OS starts."""
    facts = facts_of(boards("cortex-a72", snapshot=False, append="cgroup_disable=memory"))
    assert facts.isa == "neon"
    (finding,) = findings(facts, time.time())
    assert finding.code == "memory-cgroup"
