"""The operator's side of a test with an emulated board: the `edge` command, a broker here, wheels that misbehave."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from provisioning.manifest import Blob
from provisioning.wheels import own_wheel
from tests.board.machine import Board
from tests.integration.mosquitto import Mosquitto

__all__ = ["Operator", "own", "variant"]

_LONGEST_S = 900


@dataclass(frozen=True)
class Operator:
    """Somebody at this machine with a folder of their own, a board to work on, and a broker that both can reach."""

    folder: Path
    board: Board
    broker: Mosquitto

    @property
    def url(self) -> str:
        """The broker as the board reaches it."""
        return f"mqtt://{self.board.host_address}:{self.broker.port}"

    def edge(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `edge`; what it remembers of runs stays in the test's folder, wheels come from the user's cache."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("EDGE_") or key == "EDGE_HOME"}
        return subprocess.run(
            [sys.executable, "-m", "edge", *arguments],
            env=clean | {"XDG_STATE_HOME": str(self.folder / "state")} | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )

    def on_board(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb for the board."""
        return self.edge(verb, "board", "--ssh-config", str(self.ssh_config()), *arguments)

    def ssh_config(self) -> Path:
        path = self.folder / "ssh_config"
        board = self.board
        lines = [
            "Host board",
            f"HostName {board.host}",
            f"Port {board.port}",
            f"User {board.user}",
            f"IdentityFile {board.key}",
            "IdentitiesOnly yes",
            f"UserKnownHostsFile {board.known_hosts}",
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def order(self, *arguments: str) -> list[str]:
        """What the board shall be; the wheel is named, because sources may change while a test runs."""
        return ["--broker", self.url, "--name", "kitchen", "--wheel", str(own().path), *arguments]

    def deploy(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Deploy to the board; return the exit code and the board's part of the report."""
        done = self.on_board("deploy", *self.order("--json", *arguments))
        try:
            report = json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(f"edge deploy ended with {done.returncode}: {done.stderr}") from error
        return done.returncode, dict(report["hosts"]["board"])

    def ask(self, sentence: str, timeout_s: int = 60) -> str:
        """Ask the board's agent over MQTT. Its answer, or what `edge ask` said instead."""
        url = f"mqtt://127.0.0.1:{self.broker.port}"
        done = self.edge("ask", "kitchen", sentence, "--broker", url, "--timeout", str(timeout_s))
        return done.stdout.strip() or done.stderr

    def service(self, *names: str) -> dict[str, str]:
        """Properties of the agent's unit on the board."""
        shown = self.board.ssh(f"systemctl show edge-agent -p {','.join(names)}").stdout
        return dict(line.split("=", 1) for line in shown.splitlines())


@cache
def own() -> Blob:
    """Our wheel for the emulated board."""
    return own_wheel("aarch64", (3, 11, 2), (2, 36))


def variant(folder: Path, name: str, changes: Mapping[str, tuple[str, str]]) -> Path:
    """Our wheel for the emulated board with text in some files replaced: a release that is broken on purpose.

    `changes`: file in the wheel to (what stands there, what shall stand there).
    """
    blob = own()
    assert blob.path is not None
    made = folder / name / blob.path.name
    made.parent.mkdir(parents=True)
    left = dict(changes)
    with zipfile.ZipFile(blob.path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename in left:
                before, after = left.pop(entry.filename)
                assert before in data.decode(), f"{entry.filename} has changed: mend this test"
                data = data.decode().replace(before, after, 1).encode()
            if entry.filename.endswith("RECORD"):
                # pip checks no hash of a file that has none.
                lines = [line.split(",")[0] + ",," if line.split(",")[0] in changes else line
                         for line in data.decode().splitlines()]  # fmt: skip
                data = ("\n".join(lines) + "\n").encode()
            new.writestr(entry, data)
    assert not left, f"not in the wheel: {sorted(left)}"
    shutil.copystat(blob.path, made)
    return made
