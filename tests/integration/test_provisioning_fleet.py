"""Fifty boards in waves, three of them failing and two out of reach: budget, table, record, resume and report."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.facts import Facts
from edge.cli import rollouts
from edge.cli.parser import Parser
from edge.cli.targets import Chosen, add_targets, choose
from provisioning.deploy import Order, deploy, visit
from provisioning.events import Outcome
from provisioning.execute import Tell
from provisioning.job import Job
from provisioning.manifest import Blob, Model
from provisioning.sizing import Appetite
from provisioning.wanted import Wanted
from tests.integration.dummy_release import DummyRelease
from tests.integration.native_board import NativeBoard, native_board

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


class Fleet:
    """The boards and their inventory; ``failing``: who gets a release whose agent crashes."""

    def __init__(self, folder: Path, boards: dict[str, NativeBoard]) -> None:
        self.boards = boards
        self.failing = set(FAILING)
        self.visited: list[str] = []
        self._second = threading.Event()
        self._releases = {how: DummyRelease(folder / how, agent=how) for how in ("good", "crash")}
        self._known = folder / "known_hosts"
        self._config = folder / "ssh_config"
        self._inventory = folder / "fleet.toml"

    def write(self) -> None:
        self._known.write_text("".join(board.sshd.known_hosts.read_text() for board in self.boards.values()))
        self._config.write_text(f"Host *\n  UserKnownHostsFile {self._known}\n  IdentitiesOnly yes\n")
        lines = [f'[all]\nssh-config = "{self._config}"\nhost-key = "strict"\n[hosts]\n']
        for name, board in self.boards.items():
            target = board.target()
            lines.append(
                f'{name} = {{ host = "{target.user}@127.0.0.1:{target.port}", identity = "{target.keys[0]}", '
                f'prefix = "{board.prefix}" }}\n'
            )
        self._inventory.write_text("".join(lines))

    def deploy(self, *words: str) -> int:
        """What `edge deploy` does, with a release of our own in place of a built one."""
        parser = Parser(prog="edge deploy")
        add_targets(parser)
        rollouts.add_rollout(parser)
        rollouts.add_resume(parser)
        parser.add_argument("--json", action="store_true")
        args: argparse.Namespace = parser.parse_args([*words, "--inventory", str(self._inventory)])
        run = rollouts.resumed(args, "edge deploy")
        self.visited.clear()
        report = rollouts.roll(args, "edge deploy", choose(args, "edge deploy"), self._do, wanted={}, run=run)
        return rollouts.conclude(args, "edge deploy", report)

    def _do(self, board: Chosen, job: Job) -> Outcome:
        self.visited.append(board.name)
        if board.name >= LATE:
            assert self._second.wait(PATIENCE_S)
        release = self._releases["crash" if board.name in self.failing else "good"]
        order = Order("test@here")
        work = _prepared(board.name, release)
        outcome = visit(board.name, board.target, lambda errand: deploy(errand, work, order), job)
        if board.name == FAILING[1]:
            self._second.set()
        return outcome


def _prepared(device: str, release: DummyRelease) -> Callable[[Facts, Tell], Wanted]:
    wheel, pip, weights = (
        Blob(str(piece["name"]), str(piece["sha256"]), int(piece["size"]), release.folder / str(piece["name"]))
        for piece in release.pieces
    )

    def prepare(_: Facts, __: Tell) -> Wanted:
        return Wanted(
            device=device,
            broker="mqtt://127.0.0.1:9",
            model=Model("dummy", (weights,)),
            wheels=(wheel,),
            pip=pip,
            check=release.manifest["check"],
            appetite=Appetite(len(release.model), 1024, 256),
            deadline_s=60.0,
        )

    return prepare


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    with contextlib.ExitStack() as stack:
        boards = {f"b{i:02}": stack.enter_context(native_board(folder / f"b{i:02}")) for i in range(BOARDS)}
        made = Fleet(folder, boards)
        made.write()
        for name in UNREACHABLE:
            boards[name].sshd.stop()
        yield made


def counts(report: dict[str, Any]) -> dict[str, int]:
    return dict(report["counts"])


@pytest.mark.slow
def test_fifty_boards(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One story: stopped by its budget, gone on with a larger one, then with what was out of order put right."""
    monkeypatch.setenv("EDGE_HOME", str(tmp_path))
    records = tmp_path / "runs"

    def record() -> dict[str, Any]:
        (folder,) = records.iterdir()
        data: dict[str, Any] = json.loads((folder / "run.json").read_text())
        return data

    # One failure may be, the second one stops it: nobody begins after that, and who had begun came to an end.
    assert fleet.deploy("@all", "--max-failures", "1", "--parallel", str(PARALLEL), "--soak", "0.5", "--json") == 4
    report = json.loads(capsys.readouterr().out)
    assert report["result"] == "failed"
    assert report["stopped"] == "2 failed (b03, b05), 1 may"
    states = {name: of["state"] for name, of in report["hosts"].items()}
    assert [name for name, state in states.items() if state == "failed"] == ["b03", "b05"]
    assert [name for name, state in states.items() if state == "unreachable"] == ["b02"]
    assert states["b49"] == "pending"
    pending = {name for name, state in states.items() if state == "pending"}
    assert set(states) - pending == set(fleet.visited)
    assert sum(counts(report).values()) == BOARDS
    assert "crash" in "\n".join(report["hosts"]["b03"]["log"])
    for name, board in fleet.boards.items():
        assert (board.running() is not None) == (states[name] == "changed"), name
    assert record()["waves"][:2] == [["b00"], ["b01", "b02", "b03", "b04"]]

    # With a larger budget it goes on, at a terminal now: those that are done or failed have no second turn.
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "20")
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        assert fleet.deploy("--resume", report["run"], "--max-failures", "3") == 4
    assert set(fleet.visited) == pending | {"b02"}
    out = capsys.readouterr().out
    assert {line.split()[0] for line in out.splitlines()} == set(fleet.boards)
    assert re.search(r"^b44 +unreachable +.*refuses connections", out, re.MULTILINE)
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"^b\d\d +activate +\d+ s  ", drawn, re.MULTILINE)
    assert re.search(r"^wave 3 of 3  \d+ of 50: .*\(3 may fail\)", drawn, re.MULTILINE)
    assert "edge: 50 of 50: 45 done, 2 unreachable, 3 failed" in drawn
    assert record()["counts"] == {"changed": 45, "unreachable": 2, "failed": 3}

    # What was wrong is put right: only those five are visited, and the run is done.
    fleet.failing.clear()
    for name in UNREACHABLE:
        fleet.boards[name].sshd.start()
    fleet.write()
    assert fleet.deploy("--resume", "last", "--retry-failed") == 0
    assert set(fleet.visited) == {*FAILING, *UNREACHABLE}
    assert (record()["result"], record()["counts"]) == ("done", {"changed": 50})
    assert all(board.running() for board in fleet.boards.values())

    # Nobody has a lock left, and nothing is to be done any more.
    capsys.readouterr()
    assert fleet.deploy("@all", "--waves", "100%", "--limit", "b0*", "--json") == 0
    assert counts(json.loads(capsys.readouterr().out)) == {"unchanged": 10}
