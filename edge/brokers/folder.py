"""A fleet's folder: who belongs to it, their certificates and passwords, and what mosquitto reads.

::

    fleet.json        names, roles, the broker's names and ports
    ca.pem ca.key     the fleet's authority; the key signs members, keep it to yourself
    server.*          the broker's certificate and key
    access.conf       who may read and write what; access.own: rules of yours that go with it
    passwords         hashes, for members without a certificate
    mosquitto.conf    written once, then yours
    data/             what mosquitto keeps
    members/NAME/     what NAME needs: ca.pem, and cert.pem with key.pem, or password
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError
from edge.messaging.topics import check_name

from .rules import Member, access_rules, mosquitto_config, password_line

if TYPE_CHECKING:
    from .certificates import Pair

__all__ = ["Fleet", "FleetError", "add", "default_hosts", "init", "load"]

_PUBLIC, _PRIVATE = 0o644, 0o600


class FleetError(EdgeError):
    """A fleet's folder is not usable, or a name in it is taken."""


@dataclass(frozen=True)
class Fleet:
    """``hosts``: names and addresses the broker is reached at. ``address``: what it listens on, empty for everything.

    ``port``: for members with certificates, ``password_port``: for those with passwords. ``days``: how long
    certificates are valid.
    """

    hosts: tuple[str, ...]
    address: str = ""
    port: int = 8883
    password_port: int = 8884
    days: float = 3650
    members: tuple[Member, ...] = field(default=())

    def url(self, member: Member) -> str:
        """How a member reaches the broker."""
        host = f"[{self.hosts[0]}]" if ":" in self.hosts[0] else self.hosts[0]
        return (
            f"mqtts://{member.name}@{host}:{self.password_port}" if member.password else f"mqtts://{host}:{self.port}"
        )


def default_hosts() -> tuple[str, ...]:
    """What this machine is called by itself and, usually, by its neighbours."""
    name = socket.gethostname()
    local = () if "." in name else (f"{name}.local",)
    return (*dict.fromkeys((name, *local, "localhost", "127.0.0.1")),)


def init(folder: Path, fleet: Fleet) -> Fleet:
    """Make the folder of a new fleet, complete or not at all. Raises :class:`FleetError` if there is something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FleetError(f"{folder}: there is something already; 'edge broker add' adds members to a fleet")
    from .certificates import authority, for_server  # `load`, for running a broker, does without

    _check(fleet.members)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # readable by us alone
    try:
        ca = authority(f"bitnet-edge fleet {secrets.token_hex(4)}")
        _write_pair(scratch, "ca.pem", "ca.key", ca)
        _write_pair(scratch, "server.pem", "server.key", for_server(ca, fleet.hosts, fleet.days))
        user = pwd.getpwuid(os.geteuid()).pw_name
        config = mosquitto_config(user, fleet.address, fleet.port, fleet.password_port)
        _write(scratch / "mosquitto.conf", config.encode(), _PUBLIC)
        _write(scratch / "passwords", b"", _PRIVATE)
        (scratch / "data").mkdir()
        (scratch / "members").mkdir()
        made = add(scratch, replace(fleet, members=()), fleet.members)
        if folder.exists():
            folder.rmdir()  # empty, as checked above
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return made


def load(folder: Path) -> Fleet:
    """The fleet in ``folder``. Raises :class:`FleetError`."""
    path = folder / "fleet.json"
    try:
        fields: dict[str, Any] = json.loads(path.read_bytes())
        members = tuple(Member(**m) for m in fields.pop("members"))
        fleet = Fleet(**fields | {"hosts": tuple(fields["hosts"])}, members=members)
    except FileNotFoundError as error:
        raise FleetError(f"{folder}: no fleet here; type: edge broker init {folder} --device NAME") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FleetError(f"{path}: not readable as a fleet ({error}); restore it from a copy") from error
    return fleet


def add(folder: Path, fleet: Fleet, members: Sequence[Member]) -> Fleet:
    """Give new members what they need and let them in; the broker reads the rules again by itself.

    fleet.json is written last: what a power cut leaves half done is done afresh the next time.
    """
    from .certificates import Pair, for_member

    together = (*fleet.members, *members)
    _check(together)
    ca = Pair(_read(folder / "ca.pem"), _read(folder / "ca.key"))
    hashes = _read(folder / "passwords").decode()
    for member in members:
        place = folder / "members" / member.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        _write(place / "ca.pem", ca.certificate, _PUBLIC)
        if member.password:
            password = secrets.token_urlsafe(24)
            _write(place / "password", f"{password}\n".encode(), _PRIVATE)
            hashes = "".join(
                line for line in hashes.splitlines(keepends=True) if not line.startswith(f"{member.name}:")
            )
            hashes += password_line(member.name, password, secrets.token_bytes(12)) + "\n"
        else:
            _write_pair(place, "cert.pem", "key.pem", for_member(ca, member.name, fleet.days))
    _write(folder / "passwords", hashes.encode(), _PRIVATE)
    own = folder / "access.own"
    rules = access_rules(together, own.read_text(encoding="utf-8") if own.exists() else "")
    _write(folder / "access.conf", rules.encode(), _PRIVATE)
    changed = replace(fleet, members=together)
    _write(folder / "fleet.json", (json.dumps(asdict(changed), indent=2) + "\n").encode(), _PRIVATE)
    return changed


def _check(members: Sequence[Member]) -> None:
    names = [check_name(member.name, f"{member.role}'s name") for member in members]
    if taken := sorted({name for name in names if names.count(name) > 1}):
        raise FleetError(f"{taken[0]}: this name is taken; every device and client needs one of its own")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FleetError(f"{path}: {error.strerror}; only the fleet's owner may add to it") from error


def _write_pair(folder: Path, certificate: str, key: str, pair: Pair) -> None:
    _write(folder / certificate, pair.certificate, _PUBLIC)
    _write(folder / key, pair.key, _PRIVATE)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace a file in one go; at no time can others read what is not for them."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as f:  # noqa: PTH123
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    part.replace(path)
