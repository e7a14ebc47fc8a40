"""Which boards a verb is for, and how to get there: what `edge deploy` and its relatives have in common."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError

from .parser import UsageError, number

if TYPE_CHECKING:
    from provisioning.connection import Target
    from provisioning.inventory import Host, Inventory

    from .parser import Parser

__all__ = ["Chosen", "add_targets", "choose", "secret_from"]

_POLICIES = ("strict", "accept-new", "off")


@dataclass(frozen=True)
class Chosen:
    """One board: what it is called in tables and reports, how to get there, and what the inventory says about it.

    ``variables`` are named like options (``password-file``), their values checked and of their kinds; empty for a host
    that no inventory names.
    """

    name: str
    target: Target
    variables: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, args: argparse.Namespace) -> dict[str, Any]:
        """Every option by its name: what the command line says, else the inventory.

        What is not given must be None or an empty list in ``args``.
        """
        given = {name.replace("_", "-"): value for name, value in vars(args).items()}
        return dict(self.variables) | {
            name: value for name, value in given.items() if value is not None and value != []
        }


def add_targets(parser: Parser) -> None:
    """Add ``HOST ...`` and the options about the way there."""
    parser.add_argument("hosts", metavar="HOST", nargs="*", help="[user@]host[:port], or @NAME of the inventory")
    group = parser.add_argument_group("which boards, and the way there")
    group.add_argument("--inventory", metavar="FILE", type=Path, help="hosts and groups (default: fleet.toml here)")
    group.add_argument("--limit", metavar="NAMES", help="of these boards only NAME,@GROUP,... or all but !NAME")
    group.add_argument("--identity", metavar="FILE", type=Path, help="the private key for ssh")
    group.add_argument("--ssh-config", metavar="FILE", type=Path, help="instead of ~/.ssh/config")
    group.add_argument(
        "--host-key",
        metavar="POLICY",
        choices=_POLICIES,
        help="of an unknown board: accept-new (default), strict or off",
    )
    group.add_argument("--connect-timeout", metavar="S", type=number, help="unreachable after S seconds (default: 30)")
    group.add_argument("--ask-sudo", action="store_true", help="ask for the password of sudo, once for all boards")
    group.add_argument(
        "--sudo-password-file", metavar="FILE", type=Path, help="or read it from a file only we can read"
    )
    parser.add_argument("--prefix", type=Path, help=argparse.SUPPRESS)  # a folder in place of /, for tests


def choose(args: argparse.Namespace, verb: str, *, one: bool = False) -> list[Chosen]:
    """The boards that the command line names, in its order and that of the inventory, each once.

    ``verb``: for what is said about wrong usage. ``one``: exactly one board is wanted. Asks for sudo's password if that
    is wished. Raises UsageError, and EdgeError for an inventory or password that cannot be used.
    """
    from provisioning.inventory import find_inventory, load_inventory

    args.inventory = path = find_inventory(args.inventory and Path(args.inventory))
    inventory = None if path is None else load_inventory(path)
    words = [word.strip() for words in args.hosts for word in words.split(",") if word.strip()]
    if not words:
        known = "" if inventory is None else f", or @all for the {len(inventory.hosts)} of {inventory.path}"
        raise UsageError(f"which board? write user@host{known}", verb)
    if args.connect_timeout is not None and not args.connect_timeout > 0:
        raise UsageError("--connect-timeout must be more than 0", verb)
    named = {host.name: host for word in words for host in _hosts(word, inventory, verb)}
    hosts = list(named.values())
    if args.limit is not None:
        hosts = _limited(hosts, args.limit, inventory, verb)
    if one and len(hosts) != 1:
        raise UsageError(f"this is for one board at a time, not for {len(hosts)}", verb)
    _no_board_twice(hosts, verb)
    password = _asked() if args.ask_sudo else None
    return [Chosen(host.name, _target(host, args, password), host.variables) for host in hosts]


def _hosts(word: str, inventory: Inventory | None, verb: str) -> list[Host]:
    from provisioning.destination import parse_destination
    from provisioning.inventory import Host

    if word.startswith("@"):
        if inventory is None:
            raise UsageError(f"{word} is of an inventory, and there is none: make fleet.toml or give --inventory", verb)
        return inventory.select(word[1:])
    if inventory is not None:
        if word in inventory.hosts:
            return inventory.select(word)
        if word in inventory.groups:
            raise UsageError(f"{word!r} is a group of {inventory.path}: write @{word}", verb)
    return [Host(word, parse_destination(word), {})]


def _limited(hosts: list[Host], pattern: str, inventory: Inventory | None, verb: str) -> list[Host]:
    if inventory is None:
        raise UsageError("--limit takes names of an inventory, and there is none", verb)
    left = inventory.limit(hosts, pattern)
    if not left:
        raise UsageError(f"--limit {pattern} leaves none of the {len(hosts)} boards", verb)
    return left


def _no_board_twice(hosts: list[Host], verb: str) -> None:
    seen: dict[Any, str] = {}
    for host in hosts:
        place = (host.destination.host, host.destination.port, host.variables.get("prefix"))
        other = seen.setdefault(place, host.name)
        if other != host.name:
            raise UsageError(f"{other} and {host.name} are the same board; name it once", verb)


def _target(host: Host, args: argparse.Namespace, password: str | None) -> Target:
    from provisioning.connection import Target

    def setting(name: str) -> Any:
        given = getattr(args, name.replace("-", "_"))
        return host.variables.get(name) if given is None else given

    identity, config, prefix = setting("identity"), setting("ssh-config"), setting("prefix")
    file = setting("sudo-password-file")
    if password is None and file is not None:
        password = secret_from(Path(file), "sudo's password")
    return Target(
        host.destination.host,
        user=host.destination.user,
        port=host.destination.port,
        keys=() if identity is None else (Path(identity),),
        prefix="" if prefix is None else str(prefix),
        host_key=setting("host-key") or "accept-new",
        ssh_config=None if config is None else Path(config),
        connect_timeout=args.connect_timeout,
        sudo_password=None if password is None else lambda: password,
    )


def _asked() -> str:
    from getpass import getpass

    if not sys.stdin.isatty():
        raise EdgeError("nobody can be asked for sudo's password here; give --sudo-password-file")
    return getpass("sudo's password on the boards: ")


def secret_from(path: Path, what: str) -> str:
    """The first line of a file that only we may read. Raises EdgeError."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            password = file.readline().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EdgeError(f"{path}: {what} cannot be read ({error})") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise EdgeError(f"{path}: others may read this password; type: chmod 600 {path}")
    if not password:
        raise EdgeError(f"{path}: its first line is empty; {what} belongs there")
    return password
