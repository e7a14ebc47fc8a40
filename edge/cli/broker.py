"""``edge broker``: a broker for a small fleet."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .parser import Parser, UsageError, Verbs, add_verb, number, whole

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from edge.brokers.folder import Fleet
    from edge.brokers.rules import Member

_TEXT = """
Run a broker for a small fleet. `init` makes a folder with everything mosquitto needs:
a certificate authority of your own, a certificate or password for each member, and rules
by which a device can speak only as itself and a client reads only its own answers. `run`
runs mosquitto there, `add` lets more members in while it runs.

  edge broker init DIR --device NAME ... --client NAME ...
  edge broker add DIR --device NAME ...
  edge broker run DIR

What members/NAME in the folder holds belongs on NAME's machine and nowhere else; ca.key
stays with you. Where no mosquitto is installed, --embedded runs a broker in Python: for
this machine alone, MQTT 3.1.1, nothing kept on the disk.

Needs for init and add:     pip install 'bitnet-edge[broker]'
Needs for --embedded:       pip install 'bitnet-edge[embedded]'
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "broker",
        _broker,
        usage="init|add|run DIR [options]  |  edge broker --embedded",
        summary="run a broker for a small fleet",
        text=_TEXT,
        examples=[
            ("edge broker init fleet --device kitchen --client laptop", "certificates, rules, configuration"),
            ("edge broker run fleet", "until Ctrl-C"),
            ("edge broker add fleet --client node-red --passwords", "for what cannot use certificates"),
            ("edge broker --embedded", "a first try on one machine"),
        ],
    )
    parser.add_argument("action", metavar="ACTION", nargs="?", choices=("init", "add", "run"), help="init, add or run")
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="the fleet's folder")
    _members(parser)
    init = parser.add_argument_group("for init")
    init.add_argument(
        "--host", metavar="NAME", action="append", help="name or address of this machine; repeatable, first is shown"
    )
    init.add_argument("--listen", metavar="ADDRESS", default="", help="address to listen on (default: all)")
    init.add_argument("--days", metavar="N", type=number, default=3650, help="certificates' life (default: 3650)")
    init.add_argument("--password-port", metavar="N", type=whole, default=8884, help="port for passwords (8884)")
    both = parser.add_argument_group("for init and --embedded")
    both.add_argument("--port", metavar="N", type=whole, help="port to listen on (default: 8883, embedded 1883)")
    parser.add_argument("--embedded", action="store_true", help="a broker in this process, for this machine alone")


def _members(parser: Parser) -> None:
    group = parser.add_argument_group("for init and add")
    group.add_argument("--device", metavar="NAME", action="append", default=[], help="a board with an agent")
    group.add_argument("--client", metavar="NAME", action="append", default=[], help="somebody who asks boards")
    group.add_argument(
        "--home-assistant", metavar="NAME", action="append", default=[], help="a client that also discovers boards"
    )
    group.add_argument("--passwords", action="store_true", help="give them passwords, not certificates")


def _broker(args: argparse.Namespace) -> int:
    if args.embedded:
        if args.action:
            raise UsageError("--embedded has no folder: edge broker --embedded", "edge broker")
        return _embedded(1883 if args.port is None else args.port)
    if args.action is None or args.folder is None:
        raise UsageError("what shall it do? edge broker init DIR, add DIR or run DIR", "edge broker")
    return {"init": _init, "add": _add, "run": _run}[args.action](args)


def _named(args: argparse.Namespace) -> tuple[Member, ...]:
    from edge.brokers.rules import ROLES, Member

    named = [(name, role) for role in ROLES for name in getattr(args, role.replace("-", "_"))]
    return tuple(Member(name, role, args.passwords) for name, role in named)


def _init(args: argparse.Namespace) -> int:
    from edge.brokers.folder import Fleet, default_hosts, init

    port = 8883 if args.port is None else args.port
    for option, value in (("--port", port), ("--password-port", args.password_port)):
        if not 0 < value < 65536:
            raise UsageError(f"{option} must be from 1 to 65535", "edge broker")
    if port == args.password_port:
        raise UsageError("--port and --password-port must differ", "edge broker")
    if not 1 <= args.days <= 7300:
        raise UsageError("--days must be from 1 to 7300, the life of the authority itself", "edge broker")
    hosts = tuple(args.host or default_hosts())
    fleet = init(args.folder, Fleet(hosts, args.listen, port, args.password_port, args.days, _named(args)))
    print(f"{args.folder}: a fleet of {len(fleet.members)}, reached at {', '.join(hosts)}")
    _explain(args.folder, fleet, fleet.members)
    print(f"Then start the broker:  edge broker run {args.folder}")
    return 0


def _add(args: argparse.Namespace) -> int:
    from edge.brokers.folder import add, load

    members = _named(args)
    if not members:
        raise UsageError("whom? give --device, --client or --home-assistant NAME", "edge broker")
    fleet = add(args.folder, load(args.folder), members)
    _explain(args.folder, fleet, members)
    return 0


def _explain(folder: Path, fleet: Fleet, members: Sequence[Member]) -> None:
    """For each member, what to copy where and what to type there."""
    for member in members:
        have = "--password-file password" if member.password else "--cert cert.pem --key key.pem"
        how = f"--broker {fleet.url(member)} --ca ca.pem {have}"
        verbs = {"device": f"edge agent --name {member.name} ", "client": "edge devices "}
        print(f"{member.name} ({member.role}): copy {folder / 'members' / member.name} there; it connects with")
        print(f"  {verbs.get(member.role, '')}{how}")


def _run(args: argparse.Namespace) -> int:
    from edge.brokers.folder import load
    from edge.brokers.running import expiring, run

    fleet = load(args.folder)
    try:
        ending = expiring(args.folder)
    except (OSError, ValueError) as error:
        ending = [f"not looked at the certificates' ends: {error}"]
    for line in ending:
        print(f"edge: warning: {line}", file=sys.stderr)

    def started() -> None:
        host = fleet.hosts[0]
        print(f"broker runs: mqtts://{host}:{fleet.port} (certificates)")
        print(f"             mqtts://NAME@{host}:{fleet.password_port} (passwords)")
        print(f"more members: edge broker add {args.folder} --device NAME    stop: Ctrl-C", flush=True)

    run(args.folder, started)
    return 0


def _embedded(port: int) -> int:
    import asyncio

    from edge.brokers.embedded import serve

    def started(port: int) -> None:
        url = f"mqtt://127.0.0.1:{port}"
        print(f"broker runs: {url} (this machine only, everybody on it may connect, nothing is kept)")
        print(f"next: edge agent --broker {url} --name try    stop: Ctrl-C", flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(port, started))
    return 0
