"""What keeps this board's agent from its broker: the way there, and certificates that end.

Looked at from beside the agent, which goes on: there is no MQTT session, because a second one of its name would end
the agent's own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

from devices.findings import Finding
from edge.messaging.broker import Broker, BrokerError, broker_from_url
from edge.messaging.certificates import ends

__all__ = ["findings"]

_PATIENCE_S = 5.0
_SOON = dt.timedelta(days=30)
_CREDENTIALS = "${CREDENTIALS_DIRECTORY}/"
_FILES = {"--ca": "the authority's certificate", "--cert": "the agent's certificate"}
_RENEW = (
    "where the fleet's folder is: 'edge broker add DIR --device NAME' makes a new one, 'edge deploy' brings it; a new "
    "authority is for the whole fleet: 'edge broker init'"
)
_CERTIFICATE_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED, in OpenSSL's x509_vfy.h
_CERTIFICATE_NOT_YET = 9


def findings(arguments: Sequence[str], folder: Path, now: float) -> list[Finding]:
    """What is wrong with the way to the broker.

    ``arguments``: what follows ``edge agent``. ``folder``: where the secrets lie that systemd hands over. ``now``:
    seconds since 1970. Takes some five seconds at most.
    """
    options = dict(itertools.pairwise(arguments))
    url = options.get("--broker")
    if url is None:  # it answers at a serial port
        return []
    files = {
        name: folder / value.removeprefix(_CREDENTIALS) if value.startswith(_CREDENTIALS) else Path(value)
        for name in ("--ca", "--cert", "--key", "--password-file")
        if (value := options.get(name))
    }
    try:
        found = list(_certificates(files, now))
        broker = broker_from_url(url, **{name[2:].replace("-", "_"): path for name, path in files.items()})
    except PermissionError:
        return [
            _warning(
                "not-root",
                "the agent's certificates and passwords are root's: the way to its broker was not looked at",
                "sudo /opt/edge/current/venv/bin/python -m edge doctor",
            )
        ]
    except (BrokerError, OSError) as error:
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        return [_error("broker-settings", f"the agent's settings do not serve: {why}", "deploy again: edge deploy")]
    return [*found, *_way(broker, now)]


def _certificates(files: dict[str, Path], now: float) -> Iterator[Finding]:
    for option, path in files.items():
        data = path.read_bytes()  # keys and passwords too: whether they can be read is a finding
        if option in _FILES:
            try:
                yield from _ending(f"{_FILES[option]} ({path.name})", min(ends(data)), now, _RENEW)
            except ValueError as error:
                yield _error("broker-settings", f"{_FILES[option]} ({path.name}): {error}", "deploy again: edge deploy")


def _ending(what: str, end: dt.datetime, now: float, remedy: str) -> Iterator[Finding]:
    left = end - dt.datetime.fromtimestamp(now, dt.timezone.utc)
    if left <= dt.timedelta(0):
        yield _error("certificate-ended", f"{what} ended on {end:%Y-%m-%d}", remedy)
    elif left < _SOON:
        yield _warning("certificate-ends", f"{what} ends on {end:%Y-%m-%d}, in {left.days} days", remedy)


def _way(broker: Broker, now: float) -> Iterator[Finding]:
    where = f"{broker.host} on port {broker.port}"
    try:
        with contextlib.closing(socket.create_connection((broker.host, broker.port), _PATIENCE_S)) as connection:
            if broker.tls is None:
                return
            with broker.tls.wrap_socket(connection, server_hostname=broker.host) as secure:
                end = (secure.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError as error:
        yield _refused(broker, error)
    except ssl.SSLError as error:
        yield _error(
            "broker-tls",
            f"{where} does not speak TLS as we do ({error.reason or error})",
            "see that the URL's port is the broker's for mqtts (8883), not that for plain mqtt (1883)",
        )
    except socket.gaierror:
        yield _error(
            "broker-name",
            f"{broker.host}, the broker, has no address here",
            "see 'getent hosts "
            f"{broker.host}'; where the network has no names of its own, deploy with the broker's address",
        )
    except TimeoutError:
        yield _error(
            "broker-silent",
            f"{where}, the broker, does not answer within {_PATIENCE_S:.0f} s",
            "see that its machine is on ('ping') and that no firewall stands between",
        )
    except OSError as error:
        yield _error(
            "broker-refuses",
            f"{where}, the broker, cannot be reached: {error.strerror or error}",
            "start the broker there, and see that it listens on the network and not only on localhost",
        )
    else:
        if isinstance(end, str):
            seconds = ssl.cert_time_to_seconds(end)
            ended = dt.datetime.fromtimestamp(seconds, dt.timezone.utc)
            yield from _ending("the broker's certificate", ended, now, "'edge broker init' makes a new one")


def _refused(broker: Broker, error: ssl.SSLCertVerificationError) -> Finding:
    if error.verify_code == _CERTIFICATE_EXPIRED:
        return _error(
            "certificate-ended",
            f"a certificate that {broker.host} shows has ended",
            "'edge broker init' makes new ones; and see that this board's clock is right ('timedatectl')",
        )
    if error.verify_code == _CERTIFICATE_NOT_YET:
        return _error(
            "clock-off",
            f"a certificate that {broker.host} shows is not valid yet: this board's clock is behind",
            "sudo timedatectl set-ntp true, and see that the board reaches a time server",
        )
    return _error(
        "broker-certificate",
        f"{broker.host} shows a certificate that we do not trust: {error.verify_message}",
        "see that the agent has the broker's own authority (--ca) and that its URL has the name in the certificate",
    )


def _error(code: str, message: str, remedy: str) -> Finding:
    return Finding("error", code, message, remedy)


def _warning(code: str, message: str, remedy: str) -> Finding:
    return Finding("warning", code, message, remedy)
