"""A board that is a folder of this machine: a real sshd, real processes, and a stand-in for systemd. Many at once.

with native_board(tmp_path) as board:
    with open_board(board.target(), deadline=30) as opened: ...
    with board.session() as session: ...     # the board program without ssh
    board.manager.power_cut(); board.manager.boot()
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from provisioning.connection import Target
from provisioning.program import command
from tests.integration.board_session import BoardSession
from tests.integration.service_manager import ServiceManager
from tests.integration.sshd import Sshd, sshd
from tests.integration.units import Unit

__all__ = ["FolderBoard", "NativeBoard", "folder_board", "native_board"]

_SUDO = """#!/bin/sh
# Root already, so to say.
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
"""


class FolderBoard:
    """A board without a way in: ``prefix`` is its root, ``manager`` its service manager."""

    def __init__(self, manager: ServiceManager) -> None:
        self.manager = manager
        self.prefix = manager.prefix
        self.edge = self.prefix / "opt/edge"

    def session(
        self, program: bytes | None = None, on_event: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> BoardSession:
        """A session with its board program, as root would have it. ``program``: another program."""
        argv = command(getattr(sys, "_base_executable", sys.executable), str(self.prefix))
        return BoardSession(argv, self.manager.env, program, on_event)

    @property
    def current(self) -> str | None:
        """The id of the release that ``current`` points to."""
        link = self.edge / "current"
        return link.readlink().name if link.is_symlink() else None

    def running(self) -> str | None:
        """The id of the release whose agent runs and has said that it answers; None where none does."""
        found = self.manager.show("edge-agent")
        command = self.manager.command_line("edge-agent")
        if found["ActiveState"] != "active" or not found["StatusText"].endswith(": answering") or not command:
            return None
        return Path(command[0]).relative_to(self.edge / "releases").parts[0]

    def starts(self) -> str | None:
        """The id of the release that systemd starts at boot, whatever ``current`` says; None for none."""
        unit = self.manager.units / "edge-agent.service"
        if unit.is_symlink() or not (self.manager.units / "multi-user.target.wants" / unit.name).is_file():
            return None
        program = Unit(unit.read_text(encoding="utf-8")).command({})[0]
        return Path(program).relative_to(self.edge / "releases").parts[0]

    def tree(self) -> dict[str, str]:
        """Every file, link and folder below its root, with what is in it: for comparing before and after."""
        found = {}
        for path in sorted(self.prefix.rglob("*")):
            kind = "folder"
            if path.is_symlink():
                kind = f"link to {path.readlink()}"
            elif path.is_file():
                kind = f"file {path.stat().st_mode:o} {path.read_bytes()!r}"
            found[path.relative_to(self.prefix).as_posix()] = kind
        return found


class NativeBoard(FolderBoard):
    """A board to log in to."""

    def __init__(self, manager: ServiceManager, server: Sshd) -> None:
        super().__init__(manager)
        self.sshd = server

    def target(self, **changes: Any) -> Target:
        return self.sshd.target(**({"prefix": str(self.prefix)} | changes))


@contextlib.contextmanager
def folder_board(folder: Path) -> Iterator[FolderBoard]:
    """A running board without sshd; all it has lies in ``folder``."""
    with ServiceManager(folder / "root", folder / "manager") as manager:
        yield FolderBoard(manager)


@contextlib.contextmanager
def native_board(folder: Path, *, env: Mapping[str, str] | None = None, config: str = "") -> Iterator[NativeBoard]:
    """A running board; all it has lies in ``folder``. ``env`` and ``config``: see tests.integration.sshd."""
    folder.mkdir(parents=True, exist_ok=True)
    with ServiceManager(folder / "root", folder / "manager") as manager:
        sudo = manager.bin / "sudo"
        sudo.write_text(_SUDO, encoding="utf-8")
        sudo.chmod(0o755)
        with sshd(folder, path_first=[manager.bin], env=env, config=config) as server:
            yield NativeBoard(manager, server)
