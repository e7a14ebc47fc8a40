"""Is this the board that we know? known_hosts as OpenSSH's client reads it, and what to do with a key not in it.

Paramiko's own reading is not used: it knows no wildcards, takes a revoked key for none, and Fabric accepts whatever a
host shows without a look at any file.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import fnmatch
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import paramiko

from edge.errors import DeployError, HostKeyChanged, HostKeyUnknown

from .ssh_config import Hop

__all__ = ["HOST_KEY_CHOICES", "HostKeyChoice", "HostKeys", "KnownKey", "fingerprint", "known_keys"]

#: strict: only boards in known_hosts · accept-new: an unknown board's key is printed and kept, a changed one refused ·
#: off: no look at it, for boards that are made anew all the time on a network of one's own.
HostKeyChoice = Literal["strict", "accept-new", "off"]
HOST_KEY_CHOICES: tuple[str, ...] = get_args(HostKeyChoice)


@dataclass(frozen=True)
class KnownKey:
    """One line of a known_hosts file that is about a host. ``blob``: the public key in ssh's own encoding."""

    file: Path
    line: int
    revoked: bool
    kind: str
    blob: bytes

    def __str__(self) -> str:
        return f"{_tilde(self.file)}:{self.line}"


def fingerprint(blob: bytes) -> str:
    """A public key's fingerprint as ``ssh-keygen -l`` prints it: ``SHA256:…``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def known_keys(name: str, files: Iterable[Path]) -> list[KnownKey]:
    """All that the files say of a host: ``kitchen.local`` or, on another port than 22, ``[kitchen.local]:2222``."""
    return [key for file in files for key in _read(file, name)]


def _read(file: Path, name: str) -> Iterator[KnownKey]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DeployError(f"{file}: {error.strerror}; known hosts must be readable") from error
    for number, line in enumerate(lines, 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        # Certificates of hosts are beyond Paramiko: a line about them says nothing that we could check.
        if len(words) < 3 or words[0].startswith("#") or marker not in {"", "@revoked"}:
            continue
        if _matches(words[0], name):
            with contextlib.suppress(binascii.Error, ValueError):
                yield KnownKey(file, number, bool(marker), words[1], base64.b64decode(words[2], validate=True))


def _matches(patterns: str, name: str) -> bool:
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("|1|"):
            with contextlib.suppress(ValueError, AssertionError):  # the two that damaged base64 ends in
                found |= paramiko.HostKeys.hash_host(name, pattern) == pattern
        elif fnmatch.fnmatchcase(name, _glob(pattern.removeprefix("!").lower())):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _glob(pattern: str) -> str:
    """Only ``*`` and ``?`` are special in known_hosts; brackets enclose a name before a port."""
    return pattern.replace("[", "[[]")


def _tilde(path: Path) -> str:
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def _is_alone(line: bytes, key: bytes) -> bool:
    """Whether a line is the one with that key, and about one host only."""
    return key in line and not set(line.split()[0]) & set(b",*?!")


@contextlib.contextmanager
def _locked(file: Path, flags: int) -> Iterator[io.FileIO]:
    """The file, for us alone; not one that somebody has put another in the place of while we waited."""
    while True:
        with os.fdopen(os.open(file, flags, 0o600), "rb" if flags == os.O_RDONLY else "r+b", buffering=0) as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            try:
                there = os.path.samestat(os.fstat(opened.fileno()), file.stat())
            except FileNotFoundError:
                there = False
            if there:
                yield opened
                return


def _replace(file: Path, data: bytes, mode: int) -> None:
    """Put new contents in a file's place, whole or not at all: who else is known stands in it."""
    fd, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    beside = Path(name)
    try:
        with os.fdopen(fd, "wb") as opened:
            os.fchmod(fd, mode)
            opened.write(data)
            opened.flush()
            os.fsync(fd)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


