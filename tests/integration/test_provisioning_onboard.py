"""The board program on a board that is a folder: its conversation, and what it does when the disk says no."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.program import board_program, sources
from tests.integration.board_session import BoardSession, Cut, Refused
from tests.integration.dummy_release import DummyRelease
from tests.integration.native_board import FolderBoard, folder_board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[FolderBoard]:
    with folder_board(tmp_path / "board") as board:
        yield board


@pytest.fixture
def locked(board: FolderBoard) -> Iterator[BoardSession]:
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        yield session


@pytest.fixture
def good(tmp_path: Path) -> DummyRelease:
    return DummyRelease(tmp_path / "good")


def deploy(board: FolderBoard, release: DummyRelease) -> dict[str, Any]:
    with board.session() as session:
        return session.deploy(release)


def test_restarting_nothing_is_refused(locked: BoardSession) -> None:
    with pytest.raises(Refused, match="service: nothing is installed on this board"):
        locked.call("restart", deadline_s=5)


def test_a_lock_has_one_holder_and_goes_with_it(board: FolderBoard, locked: BoardSession) -> None:
    with board.session() as second:
        with pytest.raises(Refused, match="locked: ada@laptop has been deploying to this board for 0 min"):
            second.call("lock", who="bob@desk")
        with pytest.raises(Refused, match="protocol: 'prune' needs the lock first"):
            second.call("prune", keep=[])
        locked.process.send_signal(signal.SIGKILL)
        second.call("lock", who="bob@desk", wait_s=30)
        assert json.loads((board.edge / "lock").read_text(encoding="utf-8"))["who"] == "bob@desk"


def test_a_cut_frees_the_lock_even_while_something_runs(board: FolderBoard, tmp_path: Path) -> None:
    slow = DummyRelease(tmp_path / "slow", check="slow")
    with board.session() as session:
        session._on_event = lambda event: session.hang_up() if event.get("step") == "run" else None
        with pytest.raises(Cut):
            session.deploy(slow)
    with board.session() as second:
        second.call("lock", who="bob@desk", wait_s=30)
    assert board.manager.show(f"edge-check-{slow.id}")["LoadState"] == "not-found"


def test_long_work_is_heard_of(board: FolderBoard, good: DummyRelease, tmp_path: Path) -> None:
    files = sources()
    chatty = board_program(files | {"onboard/wire.py": files["onboard/wire.py"] + b"\nALIVE_S = 0.0\n"})
    slow = DummyRelease(tmp_path / "slow", "2", check="slow")
    with board.session(chatty) as session:
        assert session.deploy(good, settle_s=1.0)["outcome"] == "committed"
        with pytest.raises(Refused, match="too slow"):
            session.deploy(slow, check_s=1.0)
    names = [event.get("step", event["event"]) for event in session.events]
    for work, after in (("gate", "result"), ("run", "discard")):  # a wait, and another program's work
        end = names.index(after)
        begin = max(at for at, name in enumerate(names[:end]) if name == work)
        assert set(names[begin + 1 : end]) == {"alive"}
    assert all("text" not in event for event in session.events if event["event"] == "alive")


def test_a_blob_is_taken_up_where_it_was_cut(board: FolderBoard) -> None:
    data = os.urandom(3_000_000)
    wanted = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "name": "model.safetensors"}
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        session._write(json.dumps({"op": "blob", **wanted}).encode() + b"\n" + data[:1_000_000])
        assert session._read() == {"event": "send", "offset": 0}
    name = str(wanted["sha256"])
    part = board.edge / "blobs" / f"{name}.part"
    assert part.read_bytes() == data[:1_000_000]
    with board.session() as session:
        session.call("lock", who="ada@laptop", wait_s=30)
        session.call("blob", data, **wanted)
        assert session.sent == 2_000_000
        session.call("blob", data, **wanted)
        assert session.sent == 2_000_000
    assert (board.edge / "blobs" / name).read_bytes() == data
    assert not part.exists()


def test_a_damaged_blob_is_thrown_away(board: FolderBoard, locked: BoardSession) -> None:
    wanted = {"sha256": hashlib.sha256(b"right").hexdigest(), "size": 5, "name": "x.whl"}
    with pytest.raises(Refused, match=r"digest: x\.whl arrived damaged"):
        locked.call("blob", b"wrong", **wanted)
    assert list((board.edge / "blobs").iterdir()) == []
    locked.call("blob", b"right", **wanted)


def test_a_blob_that_the_card_damaged_is_sent_again(board: FolderBoard, good: DummyRelease) -> None:
    deploy(board, good)
    model = board.edge / "blobs" / good.pieces[2]["sha256"]
    model.write_bytes(b"rotten.")
    other = DummyRelease(good.folder, "2")
    with pytest.raises(Refused, match=r"digest: model\.safetensors was damaged on the board's disk"):
        deploy(board, other)
    assert deploy(board, other)["outcome"] == "committed"


def test_a_blob_too_large_for_the_disk_is_not_begun(board: FolderBoard, locked: BoardSession) -> None:
    with pytest.raises(Refused, match=r"space: huge needs 1,000,000,000,000,000 bytes more and .* has .* left"):
        locked.call("blob", b"", sha256="0" * 64, size=10**15, name="huge")
    assert list((board.edge / "blobs").iterdir()) == []
    assert locked.call("ping") == {}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"op": "sing"}, "there is no operation 'sing'"),
        ({"op": "blob", "sha256": "../../etc/passwd", "size": 1, "name": "x"}, "not a SHA-256"),
        ({"op": "secret", "name": "../x", "size": 1}, "not a name for a file"),
        ({"op": "secret", "name": "x", "size": 10**9}, "the most is 1,048,576"),
        ({"op": "install", "manifest": {"format": 2}}, "a manifest of format 2"),
        ({"op": "install", "manifest": {"format": 1}}, "a manifest that is none"),
        ({"op": "check", "id": "..", "timeout_s": 1}, "not a release's id"),
        ({"op": "prune"}, "prune needs the list"),
        ({"op": "activate", "id": "0123456789ab"}, "the board has no release 0123456789ab"),
    ],
)
def test_nonsense_is_refused_and_the_session_goes_on(
    locked: BoardSession, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        locked.call(**request_)
    assert locked.call("hello") == {"protocol": 1}


def test_a_line_that_is_not_json_is_refused(locked: BoardSession) -> None:
    locked._write(b"hello\n")
    assert locked._read()["error"]["code"] == "protocol"
    assert locked.call("hello") == {"protocol": 1}


def test_a_model_cannot_lead_out_of_its_folder(locked: BoardSession, good: DummyRelease) -> None:
    good.manifest["model"]["files"][0]["path"] = "../../../../etc/cron.d/x"
    with pytest.raises(Refused, match="not a name for a file"):
        locked.call("install", manifest=good.manifest)


def test_a_secret_that_never_came_is_named(locked: BoardSession, good: DummyRelease) -> None:
    with pytest.raises(Refused, match="never sent, and the release needs it: password"):
        locked.call("install", manifest=good.manifest)


def test_an_unchecked_release_is_not_switched_to(board: FolderBoard, good: DummyRelease) -> None:
    deploy(board, good)
    (board.edge / "releases" / good.id / "check.json").unlink()
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        with pytest.raises(Refused, match="has not passed its self-check"):
            session.call("activate", id=good.id, deadline_s=5)


#: What a disk, or the kernel, says no with; the code and the words for it.
REFUSALS = {
    "ENOSPC": ("space", "no room left on the board"),
    "EROFS": ("readonly", "mounted read-only"),
    "EMFILE": ("internal", "too many open files on the board"),
    "EIO": ("internal", "its card may be failing"),
}
_FAILING = """

