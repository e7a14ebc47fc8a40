"""Where a board is, as people write it: ``pi@10.0.0.7:2222``, ``kitchen.local``, ``pi@[fe80::1%eth0]:22``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from edge.errors import EdgeError

__all__ = ["Destination", "DestinationError", "is_host", "is_user", "parse_destination"]

# A name goes into ssh_config's ProxyCommand, which a shell reads: nothing that a shell would act upon, and nothing
# that looks like an option. A part between dots has a length that DNS can carry.
_HOST = re.compile(r"(?=.{1,253}$)\w[\w-]{0,62}(\.[\w-]{1,63})*\.?")
_USER = re.compile(r"[\w][\w.@\\+-]{0,63}\$?")
_SCOPE = re.compile(r"[\w.-]{1,32}")


class DestinationError(EdgeError):
    """Nobody can connect to what was written."""


@dataclass(frozen=True)
class Destination:
    """A host's name or address; user and port where they were written."""

    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@" * bool(self.user) + host + f":{self.port}" * bool(self.port)


def parse_destination(text: str) -> Destination:
    """Read ``[user@]host[:port]``. Raises :class:`DestinationError`."""
    user, at, rest = text.removeprefix("ssh://").rpartition("@")
    if at and not is_user(user):
        raise DestinationError(f"{text!r}: {user!r} cannot be a user's name; write user@host")
    if rest.startswith("["):
        host, closed, port = rest[1:].partition("]")
        if not closed or not _is_ipv6(host) or (port and not port.startswith(":")):
            raise DestinationError(f"{text!r}: within brackets stands an IPv6 address; write [fe80::1] or [fe80::1]:22")
        return Destination(host, user or None, _port(text, port[1:]) if port else None)
    if rest.count(":") > 1:
        if not _is_ipv6(rest):
            raise DestinationError(f"{text!r}: no IPv6 address; with a port write [fe80::1]:22")
        return Destination(rest, user or None)
    host, colon, port = rest.partition(":")
    if not _HOST.fullmatch(host):
        raise DestinationError(f"{text!r}: {host!r} cannot be a host; write user@host, or @NAME for the inventory's")
    return Destination(host, user or None, _port(text, port) if colon else None)


def is_user(text: str) -> bool:
    """Whether a user can be called so, and a shell command may hold it as it is."""
    return bool(_USER.fullmatch(text))


def is_host(text: str) -> bool:
    """The same of a host's name or address."""
    return bool(_HOST.fullmatch(text)) or _is_ipv6(text)


def _is_ipv6(text: str) -> bool:
    address, percent, scope = text.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or bool(_SCOPE.fullmatch(scope))


def _port(text: str, port: str) -> int:
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise DestinationError(f"{text!r}: a port is a number from 1 to 65535, not {port!r}")
    return int(port)
