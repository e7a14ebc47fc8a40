"""Stopping a board at any step: a board program whose journal does something bad at the n-th line it writes.

The product has no hook for this. The test sends another zip: the real one with a few lines at the end of the journal's
module, which the switch then runs, too, because a switch runs from a copy of the session's program.

    faults = Faults(board)
    with board.session(faults.program) as session, faults.at(3, "power", session):
        session.deploy(release)
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from provisioning.program import board_program, sources
from tests.integration.board_session import BoardSession
from tests.integration.native_board import FolderBoard

__all__ = ["Faults", "held", "steps"]

# The file ``control`` says what shall happen: after how many lines, and whether this program is killed at once or held
# until the test lets it go.
_PATCH = """

def _bad(step=Journal.step):
    import signal

    def patched(self, *arguments, **more):
        step(self, *arguments, **more)
        try:
            with open({control!r}) as file:
                fault = json.load(file)
        except OSError:
            return
        fault["left"] -= 1
        with open({control!r} + ".new", "w") as file:
            json.dump(fault, file)
        if fault["left"] > 0:
            os.replace(file.name, {control!r})
            return
        os.replace(file.name, {control!r} + ".done")
        os.unlink({control!r})
        if fault["how"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        while os.path.exists({control!r} + ".done"):
            time.sleep(0.01)

    Journal.step = patched


_bad()
"""

# Three starts of Python less for each release; what they do is tested where nothing is cut off.
_PACKAGES = """
import os, sys, sysconfig, zipfile


def make_venv(python, venv, watch):
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(python)
    (venv / "pyvenv.cfg").write_text(f"home = {os.path.dirname(python)}\\n")


def install(venv, pip, wheels, watch):
    for wheel in wheels:
        zipfile.ZipFile(wheel).extractall(sysconfig.get_path("purelib", "posix_prefix", vars={"base": str(venv)}))


def compile_all(venv, final, watch):
    pass
"""


def steps(board: FolderBoard) -> list[str]:
    """The journal of a board so far: ``"install venv"`` and so on."""
    journal = board.edge / "journal.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    return [f"{line['op']} {line['step']}" for line in map(json.loads, lines)]


def held(control: str) -> bytes:
    """A program that does what the real one does, unless the file ``control`` of the board asks for a fault."""
    return _program(_PATCH.format(control=control))


def _program(patch: str) -> bytes:
    files = sources()
    journal = files["onboard/journal.py"] + patch.encode()
    return board_program(files | {"onboard/journal.py": journal, "onboard/packages.py": _PACKAGES.encode()})


class Faults:
    """Faults of one board."""

    def __init__(self, board: FolderBoard) -> None:
        self.board = board
        self._control = board.manager.home / "fault"
        self._done = self._control.with_name("fault.done")
        #: Does what the real one does as long as no fault is asked for.
        self.program = held(str(self._control))

    def always(self, step: str) -> bytes:
        """A program that is killed whenever it comes to a step, as often as it is started again."""
        patch = f"""

def _bad(step=Journal.step):
    def patched(self, op, name, *arguments, **more):
        step(self, op, name, *arguments, **more)
        if f"{{op}} {{name}}" == {step!r}:
            os.kill(os.getpid(), 9)

    Journal.step = patched


_bad()
"""
        return _program(patch)

    @contextlib.contextmanager
    def at(self, line: int, how: str, session: BoardSession) -> Iterator[None]:
        """Within the block, at the journal's ``line``-th line from now: kill, cut, or power.

        ``kill``: the program that writes the line is killed. ``cut``: the connection goes. ``power``: every process of
        the board is killed; after the block it has booted, for odd lines with /opt on a disk of its own.
        """
        hold = {"left": line, "how": "kill" if how == "kill" else "hold"}
        self._control.write_text(json.dumps(hold), encoding="utf-8")
        happened: dict[str, Any] = {}
        watcher = threading.Thread(target=self._watch, args=(how, session, happened))
        watcher.start()
        try:
            yield
        finally:
            self._control.unlink(missing_ok=True)
            happened["over"] = True
            watcher.join()
            self._done.unlink(missing_ok=True)
            if how == "power":
                self.board.manager.boot(self.board.prefix / "opt" if line % 2 else None)
        assert happened.get("fault"), f"line {line} was never written"

    def _watch(self, how: str, session: BoardSession, happened: dict[str, Any]) -> None:
        while True:
            over = happened.get("over")
            if self._done.exists():
                happened["fault"] = True
                if how == "power":
                    self.board.manager.power_cut()
                elif how == "cut":
                    session.hang_up()
                self._done.unlink()
                return
            if over:
                return
            time.sleep(0.005)
