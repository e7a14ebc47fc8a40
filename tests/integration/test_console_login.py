"""Logging in at a console and working there: a getty that asks, a real shell and a real Python behind a pty."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from devices.ports import open_port
from edge.errors import BoardUnfit, BoardUnreachable, LoginRefused, SudoRefused
from provisioning.console import aboard, getty, link
from provisioning.console.getty import Account, Asks, asks, log_in
from provisioning.console.wire import Wire
from tests.integration.getty_board import PASSWORD, GettyBoard

NEW = "a farmer's wife, a knife"
PRINTK = b"[   12.345678] random: crng init done\r\n"


class Secrets:
    """Gives each of its words once, and counts how often it was asked."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.now: str | None = None
        self.asked = 0

    def __call__(self, *, again: bool = False) -> str | None:
        self.asked += 1
        if again or self.now is None:
            self.now = self.words.pop(0) if self.words else None
        return self.now


def account(*passwords: str, new: str = NEW, user: str | None = "pi") -> Account:
    return Account(user, Secrets(*passwords), Secrets(new))


@contextmanager
def wire_to(board: GettyBoard) -> Iterator[Wire]:
    with closing(open_port(board.port)) as port:
        yield Wire(port, board.port)


def leave(wire: Wire) -> None:
    wire.type("exit")
    assert wire.wait(lambda: asks(wire.last) is Asks.USER, 20), wire.tail()


