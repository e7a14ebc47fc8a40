"""The conversation with a program on a board: real sshds, the real board program, and some that misbehave."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paramiko.packet import Packetizer

from edge.errors import BoardUnreachable, DeployError
from provisioning import session as session_module
from provisioning.connection import Board, open_board
from provisioning.session import BoardError
from tests.integration.sshd import Sshd

Boards = Callable[..., Sshd]


@pytest.fixture
def server(boards: Boards) -> Sshd:
    return boards()


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def blob(tmp_path: Path, size: int) -> tuple[Path, str, int]:
    path = tmp_path / "blob"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest(), size


def program(board: Board, text: str) -> Any:
    """A session with another program than ours: Python's text. Requests come as lines on its standard input."""
    return board.session([sys.executable, "-u", "-c", text], b"")


def test_a_blob_arrives_once(server: Sshd, prefix: Path, tmp_path: Path) -> None:
    path, digest, size = blob(tmp_path, 3_000_000)
    told: list[tuple[int, int]] = []
    with open_board(server.target(prefix=str(prefix))) as board, board.session() as session:
        assert session.call("hello")["protocol"] == 1
        session.call("lock", who="ada")
        assert session.send_blob(path, digest, size, lambda done, all_: told.append((done, all_))) == size
        assert session.send_blob(path, digest, size) == 0
        session.send_secret("password", b"\x00\n{}")
        with pytest.raises(BoardError) as caught:
            session.call("no such thing")
        assert caught.value.code == "protocol"
        session.call("ping")  # an error is not the end
    assert (prefix / "opt/edge/blobs" / digest).read_bytes() == path.read_bytes()
    assert (told[0], told[-1]) == ((0, size), (size, size))
    assert told == sorted(told)


@pytest.mark.parametrize("who", ["us", "the board"])
def test_new_keys_are_agreed_upon_in_the_middle_of_an_upload(
    boards: Boards,
    prefix: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    who: str,
) -> None:
    """Which happens once in every half a gigabyte: here, several times."""
    if who == "us":
        monkeypatch.setattr(Packetizer, "REKEY_BYTES", 2_000_000)
    server = boards(config="RekeyLimit 2M" if who == "the board" else "")
    path, digest, size = blob(tmp_path, 20_000_000)
    with (
        caplog.at_level(logging.DEBUG, "paramiko"),
        open_board(server.target(prefix=str(prefix))) as board,
        board.session() as session,
    ):
        session.call("lock", who="ada")
        assert session.send_blob(path, digest, size) == size
    assert caplog.text.count("Key exchange agreements") > 1
    assert (prefix / "opt/edge/blobs" / digest).read_bytes() == path.read_bytes()


def test_an_upload_that_is_cut_goes_on_where_it_was(server: Sshd, prefix: Path, tmp_path: Path) -> None:
    size = 40_000_000
    path, digest, _ = blob(tmp_path, size)
    part = prefix / "opt/edge/blobs" / f"{digest}.part"

    def cut(done: int, _: int) -> None:
        if done > size // 4 and part.exists() and part.stat().st_size > size // 8:
            server.kill_connections()

    with open_board(server.target(prefix=str(prefix))) as board, board.session() as session:
        session.call("lock", who="ada")
        with pytest.raises(BoardUnreachable, match="broke off"):
            session.send_blob(path, digest, size, cut, limit_bytes_s=20e6)
        with pytest.raises(BoardUnreachable):
            session.call("ping")
    with open_board(server.target(prefix=str(prefix))) as board, board.session() as session:
        session.call("lock", who="ada", wait_s=60)  # the program of the cut connection ends soon
        have = part.stat().st_size
        assert size // 8 < have < size
        offsets: list[int] = []
        assert session.send_blob(path, digest, size, lambda done, _: offsets.append(done)) == size - have
        assert offsets[0] == have
        assert board.traffic[0] < size - have + 1_000_000
    assert (part.parent / digest).read_bytes() == path.read_bytes()


def test_a_file_that_changes_while_it_is_sent(server: Sshd, prefix: Path, tmp_path: Path) -> None:
    path, digest, size = blob(tmp_path, 1_000_000)
    with open_board(server.target(prefix=str(prefix))) as board, board.session() as session:
        session.call("lock", who="ada")
        with pytest.raises(DeployError, match="it changed while it was sent"):
            session.send_blob(path, digest, size + 1)
    with open_board(server.target(prefix=str(prefix))) as board, board.session() as session:
        session.call("lock", who="ada", wait_s=60)
        wrong = hashlib.sha256(b"").hexdigest()
        with pytest.raises(BoardError) as caught:
            session.send_blob(path, wrong, size)
        assert caught.value.code == "digest"


