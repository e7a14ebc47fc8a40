"""The plug is pulled at each step of a deploy, on a whole emulated board: the old release or the new one answers.

The native tests do that for every step and every way of being stopped (tests/integration/test_provisioning_faults.py);
here it is a real kernel, a real file system with a cache that is lost, and systemd at boot. `make test` pulls it at
two steps, others every day; `make test-board` at all of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.program import command
from tests.board.machine import Board
from tests.board.programs import program
from tests.integration.board_faults import held
from tests.integration.board_session import BoardSession, Cut
from tests.integration.dummy_release import DummyRelease

pytestmark = [pytest.mark.slow, pytest.mark.board]

EDGE = "/opt/edge"
#: Where the board program looks whether it is to stop: gone after a boot, and the switch then goes on to its end.
CONTROL = "/run/edge-fault"
FEW = 2
_PATIENCE_S = 120.0


class Plug:
    """A board, two releases that replace each other, and a hand at the plug."""

    def __init__(self, board: Board, folder: Path) -> None:
        self.board = board
        self.releases = [DummyRelease(folder / f"{n}", str(n), python="/usr/bin/python3") for n in (1, 2)]
        self.now = 0
        self.program = held(f"{CONTROL}/fault")
        self.steps: list[str] = []

    def session(self, on_event: Callable[[dict[str, Any]], None] = lambda _: None) -> BoardSession:
        board = self.board
        ssh = [program("ssh"), *board.ssh_options(), "-p", str(board.port), f"{board.user}@{board.host}"]
        return BoardSession([*ssh, shlex.join(["sudo", "-n", *command()])], None, self.program, on_event)

    def deploy(self) -> None:
        """Bring the wanted release there and see it run."""
        self.steps.clear()
        wanted = self.releases[self.now]
        with self.session(self._note) as session:
            result = session.deploy(wanted, deadline_s=_PATIENCE_S)
        assert result["outcome"] == "committed", result
        assert self.state() == {"current": wanted.id, "running": wanted.id, "trial": None, "releases": [wanted.id]}
        left = self.board.ssh(f"sudo find {EDGE} /etc/systemd -name '.*' -o -name '*.part'").stdout
        assert left == ""

    def _note(self, event: dict[str, Any]) -> None:
        if event["event"] == "step":
            self.steps.append(f"{event['op']} {event['step']}")

    def state(self) -> dict[str, Any]:
        with self.session() as session:
            found = session.call("status")
        service = found["service"]
        running = None
        if service.get("ActiveState") == "active" and service["StatusText"].endswith(": answering"):
            command_line = self.board.ssh(f"sudo cat /proc/{service['MainPID']}/cmdline", check=False).stdout
            running = Path(command_line.split("\0")[0]).parts[4] if command_line else None
        return {key: found[key] for key in ("current", "trial", "releases")} | {"running": running}

    def pull(self, line: int) -> None:
        """Deploy the other release, without power from the journal's ``line``-th line on; boot; then heal."""
        old, wanted = self.releases[self.now], self.releases[1 - self.now]
        self.now = 1 - self.now
        fault = json.dumps({"left": line, "how": "hold"})
        self.board.ssh(f"sudo mkdir {CONTROL} && echo {shlex.quote(fault)} | sudo tee {CONTROL}/fault")
        self.steps.clear()

        def cut(event: dict[str, Any]) -> None:
            self._note(event)
            if len(self.steps) == line:
                self.board.power_cut()
                session.hang_up()

        with self.session(cut) as session, contextlib.suppress(Cut):
            session.deploy(wanted, deadline_s=_PATIENCE_S)
        assert len(self.steps) == line
        self.board.boot()
        self.board.wait_ready()
        end = time.monotonic() + _PATIENCE_S
        while True:
            found = self.state()
            settled = found["trial"] is None and found["running"] is not None
            if settled or time.monotonic() > end:
                break
            time.sleep(1)
        assert found["current"] in {old.id, wanted.id}, (self.steps, found)
        assert found["running"] == found["current"], (self.steps, found)
        self.intact(found["current"])
        self.deploy()

    def intact(self, release: str) -> None:
        """No file of a release lost its contents: each one that is empty there is meant to be."""
        empty = self.board.ssh(f"sudo find {EDGE}/releases/{release} -type f -empty -printf '%f\\n'").stdout.split()
        assert set(empty) <= {"__init__.py", "RECORD"}
        self.board.ssh(f"sudo sh -c 'cd {EDGE}/blobs && for f in *; do echo \"$f  $f\"; done | sha256sum -c --quiet'")


def pulled_at(board: Board, folder: Path, choose: Callable[[int], list[int]]) -> None:
    plug = Plug(board, folder)
    for _ in range(2):
        plug.now = 1 - plug.now
        plug.deploy()
    steps = list(plug.steps)
    assert len(steps) > 15
    for line in choose(len(steps)):
        print(f"without power at step {line} of {len(steps)}: {steps[line - 1]}", flush=True)
        plug.pull(line)


def test_the_plug_is_pulled_at_a_few_steps(board_a72: Board, tmp_path: Path) -> None:
    """Other ones every day, spread over the whole deploy."""
    today = dt.datetime.now(dt.timezone.utc).date().toordinal()
    pulled_at(board_a72, tmp_path, lambda count: [(today + n * count // FEW) % count + 1 for n in range(FEW)])


@pytest.mark.slow_board
def test_the_plug_is_pulled_at_every_step(board_a72: Board, tmp_path: Path) -> None:
    pulled_at(board_a72, tmp_path, lambda count: list(range(1, count + 1)))
