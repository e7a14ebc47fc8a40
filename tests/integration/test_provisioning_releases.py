"""Releases on a board that is a folder: good ones, and how each that is broken in some way ends."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.probe import parse, script
from tests.integration.board_session import Refused
from tests.integration.dummy_release import DummyRelease
from tests.integration.native_board import FolderBoard, folder_board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[FolderBoard]:
    with folder_board(tmp_path / "board") as board:
        yield board


@pytest.fixture
def good(tmp_path: Path) -> DummyRelease:
    return DummyRelease(tmp_path / "good")


def deploy(board: FolderBoard, release: DummyRelease, **more: Any) -> dict[str, Any]:
    with board.session() as session:
        return session.deploy(release, **more)


#: How an agent is broken, and what is said about it.
AGENTS = {
    "crash": "the agent ended 3 times in",
    "crash later": "the agent ended 3 times in",
    "silent": "the agent did not say within 12 s that it is ready",
    "no broker": "runs, but without the broker, which was there before the switch (dummy: no broker (refused))",
    "hang": "the agent ended 3 times in",
}
CHECKS = {
    "crash": "it crashed: ended with status 1",
    "wrong": "wrong tokens: [0], expected [1, 2, 3]",
    "large": "too large: it needs more memory than it may use",
    "killed": "too large, most likely: the kernel killed it, as it does when memory ends",
    "slow": "too slow: no end after 1 s",
}


def broken(folder: Path, how: str, **more: Any) -> DummyRelease:
    """A release with such an agent; one that hangs is ended by a watchdog that waits no longer than a test does."""

    def edited(text: str) -> str:
        text = text.replace("RestartSec=300ms", "RestartSec=1s")  # on a busy machine, too, one sees how it ended
        return text.replace("WatchdogSec=60", "WatchdogSec=300ms") if how == "hang" else text

    return DummyRelease(folder, "9", how, after=0.5, edit_unit=edited, **more)


@pytest.mark.parametrize("how", AGENTS)
def test_a_broken_agent_is_rolled_back(board: FolderBoard, good: DummyRelease, tmp_path: Path, how: str) -> None:
    deploy(board, good)
    bad = broken(tmp_path / "bad", how)
    deadline = {"silent": 12.0, "no broker": 12.0}.get(how, 60.0)
    result = deploy(board, bad, deadline_s=deadline, settle_s=1.5)
    assert result["outcome"] == "rolled_back"
    assert AGENTS[how] in result["why"]
    assert "dummy agent 9" in result["log"]
    if how == "crash":
        assert result["why"].endswith("exit status 1")
        assert "this agent crashes at once" in result["log"]
    assert board.running() == board.current == good.id
    line = json.loads((board.edge / "audit.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (line["who"], line["from"], line["to"]) == ("tester@here", good.id, bad.id)
    assert (line["outcome"], line["why"]) == ("rolled_back", result["why"])


def committed(board: FolderBoard, release: DummyRelease) -> float | None:
    """When the board last saw a release healthy, as the probe says it."""
    probe = subprocess.run(["sh"], input=script(str(board.prefix)), capture_output=True, check=True)
    found: dict[str, float | None] = {
        entry["id"]: entry["committed"] for entry in parse(probe.stdout)["edge"]["releases"]
    }
    return found[release.id]


def test_only_a_release_that_proved_healthy_is_marked_so(
    board: FolderBoard, good: DummyRelease, tmp_path: Path
) -> None:
    result = deploy(board, good)
    assert result["state"]["NRestarts"] == "0"  # what a later look compares with
    first = committed(board, good)
    assert first is not None
    bad = broken(tmp_path / "bad", "crash")
    assert deploy(board, bad)["outcome"] == "rolled_back"
    assert (committed(board, bad), committed(board, good)) == (None, first)
    other = DummyRelease(tmp_path / "other", "2")
    deploy(board, other, keep=(good.id,))
    second = committed(board, other)
    assert second is not None
    assert second > first
    assert deploy(board, good, keep=(other.id,))["outcome"] == "committed"
    third = committed(board, good)
    assert third is not None
    assert third > second
    assert committed(board, other) == second


@pytest.mark.parametrize("how", ["crash", "silent"])
def test_a_broken_first_agent_leaves_nothing_that_runs(board: FolderBoard, tmp_path: Path, how: str) -> None:
    before = board.tree()
    result = deploy(board, broken(tmp_path / "bad", how), deadline_s=3.0, settle_s=1.5)
    assert result["outcome"] == "removed"
    assert nothing_but_files(board, before)


def nothing_but_files(board: FolderBoard, before: dict[str, str]) -> bool:
    """Whether a board is as it was, but for blobs (the next try need not send them again) and the records."""
    after = board.tree()
    records = {"opt/edge", "opt/edge/blobs", "opt/edge/releases", "opt/edge/lock"}
    records |= {f"opt/edge/{name}" for name in ("journal.jsonl", "audit.jsonl", "result.json")}
    more = {name for name in after.keys() - before.keys() if not name.startswith("opt/edge/blobs/")}
    assert more <= records
    assert {name: after[name] for name in before} == before
    assert board.manager.show("edge-agent")["LoadState"] == "not-found"
    return True


@pytest.mark.parametrize("before", ["nothing", "a good one"])
@pytest.mark.parametrize("how", CHECKS)
def test_a_release_that_fails_its_check_is_never_switched_to(
    board: FolderBoard, good: DummyRelease, tmp_path: Path, how: str, before: str
) -> None:
    bare = board.tree()
    if before != "nothing":
        deploy(board, good)
    bad = DummyRelease(tmp_path / "bad", "9", check=how)
    with pytest.raises(Refused, match="failed its self-check on the board") as refused:
        deploy(board, bad, check_s=1.0 if how == "slow" else 60.0)
    assert refused.value.code == "self_check"
    assert refused.value.message.endswith(CHECKS[how])
    if how == "crash":
        assert refused.value.log == ["Illegal instruction, so to say"]
    if before == "nothing":
        assert nothing_but_files(board, bare)
    else:
        assert board.running() == board.current == good.id
        assert [path.name for path in (board.edge / "releases").iterdir()] == [good.id]


def test_a_broker_that_was_away_before_is_not_the_agents_fault(board: FolderBoard, tmp_path: Path) -> None:
    with socket.socket() as nobody:  # bound and not listening: a connection is refused
        nobody.bind(("127.0.0.1", 0))
        url = f"mqtt://127.0.0.1:{nobody.getsockname()[1]}"
        release = DummyRelease(tmp_path / "away", agent="no broker", arguments=("--broker", url))
        assert deploy(board, release)["outcome"] == "committed"


def test_a_first_agent_must_reach_a_broker_that_the_board_reaches(board: FolderBoard, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"mqtt://user@127.0.0.1:{listening.getsockname()[1]}"
        release = DummyRelease(tmp_path / "there", agent="no broker", arguments=("--broker", url))
        result = deploy(board, release, deadline_s=15.0)
    assert result["outcome"] == "removed"
    assert "without the broker" in result["why"]


def test_uninstalling_leaves_the_board_as_it_was(board: FolderBoard, good: DummyRelease) -> None:
    before = board.tree()
    deploy(board, good)
    (board.prefix / "var/lib/private/edge-agent/prompts").write_text("accepted", encoding="utf-8")
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        assert session.call("uninstall", purge=False) == {"removed": True}
    state = {
        "var/lib/edge-agent": "link to private/edge-agent",
        "var/lib/private/edge-agent": "folder",
        "var/lib/private/edge-agent/prompts": "file 100644 b'accepted'",
    }
    assert board.tree() == before | state
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        assert session.call("uninstall", purge=True) == {"removed": True}
        session.call("lock", who="ada@laptop")
        assert session.call("uninstall", purge=True) == {"removed": False}
    assert board.tree() == before


@pytest.mark.parametrize("disk", [None, "opt", "opt/edge"])
def test_a_deployed_board_answers_after_a_reboot(board: FolderBoard, good: DummyRelease, disk: str | None) -> None:
    """Also where what edge has lies on a disk that is mounted after systemd has read its units."""
    deploy(board, good)
    board.manager.power_cut()
    assert board.running() is None
    booted = time.time()
    board.manager.boot(board.prefix / disk if disk else None)
    end = time.monotonic() + 60
    while board.running() != good.id and time.monotonic() < end:
        time.sleep(0.02)
    assert board.running() == good.id
    assert board.manager.log("edge-agent").count("dummy agent 1") == 2  # it never started in vain
    assert not board.manager.log("edge-activate", booted)


def test_a_restart_says_whether_the_agent_came_back(board: FolderBoard, good: DummyRelease) -> None:
    deploy(board, good)
    before = board.manager.show("edge-agent")["MainPID"]
    with board.session() as session:
        session.call("lock", who="ada@laptop")
        done = session.call("restart", deadline_s=60, settle_s=0.1)
    assert (done["healthy"], done["why"]) == (True, "")
    assert board.manager.show("edge-agent")["MainPID"] not in {before, "0"}


def test_a_current_that_leads_nowhere_is_healed(board: FolderBoard, good: DummyRelease) -> None:
    (board.edge / "releases/.0123456789ab.new/venv").mkdir(parents=True)
    (board.edge / "current").symlink_to("releases/0123456789ab")
    (board.edge / "trial.json").write_text('{"new":', encoding="utf-8")
    (board.manager.units / "edge-agent.service").symlink_to("/nowhere/edge-agent.service")
    assert deploy(board, good)["outcome"] == "committed"
    assert board.running() == board.current == good.id
    assert not (board.manager.units / "edge-agent.service").is_symlink()
    assert [path.name for path in (board.edge / "releases").iterdir()] == [good.id]


def test_everybody_may_read_all_but_secrets(board: FolderBoard, good: DummyRelease) -> None:
    deploy(board, good)
    release = board.edge / "releases" / good.id
    secrets = {release / "secrets": 0o40700, release / "secrets/password": 0o100600}
    for path, mode in secrets.items():
        assert path.stat().st_mode == mode
    for path in board.edge.rglob("*"):
        if path not in secrets and not path.is_symlink():
            assert path.stat().st_mode & 0o444 == 0o444, path
    assert b"swordfish" not in b"".join(p.read_bytes() for p in board.edge.glob("*.json*"))


def test_scripts_and_tracebacks_name_the_folder_that_is_there(board: FolderBoard, good: DummyRelease) -> None:
    deploy(board, good)
    release = board.edge / "releases" / good.id
    for path in (p for p in release.rglob("*") if p.is_file() and not p.is_symlink()):
        assert b"." + good.id.encode() + b".new" not in path.read_bytes(), path
    (compiled,) = release.rglob("edge/__pycache__/__main__*.pyc")
    assert str(release / "venv").encode() in compiled.read_bytes()


def real_pip() -> bytes:
    """The pip inside this Python's ensurepip, as a wheel."""
    import ensurepip

    (wheel,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    return wheel.read_bytes()


def test_the_real_pip_runs_from_its_wheel(board: FolderBoard, tmp_path: Path) -> None:
    release = DummyRelease(tmp_path / "real", pip=real_pip())
    assert deploy(board, release)["outcome"] == "committed"
    script = board.edge / "releases" / release.id / "venv/bin/dummy"
    assert subprocess.run([script, "hello"], capture_output=True, check=True).stdout == b"hello from 1\n"
