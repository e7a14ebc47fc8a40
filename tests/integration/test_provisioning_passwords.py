"""Logging in with passwords: against a server of Paramiko's, since a real sshd would want this machine's own users."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import paramiko
import pytest

from edge.errors import LoginRefused
from provisioning import connection
from provisioning.connection import Target, open_board
from provisioning.prompts import Prompts

SECRET = "correct horse"  # noqa: S105 - of nothing but this server


class Rules(paramiko.ServerInterface):  # type: ignore[misc]  # Paramiko has no types
    """``ways``: what it offers, in the order in which all are wanted if ``both``."""

    def __init__(self, ways: list[str], *, both: bool) -> None:
        self.left = list(ways)
        self._ways = ways
        self._both = both
        self.given: list[str] = []

    def get_allowed_auths(self, _username: str) -> str:
        return ",".join(self.left)

    def _judge(self, way: str, *, right: bool) -> int:
        if way not in self.left or not right:
            return int(paramiko.AUTH_FAILED)
        self.left.remove(way)
        return int(paramiko.AUTH_PARTIALLY_SUCCESSFUL if self._both and self.left else paramiko.AUTH_SUCCESSFUL)

    def check_auth_password(self, _username: str, password: str) -> int:
        self.given.append(password)
        return self._judge("password", right=password == SECRET)

    def check_auth_publickey(self, _username: str, _key: paramiko.PKey) -> int:
        return self._judge("publickey", right=True)

    def check_auth_interactive(self, _username: str, _submethods: str) -> object:
        query = paramiko.InteractiveQuery("", "")
        query.add_prompt("Password: ", echo=False)
        return query

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        self.given += responses
        return self._judge("keyboard-interactive", right=responses == [SECRET])


class Person(Prompts):
    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._knows = list(answers)

    def _ask(self, question: str) -> str | None:
        self.asked.append(question)
        return self._knows.pop(0) if self._knows else None


Serve = Callable[..., tuple[Target, Rules]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve("password", …)`` answers one login."""
    host_key = paramiko.RSAKey.generate(2048)
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def start(*ways: str, both: bool = False) -> tuple[Target, Rules]:
            rules = Rules(list(ways), both=both)

            def answer() -> None:
                transports.append(paramiko.Transport(listener.accept()[0]))
                transports[-1].add_server_key(host_key)
                transports[-1].start_server(threading.Event(), rules)

            threading.Thread(target=answer, daemon=True).start()
            target = Target(
                "127.0.0.1", "ada", listener.getsockname()[1], host_key="off", ssh_config=Path("/dev/null"), agent=False
            )
            return target, rules

        yield start
    for transport in transports:
        transport.close()


@pytest.mark.parametrize("way", ["password", "keyboard-interactive"])
def test_a_password_is_asked_for_at_the_terminal(
    serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    person = Person("wrong", SECRET)
    monkeypatch.setattr(connection, "TERMINAL", person)
    target, rules = serve(way)
    with caplog.at_level(logging.DEBUG), closing(open_board(target)) as board:
        assert SECRET not in repr(vars(board))
    assert person.asked == ["password of ada on 127.0.0.1"] * 2
    assert rules.given == ["wrong", SECRET]
    assert SECRET not in caplog.text


def test_nobody_guesses_for_ever(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TERMINAL", Person("a", "b", "c", "d"))
    target, rules = serve("password")
    with pytest.raises(LoginRefused, match="a password"):
        open_board(target)
    assert rules.given == ["a", "b", "c"]


def test_without_a_terminal_there_is_no_password(serve: Serve) -> None:
    target, rules = serve("password")
    with pytest.raises(LoginRefused, match="it takes only password; log in there and allow keys"):
        open_board(target)
    assert rules.given == []


def test_a_key_and_a_password(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paramiko.RSAKey.generate(2048).write_private_key_file(str(tmp_path / "key"))
    monkeypatch.setattr(connection, "TERMINAL", Person(SECRET))
    target, rules = serve("publickey", "password", both=True)
    open_board(Target(**(vars(target) | {"keys": (tmp_path / "key",)}))).close()
    assert rules.left == []
