"""What was found on the board, and what it shall be: the two that a plan compares."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.errors import DeployError

__all__ = ["Address", "Found", "NetworkLink", "Wanted", "Wifi"]

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LINK_NAME = re.compile(r"[\w.-]{1,15}")
_MOST_SSID = 32  # bytes


@dataclass(frozen=True)
class NetworkLink:
    """A network interface that is hardware. ``carrier``: something is at the other end; unknown while it is down."""

    name: str
    wifi: bool
    carrier: bool


@dataclass(frozen=True)
class Address:
    """An address that others can reach, in the form 10.0.0.7/24, and its interface."""

    link: str
    address: str

    @property
    def host(self) -> str:
        """The address alone."""
        return self.address.split("/")[0]


@dataclass(frozen=True)
class Found:
    """What aboard.facts tells. ``user`` is who logged in; ``clock`` is in seconds since 1970."""

    user: str
    home: str
    authorized_keys: str
    hostname: str
    hosts: str
    clock: float
    systemd: bool
    units: Mapping[str, str]
    ifupdown: tuple[str, ...]
    links: tuple[NetworkLink, ...]
    addresses: tuple[Address, ...]
    files: Mapping[str, str]
    wifi_blocked: bool
    programs: frozenset[str]
    sshd: str | None
    ssh: Mapping[str, str]
    host_keys: tuple[str, ...]

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Found:
        return cls(
            user=said["user"],
            home=said["home"],
            authorized_keys=said["authorized_keys"] or "",
            hostname=said["hostname"],
            hosts=said["hosts"] or "",
            clock=said["clock"],
            systemd=said["systemd"],
            units=said["units"],
            ifupdown=tuple(said["ifupdown"]),
            links=tuple(NetworkLink(**link) for link in said["links"]),
            addresses=tuple(Address(**address) for address in said["addresses"]),
            files={path: text or "" for path, text in said["files"].items()},
            wifi_blocked=said["wifi_blocked"],
            programs=frozenset(said["programs"]),
            sshd=said["ssh"]["program"],
            ssh=said["ssh"]["settings"],
            host_keys=tuple(said["ssh"]["host_keys"]),
        )

    def runs(self, unit: str) -> bool:
        return self.units.get(unit) == "active"

    def reachable(self, link: str | None) -> list[Address]:
        """Addresses at which it can be reached, on one interface or any: IPv4 before IPv6."""
        found = [address for address in self.addresses if link in {None, address.link}]
        hardware = {link.name for link in self.links}
        return sorted(found, key=lambda address: (address.link not in hardware, ":" in address.address))


@dataclass(frozen=True, repr=False)
class Wifi:
    """A network to join. ``password``: 8 to 63 characters, or None for an open one. ``country``: as in DE, or None."""

    ssid: str
    password: str | None
    country: str | None

    def __post_init__(self) -> None:
        if not 1 <= len(self.ssid.encode()) <= _MOST_SSID:
            raise DeployError(f"--wifi: a network's name has 1 to {_MOST_SSID} bytes")
        if self.password is not None and not (8 <= len(self.password) <= 63 and self.password.isprintable()):
            raise DeployError("--wifi-password-file: a Wi-Fi password has 8 to 63 characters")
        if self.country is not None and not re.fullmatch("[A-Z]{2}", self.country):
            raise DeployError("--wifi-country: two capital letters, like DE or US")

    @property
    def key(self) -> str | None:
        """The WPA2 key that the password stands for: what the board keeps, in place of the password."""
        if self.password is None:
            return None
        return hashlib.pbkdf2_hmac("sha1", self.password.encode(), self.ssid.encode(), 4096, 32).hex()


@dataclass(frozen=True)
class Wanted:
    """What the board shall be; None leaves it as it is. ``key``: the line for authorized_keys."""

    key: str
    hostname: str | None = None
    interface: str | None = None
    address: str | None = None
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    wifi: Wifi | None = None

    def __post_init__(self) -> None:
        if self.hostname is not None and not _HOST_NAME.fullmatch(self.hostname):
            raise DeployError(f"--hostname {self.hostname!r}: up to 63 letters, digits and '-'")
        if self.interface is not None and not _LINK_NAME.fullmatch(self.interface):
            raise DeployError(f"--interface {self.interface!r}: a name like eth0")
        if self.address is None and (self.gateway or self.dns):
            raise DeployError("--gateway and --dns go with --address; else the network itself tells them")
        try:
            if self.address is not None:
                network = ipaddress.ip_interface(self.address).network
                if "/" not in self.address or network.num_addresses == 1:
                    raise DeployError(f"--address {self.address}: with the network's size, like 10.0.0.7/24")
            for other in (*self.dns, *filter(None, [self.gateway])):
                ipaddress.ip_address(other)
        except ValueError as error:
            raise DeployError(f"{error}; write addresses like 10.0.0.7/24 and 10.0.0.1") from error

    @property
    def static(self) -> bool:
        """Whether the board is not to ask the network for its address."""
        return self.address is not None