def _failing(left={left}):
    import errno

    open_ = os.open

    def failing(real):
        def call(*arguments, **more):
            nonlocal left
            reads = real is open_ and not arguments[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
            if reads and "{name}" != "EMFILE":
                return real(*arguments, **more)
            left -= 1
            if left < 0:
                raise OSError(errno.{name}, os.strerror(errno.{name}), str(arguments[0]))
            return real(*arguments, **more)
        return call

    for name in ("fsync", "link", "mkdir", "open", "replace", "rename", "symlink"):
        setattr(os, name, failing(getattr(os, name)))


_failing()
"""


@pytest.mark.parametrize("name", REFUSALS)
def test_a_disk_that_takes_nothing_more_is_told_apart_and_nothing_halved(
    board: FolderBoard, good: DummyRelease, tmp_path: Path, name: str
) -> None:
    """From some call on, each one fails; wherever that begins, the old release runs, and the next deploy works."""
    deploy(board, good)
    new = DummyRelease(tmp_path / "new", "2")
    files = sources()
    said = {}
    for left in range(0, 60, 6):
        patch = _FAILING.format(left=left, name=name).encode()
        program = board_program(files | {"onboard/files.py": files["onboard/files.py"] + patch})
        try:
            with board.session(program) as session:
                session.deploy(new)
        except Refused as refused:
            said[refused.code] = refused.message
        assert board.running() == board.current
        if name != "EMFILE":  # without an open file nothing can be listed, and so nothing removed
            assert list((board.edge / "releases").glob(".*")) == []
    code, words = REFUSALS[name]
    assert words in said[code]
    assert deploy(board, new)["outcome"] == "committed"


_REFUSING = """

def _refusing(real=write):
    def refusing(path, data, mode=0o644):
        if path.parent.name == "system" and path.exists() and {bad!r} in path.read_text():
            with open({told!r}, "a+") as file:
                file.write("no\\n")
                if file.tell() <= 6:
                    raise OSError(30, "Read-only file system", str(path))
        real(path, data, mode)

    return refusing


write = _refusing()
"""


def test_a_way_back_that_the_disk_does_not_take_is_tried_again(
    board: FolderBoard, good: DummyRelease, tmp_path: Path
) -> None:
    """As long as systemd would start the release that failed, the switch has not come to its end."""
    deploy(board, good)
    bad = DummyRelease(tmp_path / "bad", "9", "crash", edit_unit=lambda text: text.replace("Restart=always", ""))
    files = sources()
    patch = _REFUSING.format(bad=bad.id, told=str(tmp_path / "told")).encode()
    with board.session(board_program(files | {"onboard/files.py": files["onboard/files.py"] + patch})) as session:
        assert session.deploy(bad)["outcome"] == "rolled_back"
    assert (tmp_path / "told").read_text(encoding="utf-8") == "no\n" * 3
    assert board.running() == board.current == board.starts() == good.id


def test_the_program_is_the_same_bytes_every_time() -> None:
    assert board_program() == board_program()
