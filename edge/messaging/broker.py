"""Which broker, and how to prove who we are: from a URL and files, never from a password on the command line."""

from __future__ import annotations

import os
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from edge.errors import EdgeError

__all__ = ["Broker", "BrokerError", "broker_from_url"]

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerError(EdgeError):
    """The broker's URL, certificate or password file is not usable, or the broker refuses us for good."""


@dataclass(frozen=True)
class Broker:
    """A broker's address and our credentials; ``tls`` is None for a plain connection."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:  # a password must not get into a log by way of a traceback
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def broker_from_url(
    url: str,
    *,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    password_file: Path | None = None,
) -> Broker:
    """Read ``mqtt[s]://[user@]host[:port]``.

    ``mqtts`` verifies the broker's certificate and name, against ``ca`` or the system's authorities. ``cert`` and
    ``key``: ours, for brokers that ask for one. ``password_file``: readable by us alone (0600); systemd's credentials
    folder is looked at for ``mqtt-password`` when none is given. Raises :class:`BrokerError`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerError(f"broker {url!r}: {error}; write mqtt://host or mqtts://user@host:8883") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BrokerError(f"broker {url!r}: write mqtt://host, mqtts://host or mqtts://user@host:8883")
    if parts.password is not None:
        raise BrokerError(
            "the broker's URL holds a password, which others can see; put it into a file: --password-file"
        )
    tls = None
    if parts.scheme == "mqtts":
        tls = _context(ca, cert, key)
    elif ca or cert or key:
        raise BrokerError(f"broker {url!r}: certificates need mqtts://")
    return Broker(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=_password(password_file) if parts.username else None,
    )


def _context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert:
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        names = ", ".join(str(p) for p in (ca, cert, key) if p)
        raise BrokerError(
            f"{names}: not usable as certificates ({error}); they must be PEM files we may read"
        ) from error
    if key and not cert:
        raise BrokerError(f"{key}: a key without a certificate; give both --cert and --key")
    return context


def _password(path: Path | None) -> str | None:
    if path is None:
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        path = Path(folder, "mqtt-password") if folder else None
        if path is None or not path.exists():
            return None
    try:
        with path.open(encoding="utf-8") as f:
            mode = os.fstat(f.fileno()).st_mode
            password = f.readline().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(f"{path}: the password cannot be read ({error})") from error
    systemds = os.environ.get("CREDENTIALS_DIRECTORY")  # who may read there, it has seen to
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and not (systemds and path.parent == Path(systemds)):
        raise BrokerError(f"{path}: others may read this password; type: chmod 600 {path}")
    return password