def test_from_a_login_prompt_to_root_and_back(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        assert log_in(wire, account(PASSWORD), patience_s=20) == ("pi", PASSWORD)
        with link.link(wire, lambda: PASSWORD) as there:
            assert there.ask("run", {"argv": ["sh", "-c", "echo a; echo b >&2; exit 3"]}) == {
                "status": 3,
                "said": "a\nb\n",
            }
            assert there.ask("run", {"argv": ["no-such-program"]})["status"] == 127
            assert there.ask("run", {"argv": ["sleep", "9"], "timeout_s": 0.2})["status"] == 124
            new = tmp_path / "folder/file"
            for text in ("one\n", "two: \u00e9\n"):
                written = there.ask("write", {"path": str(new), "text": text, "mode": 0o640})
                assert written == {"status": 0, "said": ""}
                assert (new.read_text(), new.stat().st_mode & 0o777) == (text, 0o640)
            assert [path.name for path in new.parent.iterdir()] == ["file"]
            refused = there.ask("write", {"path": "/proc/none/file", "text": "", "mode": 0o600})
            assert refused["status"] == 1
            assert refused["said"]
            facts = there.ask("facts")
            assert facts["hostname"]
            assert facts["user"]
            assert there.ask("no such thing")["status"] == 1
        leave(wire)
        said = wire.transcript()
        assert "board login: pi" in said
        assert PASSWORD not in said
        assert "~" not in said.replace("~$", "")


def test_a_password_that_is_to_be_changed(tmp_path: Path) -> None:
    with GettyBoard(tmp_path, change=True) as board, wire_to(board) as wire:
        assert log_in(wire, account(PASSWORD), patience_s=20) == ("pi", NEW)
        leave(wire)
        assert log_in(wire, account(NEW), patience_s=20) == ("pi", NEW)
        assert NEW not in wire.transcript()
        assert PASSWORD not in wire.transcript()


def test_a_new_password_that_the_board_does_not_take(tmp_path: Path) -> None:
    refused = pytest.raises(LoginRefused, match="shorter than 8 characters")
    with GettyBoard(tmp_path, change=True) as board, wire_to(board) as wire, refused:
        log_in(wire, account(PASSWORD, new="tiny"), patience_s=20)


def test_a_wrong_password_is_tried_once_and_a_person_may_try_again(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        once = Secrets("wrong")
        with pytest.raises(LoginRefused, match="refuses pi or the password"):
            log_in(wire, Account("pi", once, Secrets()), patience_s=20)
        assert wire.transcript().count("Login incorrect") == 1
        assert log_in(wire, account("wrong", PASSWORD), patience_s=20) == ("pi", PASSWORD)
        assert wire.transcript().count("Login incorrect") == 2


def test_a_question_that_is_gone_gets_no_password(tmp_path: Path) -> None:
    """A person takes long over it, and the board asks for a user again: what is typed there can be read."""
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        asked: list[bool] = []

        def slowly(*, again: bool = False) -> str:
            if not asked:
                board.types(b"\n")
                time.sleep(1.0)
            asked.append(again)
            return PASSWORD

        assert log_in(wire, Account("pi", slowly, slowly), patience_s=20) == ("pi", PASSWORD)
        assert wire.transcript().count("board login: pi") == 2
        assert "***" not in wire.transcript()


def test_somebody_who_is_logged_in_stays_so(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        secrets = Secrets(PASSWORD)
        assert log_in(wire, Account(None, secrets, secrets), patience_s=20) is None
        assert secrets.asked == 0
        with link.link(wire, secrets) as there:
            assert there.ask("run", {"argv": ["true"]})["status"] == 0
        assert log_in(wire, Account(None, secrets, secrets), patience_s=20) is None


@pytest.mark.parametrize("question", ["Passwort: ", "Mot de passe : "])
def test_questions_in_other_languages(tmp_path: Path, question: str) -> None:
    with GettyBoard(tmp_path, asks=question) as board, wire_to(board) as wire:
        assert log_in(wire, account(PASSWORD), patience_s=20) == ("pi", PASSWORD)


def test_a_prompt_like_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getty, "_SHELL_S", 1.0)
    with GettyBoard(tmp_path, env={"PS1": "what now"}) as board, wire_to(board) as wire:
        assert log_in(wire, account(PASSWORD), patience_s=20) == ("pi", PASSWORD)
        with link.link(wire, lambda: PASSWORD) as there:
            assert there.ask("run", {"argv": ["true"]})["status"] == 0


def test_the_kernel_speaks_between_all_questions(tmp_path: Path) -> None:
    with GettyBoard(tmp_path, change=True) as board, wire_to(board) as wire:

        def noise(way: str, data: bytes) -> bytes:
            return data + PRINTK if way == "out" and data.endswith((b": ", b"$ ")) else data

        board.noise = noise
        assert log_in(wire, account(PASSWORD), patience_s=20) == ("pi", NEW)


def test_a_line_that_loses_and_turns_bytes_does_each_thing_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine of ten lines come through damaged at first; every request is carried out, and none twice."""
    chance = random.Random(7)  # noqa: S311
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        with link.link(wire, lambda: PASSWORD) as there:

            def noise(_: str, data: bytes) -> bytes:
                match chance.randrange(6):
                    case 0:
                        return data[: len(data) // 2] + data[len(data) // 2 + 1 :]
                    case 1:
                        place = chance.randrange(len(data))
                        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(7)]) + data[place + 1 :]
                    case 2:
                        return data[: len(data) // 2] + PRINTK + data[len(data) // 2 :]
                    case _:
                        return data

            # Not before: bringing the program there repeats nothing, and takes what time it takes.
            monkeypatch.setattr(link, "_ANSWER_S", 0.5)
            # A Ctrl-D is the end for the program at the other side, whoever typed it.
            board.noise = lambda way, data: noise(way, data).replace(b"\x04", b"")
            for number in range(25):
                line = f"echo {number} >> {tmp_path}/done; echo done {number}"
                assert there.ask("run", {"argv": ["sh", "-c", line]})["said"] == f"done {number}\n"
            board.noise = lambda _, data: data
        assert (tmp_path / "done").read_text().split() == [str(number) for number in range(25)]


def test_a_console_that_an_earlier_call_left_open(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board:
        with wire_to(board) as wire:
            log_in(wire, account(PASSWORD), patience_s=20)
            entered = link.link(wire, lambda: PASSWORD)
            entered.__enter__().ask("run", {"argv": ["true"]})
        # The cable was pulled there; the program still waits at the other end.
        with wire_to(board) as wire:
            secrets = Secrets(PASSWORD)
            assert log_in(wire, Account(None, secrets, secrets), patience_s=20) is None
            with link.link(wire, secrets) as there:
                assert there.ask("run", {"argv": ["true"]})["status"] == 0


def test_a_line_that_swallows_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading gives up, and nothing of root's stays; nor would it where the cable was pulled then."""
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        long: list[bytes] = []

        def noise(way: str, data: bytes) -> bytes:
            if way == "in" and len(data) > 400:
                long.append(data)
                return data if len(long) < 4 else b""
            return data

        board.noise = noise
        monkeypatch.setattr(link, "_ANSWER_S", 5.0)
        with pytest.raises(BoardUnreachable, match="the line loses"), link.link(wire, lambda: PASSWORD):
            pass
        leave(wire)
        log_in(wire, account(PASSWORD), patience_s=20)
        long.clear()
        monkeypatch.setattr(link, "_unload", lambda _wire: None)
        with pytest.raises(BoardUnreachable, match="the line loses"), link.link(wire, lambda: PASSWORD):
            pass
        secrets = Secrets(PASSWORD)
        assert log_in(wire, Account(None, secrets, secrets), patience_s=20) is None
        leave(wire)


def test_a_password_that_a_shell_got_is_not_told(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        # Takes the password, gives up, and the shell behind it says what it thinks of it.
        board.program("sudo", '#!/bin/sh\nprintf "edge-sudo: "\nread -r word\necho "sh: $word: not found"\n')
        log_in(wire, account(PASSWORD), patience_s=20)
        with pytest.raises(BoardUnfit, match=r"\*\*\*: not found") as caught, link.link(wire, lambda: PASSWORD):
            pass
        assert PASSWORD not in str(caught.value)


def test_the_end_is_said_until_it_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_BYE_S", 0.5)
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        with link.link(wire, lambda: PASSWORD) as there:
            assert there.ask("run", {"argv": ["true"]})["status"] == 0
            lost: list[bytes] = []

            def noise(way: str, data: bytes) -> bytes:
                if way == "in" and not lost:
                    lost.append(data)
                    return b""
                return data

            board.noise = noise
        assert lost
        leave(wire)


def test_sudo_refuses(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        for password in (None, "wrong"):
            with pytest.raises(SudoRefused) as caught, link.link(wire, lambda given=password: given):  # type: ignore[misc]
                pass
            assert "wrong" not in str(caught.value)
        leave(wire)


def test_no_python_there(tmp_path: Path) -> None:
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        board.program("python3", "#!/bin/sh\necho 'sh: 1: python3: not found' >&2\nexit 127\n")
        log_in(wire, account(PASSWORD), patience_s=20)
        with pytest.raises(BoardUnfit, match="python3"), link.link(wire, lambda: PASSWORD):
            pass


def test_nothing_at_the_other_end(tmp_path: Path) -> None:
    with GettyBoard(tmp_path, noise=lambda _way, _data: b"") as board, wire_to(board) as wire:
        with pytest.raises(BoardUnreachable, match="says nothing in 1 s; is the board on"):
            log_in(wire, account(PASSWORD), patience_s=1)
        assert board.spoke.wait(60)
        board.noise = lambda way, data: bytes(byte | 0x80 for byte in data) if way == "out" else data
        with pytest.raises(BoardUnreachable, match="try another speed"):
            log_in(wire, account(PASSWORD), patience_s=8)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (b"\r\n=> ", "boot loader"),
        (b"\r\n(initramfs) ", "does not start"),
        (b"\r\nGive root password for maintenance: ", "does not start"),
        (b"\r\nHello, dear visitor!\r\n", "Hello, dear visitor!"),
    ],
)  # fmt: skip
def test_something_else_than_a_login(tmp_path: Path, said: bytes, match: str) -> None:
    with (
        GettyBoard(tmp_path, noise=lambda way, _data: said if way == "out" else b"\n") as board,
        wire_to(board) as wire,
    ):
        assert board.spoke.wait(60)
        with pytest.raises((BoardUnfit, BoardUnreachable), match=match):
            log_in(wire, account(PASSWORD), patience_s=8 if "visitor" in match else 20)


def test_the_cable_is_pulled(tmp_path: Path) -> None:
    gone = pytest.raises(BoardUnreachable, match=r"plug it in again|is the board still there")
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        with gone, link.link(wire, lambda: PASSWORD) as there:
            board.unplug()
            there.ask("facts")


def test_a_silent_operator_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has gone leaves no open console for root."""
    short = tmp_path / "aboard.py"
    text = Path(str(aboard.__file__)).read_text(encoding="utf-8")
    assert "SILENCE_S = 60.0" in text
    short.write_text(text.replace("SILENCE_S = 60.0", "SILENCE_S = 1.0"), encoding="utf-8")
    monkeypatch.setattr(aboard, "__file__", str(short))
    with GettyBoard(tmp_path) as board, wire_to(board) as wire:
        log_in(wire, account(PASSWORD), patience_s=20)
        entered = link.link(wire, lambda: PASSWORD)
        entered.__enter__()
        assert wire.wait(lambda: asks(wire.last) is Asks.COMMAND, 30)
