"""Many boards: fifty in waves, of which three fail and two are out of reach; and Ctrl-C in the middle of things."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from edge.cli.targets import Chosen
from provisioning.deploy import Order, deploy, visit
from provisioning.events import Event, Outcome
from provisioning.job import Job
from tests.integration.dummy_release import DummyRelease
from tests.integration.fleet import Fleet, prepared
from tests.integration.native_board import native_board
from tests.integration.sshd import NoSshdError, openssh

BOARDS = 50
#: The waves are b00 | b01-b04 | the rest. One fails in the second wave, two in the third.
FAILING = ("b03", "b05", "b49")
UNREACHABLE = ("b02", "b44")
PARALLEL = 12
#: From here on a board waits for the second failure, however fast or slow this machine is: the last ones never begin.
LATE = "b25"
PATIENCE_S = 120.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Deploy:
    """The work on each board. ``failing``: who gets a release whose agent crashes; ``visited``: who had a turn."""

    def __init__(self, folder: Path) -> None:
        self.failing = set(FAILING)
        self.visited: list[str] = []
        self._second = threading.Event()
        self._releases = {how: DummyRelease(folder / how, agent=how) for how in ("good", "crash")}

    def __call__(self, board: Chosen, job: Job) -> Outcome:
        self.visited.append(board.name)
        if board.name >= LATE:
            assert self._second.wait(PATIENCE_S)
        work = prepared(board.name, self._releases["crash" if board.name in self.failing else "good"])
        outcome = visit(board.name, board.target, lambda errand: deploy(errand, work, Order("test@here")), job)
        if board.name == FAILING[1]:
            self._second.set()
        return outcome


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Sequence[str]], Fleet]]:
    """``fleet(names)`` starts boards; runs are recorded in the test's own folder."""
    try:
        openssh("sshd")
    except NoSshdError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "home"))
    with contextlib.ExitStack() as stack:
        yield lambda names: Fleet(
            tmp_path, {name: stack.enter_context(native_board(tmp_path / name)) for name in names}
        )


