"""Carrying out a plan, action by action, over a session with the board. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .actions import Action, Activate, Check, Install, Prune, Settle, Upload
from .manifest import Blob
from .session import Session

__all__ = ["LOCK_WAIT_S", "Done", "Tell", "execute"]

#: The board's program notices only after a moment that the connection of the deploy before was cut.
LOCK_WAIT_S = 10.0
#: Told what happens: phase, text, bytes done, bytes in all.
Tell = Callable[[str, str, int, int], None]


@dataclass
class Done:
    """What a plan's execution came to. ``activation``: the board's own account of the last switch."""

    sent: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    activation: dict[str, Any] | None = None


def execute(
    actions: Sequence[Action],
    session: Session,
    *,
    who: str,
    what: str,
    secrets: Mapping[str, bytes],
    tell: Tell,
    limit_bytes_s: float | None = None,
) -> Done:
    """Do what a plan says. Stops where an activation was rolled back: ``activation`` has the reason.

    ``who``, ``what``: for the lock and the audit log. ``limit_bytes_s``: the most an upload may take of the line.
    Raises BoardError where an action fails, BoardUnreachable where the connection goes away.
    """
    done = Done()
    session.call("lock", who=who, wait_s=LOCK_WAIT_S)
    whole = sum(a.blob.size - a.offset for a in actions if isinstance(a, Upload))
    for action in actions:
        begun = time.monotonic()
        match action:
            case Upload(blob, offset):
                _send(session, blob, tell, (done.sent, whole, offset), limit_bytes_s)
                done.sent += blob.size - offset
            case Install(manifest):
                for name, secret in secrets.items():
                    session.send_secret(name, secret)
                session.call("install", _announced(tell, action), manifest=manifest.to_json())
            case Check(release, timeout_s):
                done.measured = session.call("check", _announced(tell, action), id=release, timeout_s=timeout_s)
            case Activate(release, _, deadline_s):
                done.activation = session.call(
                    "activate", _announced(tell, action), id=release, deadline_s=deadline_s, who=who, what=what
                )
            case Settle(_, deadline_s):
                done.activation = session.call("settle", _announced(tell, action), deadline_s=deadline_s)
            case Prune(keep):
                session.call("prune", _announced(tell, action), keep=list(keep))
        done.seconds[action.phase] = round(done.seconds.get(action.phase, 0.0) + time.monotonic() - begun, 3)
        if done.activation and done.activation.get("outcome") != "committed":
            break  # pruning would take away what a person wants to look at
    return done


def _send(session: Session, blob: Blob, tell: Tell, before: tuple[int, int, int], limit_bytes_s: float | None) -> None:
    sent, whole, offset = before
    if blob.path is None:
        raise ValueError(f"{blob.name} has no file here")

    def progress(have: int, _size: int) -> None:
        tell("upload", blob.title, sent + max(0, have - offset), whole)

    session.send_blob(blob.path, blob.sha256, blob.size, progress, limit_bytes_s)


def _announced(tell: Tell, action: Action) -> Callable[[dict[str, Any]], None]:
    """Tell of an action now, and of its steps as the board reports them; an upload shows by its progress."""
    tell(action.phase, action.sentence(), 0, 0)

    def on_event(event: dict[str, Any]) -> None:
        if event.get("text"):  # other steps are for the journal
            tell(action.phase, str(event["text"]), 0, 0)

    return on_event
