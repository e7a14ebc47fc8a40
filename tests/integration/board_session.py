"""A session with the board program: the operator's side in few lines, over any command that runs the other one.

with BoardSession(command(prefix="/tmp/board"), env) as session:
session.deploy(release)         # everything; or session.call("lock", who="me"), session.send(...), ...
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from provisioning.program import preamble
from tests.integration.dummy_release import DummyRelease

__all__ = ["BoardSession", "Cut", "Refused"]


class Refused(Exception):
    """The board answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']} {error['log']}")
        self.code, self.log = error["code"], error["log"]
        self.message = error["message"]


class Cut(Exception):
    """The board program is gone."""


class BoardSession:
    """``argv``: what runs the board program, as root. ``program``: instead of the real one.

    ``on_event`` gets each event of every operation.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: dict[str, str] | None,
        program: bytes | None = None,
        on_event: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._line, theirs = socket.socketpair()  # as sshd does it
        with theirs:
            self.process = subprocess.Popen(argv, env=env, stdin=theirs.fileno(), stdout=theirs.fileno())
        self._answers = self._line.makefile("rb")
        self._program = program
        self._on_event = on_event
        self.events: list[dict[str, Any]] = []
        self.sent = 0

    def __enter__(self) -> BoardSession:
        self._write(preamble(self._program))
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:  # an ssh whose board has no power
            self.process.kill()
            self.process.wait()
        self._answers.close()
        self._line.close()

    def hang_up(self) -> None:
        """Cut the connection; from any thread."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def _write(self, data: bytes) -> None:
        try:
            self._line.sendall(data)
        except OSError as error:
            raise Cut from error

    def _read(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise Cut from error
        if not line.endswith(b"\n"):
            raise Cut
        return dict(json.loads(line))

    def call(self, op: str, data: bytes | None = None, **fields: Any) -> dict[str, Any]:
        """One operation; ``data`` are the bytes that follow it. Raises Refused, Cut."""
        self._write(json.dumps({"op": op, **fields}).encode() + b"\n")
        while True:
            message = self._read()
            if "done" in message:
                return dict(message["done"])
            if "error" in message:
                raise Refused(message["error"])
            if message["event"] == "send" and data is not None:
                self.sent += len(data) - message["offset"]
                self._write(data[message["offset"] :])
            self.events.append(message)
            self._on_event(message)

    def deploy(
        self,
        release: DummyRelease,
        *,
        deadline_s: float = 60.0,
        settle_s: float = 0.1,
        keep: tuple[str, ...] = (),
        check_s: float = 60.0,
    ) -> dict[str, Any]:
        """All that a deploy is, from the lock to pruning; return the result of the switch."""
        self.call("lock", who="tester@here")
        here = self.call("status")
        if here["trial"]:
            self.call("settle")
            here = self.call("status")
        if release.id not in here["releases"]:
            for piece in release.pieces:
                self.call("blob", (release.folder / piece["name"]).read_bytes(), **piece)
            for name, value in release.secrets.items():
                self.call("secret", value, name=name, size=len(value))
            assert self.call("install", manifest=release.manifest)["id"] == release.id
        if release.id not in here["checked"]:
            self.call("check", id=release.id, timeout_s=check_s)
        if here["current"] == release.id and here["service"].get("ActiveState") == "active":
            result = {"outcome": "committed"}
        else:
            result = self.call("activate", id=release.id, deadline_s=deadline_s, settle_s=settle_s)
        if result["outcome"] == "committed":
            self.call("prune", keep=[release.id, *keep])
        return result
