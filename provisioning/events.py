"""What happens on the way, and what came of it: the two things that a person, a table and a report look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Event", "Outcome", "State"]

#: unchanged: nothing was to do · changed: done and healthy · planned: only shown · refused: nothing was begun, the
#: board does not fit or somebody else works on it · rolled_back: the previous release runs again · failed: it went
#: wrong before the switch, or there was nothing to go back to · unreachable: no connection, so nothing is known ·
#: cut: the connection went away in the middle; the board finishes or heals by itself.
State = Literal["unchanged", "changed", "planned", "refused", "rolled_back", "failed", "unreachable", "cut"]


@dataclass(frozen=True)
class Event:
    """Something a host does now. ``total``: bytes of an upload, else 0; ``done`` of them are there."""

    host: str
    phase: str
    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one host.

    ``why`` is one sentence where something went wrong, ``log`` the last lines of the agent then. ``sent``: bytes of
    blobs. ``trips``: commands run over the connection. ``seconds``: by phase. ``measured``: the self-check's figures.
    """

    host: str
    state: State
    release: str | None = None
    previous: str | None = None
    why: str = ""
    log: tuple[str, ...] = ()
    findings: tuple[dict[str, str], ...] = ()
    sent: int = 0
    trips: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] | None = None

    @property
    def good(self) -> bool:
        """Whether the host is as it was wanted."""
        return self.state in {"unchanged", "changed", "planned"}

    def to_json(self) -> dict[str, Any]:
        """For the report: empty things left out."""
        return {key: value for key, value in vars(self).items() if value not in (None, "", (), {})}
