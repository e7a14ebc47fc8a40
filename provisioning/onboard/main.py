"""The board program's two lives: a session with an operator, and the service that switches between releases."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from typing import Any

from . import activation
from .failure import Failure, Gone, from_os_error
from .journal import Journal
from .layout import Layout
from .operations import Operations
from .wire import Wire

__all__ = ["main"]


def main() -> int:
    """Run as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="edge-board")
    parser.add_argument("role", choices=["session", "activate"])
    parser.add_argument("--prefix", default="")
    arguments = parser.parse_args()
    os.umask(0o022)  # all but secrets is for everybody to read: a probe needs no root
    layout = Layout(arguments.prefix)
    if arguments.role == "session":
        return session(layout, Wire())
    try:
        activation.activate(layout, Journal(layout.journal))
    except OSError as error:
        # Another try would meet the same disk at once; the next boot or deploy takes it up.
        print(f"edge: {from_os_error(error)}", file=sys.stderr)
    return 0


def session(layout: Layout, wire: Wire) -> int:
    """Serve one operator until it is gone."""
    operations = Operations(layout, wire)
    try:
        while True:
            wire.send(_answer(operations, wire))
            if wire.owed:
                return 1
    except Gone:
        return 0


def _answer(operations: Operations, wire: Wire) -> dict[str, Any]:
    try:
        return {"done": operations.perform(wire.line())}
    except Gone:
        raise
    except Failure as error:
        failure = error
    except OSError as error:
        failure = from_os_error(error)
    except Exception as error:  # noqa: BLE001 - a defect of ours; its place is worth more to the operator than silence
        failure = Failure("internal", f"a defect of the board program: {error!r}", traceback.format_exc().splitlines())
    return {"error": {"code": failure.code, "message": str(failure), "log": failure.log}}
