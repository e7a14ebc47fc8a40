"""``edge console``: from a login prompt on a serial port to a board that ssh reaches."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .consoles import add_console, reach, teller
from .parser import Verbs, add_verb, number
from .progress import duration

if TYPE_CHECKING:
    import argparse

_TEXT = """
Make a board that has no network yet reachable by ssh, over its serial console: log in, and set
host name, clock, network and the ssh key that may log in; note down the board's own ssh key,
so that nothing has to be believed later. Then 'edge deploy' can take it, or does all of this
itself: edge deploy serial:PORT.

The board needs systemd, sshd, python3, and NetworkManager or systemd-networkd. What is already
as it should be is left alone, and the console is left as it was found. Passwords are asked for
when the board asks, or read from files; they are never echoed, logged, or part of a command.
With --plan nothing is changed, but for a password that has to be before anybody is let in; the
exit code is 0 for nothing to do, 2 for something.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "console",
        _console,
        usage="[USER@]PORT[@BAUD] [options]",
        summary="set a board up over its serial console, for ssh",
        text=_TEXT,
        examples=[
            ("edge console /dev/ttyUSB0", "user pi, address by DHCP"),
            ("edge console ada@/dev/ttyUSB0 --wifi home --wifi-country DE", "user ada, by Wi-Fi"),
            ("edge console /dev/ttyUSB0@1500000 --address 10.0.0.7/24", "another speed, a fixed address"),
        ],
    )
    parser.add_argument("port", metavar="PORT", help="the serial port; BAUD: its speed (default: 115200)")
    add_console(parser, "the login, and what the board is to get")
    ssh = parser.add_argument_group("ssh afterwards")
    ssh.add_argument("--identity", metavar="FILE", type=Path, help="the key that may log in (default: ssh's own)")
    ssh.add_argument("--ssh-config", metavar="FILE", type=Path, help="instead of ~/.ssh/config")
    ssh.add_argument("--connect-timeout", metavar="S", type=number, help="unreachable after S seconds (default: 30)")
    parser.add_argument("--plan", action="store_true", help="log in, print what would happen, do nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON report, no progress")


def _console(args: argparse.Namespace) -> int:
    found = reach(args, args.port, tell=teller(args.port, quiet=args.json), plan_only=args.plan)
    planned = args.plan and bool(found.steps)
    target = found.target
    if args.json:
        report = dataclasses.asdict(dataclasses.replace(found, target=None)) | {
            "port": args.port,
            "state": "planned" if planned else "changed" if found.steps else "unchanged",
            "host": target and target.host,
            "ssh_port": target and (target.port or 22),
        }
        del report["target"]
        print(json.dumps(report, indent=2, ensure_ascii=False))
    elif target is None:
        print("\n".join([f"{args.port}: {found.hostname}", *(f"  {n}. {s}" for n, s in enumerate(found.steps, 1))]))
    else:
        done = f"{len(found.steps)} steps" if found.steps else "nothing to do"
        print(f"{args.port}: {found.hostname} is {found.user}@{target.host}: {done} ({duration(found.seconds)})")
        port = f":{target.port}" if target.port else ""
        print(f"edge: next: edge deploy {found.user}@{target.host}{port} --broker URL", file=sys.stderr)
    return 2 if planned else 0
