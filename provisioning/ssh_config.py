"""What ssh_config says of a host: the way to it, hop by hop, as OpenSSH's own client would take it."""

from __future__ import annotations

import getpass
import glob
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko

from edge.errors import DeployError

from .destination import Destination, is_host, is_user, parse_destination

__all__ = ["Hop", "Settings", "default_keys"]

_SYSTEM = Path("/etc/ssh/ssh_config")
_SYSTEM_KNOWN_HOSTS = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
_MOST_INCLUDES = 16
_MOST_HOPS = 8


@dataclass(frozen=True)
class Hop:
    """One machine on the way, the board itself last.

    ``name``: what a person calls it. ``known_as``: under which name its key is known. ``keys``: files to try, ``own``
    if somebody named them. ``only_keys``: the agent's others are not to be tried. ``known_hosts``: where new keys go;
    ``more_known_hosts`` is only read. ``hash_names``: new keys are stored under hashed names. ``proxy_command``: a
    shell command whose standard input and output are the connection.
    """

    name: str
    host: str
    port: int
    user: str
    known_as: str
    keys: tuple[Path, ...]
    own: bool
    only_keys: bool
    known_hosts: Path
    more_known_hosts: tuple[Path, ...]
    hash_names: bool
    proxy_command: str | None
    connect_timeout: float | None

    def __str__(self) -> str:
        return self.name if self.name in {self.host, self.known_as} else f"{self.name} ({self.host})"


class _Config(paramiko.SSHConfig):  # type: ignore[misc]  # Paramiko has no types
    """Paramiko puts the file's user and port into these, also where the destination names others: we do it here."""

    TOKENS_BY_CONFIG_KEY = paramiko.SSHConfig.TOKENS_BY_CONFIG_KEY | {"proxycommand": [], "identityfile": ["%C", "%l"]}


class Settings:
    """``path``: the file to read instead of the user's and the system's. Raises DeployError for one that is damaged."""

    def __init__(self, path: Path | None = None) -> None:
        self._config = _Config()
        files = [Path.home() / ".ssh" / "config", _SYSTEM] if path is None else [path]
        if path is not None and not path.exists():
            raise DeployError(f"{path}: there is no such file of ssh settings; check --ssh-config")
        for file in files:
            self._read(file)

    def _read(self, file: Path) -> None:
        try:
            self._config.parse(_lines(file, 0))
        except (paramiko.ConfigParseError, ValueError) as error:
            raise DeployError(f"{file}: {error}; correct the file, or name another with --ssh-config") from error

    def way(self, to: Destination, *, keys: tuple[Path, ...] = (), known_hosts: Path | None = None) -> tuple[Hop, ...]:
        """All hops to a host, the host itself last. Raises DeployError where the jumps go in a circle.

        ``keys``: to try before all others on the last. ``known_hosts``: the one file of known hosts, for all of them.
        """
        hops = [self._hop(to, keys, known_hosts)]
        waiting = self._jumps(to)
        passed = {to.host}
        while waiting:
            jump = waiting.pop()
            if jump.host in passed or len(hops) > _MOST_HOPS:
                raise DeployError(f"{to.host}: its ProxyJump goes in a circle over {jump.host}; correct ssh_config")
            passed.add(jump.host)
            hops.insert(0, self._hop(jump, (), known_hosts))
            if not waiting:  # the first of a list is reached as its own settings say
                waiting = self._jumps(jump)
        return tuple(hops)

    def _jumps(self, to: Destination) -> list[Destination]:
        value = self._lookup(to.host).get("proxyjump") or "none"
        if value.lower() == "none":
            return []
        jumps = [parse_destination(part.strip()) for part in value.split(",")]
        # "Host *" with a ProxyJump holds for the bastion, too, which is not to be reached through itself.
        return [] if any(jump.host == to.host for jump in jumps) else jumps

    def _lookup(self, host: str) -> dict[str, str]:
        try:
            return dict(self._config.lookup(host))
        except (paramiko.SSHException, KeyError, ValueError) as error:
            raise DeployError(f"ssh_config says of {host} what cannot be understood: {error}; correct it") from error

    def _hop(self, to: Destination, keys: tuple[Path, ...], known_hosts: Path | None) -> Hop:
        found = self._lookup(to.host)
        user = to.user or found.get("user") or getpass.getuser()
        try:
            port = to.port or int(found.get("port", 22))
            timeout = float(found["connecttimeout"]) if "connecttimeout" in found else None
        except ValueError as error:
            raise DeployError(f"ssh_config says of {to.host}: {error}; Port and ConnectTimeout are numbers") from error
        host = found.get("hostname", to.host)
        known_as = found.get("hostkeyalias", host).lower()
        if port != 22 and "hostkeyalias" not in found:
            known_as = f"[{known_as}]:{port}"
        tokens = {"h": host, "n": to.host, "p": str(port), "r": user}
        expand = _expander({**tokens, "k": known_as, "d": str(Path.home()), "u": getpass.getuser()})
        own = [_path(expand(name)) for name in found.get("identityfile", ()) if name.lower() != "none"]
        user_files = [_path(expand(name)) for name in found.get("userknownhostsfile", "~/.ssh/known_hosts").split()]
        user_files = [Path(os.devnull) if file.name == "none" else file for file in user_files]
        more: tuple[Path, ...] = _SYSTEM_KNOWN_HOSTS
        if known_hosts is not None:
            user_files, more = [known_hosts], ()
        return Hop(
            name=to.host,
            host=host,
            port=port,
            user=user,
            known_as=known_as,
            keys=(*keys, *own) or tuple(default_keys()),
            own=bool(keys or own),
            only_keys=found.get("identitiesonly", "no").lower() == "yes",
            known_hosts=user_files[0],
            more_known_hosts=(*user_files[1:], *more),
            hash_names=found.get("hashknownhosts", "no").lower() == "yes",
            proxy_command=None if self._jumps(to) else _proxy_command(found.get("proxycommand"), tokens),
            connect_timeout=timeout,
        )


