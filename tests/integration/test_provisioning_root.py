"""Becoming root on a board, with a sudo that writes down what it gets: a real sshd, a pretended sudo."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import SudoRefused
from provisioning import connection
from provisioning.connection import open_board
from provisioning.prompts import Prompts
from tests.integration import fake_sudo
from tests.integration.sshd import Sshd

Boards = Callable[..., Sshd]
SECRET = "  pa$$ 'w\"ord\\ *é "  # noqa: S105 - of nothing but this
# A program that, as the board program, takes what it reads for its own.
ECHO = [sys.executable, "-c", "import sys; print(sys.stdin.buffer.read())"]


def test_root_needs_no_sudo(boards: Boards, tmp_path: Path) -> None:
    folder = fake_sudo.install(tmp_path / "fake", None)
    (folder / "id").write_text("#!/bin/sh\necho 0\n")
    with open_board(boards(path_first=[folder]).target()) as board:
        assert board.run(["cat"], root=True, input=b"line\n")[1] == b"line\n"
        assert board.round_trips == 1
    assert not fake_sudo.calls(folder)


def test_a_sudo_that_asks_nothing(boards: Boards, tmp_path: Path) -> None:
    folder = fake_sudo.install(tmp_path / "fake", None)
    with open_board(boards(path_first=[folder]).target()) as board:
        assert board.run(ECHO, root=True, input=b"line\n")[1] == b"b'line\\n'\n"
    assert [call["options"] for call in fake_sudo.calls(folder)] == [["-n"], ["-n"]]


@pytest.mark.parametrize("asks_again", [True, False])
def test_a_password_reaches_sudo_alone(boards: Boards, tmp_path: Path, asks_again: bool) -> None:  # noqa: FBT001 - a parameter of a test
    folder = fake_sudo.install(tmp_path / "fake", SECRET, asks_again=asks_again)
    asked: list[None] = []

    def password() -> str:
        asked.append(None)
        return SECRET

    with open_board(boards(path_first=[folder]).target(sudo_password=password)) as board:
        for _ in range(2):
            assert board.run(ECHO, root=True, input=b"line\nnext")[1] == b"b'line\\nnext'\n"
        assert board.round_trips == 2
    assert len(asked) == 1
    _, alone, along = fake_sudo.calls(folder)[:3]
    assert (alone["options"], alone["tried"]) == (["-k", "-S", "-p", "-v"], [SECRET])
    assert along["tried"] == ([SECRET] if asks_again else [])
    for call in fake_sudo.calls(folder):
        assert not any(SECRET.strip() in word for word in call["words"])


def test_a_wrong_password_is_tried_once_and_nothing_else_happens(
    boards: Boards, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = fake_sudo.install(tmp_path / "fake", "right")
    server = boards(path_first=[folder])
    target = server.target(sudo_password=lambda: SECRET)
    trace = tmp_path / "was here"
    with caplog.at_level(logging.DEBUG), open_board(target) as board:
        with pytest.raises(
            SudoRefused, match=r"sudo on 127.0.0.1 refuses .*\(sudo: 1 incorrect password attempt\)"
        ) as no:
            board.run(["touch", str(trace)], root=True)
        with pytest.raises(SudoRefused), board.session():
            pass
        everything = [caplog.text, repr(board), repr(target), str(no.value), repr(no.value), server.log]
    assert not trace.exists()
    verified = [call["tried"] for call in fake_sudo.calls(folder) if "-v" in call["options"]]
    assert verified == [[SECRET], [SECRET]]
    assert not any(SECRET.strip() in text for text in everything)


def test_nobody_can_be_asked(boards: Boards, tmp_path: Path) -> None:
    folder = fake_sudo.install(tmp_path / "fake", "right")
    with open_board(boards(path_first=[folder]).target()) as board, pytest.raises(SudoRefused, match="--ask-sudo"):
        board.run(["true"], root=True)
    assert [call["tried"] for call in fake_sudo.calls(folder)] == [[]]


def test_a_person_is_asked_once_for_all_boards(boards: Boards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Person(Prompts):
        def _ask(self, question: str) -> str:
            asked.append(question)
            return "right"

    monkeypatch.setattr(connection, "TERMINAL", Person())
    folder = fake_sudo.install(tmp_path / "fake", "right")
    for _ in range(2):
        with open_board(boards(path_first=[folder]).target()) as board:
            assert board.run(["echo", "I am in"], root=True)[1] == b"I am in\n"
    assert asked == ["sudo's password on the boards"]


def test_neither_root_nor_sudo(boards: Boards, tmp_path: Path) -> None:
    folder = fake_sudo.install(tmp_path / "fake", None)
    (folder / "sudo").unlink()
    for name in ("sh", "dd"):
        (folder / name).symlink_to(f"/bin/{name}")
    board_ = boards(env={"PATH": str(folder)})
    with open_board(board_.target()) as board, pytest.raises(SudoRefused, match="there is no sudo; log in as root"):
        board.run(["true"], root=True)


@pytest.mark.parametrize("says", ["echo Welcome!", "printf Welcome", "printf 'one\\ntwo'"])
def test_a_talkative_login(boards: Boards, tmp_path: Path, says: str) -> None:
    folder = fake_sudo.install(tmp_path / "fake", "right")
    server = boards(path_first=[folder], config=f'ForceCommand {says}; eval "$SSH_ORIGINAL_COMMAND"')
    with open_board(server.target(sudo_password=lambda: "right")) as board:
        assert board.run(["echo", "done"], root=True)[1] == b"done\n"
        assert board.probe()["machine"]
