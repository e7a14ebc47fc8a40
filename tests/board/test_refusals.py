"""What a real board can have against a deploy: each a line of its own, and nothing on the board is changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.board.image import PASSWORD
from tests.board.machine import Board
from tests.board.operator_side import Operator
from tests.integration.mosquitto import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.board]


def refused(operator: Operator, *arguments: str) -> str:
    """What a deploy says that must not have begun."""
    done = operator.on_board("deploy", *operator.order(*arguments))
    assert done.returncode in {2, 3}, done.stderr
    assert operator.board.ssh("test ! -e /opt/edge && echo clean").stdout == "clean\n"
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("edge: error:"), done.stderr
    return line


def test_each_is_told_apart_before_anything_is_changed(board_a72: Board, tmp_path: Path) -> None:
    board = board_a72
    with Mosquitto(tmp_path / "broker") as broker:
        somebody = Operator(tmp_path, board, broker)

        board.ssh("sudo date -u -s @86400")
        assert "1970" in refused(somebody)
        board.ssh(f"sudo date -u -s @{time.time():.0f}")

        board.ssh("sudo fallocate -l $(($(df --output=avail -B1 / | tail -1) - 30000000)) /filler")
        assert "free" in refused(somebody)
        board.ssh("sudo rm /filler")

        # Where / itself cannot be remounted, /opt stands for it.
        board.ssh("sudo mount -t tmpfs -o size=400m,nr_inodes=100 none /opt")
        assert "files" in refused(somebody)
        board.ssh("sudo mount -o remount,ro /opt")
        assert "read-only" in refused(somebody)
        board.ssh("sudo umount /opt")

        board.ssh("sudo chmod 000 /usr/bin/python3*")
        assert "python3" in refused(somebody)
        board.ssh("sudo chmod 755 /usr/bin/python3*")

        board.known_hosts.write_text(board.known_hosts.read_text().replace("AAAA", "AAAB", 1))
        said = somebody.on_board("deploy", *somebody.order())
        assert said.returncode == 2
        assert str(board.known_hosts) in said.stderr


def test_sudos_password_is_tried_once_and_never_shown(boards: Callable[..., Board], tmp_path: Path) -> None:
    board = boards("cortex-a72", user="locked")
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password\n")
    wrong.chmod(0o600)
    with Mosquitto(tmp_path / "broker") as broker:
        somebody = Operator(tmp_path, board, broker)
        assert "password" in refused(somebody)
        line = refused(somebody, "--sudo-password-file", str(wrong))
        assert "password" in line
        assert "not-the-password" not in line
        tried = board.ssh("sudo journalctl --no-pager -t sudo | grep -c 'incorrect password'", user="pi", check=False)
        assert int(tried.stdout) <= 1
        right = tmp_path / "right"
        right.write_text(f"{PASSWORD}\n")
        right.chmod(0o600)
        plan = somebody.on_board("restart", "--sudo-password-file", str(right))
        assert "nothing is installed" in plan.stderr
        assert PASSWORD not in plan.stderr
