"""A board at the other end of ssh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """Whom to log in as, where, and how. ``None`` means: what ssh_config says, else what ssh does."""

    host: str
    user: str | None = None
    port: int | None = None
    keys: tuple[Path, ...] = ()
    prefix: str = ""
    host_key: str = "accept-new"
    known_hosts: Path | None = None
    ssh_config: Path | None = None
    agent: bool = True
