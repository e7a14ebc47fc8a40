"""What a release is, and what a board has of them.

A release is named by its contents: its id is the beginning of the SHA-256 of its manifest, so "is the wanted release
the current one?" is a comparison of two names, and a release that is there need never be made again.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["FORMAT", "Blob", "Installed", "Manifest", "Model", "Release", "answering", "fingerprint"]

#: The manifest's own version, part of every id.
FORMAT = 1
_ID_LENGTH = 12
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Blob:
    """A file by its contents: ``sha256`` in hex, ``size`` in bytes; ``path`` is where the operator has it."""

    name: str
    sha256: str
    size: int
    path: Path | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Its name for people: a wheel's is mostly tags."""
        return " ".join(self.name.split("-")[:2]) if self.name.endswith(".whl") else self.name

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256, "size": self.size}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Blob:
        return cls(str(value["name"]), str(value["sha256"]), int(value["size"]))

    @classmethod
    def of(cls, path: Path, name: str | None = None) -> Blob:
        """Describe a file that lies here. Raises OSError."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return cls(name or path.name, digest.hexdigest(), path.stat().st_size, path)


@dataclass(frozen=True)
class Model:
    """A model by its name and files; no files: it is inside our wheel. A file's name is its path in the folder."""

    name: str
    files: tuple[Blob, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """All that a release is made of; what is not in here cannot differ between two releases of one id.

    ``python``: the board's interpreter, which the virtual environment is bound to. ``agent``: the arguments after
    ``edge agent``. ``secrets``: name to :func:`fingerprint`. ``unit``: the service file's text. ``check``: prompt and
    tokens of the self-check. ``memory_max``: bytes the service may use.
    """

    python: str
    wheels: tuple[Blob, ...]
    pip: Blob
    model: Model
    agent: tuple[str, ...]
    secrets: dict[str, str]
    unit: str
    check: dict[str, Any]
    memory_max: int

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "python": self.python,
            "wheels": [wheel.to_json() for wheel in self.wheels],
            "pip": self.pip.to_json(),
            "model": {
                "name": self.model.name,
                "files": [{"path": f.name, "sha256": f.sha256, "size": f.size} for f in self.model.files],
            },
            "agent": list(self.agent),
            "secrets": dict(sorted(self.secrets.items())),
            "unit": self.unit,
            "check": self.check,
            "memory_max": self.memory_max,
        }

    @property
    def canonical(self) -> bytes:
        """The bytes that the id is made of, and that lie on the board."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.canonical).hexdigest()[:_ID_LENGTH]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """Every file the release needs, each once, the small ones first: an error shows before the long upload."""
        unique = {blob.sha256: blob for blob in (self.pip, *self.wheels, *self.model.files)}
        return tuple(sorted(unique.values(), key=lambda blob: (blob.size, blob.name)))


@dataclass(frozen=True)
class Release:
    """A release on a board.

    ``manifest`` as it lies there; ``checked``: whether its self-check has passed; ``committed``: when it last proved
    healthy after a switch to it, seconds since 1970, None if never.
    """

    id: str
    manifest: dict[str, Any]
    checked: bool
    committed: float | None = None

    @property
    def model(self) -> str:
        """The model's name, for people."""
        model = self.manifest.get("model")
        return str(model.get("name", "?")) if isinstance(model, dict) else "?"

    @property
    def blobs(self) -> set[str]:
        """SHA-256 of the files it is made of, as far as its manifest can be read."""
        model = self.manifest.get("model")
        lists = [
            self.manifest.get("wheels"),
            [self.manifest.get("pip")],
            model.get("files") if isinstance(model, dict) else None,
        ]
        files = [file for files in lists if isinstance(files, list) for file in files if isinstance(file, dict)]
        return {str(file.get("sha256")) for file in files}

    @property
    def version(self) -> str:
        """The version of bitnet-edge, from its wheel's name."""
        wheels = self.manifest.get("wheels")
        for wheel in wheels if isinstance(wheels, list) else []:
            name = str(wheel.get("name", "")) if isinstance(wheel, dict) else ""
            if name.startswith("bitnet_edge-"):
                return name.split("-")[1]
        return "?"


@dataclass(frozen=True)
class Installed:
    """What a board has of us, read from the probe.

    ``blobs`` and ``parts``: SHA-256 to bytes, finished and begun. ``trial``: an activation that has not come to its
    end. ``service``: systemd's properties of the agent, None where there is no such unit. ``state``: what there is to
    remove at all.
    """

    current: str | None = None
    releases: tuple[Release, ...] = ()
    blobs: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    trial: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    service: dict[str, str] | None = None
    lock: dict[str, Any] | None = None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Installed:
        """Read the ``edge`` part of a probe. Raises ValueError on what no probe prints."""
        try:
            return cls(
                current=_name(value["current"]) if value["current"] is not None else None,
                releases=tuple(map(_release, value["releases"])),
                blobs=_sizes(value["blobs"]),
                parts=_sizes(value["parts"]),
                trial=_record(value["trial"]),
                result=_result(value["result"]),
                service=_service(value["service"]),
                lock=_record(value["lock"]),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"the probe's account of releases is incomplete: {error!r:.200}") from error

    def release(self, wanted: str | None) -> Release | None:
        """The release of that id, if the board has it."""
        return next((release for release in self.releases if release.id == wanted), None)

    @property
    def running(self) -> bool:
        """Whether the agent is up, as systemd sees it."""
        service = self.service or {}
        return service.get("ActiveState") == "active" and service.get("SubState") == "running"

    @property
    def connected(self) -> bool:
        """Whether the agent says that it has its broker."""
        return self.running and answering((self.service or {}).get("StatusText", ""))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST_NAME:
        raise TypeError(f"no release is called {value!r:.80}")
    return value


def _release(value: Any) -> Release:
    committed = value.get("committed")
    if committed is not None and not (isinstance(committed, int | float) and math.isfinite(committed)):
        raise TypeError(f"no time is {committed!r:.80}")
    return Release(_name(value["id"]), _record(value.get("manifest")) or {}, bool(value["checked"]), committed)


def _sizes(value: Any) -> dict[str, int]:
    return {str(name): int(size) for name, size in value.items()}


def _record(value: Any) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"no record is {value!r:.80}")
    return value


def _result(value: Any) -> dict[str, Any] | None:
    """What nobody can read on the board's disk is to stop nobody: the next switch writes it anew."""
    found = _record(value) or {}
    sound = all(isinstance(found.get(name), str) for name in ("id", "outcome", "why"))
    return found if sound and f"{found['id']}{found['outcome']}".isprintable() else None


def _service(value: Any) -> dict[str, str] | None:
    found = _record(value)
    if found is not None and not all(isinstance(said, str) for said in found.values()):
        raise TypeError(f"systemd does not say {found!r:.80}")
    return found


def answering(status: str) -> bool:
    """Whether an agent that says this of itself to systemd has its broker (edge/agent/agent.py)."""
    return status.endswith(": answering")


def fingerprint(secret: bytes, salt: str) -> str:
    """Tell whether a secret has changed without giving it away: manifests are readable by everybody on the board.

    scrypt makes guessing a weak password from it slow (RFC 7914; 16 MiB, some 50 ms each).
    """
    return hashlib.scrypt(secret, salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=16).hex()
