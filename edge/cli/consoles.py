"""Boards at the other end of a serial port: the options about them, and the questions that only a person can answer."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import EdgeError

from .parser import UsageError, number
from .rollout_table import plain
from .targets import Chosen, secret_from

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from provisioning.console.found import Wanted
    from provisioning.console.getty import Account
    from provisioning.console.provision import Reached

    from .parser import Parser

__all__ = ["add_console", "handed_over", "over_wires", "reach", "teller"]

SERIAL = "serial:"
_PATIENCE_S = 90.0


def add_console(parser: Parser, title: str) -> None:
    """Add the options about logging in at a console, and about what the board is to get there."""
    group = parser.add_argument_group(title)
    group.add_argument("--login-password-file", metavar="FILE", type=Path, help="the password for the login, in a file")
    group.add_argument("--new-password-file", metavar="FILE", type=Path, help="where the board wants it changed")
    group.add_argument("--hostname", metavar="NAME", help="what the board shall be called")
    group.add_argument("--wifi", metavar="SSID", help="have it join a Wi-Fi (default: its cable)")
    group.add_argument("--wifi-password-file", metavar="FILE", type=Path, help="the Wi-Fi's password")
    group.add_argument("--wifi-open", action="store_true", help="it has none")
    group.add_argument("--wifi-country", metavar="XX", help="where the radio is: DE, US, ...")
    group.add_argument("--interface", metavar="NAME", help="such as eth0 (default: the one with a cable)")
    group.add_argument("--address", metavar="ADDR/N", help="a fixed address (default: from the network)")
    group.add_argument("--gateway", metavar="ADDR", help="and the way to other networks")
    group.add_argument("--dns", metavar="ADDR", action="append", help="and a server for names; repeatable")
    group.add_argument("--boot-timeout", metavar="S", type=number, help="for the board's first word (default: 90)")
    group.add_argument("--record", metavar="FILE", type=Path, help="keep what was said there, without passwords")


def reach(args: argparse.Namespace, word: str, *, tell: Callable[[str], None], plan_only: bool) -> Reached:
    """Make the board at ``[USER@]PORT[@BAUD]`` reachable by ssh."""
    from devices.ports import split_name
    from provisioning.connection import Target
    from provisioning.console.provision import Console, provision

    user, place = _user(word)
    port, baud = split_name(place)
    console = Console(port, baud, _account(args, user, port), args.boot_timeout or _PATIENCE_S, args.record)
    way = Target(
        "",
        keys=() if args.identity is None else (Path(args.identity),),
        ssh_config=None if args.ssh_config is None else Path(args.ssh_config),
        connect_timeout=args.connect_timeout,
    )
    return provision(console, _wanted(args), way, tell=tell, plan_only=plan_only)


def over_wires(args: argparse.Namespace, verb: str) -> dict[str, Reached]:
    """Make every ``[USER@]serial:PORT[@BAUD]`` among the hosts reachable; its ssh address takes its place in ``args``.

    Returns them by these addresses. With ``args.plan`` nothing is changed, and a board that ssh does not reach yet has
    no place in ``args`` any more.
    """
    reached: dict[str, Reached] = {}
    words = []
    for word in args.hosts:
        user, at, place = word.rpartition(f"@{SERIAL}")
        if not at and not word.startswith(SERIAL):
            words.append(word)
            continue
        port = f"{user}@{place}" if at else word.removeprefix(SERIAL)
        if not port.partition("/")[2] or port.endswith("@"):
            raise UsageError(
                f"{word!r} names no port; write serial:/dev/ttyUSB0, or pi@serial:/dev/ttyUSB0@115200", verb
            )
        found = reach(args, port, tell=teller(port, quiet=args.json), plan_only=args.plan)
        if found.target is None:
            reached[word] = found
            continue
        host = f"[{found.target.host}]" if ":" in found.target.host else found.target.host
        name = f"{found.user}@{host}" + (f":{found.target.port}" if found.target.port else "")
        reached[name] = found
        words.append(name)
    args.hosts = words
    return reached


def handed_over(board: Chosen, reached: dict[str, Reached]) -> Chosen:
    """A board of :func:`over_wires` with what its console told: its name, and sudo's password."""
    found = reached.get(board.name)
    if found is None or found.target is None:
        return board
    password = board.target.sudo_password or found.target.sudo_password
    return replace(
        board,
        target=replace(board.target, sudo_password=password, host_key="strict"),
        variables={"name": found.hostname, **board.variables},
    )


def teller(port: str, *, quiet: bool) -> Callable[[str], None]:
    """Prints what happens, unless only a report is wanted."""

    def tell(sentence: str) -> None:
        if not quiet:
            print(f"edge: {port}: {plain(sentence)}", file=sys.stderr, flush=True)

    return tell


def _user(word: str) -> tuple[str | None, str]:
    """A user's name before a port's: ``pi@/dev/ttyUSB0``, and ``/dev/ttyUSB0@115200`` has none."""
    from provisioning.destination import is_user

    user, at, place = word.partition("@")
    if at and "/" in place and is_user(user):
        return user, place
    return None, word


def _wanted(args: argparse.Namespace) -> Wanted:
    from provisioning.console.found import Wanted, Wifi
    from provisioning.console.provision import public_key
    from provisioning.prompts import TERMINAL

    wifi = None
    if args.wifi is not None:
        password = None
        if args.wifi_password_file is not None:
            password = secret_from(args.wifi_password_file, "the Wi-Fi's password")
        elif not args.wifi_open:
            password = TERMINAL.ask(f"password of the Wi-Fi {args.wifi}")
        if password is None and not args.wifi_open:
            raise EdgeError(f"the Wi-Fi {args.wifi} needs a password; give --wifi-password-file, or --wifi-open")
        wifi = Wifi(args.wifi, password, args.wifi_country)
    elif args.wifi_password_file or args.wifi_country or args.wifi_open:
        raise EdgeError("--wifi-password-file, --wifi-open and --wifi-country go with --wifi SSID")
    return Wanted(
        key=public_key(args.identity and Path(args.identity)),
        hostname=args.hostname,
        interface=args.interface,
        address=args.address,
        gateway=args.gateway,
        dns=tuple(args.dns or ()),
        wifi=wifi,
    )


def _account(args: argparse.Namespace, user: str | None, port: str) -> Account:
    """Passwords come from files, else from whoever sits here; each is asked for only when the board asks."""
    from provisioning.console.getty import Account
    from provisioning.prompts import TERMINAL

    who = f"{user or 'pi'} on {port}"
    old = args.login_password_file and secret_from(args.login_password_file, "the login's password")
    new = args.new_password_file and secret_from(args.new_password_file, "the new password")

    def password(*, again: bool = False) -> str | None:
        if old:
            return None if again else str(old)
        return TERMINAL.ask(f"password of {who}", again=again)

    def new_password(*, again: bool = False) -> str | None:
        if new:
            return None if again else str(new)
        first = TERMINAL.ask(f"new password for {who}, which the board wants changed", again=again)
        if first and first != TERMINAL.ask("the same once more", again=again):
            raise EdgeError("the two new passwords differ; nothing was changed on the board")
        return first

    return Account(user, password, new_password)