def test_events_come_while_the_operation_runs(server: Sshd) -> None:
    seen: list[dict[str, Any]] = []
    text = """
import json
print(json.dumps({"event": "step", "step": "one", "got": json.loads(input())}))
print('{"event": "step", "step": "two"}')
print('{"done": {"id": "x"}}')
"""
    with open_board(server.target()) as board, program(board, text) as session:
        assert session.call("install", seen.append, manifest={"format": 1}) == {"id": "x"}
    assert [event["step"] for event in seen] == ["one", "two"]
    assert seen[0]["got"] == {"op": "install", "manifest": {"format": 1}}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("print('Traceback?')", "protocol", "makes no sense here: b'Traceback"),
        ("print('[1]')", "protocol", "makes no sense"),
        ("print('{}')", "protocol", "makes no sense"),
        ("""print('{"done": 3}')""", "protocol", "makes no sense"),
        ("""print('{"done": {"took_s": NaN}}')""", "protocol", "makes no sense"),
        ("print('[' * 100000)", "protocol", "makes no sense"),
        ("""print('{"error": {}}')""", "internal", "no reason given"),
        ("""print('{"error": {"code": "locked", "message": "bob is at it", "log": ["a", "b"]}}')""", "locked", "bob"),
        ("""print('{"event": "step"')""", "protocol", "makes no sense"),
        ("import sys; print('{\"event', end=''); sys.exit('no space left')", "protocol", "makes no sense"),
        ("import sys; sys.exit('out of order')", "died", "ended with status 1 in the middle of its work: out of order"),
        ("import os; os.kill(os.getpid(), 9)", "died", "was killed"),
    ],
)
def test_a_program_that_talks_nonsense_or_dies(server: Sshd, text: str, code: str, says: str) -> None:
    with open_board(server.target()) as board:
        with program(board, f"input()\n{text}") as session, pytest.raises(BoardError, match=says) as caught:
            session.call("install")
        assert caught.value.code == code
        assert caught.value.log == (("a", "b") if code == "locked" else caught.value.log)
        assert board.run(["true"])[0] == 0


def test_a_program_that_is_not_there(server: Sshd) -> None:
    with open_board(server.target()) as board, pytest.raises(BoardError, match=r"status 127.*not found") as caught:  # noqa: SIM117 - the order counts
        with board.session(["python9", "-c", ""], b"x" * 5_000_000) as session:
            session.call("hello")
    assert caught.value.code == "died"


def test_a_line_without_end(server: Sshd) -> None:
    text = "input()\nwhile True: print('x' * 65536, end='')"
    with (
        open_board(server.target()) as board,
        program(board, text) as session,
        pytest.raises(DeployError, match="without an end"),
    ):
        session.call("status")


@pytest.mark.parametrize("offset", [-1, 5_000_001, None, "3"])
def test_a_board_that_wants_what_there_is_not(server: Sshd, tmp_path: Path, offset: object) -> None:
    path, digest, size = blob(tmp_path, 1000)
    text = f"""input()\nimport json\nprint(json.dumps({{"event": "send", "offset": {offset!r}}}))"""
    with (
        open_board(server.target()) as board,
        program(board, text) as session,
        pytest.raises(BoardError, match="makes no sense"),
    ):
        session.send_blob(path, digest, size)


def test_a_board_that_wants_no_more_in_the_middle(server: Sshd, tmp_path: Path) -> None:
    path, digest, size = blob(tmp_path, 30_000_000)
    text = """input()
import os, sys
print('{"event": "send", "offset": 0}')
for n in range(10):
    os.read(0, 65536)
    print('{"event": "received", "bytes": %d}' % n)
print('{"error": {"code": "space", "message": "the disk is full"}}')
"""
    with open_board(server.target()) as board, program(board, text) as session:
        with pytest.raises(BoardError, match="the disk is full") as caught:
            session.send_blob(path, digest, size)
        assert caught.value.code == "space"


def test_a_board_that_takes_nothing(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_SILENCE_S", 0.5)
    path, digest, size = blob(tmp_path, 30_000_000)
    text = 'input()\nimport time\nprint(\'{"event": "send", "offset": 0}\')\ntime.sleep(600)'
    with open_board(server.target()) as board:
        with program(board, text) as session, pytest.raises(BoardUnreachable, match="takes no more bytes"):
            session.send_blob(path, digest, size)
        with (
            program(board, "import time; time.sleep(600)") as session,
            pytest.raises(BoardUnreachable, match="said nothing for 0 s in the middle"),
        ):
            session.call("check")


def test_the_board_hears_of_us_while_nobody_asks_anything(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_PING_S", 0.05)
    text = """
import json, sys
count = 0
for line in sys.stdin:
    op = json.loads(line)["op"]
    count += op == "ping"
    print(json.dumps({"done": {"pings": count}}))
"""
    with open_board(server.target()) as board, program(board, text) as session:
        end = time.monotonic() + 60
        while session.call("status")["pings"] < 3 and time.monotonic() < end:
            time.sleep(0.1)
        assert session.call("status")["pings"] >= 3


def test_the_program_ends_with_its_session(server: Sshd, prefix: Path) -> None:
    with open_board(server.target(prefix=str(prefix))) as board:
        for _ in range(3):  # each gets the lock that the one before had
            with board.session() as session:
                session.call("lock", who="ada")
        with board.session() as session:
            session.call("lock", who="ada")
            with board.session() as other, pytest.raises(BoardError) as caught:
                other.call("lock", who="bob")
        assert caught.value.code == "locked"
    assert not any(thread.name.startswith("ping") and thread.is_alive() for thread in _after(threading.enumerate()))


def _after(threads: list[threading.Thread]) -> list[threading.Thread]:
    for thread in threads:
        if thread.name.startswith("ping"):
            thread.join(60)
    return threads
