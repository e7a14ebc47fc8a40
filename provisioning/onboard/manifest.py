"""What the operator wants a release to be, checked before a byte of it is made."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .failure import Failure

__all__ = ["Piece", "Release", "file_name", "read", "release_id", "sha256"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_.+!-]{0,199}")
_ID = re.compile(r"[0-9a-f]{12}")
_BROKER = re.compile(r"[a-z]+://(?:[^@/]*@)?(\[[^\]]+\]|[^:/\[\]]+)(?::(\d+))?/?")
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Piece:
    """A file of a release: its path there, and the blob it is."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Release:
    """A manifest that was read: see provisioning/manifest.py for what each field means."""

    id: str
    python: str
    wheels: tuple[Piece, ...]
    pip: Piece
    model: str
    model_files: tuple[Piece, ...]
    secrets: tuple[str, ...]
    unit: str
    check: dict[str, Any]
    agent: tuple[str, ...]
    text: bytes

    @property
    def broker(self) -> tuple[str, int] | None:
        """Host and port that the agent connects to, None where its arguments do not say."""
        arguments = dict(zip(self.agent, self.agent[1:], strict=False))
        found = _BROKER.fullmatch(arguments.get("--broker", ""))
        if found is None:
            return None
        scheme = arguments["--broker"].partition(":")[0]
        return found[1].strip("[]"), int(found[2] or _PORTS.get(scheme, 1883))


def sha256(value: Any) -> str:
    """Take a blob's name. Raises Failure (protocol) for anything else."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise Failure("protocol", f"not a SHA-256: {value!r}")
    return value


def file_name(value: Any) -> str:
    """Take the name of a file, which cannot lead out of its folder."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Failure("protocol", f"not a name for a file: {value!r}")
    return value


def release_id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Failure("protocol", f"not a release's id: {value!r}")
    return value


def _piece(value: dict[str, Any], path: str) -> Piece:
    for part in PurePosixPath(path).parts:
        file_name(part)
    return Piece(path, sha256(value["sha256"]), int(value["size"]))


def read(value: Any) -> Release:
    """Read a manifest. Raises Failure (protocol) where it is none, or one of a later format."""
    try:
        if value["format"] != 1:
            raise Failure("protocol", f"a manifest of format {value['format']}, and this program knows 1")
        text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        return Release(
            id=hashlib.sha256(text).hexdigest()[:12],
            python=str(value["python"]),
            wheels=tuple(_piece(w, w["name"]) for w in value["wheels"]),
            pip=_piece(value["pip"], value["pip"]["name"]),
            model=str(value["model"]["name"]),
            model_files=tuple(_piece(f, f["path"]) for f in value["model"]["files"]),
            secrets=tuple(file_name(name) for name in value["secrets"]),
            unit=str(value["unit"]),
            check=dict(value["check"]),
            agent=tuple(map(str, value["agent"])),
            text=text,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure("protocol", f"a manifest that is none: {error!r}") from error