class HostKeys(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]  # Paramiko has no types
    """The decision over one hop's key. Paramiko is given no known hosts of its own, so every key comes to us.

    ``notice``: gets a line about a key that was never seen before. ``only``: kind and text of the key that it has to
    be, known by a way beyond doubt, such as a cable; whatever the files say, they are left alone.
    """

    def __init__(
        self,
        hop: Hop,
        choice: HostKeyChoice,
        notice: Callable[[str], None],
        only: tuple[str, bytes] | None = None,
    ) -> None:
        self._hop = hop
        self._files = (hop.known_hosts, *hop.more_known_hosts)
        self._choice = choice
        self._notice = notice
        self._only = only

    def known(self) -> list[KnownKey]:
        """What is known of the hop."""
        return known_keys(self._hop.known_as, self._files)

    def plain(self) -> list[KnownKey]:
        """What is known of its name alone, where the port is not ssh's own: maybe of another machine of that name.

        So the same key there is a good one, as ssh has it, and a different one says nothing.
        """
        if not self._hop.known_as.startswith("["):
            return []
        return known_keys(self._hop.known_as[1:].split("]:")[0], self._files)

    def kinds(self) -> list[str]:
        """Kinds of keys to ask the host for before others: it may have several, and we know one."""
        kinds = [key.kind for key in (*self.known(), *self.plain()) if not key.revoked]
        kinds = [self._only[0]] if self._only else kinds
        return [name for kind in kinds for name in _ALGORITHMS.get(kind, (kind,))]

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002 - Paramiko's signature
        """Let the key pass, or raise HostKeyChanged or HostKeyUnknown."""
        blob, kind = key.asbytes(), key.get_name()
        if self._only is not None:
            if blob != self._only[1]:
                raise HostKeyChanged(
                    f"{self._hop} is another machine from here: it shows {fingerprint(blob)}, and not the board's "
                    f"{fingerprint(self._only[1])}"
                )
            return
        if self._choice == "off":
            return
        known = self.known()
        # A key under the plain name counts only where none is known of this port.
        may_match = all(key.revoked for key in known)
        known += [key for key in self.plain() if key.revoked or (may_match and key.blob == blob)]
        if self._judge(known, blob):
            return
        shown = f"{_KINDS.get(kind, kind)} key {fingerprint(blob)}"
        if self._choice == "strict":
            raise HostKeyUnknown(
                f"{self._hop} was never seen before: it shows the {shown}; compare it with what "
                "'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' prints on the board, then use --host-key accept-new"
            )
        try:
            added = self._add(kind, blob)
        except OSError as error:
            where = _tilde(self._hop.known_hosts)
            self._notice(f"{self._hop}: new board, {shown}; not kept, {where}: {error.strerror}")
            return
        if added:
            self._notice(f"{self._hop}: new board, {shown}, kept in {_tilde(self._hop.known_hosts)}")

    def learn(self, kind: str, blob: bytes) -> None:
        """Take a key for the hop's that came by a way beyond doubt, such as a cable; an older one makes room for it.

        Raises HostKeyChanged where a revoked key, or a line that is about others too, says something else; DeployError
        where it cannot be kept.
        """
        try:
            with contextlib.suppress(HostKeyChanged):
                if self._judge(self.known(), blob):
                    return
            if gone := self._forget(blob):
                self._notice(f"{self._hop}: another key was known of a board at this address; it is forgotten ({gone})")
            self._judge(self.known(), blob)
            self._add(kind, blob)
        except OSError as error:
            raise DeployError(
                f"{self._hop.known_hosts}: {error.strerror}; the board's key must be kept there"
            ) from error

    def _forget(self, blob: bytes) -> str:
        """Take out the lines that are about the hop alone and have other keys. Returns which these were."""
        name, file = self._hop.known_as, self._hop.known_hosts
        if not any(not key.revoked and key.blob != blob for key in known_keys(name, [file])):
            return ""
        with _locked(file, os.O_RDONLY) as opened:
            lines = opened.read().splitlines(keepends=True)
            old = [key for key in known_keys(name, [file]) if not key.revoked and key.blob != blob]
            alone = {
                key.line
                for key in old
                if key.line <= len(lines) and _is_alone(lines[key.line - 1], base64.b64encode(key.blob))
            }
            kept = b"".join(line for number, line in enumerate(lines, 1) if number not in alone)
            if alone:
                _replace(file.resolve(), kept, os.fstat(opened.fileno()).st_mode & 0o777)
        return ", ".join(f"{_tilde(file)}:{number}" for number in sorted(alone))

    def _judge(self, known: list[KnownKey], blob: bytes) -> bool:
        """Whether the key is the known one. Raises HostKeyChanged if it is another or was revoked."""
        revoked = [key for key in known if key.revoked and key.blob == blob]
        if revoked:
            raise HostKeyChanged(
                f"{self._hop} shows a key that was revoked in {revoked[0]}: {fingerprint(blob)}; give the board a new "
                "one: remove /etc/ssh/ssh_host_* there and type 'sudo dpkg-reconfigure openssh-server'"
            )
        valid = [key for key in known if not key.revoked]
        if any(key.blob == blob for key in valid):
            return True
        if valid:
            first = valid[0]
            file = "" if first.file == Path.home() / ".ssh" / "known_hosts" else f" -f '{first.file}'"
            raise HostKeyChanged(
                f"{self._hop} shows another host key than before: {fingerprint(blob)}, and not "
                f"{fingerprint(first.blob)} of {first}; if its card was written anew, type: "
                f"ssh-keygen{file} -R '{self._hop.known_as}' (if not, somebody may stand in between)"
            )
        return False

    def _add(self, kind: str, blob: bytes) -> bool:
        """Append the key, unless somebody did a moment ago: fleets have a bastion in common, and people two shells."""
        file = self._hop.known_hosts
        if not file.parent.exists():
            file.parent.mkdir(mode=0o700, parents=True)
        with _locked(file, os.O_RDWR | os.O_CREAT | os.O_APPEND) as opened:
            if self._judge(known_keys(self._hop.known_as, [file]), blob):
                return False
            end = opened.seek(0, os.SEEK_END)
            if end:
                opened.seek(end - 1)
            newline = "\n" if end and opened.read(1) != b"\n" else ""
            name = self._hop.known_as
            name = paramiko.HostKeys.hash_host(name) if self._hop.hash_names else name
            opened.write(f"{newline}{name} {kind} {base64.b64encode(blob).decode()}\n".encode())
        return True


# A key's kind in known_hosts, and the signatures it can make that are still thought safe.
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
_KINDS = {"ssh-ed25519": "ED25519", "ssh-rsa": "RSA"} | {f"ecdsa-sha2-nistp{n}": "ECDSA" for n in (256, 384, 521)}
