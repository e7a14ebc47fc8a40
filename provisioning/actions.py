"""What can be done to a board: each action is data with a sentence, and says how the board program is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .manifest import Blob, Manifest

__all__ = ["Action", "Activate", "Check", "Install", "Prune", "Settle", "Upload"]


def size(count: float) -> str:
    """Bytes for people."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} bytes"


@dataclass(frozen=True)
class Settle:
    """Let an activation that was interrupted come to its end; what is to do after it shows in another probe."""

    release: str
    deadline_s: float

    phase = "activate"

    def sentence(self) -> str:
        return f"let the interrupted switch to {self.release} come to its end, then look again"

    def to_json(self) -> dict[str, Any]:
        return {"action": "settle", "release": self.release, "deadline_s": self.deadline_s}


@dataclass(frozen=True)
class Upload:
    """Send a file; the board has its first ``offset`` bytes already."""

    blob: Blob
    offset: int

    phase = "upload"

    def sentence(self) -> str:
        rest = f", from byte {self.offset:,}" if self.offset else ""
        return f"send {self.blob.title} ({size(self.blob.size - self.offset)}{rest})"

    def to_json(self) -> dict[str, Any]:
        return {"action": "upload", **self.blob.to_json(), "offset": self.offset}


@dataclass(frozen=True)
class Install:
    """Make the release's folder: virtual environment, model, settings, secrets."""

    manifest: Manifest

    phase = "install"

    def sentence(self) -> str:
        m = self.manifest
        return f"install release {m.id}: {len(m.wheels)} packages, model {m.model.name}, {m.python}"

    def to_json(self) -> dict[str, Any]:
        return {"action": "install", "release": self.manifest.id, "manifest": self.manifest.to_json()}


@dataclass(frozen=True)
class Check:
    """Run the release's own self-check, before anything is switched to it."""

    release: str
    timeout_s: float

    phase = "check"

    def sentence(self) -> str:
        return f"check release {self.release}: load its model, compare what it generates, measure it"

    def to_json(self) -> dict[str, Any]:
        return {"action": "check", "release": self.release, "timeout_s": self.timeout_s}


@dataclass(frozen=True)
class Activate:
    """Switch to a release, restart, wait for a healthy agent; back to ``previous`` if it does not come."""

    release: str
    previous: str | None
    deadline_s: float

    phase = "activate"

    def sentence(self) -> str:
        if self.previous == self.release:
            return f"restart release {self.release}, which should be running, and wait for it"
        back = f"roll back to {self.previous}" if self.previous else "take everything away again"
        return f"switch to {self.release} and restart; if it is not healthy in {self.deadline_s:.0f} s, {back}"

    def to_json(self) -> dict[str, Any]:
        return {
            "action": "activate",
            "release": self.release,
            "previous": self.previous,
            "deadline_s": self.deadline_s,
        }


@dataclass(frozen=True)
class Prune:
    """Remove releases, and the files that no release uses any more."""

    keep: tuple[str, ...]
    remove: tuple[str, ...]

    phase = "prune"

    def sentence(self) -> str:
        what = f"{', '.join(self.remove)} and " if self.remove else ""
        return f"remove {what}files that no release uses"

    def to_json(self) -> dict[str, Any]:
        return {"action": "prune", "keep": list(self.keep), "remove": list(self.remove)}


Action = Settle | Upload | Install | Check | Activate | Prune