@pytest.fixture
def record(tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """``record()`` reads the only run's record."""

    def read() -> dict[str, Any]:
        (folder,) = (tmp_path / "home" / "runs").iterdir()
        data: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return data

    return read


def counts(report: dict[str, Any]) -> dict[str, int]:
    return dict(report["counts"])


@pytest.mark.slow
def test_fifty_boards(
    fleet: Callable[[Sequence[str]], Fleet],
    record: Callable[[], dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One story: stopped by its budget, gone on with a larger one, then with what was out of order put right."""
    boards = fleet([f"b{i:02}" for i in range(BOARDS)])
    work = Deploy(tmp_path)
    for name in UNREACHABLE:
        boards.boards[name].sshd.stop()

    # One failure may be, the second one stops it: nobody begins after that, and who had begun came to an end.
    assert (
        boards.deploy(work, "@all", "--max-failures", "1", "--parallel", str(PARALLEL), "--soak", "0.5", "--json") == 4
    )
    report = json.loads(capsys.readouterr().out)
    assert report["result"] == "failed"
    assert report["stopped"] == "2 failed (b03, b05), 1 may"
    states = {name: of["state"] for name, of in report["hosts"].items()}
    assert [name for name, state in states.items() if state == "failed"] == ["b03", "b05"]
    assert [name for name, state in states.items() if state == "unreachable"] == ["b02"]
    assert states["b49"] == "pending"
    pending = {name for name, state in states.items() if state == "pending"}
    assert set(states) - pending == set(work.visited)
    assert sum(counts(report).values()) == BOARDS
    assert "crash" in "\n".join(report["hosts"]["b03"]["log"])
    for name, board in boards.boards.items():
        assert (board.running() is not None) == (states[name] == "changed"), name
    assert record()["waves"][:2] == [["b00"], ["b01", "b02", "b03", "b04"]]

    # With a larger budget it goes on, at a terminal now: those that are done or failed have no second turn.
    work.visited.clear()
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "20")
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        assert boards.deploy(work, "--resume", report["run"], "--max-failures", "3") == 4
    assert set(work.visited) == pending | {"b02"}
    work.visited.clear()
    out = capsys.readouterr().out
    assert {line.split()[0] for line in out.splitlines()} == set(boards.boards)
    assert re.search(r"^b44 +unreachable +.*refuses connections", out, re.MULTILINE)
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"^b\d\d +activate +\d+ s  ", drawn, re.MULTILINE)
    assert re.search(r"^wave 3 of 3  \d+ of 50: .*\(3 may fail\)", drawn, re.MULTILINE)
    assert "edge: 50 of 50: 45 done, 2 unreachable, 3 failed" in drawn
    assert record()["counts"] == {"changed": 45, "unreachable": 2, "failed": 3}

    # What was wrong is put right: only those five are visited, and the run is done.
    work.failing.clear()
    for name in UNREACHABLE:
        boards.boards[name].sshd.start()
    boards.write()
    assert boards.deploy(work, "--resume", "last", "--retry-failed") == 0
    assert set(work.visited) == {*FAILING, *UNREACHABLE}
    assert (record()["result"], record()["counts"]) == ("done", {"changed": 50})
    assert all(board.running() for board in boards.boards.values())

    # Nobody has a lock left, and nothing is to be done any more.
    capsys.readouterr()
    assert boards.deploy(work, "@all", "--waves", "100%", "--limit", "b0*", "--json") == 0
    assert counts(json.loads(capsys.readouterr().out)) == {"unchanged": 10}


#: What a board says when its activation runs there by itself and has some seconds to go.
_UNDER_WAY = "waiting for a healthy agent"


class Interrupted:
    """Deploys to `a` as fast as it can and to the others slowly, and presses Ctrl-C in the middle of both."""

    def __init__(self, folder: Path, times: int) -> None:
        self.small = DummyRelease(folder / "small")
        self.large = DummyRelease(folder / "large", model=bytes(2 << 20))
        self.times = times
        self.uploading, self.over = threading.Event(), threading.Event()

    def __call__(self, board: Chosen, job: Job) -> Outcome:
        fast = board.name == "a"
        work = prepared(board.name, self.small if fast else self.large)
        order = Order("test@here", limit_bytes_s=None if fast or self.over.is_set() else 50_000)

        class Ear:
            on_cut = staticmethod(job.on_cut)

            def __call__(_, event: Event) -> None:  # noqa: N805 - the outer self is wanted
                job(event)
                self.hear(event)

        return visit(board.name, board.target, lambda errand: deploy(errand, work, order), cast("Job", Ear()))

    def hear(self, event: Event) -> None:
        if event.host == "b" and event.total and event.done > 100_000:
            self.uploading.set()
        if event.host == "a" and event.phase == "activate":
            assert self.uploading.wait(PATIENCE_S)
            if event.text == _UNDER_WAY and not self.over.is_set():
                self.over.set()
                for _ in range(self.times):
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(0.3)  # a person's two presses are two signals


def healthy(boards: Fleet, name: str) -> str | None:
    """The release that runs on a board, which may still be about to come to rest."""
    end = time.monotonic() + PATIENCE_S
    while (boards.boards[name].edge / "trial.json").exists() and time.monotonic() < end:
        time.sleep(0.05)
    return boards.boards[name].running()


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(
    times: int,
    fleet: Callable[[Sequence[str]], Fleet],
    record: Callable[[], dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Once, and the switch comes to its end; twice, and the board does that alone. No lock stays, and it goes on."""
    boards = fleet(["a", "b", "c"])
    work = Interrupted(tmp_path, times)
    assert boards.deploy(work, "@all", "--waves", "100%", "--parallel", "2", "--json") == 130
    report = json.loads(capsys.readouterr().out)
    states = {name: of["state"] for name, of in report["hosts"].items()}
    assert states == {"a": "changed" if times == 1 else "cut", "b": "cut", "c": "pending"}
    assert (report["result"], report["stopped"]) == ("interrupted", "interrupted")
    assert report["hosts"]["b"]["why"] == "interrupted; the same command again goes on from there"
    assert record()["hosts"]["a"]["state"] == states["a"]
    assert healthy(boards, "a") is not None
    assert boards.boards["b"].current is None

    assert boards.deploy(work, "--resume", "last", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["hosts"]["a"]["state"] == ("changed" if times == 1 else "unchanged")
    assert 0 < report["hosts"]["b"]["sent"] < len(work.large.model)  # not what had arrived before
    assert all(board.running() for board in boards.boards.values())
