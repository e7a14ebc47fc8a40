"""``edge devices``: the fleet at a glance."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING

from .connection import add_connection, connect
from .fleet_table import table
from .parser import UsageError, Verbs, add_verb

if TYPE_CHECKING:
    import argparse

    from edge.client import Client

_TEXT = """
List the boards that a broker knows: their state, and what they last said of themselves.

QUEUE is questions accepted and not yet answered, WAIT the time until a new one would be
begun, MEMORY what the agent uses apart from the model's file, SEEN the time since its last
report, BOARD its processor's temperature, its power, and what its firmware complains of,
where it can say so.
"""

_EVERY_S = 1.0


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "devices",
        _devices,
        usage="[options]",
        summary="list the boards of a broker",
        text=_TEXT,
        examples=[
            ("edge devices --broker mqtt://hub.local", ""),
            ("edge devices --watch", "until Ctrl-C; broker: $EDGE_BROKER"),
        ],
    )
    parser.add_argument("--watch", action="store_true", help="keep the table on the terminal up to date")
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")
    add_connection(parser)


def _devices(args: argparse.Namespace) -> int:
    if args.watch and (args.json or not sys.stdout.isatty()):
        raise UsageError("--watch draws on a terminal; leave it out for files and programs", "edge devices")
    with connect(args) as client:
        if args.watch:
            _watch(client)
            return 0
        found = client.devices()
    if args.json:
        print(json.dumps([device.to_json() for device in found], indent=2, ensure_ascii=False))
    elif found:
        # Cut to the terminal's width; a file takes whole names.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print("\n".join(table(found, time.time(), width, colour=sys.stdout.isatty())))
    else:
        print("edge: no device has ever said anything at this broker; 'edge agent' makes one", file=sys.stderr)
    return 0


def _watch(client: Client) -> None:
    found = client.devices()  # before the screen changes: this is where most errors come from
    out = sys.stdout
    out.write("\x1b[?1049h\x1b[?25l")  # the other screen, no cursor
    try:
        while True:
            if client.connected:
                found = client.devices()
            size = shutil.get_terminal_size()
            lines = table(found, time.time(), size.columns, colour=True)
            ready = sum(device.state == "ready" for device in found)
            count = f"{len(found)} device{'s' if len(found) != 1 else ''}, {ready} ready"
            foot = count if client.connected else "no connection to the broker"
            room = size.lines - 2
            if len(lines) > room:
                foot += f"; the first {room - 1} are shown"
            screen = [*lines[:room], "", foot[: size.columns]]
            out.write("\x1b[H" + "\n".join(f"{line}\x1b[K" for line in screen) + "\x1b[J")
            out.flush()
            time.sleep(_EVERY_S)
    except KeyboardInterrupt:
        pass
    finally:
        out.write("\x1b[?25h\x1b[?1049l")
        out.flush()