def default_keys() -> Iterator[Path]:
    """The private keys that ssh tries where nobody names one."""
    for name in ("id_ed25519", "id_ecdsa", "id_rsa"):
        path = Path.home() / ".ssh" / name
        if path.exists():
            yield path


def _proxy_command(text: str | None, tokens: dict[str, str]) -> str | None:
    """The command with what is known of the hop in it; a shell will read that."""
    if text is None:
        return None
    for name, is_one in (("h", is_host), ("n", is_host), ("r", is_user)):
        if f"%{name}" in text and not is_one(tokens[name]):
            raise DeployError(f"ssh_config has a ProxyCommand for {tokens[name]!r}, which no shell may read; mend it")
    return _expander(tokens)(text)


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise DeployError(f"ssh_config names {name}, and there is no such home folder; correct it") from error


def _expander(tokens: dict[str, str]) -> Callable[[str], str]:
    values = {**tokens, "%": "%"}
    return lambda text: re.sub("%(.)", lambda found: values.get(found[1], found[0]), text)


def _lines(path: Path, depth: int) -> Iterator[str]:
    """A file's lines with those of the files that it includes. One that is not there has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeError) as error:
        raise DeployError(f"{path}: {error}; ssh's settings must be readable") from error
    block = "Host *"
    for line in text.splitlines():
        words = line.strip().replace("=", " ", 1).split()
        keyword = words[0].lower() if words else ""
        if keyword in {"host", "match"}:
            block = line
        if keyword != "include":
            yield line
            continue
        if depth >= _MOST_INCLUDES:
            raise DeployError(f"{path}: its Include goes in a circle; correct it")
        for pattern in words[1:]:
            base = _SYSTEM.parent if path.is_relative_to(_SYSTEM.parent) else Path.home() / ".ssh"
            for name in sorted(glob.glob(str(base / Path(pattern.strip('"')).expanduser()))):  # noqa: PTH207 - "/" may begin it
                yield from _lines(Path(name), depth + 1)
                yield block  # the hosts of the included file end with it
