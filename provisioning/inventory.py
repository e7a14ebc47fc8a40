"""Which boards there are: ``fleet.toml``, with hosts, groups of them, and variables.

::

    [all]                                   # variables of every host
    user = "pi"
    broker = "mqtts://hub.local"

    [hosts]
    kitchen = "10.0.0.7"                    # an address, or a name that ssh_config knows
    garage = { host = "10.0.0.8", port = 2222, model = "large" }

    [groups.indoors]
    hosts = ["kitchen", "hall"]             # hosts, or groups
    model = "home"

A variable of the host wins over one of its groups, and that over ``[all]``. A group inside another one is the more
specific of the two. Groups of which neither contains the other must not disagree: no order between them is right.
docs/fleet.md lists the variables.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from edge.errors import EdgeError

from .destination import Destination, DestinationError, parse_destination
from .toml_lines import line_of
from .variables import NAME, VariableError, check_variable, closest

__all__ = ["DEFAULT", "Host", "Inventory", "InventoryError", "find_inventory", "load_inventory"]

#: The inventory that is used without being named, if the current folder has one.
DEFAULT = "fleet.toml"
_ALL = "all"
_LARGEST = 4 << 20


class InventoryError(EdgeError):
    """The inventory cannot be read, contradicts itself, or has no such host."""


@dataclass(frozen=True)
class Host:
    """A host of the inventory and all that holds for it, by precedence; ``groups``: every one it is in."""

    name: str
    destination: Destination
    variables: Mapping[str, Any]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """The hosts in the order of the file, and the names of the hosts of each group."""

    path: Path
    hosts: Mapping[str, Host] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def select(self, name: str) -> list[Host]:
        """The hosts that ``name`` means: a host's name, a group's, ``all``, or a pattern of both (``kit*``).

        Raises :class:`InventoryError` when it means none.
        """
        if name == _ALL:
            chosen: Iterable[str] = self.hosts
        elif name in self.hosts:
            chosen = (name,)
        elif name in self.groups:
            chosen = self.groups[name]
        elif any(c in name for c in "*?["):
            groups = [host for group, members in self.groups.items() if fnmatchcase(group, name) for host in members]
            wanted = {host for host in self.hosts if fnmatchcase(host, name)} | set(groups)
            chosen = [host for host in self.hosts if host in wanted]
        else:
            raise InventoryError(self._unknown(name))
        found = [self.hosts[host] for host in chosen]
        if not found:
            raise InventoryError(f"{self.path}: there is no host {'at all' if name == _ALL else f'in {name!r}'}")
        return found

    def limit(self, hosts: Sequence[Host], pattern: str) -> list[Host]:
        """Of ``hosts`` those that ``pattern`` names, as :meth:`select` takes them, with commas between.

        ``!`` before a name takes its hosts out; an ``@`` before it changes nothing. Raises :class:`InventoryError`.
        """
        keep: set[str] = set()
        drop: set[str] = set()
        words = [word.strip() for word in pattern.split(",") if word.strip()]
        for word in words:
            names = {host.name for host in self.select(word.removeprefix("!").removeprefix("@"))}
            if word.startswith("!"):
                drop |= names
            else:
                keep |= names
        if all(word.startswith("!") for word in words):
            keep = {host.name for host in hosts}
        return [host for host in hosts if host.name in keep and host.name not in drop]

    def _unknown(self, name: str) -> str:
        hint = closest(name, (*self.hosts, *self.groups, _ALL))
        known = f"did you mean @{hint}?" if hint else f"it has {_some((*self.hosts, *self.groups))}"
        return f"{self.path}: no host or group {name!r}; {known}"


def find_inventory(named: Path | None = None) -> Path | None:
    """The inventory to use: ``named``, else ``$EDGE_INVENTORY``, else ``fleet.toml`` here; None when there is none."""
    if named is not None:
        return named
    if told := os.environ.get("EDGE_INVENTORY"):
        return Path(told).expanduser()
    here = Path(DEFAULT)
    return here if here.is_file() else None


def load_inventory(path: Path) -> Inventory:
    """Read an inventory and check all of it, whichever hosts are wanted. Raises :class:`InventoryError`."""
    return _Reader(path, _read(path)).inventory()


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InventoryError(f"{path}: more than {_LARGEST >> 20} MB; that is no inventory")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InventoryError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise InventoryError(f"{path}: the inventory cannot be read ({error.strerror}); see --inventory") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
    except ImportError as error:
        raise InventoryError(f"{path}: Python 3.10 reads TOML with tomli: pip install tomli") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InventoryError(f'{path}: {str(error)[:1].lower()}{str(error)[1:]}; texts stand in "quotes"') from error


class _Reader:
    """One file's way from text to an inventory; every error says the line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.top = _parse(path, text)
        self.own: dict[str, dict[str, Any]] = {}
        self.members: dict[str, list[str]] = {}
        self.group_variables: dict[str, dict[str, Any]] = {}

    def error(self, where: Sequence[str], message: str) -> InventoryError:
        line = line_of(self.text, where)
        return InventoryError(f"{self.path}{f':{line}' if line else ''}: {message}")

    def inventory(self) -> Inventory:
        for key in self.top:
            if key not in (_ALL, "hosts", "groups"):
                hint = closest(key, (_ALL, "hosts", "groups"))
                told = f"did you mean [{hint}]?" if hint else f"a variable of every host belongs under [{_ALL}]"
                raise self.error((key,), f"there are [all], [hosts] and [groups] here, no {key!r}; {told}")
        general = self.shared((_ALL,), self.table((_ALL,), self.top.get(_ALL, {})))
        hosts = self.table(("hosts",), self.top.get("hosts", {}))
        groups = self.table(("groups",), self.top.get("groups", {}))
        for name, value in hosts.items():
            self.read_host(name, value)
        for name, value in groups.items():
            self.read_group(name, value, hosts, groups)
        inside = {name: self.inner(name) for name in groups}
        contents = {g: tuple(h for h in hosts if any(h in self.members[i] for i in (g, *inside[g]))) for g in groups}
        found = {name: self.host(name, general, contents, inside) for name in hosts}
        self.no_two_of_a_name(found.values())
        return Inventory(self.path, found, contents)

    def table(self, where: Sequence[str], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(where, f"{'.'.join(where)} must be a table: [{'.'.join(where)}]")
        return value

    def name(self, where: Sequence[str]) -> None:
        if not NAME.fullmatch(where[-1]) or where[-1] == _ALL:
            raise self.error(where, f"{where[-1]!r} cannot be a name: letters, digits, '_', '.', '-', and not 'all'")

    def variables(self, where: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in table.items():
            name = key.replace("_", "-")
            if name in found:
                raise self.error((*where, key), f"{name} is given twice")
            try:
                found[name] = check_variable(name, value, self.path.absolute().parent)
            except VariableError as error:
                raise self.error((*where, key), str(error)) from error
        return found

    def shared(self, where: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, Any]:
        for key in ("host", "name"):
            if key in table:
                raise self.error((*where, key), f"{key} is each host's own; it cannot hold for several")
        return self.variables(where, table)

    def read_host(self, name: str, value: Any) -> None:
        where = ("hosts", name)
        self.name(where)
        table = {"host": value} if isinstance(value, str) else value
        if not isinstance(table, dict):
            raise self.error(where, f'{name} must be an address, or a table like {{ host = "10.0.0.7", port = 22 }}')
        if "groups" in table:
            raise self.error((*where, "groups"), f'write the host into its group: [groups.NAME] hosts = ["{name}"]')
        self.own[name] = self.variables(where, table)

    def read_group(self, name: str, value: Any, hosts: Mapping[str, Any], groups: Mapping[str, Any]) -> None:
        where = ("groups", name)
        self.name(where)
        if name in hosts:
            raise self.error(where, f"{name!r} is a host already; a group needs a name of its own, @{name} means one")
        # What only lists hosts may do so without a table.
        table = {"hosts": value} if isinstance(value, list) else self.table(where, value)
        members = table.get("hosts")
        if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
            raise self.error((*where, "hosts"), f'group {name} needs its hosts: hosts = ["one", "another"]')
        members = [member.removeprefix("@") for member in members]
        for member in members:
            if member not in hosts and member not in groups:
                hint = closest(member, (*hosts, *groups))
                told = f"did you mean {hint}?" if hint else "add it to [hosts]"
                raise self.error((*where, "hosts"), f"group {name} names {member!r}, which is no host or group; {told}")
        self.members[name] = members
        self.group_variables[name] = self.shared(where, {k: v for k, v in table.items() if k != "hosts"})

    def inner(self, group: str) -> set[str]:
        """Every group inside this one."""
        found: set[str] = set()
        todo = [group]
        while todo:
            for member in self.members[todo.pop()]:
                if member == group:
                    raise self.error(("groups", group, "hosts"), f"group {group} contains itself")
                if member in self.members and member not in found:
                    found.add(member)
                    todo.append(member)
        return found

    def host(
        self,
        name: str,
        general: Mapping[str, Any],
        contents: Mapping[str, Sequence[str]],
        inside: Mapping[str, set[str]],
    ) -> Host:
        groups = tuple(group for group, hosts in contents.items() if name in hosts)
        values = {**general, **dict(self.from_groups(name, groups, inside)), **self.own[name]}
        try:
            destination = parse_destination(str(values.pop("host", name)))
        except DestinationError as error:
            raise self.error(("hosts", name, "host"), str(error)) from error
        user, port = destination.user or values.get("user"), destination.port or values.get("port")
        for key, within in (("user", destination.user), ("port", destination.port)):
            if within is not None and self.own[name].get(key, within) != within:
                raise self.error(("hosts", name, key), f"{name} has two different values of {key}; leave one out")
        values.setdefault("name", name)
        filled = {
            key: _fill(value, str(values["name"])) for key, value in values.items() if key not in ("user", "port")
        }
        return Host(name, Destination(destination.host, user, port), filled, groups)

    def from_groups(
        self, host: str, groups: Sequence[str], inside: Mapping[str, set[str]]
    ) -> Iterator[tuple[str, Any]]:
        """What a host has from its groups: for each variable the innermost group's, and no disagreement."""
        for key in dict.fromkeys(key for group in groups for key in self.group_variables[group]):
            having = [group for group in groups if key in self.group_variables[group]]
            innermost = [group for group in having if not any(other in inside[group] for other in having)]
            first = innermost[0]
            for other in innermost[1:]:
                if self.group_variables[other][key] != self.group_variables[first][key] and key not in self.own[host]:
                    raise self.error(
                        ("groups", other, key),
                        f"groups {first} and {other} disagree on {key} of host {host}; set it for the host itself",
                    )
            yield key, self.group_variables[first][key]

    def no_two_of_a_name(self, hosts: Iterable[Host]) -> None:
        seen: dict[tuple[Any, Any], str] = {}
        for host in hosts:
            name = host.variables["name"]
            other = seen.setdefault((host.variables.get("broker"), name), host.name)
            if other != host.name:
                message = f"{other} and {host.name} would both be {name!r} at the broker; each needs its own name"
                raise self.error(("hosts", host.name, "name"), message)


def _fill(value: Any, name: str) -> Any:
    """Put a device's name in place of ``{name}``: one line under [all] serves a fleet of certificates."""
    if isinstance(value, str):
        return value.replace("{name}", name)
    if isinstance(value, Path):
        return Path(str(value).replace("{name}", name))
    return tuple(_fill(item, name) for item in value) if isinstance(value, tuple) else value


def _some(names: Sequence[str]) -> str:
    if not names:
        return "none at all"
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
