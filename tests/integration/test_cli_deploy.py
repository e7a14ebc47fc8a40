"""The verbs for boards, as typed: real wheels, agent, model and broker, on a board that is a folder of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.mosquitto import Mosquitto
from tests.integration.native_board import NativeBoard, native_board

pytestmark = pytest.mark.slow

SENTENCE = "turn on the kitchen lights"


class Terminal:
    """Somebody typing: `edge(verb, ...)` for the one board, with what it remembers in a folder of the test."""

    def __init__(self, folder: Path, board: NativeBoard, broker: Mosquitto) -> None:
        self.board, self.broker = board, broker
        target = board.target()
        self._way = [
            f"{target.user}@127.0.0.1:{target.port}",
            *("--identity", str(target.keys[0])),
            *("--ssh-config", str(folder / "ssh_config")),
            *("--prefix", str(board.prefix)),
        ]
        known = f"Host *\n  UserKnownHostsFile {board.sshd.known_hosts}\n  IdentitiesOnly yes\n"
        (folder / "ssh_config").write_text(known, encoding="utf-8")
        self._state = str(folder / "state")

    def edge(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("EDGE_") or key == "EDGE_HOME"}
        return subprocess.run(
            [sys.executable, "-m", "edge", verb, *self._way, *arguments],
            env=clean | {"XDG_STATE_HOME": self._state},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.edge("deploy", "--broker", self.broker.url, "--name", "kitchen", *arguments)

    def report(self, *arguments: str) -> dict[str, Any]:
        done = self.deploy("--json", *arguments)
        assert done.stdout, done.stderr
        (host,) = json.loads(done.stdout)["hosts"].values()
        return dict(host) | {"code": done.returncode}

    def ask(self) -> object:
        """The agent's answer; it may just be coming back."""
        for _ in range(10):
            command = [sys.executable, "-m", "edge", "ask", "kitchen", SENTENCE, "--broker", self.broker.url]
            done = subprocess.run(
                [*command, "--timeout", "10"], capture_output=True, text=True, timeout=60, check=False
            )
            if done.returncode == 0:
                return json.loads(done.stdout)
            time.sleep(0.5)
        return done.stderr


@pytest.fixture
def terminal(tmp_path: Path, mosquitto: Callable[..., Mosquitto]) -> Iterator[Terminal]:
    broker = mosquitto()
    with native_board(tmp_path / "board") as board:
        yield Terminal(tmp_path, board, broker)


def test_from_a_bare_board_and_back(terminal: Terminal) -> None:
    answer = {"intent": "HassTurnOn", "slots": {"area": "kitchen", "domain": "light"}}
    bare = terminal.board.tree()

    plan = terminal.deploy("--plan")
    assert plan.returncode == 2, plan.stderr
    assert "send numpy" in plan.stdout
    assert terminal.board.tree() == bare

    first = terminal.deploy()
    assert first.returncode == 0, first.stderr
    assert "edge ask kitchen" in first.stderr
    assert terminal.ask() == answer

    again = terminal.report()
    assert (again["code"], again["state"], again["trips"], again.get("sent", 0)) == (0, "unchanged", 1, 0)

    other = terminal.report("--pool", "house")
    assert (other["code"], other["state"], other.get("sent", 0)) == (0, "changed", 0)
    assert other["previous"] == again["release"]

    listed = terminal.edge("releases")
    assert f"* {other['release']}" in listed.stdout
    assert f"  {again['release']}" in listed.stdout

    back = terminal.edge("rollback")
    assert back.returncode == 0, back.stderr
    assert terminal.board.current == again["release"]
    assert terminal.ask() == answer

    restarted = terminal.edge("restart")
    assert restarted.returncode == 0, restarted.stderr
    assert terminal.ask() == answer
    assert "connected" in terminal.edge("logs", "--lines", "20").stdout

    asked = terminal.edge("uninstall")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "--yes" in asked.stderr
    gone = terminal.edge("uninstall", "--purge", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert terminal.board.tree() == bare


def test_a_broker_that_nobody_reaches_does_not_fail_a_deploy_and_is_told(terminal: Terminal) -> None:
    terminal.broker.stop()
    done = terminal.deploy()
    assert done.returncode == 0, done.stderr
    assert "has no broker yet" in done.stderr
    terminal.broker.start()
    assert isinstance(terminal.ask(), dict)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "nothing-of-the-kind"), "no model"),
        (("--broker", "mqtts://hub", "--ca", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
        (("--broker", "http://hub"), "http://hub"),
        (("--wheel", "/nowhere.whl"), "/nowhere.whl"),
        (("--limit-rate", "fast"), "--limit-rate"),
        (("--deadline", "1"), "--deadline"),
    ],
)
def test_what_cannot_be_is_said_in_a_line_and_changes_nothing(
    terminal: Terminal, arguments: tuple[str, ...], says: str
) -> None:
    bare = terminal.board.tree()
    done = terminal.deploy(*arguments)
    assert done.returncode == 2, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("edge: error:")
    assert says in last
    assert terminal.board.tree() == bare
