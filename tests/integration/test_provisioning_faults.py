"""A deploy that is stopped at each of its steps, in every way: the old release or the new one, and the next run heals.

The steps are not listed here: they are read from the journal of a deploy that went through.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.board_faults import Faults, steps
from tests.integration.board_session import Cut
from tests.integration.dummy_release import DummyRelease
from tests.integration.native_board import FolderBoard, folder_board

pytestmark = pytest.mark.slow

#: Boards at once. Most of a deploy is waiting.
BOARDS = 4
PATIENCE_S = 120.0

#: A line of the journal and what happens there.
Case = tuple[int, str]
HOW = ("kill", "cut", "power")


def soon(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


def deploy(faults: Faults, release: DummyRelease, keep: Sequence[str] = ()) -> dict[str, Any]:
    with faults.board.session(faults.program) as session:
        return session.deploy(release, keep=tuple(keep))


def complete(board: FolderBoard, release: str | None) -> bool:
    """Whether all of a release is there, its self-check among it."""
    parts = ("manifest.json", "check.json", "edge-agent.service", "venv/bin/python", "model/model.safetensors")
    return release is None or all((board.edge / "releases" / release / part).exists() for part in parts)


def leftovers(board: FolderBoard) -> list[str]:
    """What no finished deploy leaves: hidden releases, halves of files, a trial."""
    edge = board.edge
    hidden = [*edge.rglob(".*.new"), *edge.rglob(".*.gone"), *edge.rglob("*.part"), *board.prefix.rglob(".*.tmp")]
    return [str(path) for path in (*hidden, *edge.glob("trial.json"))]


def on_boards(
    tmp_path: Path, cases: Sequence[Case], make: Callable[[Path, FolderBoard], Callable[[Case], None]]
) -> None:
    """Work through ``cases`` on several boards at once; ``make`` prepares a board and returns what takes a case."""
    work: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        work.put(case)

    def worker(number: int) -> None:
        folder = tmp_path / f"board{number}"
        with folder_board(folder) as board:
            take = make(folder, board)
            while not work.empty():
                with contextlib.suppress(queue.Empty):
                    case = work.get_nowait()
                    try:
                        take(case)
                    except Exception as error:
                        raise AssertionError(f"{case}: {error}; {steps(board)[-20:]}") from error

    with ThreadPoolExecutor(BOARDS) as pool:
        list(pool.map(worker, range(BOARDS)))


class Pair:
    """A board and two good releases that replace each other. ``keep``: both stay installed."""

    def __init__(self, folder: Path, board: FolderBoard, *, keep: bool) -> None:
        self.board = board
        self.faults = Faults(board)
        self.releases = [DummyRelease(folder / f"release{n}", version=str(n)) for n in (1, 2)]
        self.ids = {release.id for release in self.releases}
        self.keep = tuple(self.ids) if keep else ()
        self.now = 0
        self.deploy()
        self.deploy()

    def deploy(self) -> list[str]:
        """An undisturbed deploy of the other release; return its steps."""
        before = len(steps(self.board))
        self.now = 1 - self.now
        self.heal(self.releases[self.now])
        return steps(self.board)[before:]

    def disturbed(self, case: Case) -> None:
        """A deploy of the other release, stopped as ``case`` says; then healed."""
        self.now = 1 - self.now
        wanted = self.releases[self.now]
        disturb(self.faults, case, wanted, self.keep)
        assert self.board.current in self.ids
        assert complete(self.board, self.board.current)
        if case[1] == "power":  # what is current runs, whichever it is, without anybody's help
            assert soon(lambda: self.board.running() == self.board.current and not trial(self.board))
            assert self.board.starts() == self.board.current
        self.heal(wanted)

    def heal(self, wanted: DummyRelease) -> None:
        assert deploy(self.faults, wanted, self.keep)["outcome"] == "committed"
        assert self.board.running() == self.board.current == self.board.starts() == wanted.id
        assert complete(self.board, wanted.id)
        assert leftovers(self.board) == []
        stay = {wanted.id, *self.keep}
        assert {path.name for path in (self.board.edge / "releases").iterdir()} <= stay


def trial(board: FolderBoard) -> bool:
    return (board.edge / "trial.json").exists()


def disturb(faults: Faults, case: Case, release: DummyRelease, keep: Sequence[str] = ()) -> None:
    line, how = case
    with faults.board.session(faults.program) as session, faults.at(line, how, session), contextlib.suppress(Cut):
        session.deploy(release, keep=tuple(keep))


def test_stopped_while_it_prepares_a_release_and_while_it_tidies(tmp_path: Path) -> None:
    """Killed, cut off, or without power at each step before the switch and after it."""
    with folder_board(tmp_path / "first") as board:
        found = Pair(tmp_path / "first", board, keep=False).deploy()
    lines = [n for n, step in enumerate(found, start=1) if not step.startswith("activate")]
    assert len(lines) >= 12
    cases = list(itertools.product(lines, HOW))
    on_boards(tmp_path, cases, lambda folder, board: Pair(folder, board, keep=False).disturbed)


def test_stopped_while_it_switches(tmp_path: Path) -> None:
    """The same for each step of the switch; the one that is killed is the session or the switch, whoever writes."""
    with folder_board(tmp_path / "first") as board:
        found = Pair(tmp_path / "first", board, keep=True).deploy()
    lines = [n for n, step in enumerate(found, start=1) if step.startswith("activate")]
    assert len(lines) >= 10
    cases = list(itertools.product(lines, HOW))
    on_boards(tmp_path, cases, lambda folder, board: Pair(folder, board, keep=True).disturbed)


@pytest.mark.parametrize("disk", [None, "opt"])
def test_without_power_between_the_switch_and_its_unit_the_switch_is_ended_at_boot(
    tmp_path: Path, disk: str | None
) -> None:
    with folder_board(tmp_path) as board:
        pair = Pair(tmp_path, board, keep=True)
        old, wanted = pair.releases[pair.now], pair.releases[1 - pair.now]
        line = pair.deploy().index("activate link") + 1
        pair.deploy()
        faults = pair.faults
        with faults.board.session(faults.program) as session, faults.at(line, "power", session):
            with contextlib.suppress(Cut):
                session.deploy(wanted, keep=pair.keep)
            assert (board.current, board.starts(), trial(board)) == (wanted.id, old.id, True)
        assert soon(lambda: board.running() == board.starts() == wanted.id and not trial(board))


class Broken:
    """A board whose good release is to be replaced by one that crashes."""

    def __init__(self, folder: Path, board: FolderBoard) -> None:
        self.board = board
        self.faults = Faults(board)
        self.good = DummyRelease(folder / "good")
        self.bad = crashing(folder / "bad")
        assert deploy(self.faults, self.good)["outcome"] == "committed"
        self.run()

    def run(self) -> list[str]:
        before = len(steps(self.board))
        result = deploy(self.faults, self.bad)
        assert result["outcome"] == "rolled_back"
        assert "exit status 1" in result["why"]
        assert self.board.current == self.board.running() == self.board.starts() == self.good.id
        assert leftovers(self.board) == []
        return steps(self.board)[before:]

    def disturbed(self, case: Case) -> None:
        disturb(self.faults, case, self.bad)
        assert self.board.current in {self.good.id, self.bad.id}
        if case[1] == "power":
            assert soon(lambda: self.board.running() == self.good.id and not trial(self.board))
        self.run()


def crashing(folder: Path) -> DummyRelease:
    return DummyRelease(folder, "9", "crash", edit_unit=lambda text: text.replace("Restart=always", "Restart=no"))


def test_stopped_on_the_way_back(tmp_path: Path) -> None:
    with folder_board(tmp_path / "first") as board:
        found = Broken(tmp_path / "first", board).run()
    lines = range(found.index("activate rollback") + 1, len(found) + 1)
    assert len(lines) >= 7
    cases = list(itertools.product(lines, ("kill", "power")))
    on_boards(tmp_path, cases, lambda folder, board: Broken(folder, board).disturbed)


class First:
    """A board that never had anything."""

    def __init__(self, folder: Path, board: FolderBoard) -> None:
        self.board = board
        self.faults = Faults(board)
        self.bare = board.tree()
        self.good = DummyRelease(folder / "good")
        self.bad = crashing(folder / "bad")
        assert deploy(self.faults, self.bad)["outcome"] == "removed"
        self.clean = set(board.tree())

    def uninstall(self) -> None:
        with self.board.session(self.faults.program) as session:
            session.call("lock", who="me")
            session.call("uninstall", purge=True)
        assert self.board.tree() == self.bare
        assert self.board.manager.show("edge-agent")["LoadState"] == "not-found"
        assert self.board.manager.processes() == []

    def good_one(self, case: Case) -> None:
        disturb(self.faults, case, self.good)
        assert self.board.current in {None, self.good.id}
        assert complete(self.board, self.board.current)
        assert deploy(self.faults, self.good)["outcome"] == "committed"
        assert self.board.running() == self.board.current == self.board.starts() == self.good.id
        assert leftovers(self.board) == []
        self.uninstall()

    def bad_one(self, case: Case) -> None:
        disturb(self.faults, case, self.bad)
        assert soon(lambda: not trial(self.board))
        assert deploy(self.faults, self.bad)["outcome"] == "removed"
        assert set(self.board.tree()) == self.clean

    def removal(self, case: Case) -> None:
        assert deploy(self.faults, self.good)["outcome"] == "committed"
        line, how = case
        cut = contextlib.suppress(Cut)
        with self.board.session(self.faults.program) as session, self.faults.at(line, how, session), cut:
            session.call("lock", who="me")
            session.call("uninstall", purge=True)
        assert complete(self.board, self.board.current)
        self.uninstall()


def test_a_first_install_without_power_at_each_step(tmp_path: Path) -> None:
    with folder_board(tmp_path / "first") as board:
        first = First(tmp_path / "first", board)
        first.uninstall()
        assert deploy(first.faults, first.good)["outcome"] == "committed"
        cases = [(n, "power") for n in range(1, len(steps(board)) + 1)]
    assert len(cases) >= 20
    on_boards(tmp_path, cases, lambda folder, board: First(folder, board).good_one)


def test_a_switch_that_boot_starts_for_nothing_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    """A first install was cut off: at boot the switch finds nothing and takes itself away, slowly, during a deploy."""
    with folder_board(tmp_path / "board") as board:
        first = First(tmp_path / "board", board)
        script = board.edge / "edge-board.pyz"
        script.parent.mkdir(parents=True, exist_ok=True)
        begun, unit = board.manager.home / "begun", board.manager.units / "edge-activate.service"
        script.write_text(
            f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(20)\n"
            f"pathlib.Path({str(script)!r}).unlink()\npathlib.Path({str(unit)!r}).unlink()\n",
            encoding="utf-8",
        )
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(f"[Service]\nType=exec\nExecStart={sys.executable} {script}\n", encoding="utf-8")
        board.manager.show("edge-activate")
        subprocess.run(["systemctl", "start", "edge-activate"], env=board.manager.env, check=True)
        assert soon(begun.exists)
        assert deploy(first.faults, first.good)["outcome"] == "committed"
        first.uninstall()


def test_a_broken_first_install_stopped_while_it_is_taken_away(tmp_path: Path) -> None:
    with folder_board(tmp_path / "first") as board:
        First(tmp_path / "first", board)
        found = steps(board)
    lines = range(found.index("activate rollback") + 1, len(found) + 1)
    assert len(lines) >= 4
    on_boards(
        tmp_path, list(itertools.product(lines, ("kill", "power"))), lambda folder, board: First(folder, board).bad_one
    )


def test_an_uninstall_stopped_at_each_step(tmp_path: Path) -> None:
    cases = list(itertools.product(range(1, 5), HOW))
    on_boards(tmp_path, cases, lambda folder, board: First(folder, board).removal)


def test_a_switch_that_always_dies_is_given_up(tmp_path: Path) -> None:
    """It may itself be what takes the board down: three interruptions, and the old release is back."""
    with folder_board(tmp_path) as board:
        pair = Pair(tmp_path, board, keep=True)
        with board.session(pair.faults.always("activate gate")) as session:
            result = session.deploy(pair.releases[1 - pair.now], keep=pair.keep)
        assert (result["outcome"], result["why"]) == ("rolled_back", "the switch was interrupted 3 times")
        assert board.running() == board.current == pair.releases[pair.now].id
        pair.deploy()
