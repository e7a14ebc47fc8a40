"""What mosquitto is told: its configuration, who may read and write what, and passwords' hashes. Pure text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from edge.messaging.discovery import BIRTH, config_topic
from edge.messaging.topics import REPLY, ROOT, DeviceTopics

__all__ = ["ROLES", "Member", "Role", "access_rules", "mosquitto_config", "password_line"]

Role = Literal["device", "client", "home-assistant"]
ROLES: tuple[Role, ...] = get_args(Role)

_PACKET_BYTES = 2 * 1024 * 1024
_ITERATIONS = 1000  # the passwords are random and long: slow hashing would only make connecting slow
_HASH_BYTES = 64


@dataclass(frozen=True)
class Member:
    """Somebody who may connect. ``password``: proves who it is by one, instead of by a certificate."""

    name: str
    role: Role
    password: bool = False


def access_rules(members: Sequence[Member], own: str = "") -> str:
    """mosquitto's ``acl_file``: what is not allowed here is refused. ``own``: rules the fleet's owner adds."""
    blocks = ["# Written by `edge broker`, again at every change. Your own rules: put them into access.own.\n"]
    for member in members:
        rules = {"device": _device, "client": _client, "home-assistant": _home_assistant}[member.role](member.name)
        blocks.append("\n".join([f"# {member.role}", f"user {member.name}", *rules, ""]))
    return "\n".join([*blocks, own])


def _device(name: str) -> list[str]:
    """Its own tree, answers that carry its name, its page in Home Assistant, and what pools are asked."""
    topics = DeviceTopics(name)
    own = topics.status.removesuffix("status")
    return [
        f"topic readwrite {own}#",
        f"topic read {ROOT}/pool/+/prompt",
        f"topic write {REPLY}+/{name}/#",
        f"topic write {config_topic(name)}",
        f"topic read {BIRTH}",
    ]


def _client(name: str) -> list[str]:
    """Asks everybody, and reads its own answers and how the fleet is."""
    writes = [f"{ROOT}/+/prompt", f"{ROOT}/pool/+/prompt", f"{ROOT}/+/cancel", f"{ROOT}/+/command/+"]
    reads = [f"{REPLY}{name}/#", *(f"{ROOT}/+/{kind}" for kind in ("status", "info", "health"))]
    return [f"topic write {topic}" for topic in writes] + [f"topic read {topic}" for topic in reads]


def _home_assistant(name: str) -> list[str]:
    """A client that also finds the devices' pages and says when it has started."""
    return [*_client(name), "topic read homeassistant/#", f"topic write {BIRTH}"]


def mosquitto_config(user: str, address: str, port: int, password_port: int) -> str:
    """mosquitto.conf for a fleet's folder; its paths are relative to that.

    ``user``: who owns the keys (a mosquitto that root starts becomes this user). ``address``: to listen at, empty for
    all. ``port``: for members with certificates, ``password_port``: for those with passwords. Both speak TLS only.
    """
    bind = f" {address}" if address else ""
    tls = "cafile ca.pem\ncertfile server.pem\nkeyfile server.key\ntls_version tlsv1.2"
    return f"""\
# A broker for a small fleet, written by `edge broker init`; yours to change from here on.
# Start it in this folder (`edge broker run` does): mosquitto -c mosquitto.conf
user {user}
per_listener_settings true

# Certificates: the certificate's common name is who somebody is.
listener {port}{bind}
{tls}
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file access.conf
max_connections 1000

# Passwords, for those who cannot have a certificate; the broker still proves itself by its own.
listener {password_port}{bind}
{tls}
password_file passwords
allow_anonymous false
acl_file access.conf
max_connections 1000

# Things that speak no TLS (most Tasmota builds): their passwords can be read by everybody on the network. If that is
# acceptable, take away the hash signs.
#listener 1883{bind}
#password_file passwords
#allow_anonymous false
#acl_file access.conf

# Retained states and queued requests survive a restart; a power cut costs what came after the last save.
persistence true
persistence_location data/
autosave_interval 30
persistent_client_expiration 7d

# Nothing without a limit: bytes of a packet, messages kept for somebody who is away, and those under way.
max_packet_size {_PACKET_BYTES}
max_queued_messages 1000
max_queued_bytes 67108864
max_inflight_messages 20
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages true
"""


def password_line(name: str, password: str, salt: bytes, iterations: int = _ITERATIONS) -> str:
    """A line of mosquitto's ``password_file``: PBKDF2 with SHA-512, format 7, as mosquitto_passwd(1) writes it."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, _HASH_BYTES)
    salt_text, digest_text = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{name}:$7${iterations}${salt_text}${digest_text}"
