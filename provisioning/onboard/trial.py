"""A switch under way (trial.json) and how the last one ended (result.json)."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import Any

from . import files
from .layout import Layout

__all__ = ["Trial", "write_result"]


@dataclass
class Trial:
    """A trial, as it lies on the disk.

    ``new``: the release on trial. ``old``: the one to go back to, None at a first install. ``token``: tells trials
    apart whatever the clock says. ``since``: when it began, by that clock. ``broker``: what the board could reach
    before: reachable, unreachable or unknown. ``had_state``: whether the agent's state folder was there before.
    ``attempts``: how often the switch was begun. ``back``: why it goes back; once this is set, it does.
    """

    new: str
    old: str | None
    token: str
    deadline_s: float
    since: float = 0.0
    settle_s: float = 3.0
    broker: str = "unknown"
    had_state: bool = True
    who: str = ""
    what: str = "deploy"
    attempts: int = 0
    back: str | None = None

    @classmethod
    def read(cls, layout: Layout) -> Trial | None:
        """Return the trial under way; None where there is none, or none that one can read."""
        value = files.read_json(layout.trial) or {}
        try:
            return cls(**{field.name: value[field.name] for field in fields(cls) if field.name in value})
        except TypeError:
            return None

    def write(self, layout: Layout) -> None:
        files.write_json(layout.trial, asdict(self))


def write_result(layout: Layout, trial: Trial, value: dict[str, Any]) -> dict[str, Any]:
    """Write how a trial ended; return that."""
    release = {"id": trial.new, "old": trial.old, "token": trial.token, "t": round(time.time(), 3)}
    files.write_json(layout.result, release | value)
    return release | value
