"""Logging in and becoming root on an emulated board: Debian's own sshd and sudo, an account that needs a password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import BoardUnreachable, SudoRefused
from provisioning import line
from provisioning.connection import Target, open_board
from provisioning.session import BoardError
from tests.board.image import PASSWORD
from tests.board.machine import Board

pytestmark = pytest.mark.board


def target(board: Board, user: str, folder: Path, password: str | None = None) -> Target:
    return Target(
        board.host, user, board.port, (board.key,), known_hosts=folder / "known", ssh_config=Path("/dev/null"),
        agent=False, sudo_password=lambda: password, notice=lambda _: None,
    )  # fmt: skip


def test_sudo_of_a_real_board(boards: Callable[..., Board], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = boards("cortex-a72")
    with open_board(target(machine, "pi", tmp_path)) as board:
        assert board.run(["id", "-u"], root=True)[1] == b"0\n"
        with board.session() as session:
            assert session.call("hello")["protocol"] == 1
    with open_board(target(machine, "locked", tmp_path, PASSWORD)) as board:
        program = ["python3", "-c", "import os, sys; print(os.getuid(), sys.stdin.buffer.read())"]
        for _ in range(2):
            assert board.run(program, root=True, input=b"\x00line\n")[1] == b"0 b'\\x00line\\n'\n"
        assert PASSWORD not in board.run(["journalctl", "--no-pager"], root=True)[1].decode("utf-8", "replace")
    # One wrong password is one failed attempt there, and nothing is run.
    refused = pytest.raises(SudoRefused, match="refuses locked or the password")
    with open_board(target(machine, "locked", tmp_path, "wrong")) as board, refused:
        board.run(["touch", "/run/was-here"], root=True)
    with open_board(target(machine, "pi", tmp_path)) as board:
        assert board.run(["test", "-e", "/run/was-here"])[0] == 1
        told = board.run(["journalctl", "--no-pager", "-t", "sudo"], root=True)[1].decode()
        assert told.count("authentication failure;") == 1
        assert "wrong" not in told
        with (
            pytest.raises(BoardError) as caught,
            board.session(["sh", "-c", "echo no python >&2; exit 127"], b"") as session,
        ):
            session.call("hello")
        assert caught.value.code == "died"
    # The plug is pulled: nobody says good-bye.
    monkeypatch.setattr(line, "_ASK_S", 0.5)
    monkeypatch.setattr(line, "SILENCE_S", 5.0)
    with open_board(target(machine, "pi", tmp_path)) as board:
        machine.power_cut()
        with pytest.raises(BoardUnreachable):
            board.run(["true"])
