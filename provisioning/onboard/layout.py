"""Where everything lies on the board."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["AGENT", "SWITCH", "Layout"]

#: The agent's service, and the one that switches between releases.
AGENT = "edge-agent"
SWITCH = "edge-activate"


@dataclass(frozen=True)
class Layout:
    """Every path below one ``prefix``: empty in life, a folder in tests, where no root is needed."""

    prefix: str = ""

    def _path(self, name: str) -> Path:
        return Path(f"{self.prefix}/{name}")

    @property
    def root(self) -> Path:
        return self._path("opt/edge")

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def program(self) -> Path:
        return self.root / "edge-board.pyz"

    @property
    def trial(self) -> Path:
        return self.root / "trial.json"

    @property
    def result(self) -> Path:
        return self.root / "result.json"

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    @property
    def audit(self) -> Path:
        return self.root / "audit.jsonl"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def units(self) -> Path:
        return self._path("etc/systemd/system")

    @property
    def wants(self) -> Path:
        """Links in here are started at boot."""
        return self.units / "multi-user.target.wants"

    @property
    def agent_unit(self) -> Path:
        return self.units / f"{AGENT}.service"

    @property
    def switch_unit(self) -> Path:
        return self.units / f"{SWITCH}.service"

    @property
    def state(self) -> tuple[Path, Path]:
        """The agent's StateDirectory= and the link that systemd makes to it (systemd.exec(5), DynamicUser=)."""
        return self._path(f"var/lib/private/{AGENT}"), self._path(f"var/lib/{AGENT}")

    def release(self, name: str) -> Path:
        return self.releases / name

    def making(self, name: str) -> Path:
        """A release that is not finished; the dot keeps it out of every list."""
        return self.releases / f".{name}.new"

    def going(self, name: str) -> Path:
        """A release that is being removed."""
        return self.releases / f".{name}.gone"

    def committed(self, name: str) -> Path:
        """Says when a release last proved healthy after a switch to it; absent if never."""
        return self.release(name) / "committed.json"

    def current_release(self) -> str | None:
        """The id that ``current`` points to, None where it points to nothing."""
        try:
            target = self.current.readlink()
        except OSError:
            return None
        name = target.name
        return name if (self.release(name) / "manifest.json").is_file() else None
