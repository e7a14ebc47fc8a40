"""The probe and its findings on a whole system: a kernel, systemd, sudo and a disk of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from devices import probe
from devices.boards import recognise
from devices.facts import Facts
from devices.findings import findings
from tests.board.machine import Board

pytestmark = pytest.mark.board


def facts_of(board: Board, **login: Any) -> Facts:
    done = board.ssh(probe.COMMAND, stdin=probe.script(), **login)
    return Facts.from_json(probe.parse(done.stdout.encode() if isinstance(done.stdout, str) else done.stdout))


def test_a_board_like_a_pi_5(board_a76: Board) -> None:
    facts = facts_of(board_a76)
    board = recognise(facts)
    assert board is not None
    assert board.name == "a virtual machine (QEMU)"
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


def test_a_user_whom_sudo_asks(board_a76: Board) -> None:
    facts = facts_of(board_a76, user="locked")
    assert facts.sudo == "password"
    assert [finding.code for finding in findings(facts, time.time())] == ["sudo-password"]


def test_what_the_root_user_can_break(board_a76: Board) -> None:
    board_a76.ssh("sudo date -s @42 && sudo mount -o remount,ro /")
    codes = [finding.code for finding in findings(facts_of(board_a76), time.time()) if finding.level == "error"]
    assert codes == ["read-only", "clock-unset"]


def test_without_the_memory_cgroup(boards: Callable[..., Board]) -> None:
    """As Raspberry Pi OS starts."""
    facts = facts_of(boards("cortex-a72", append="cgroup_disable=memory"))
    assert facts.isa == "neon"
    (finding,) = findings(facts, time.time())
    assert finding.code == "memory-cgroup"
