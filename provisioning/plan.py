"""From facts and a wanted state to a list of actions: a pure function, every branch of it a golden file in the tests.

A board that is as it is wanted gives an empty plan, whatever way it came there; one that was left in the middle gives
a plan that heals it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devices.facts import Facts
from devices.findings import Finding, findings

from . import preflight
from .actions import Action, Activate, Check, Install, Prune, Settle, Upload
from .manifest import Blob, Installed, Manifest, Release
from .wanted import Wanted

__all__ = ["Plan", "plan", "plan_rollback"]

# A Cortex-A53 reads 2.4 GB of weights from an SD card in a minute, and then says a few tokens a second.
_CHECK_S = 120.0
_CHECK_BYTES_S = 10e6
# Of a switch whose own deadline cannot be read.
_DEADLINE_S = 90.0


@dataclass(frozen=True)
class Plan:
    """What is to do, in this order, and what speaks against it. Errors among the findings: nothing is to be done."""

    release: str
    actions: tuple[Action, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "error")

    @property
    def upload_bytes(self) -> int:
        """Bytes of files that will travel."""
        return sum(action.blob.size - action.offset for action in self.actions if isinstance(action, Upload))

    def to_json(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "actions": [action.to_json() for action in self.actions],
            "upload_bytes": self.upload_bytes,
            "findings": [vars(finding) for finding in self.findings],
        }


def plan(facts: Facts, wanted: Wanted, now: float) -> Plan:
    """Return the plan that takes a board with these ``facts`` to the ``wanted`` state.

    ``now``: the operator's clock, seconds since 1970. Raises ValueError where the probe's account of releases is none.
    """
    installed = Installed.from_json(facts.edge)
    board = findings(facts, now)
    if any(finding.level == "error" for finding in board):
        return Plan("", (), tuple(board))  # without a Python there is nothing to plan for
    manifest = wanted.manifest(facts)
    uploads = _uploads(manifest, installed)
    found = (*board, *preflight.check(facts, installed, wanted, uploads))
    if any(finding.level == "error" for finding in found):
        return Plan(manifest.id, (), found)
    if installed.trial:
        return Plan(manifest.id, (_settle(installed.trial),), found)
    return Plan(manifest.id, _actions(manifest, installed, wanted, uploads), found)


def _actions(
    manifest: Manifest, installed: Installed, wanted: Wanted, uploads: tuple[Upload, ...]
) -> tuple[Action, ...]:
    release = installed.release(manifest.id)
    is_current = installed.current == manifest.id
    if is_current and release and release.checked and installed.running:
        return ()
    actions: list[Action] = []
    if release is None:
        actions += [*uploads, Install(manifest)]
    if release is None or not release.checked:
        actions.append(Check(manifest.id, _CHECK_S + wanted.appetite.weights / _CHECK_BYTES_S))
    previous = installed.current if installed.release(installed.current) else None
    actions.append(Activate(manifest.id, previous, wanted.patience_s))
    prune = _prune(manifest, previous, installed, wanted.keep)
    return (*actions, *([prune] if prune else []))


def _uploads(manifest: Manifest, installed: Installed) -> tuple[Upload, ...]:
    if installed.release(manifest.id):
        return ()

    def offset(blob: Blob) -> int:
        begun = installed.parts.get(blob.sha256, 0)
        return begun if begun <= blob.size else 0

    missing = [blob for blob in manifest.blobs if installed.blobs.get(blob.sha256) != blob.size]
    return tuple(Upload(blob, offset(blob)) for blob in missing)


def _settle(trial: dict[str, Any]) -> Settle:
    deadline = trial.get("deadline_s")
    return Settle(str(trial.get("new")), float(deadline) if isinstance(deadline, int | float) else _DEADLINE_S)


def _proven(installed: Installed) -> list[Release]:
    """The releases that were once healthy after a switch to them, the last of them first."""
    proven = [release for release in installed.releases if release.committed is not None]
    return sorted(proven, key=lambda release: release.committed or 0.0, reverse=True)


def _prune(manifest: Manifest, previous: str | None, installed: Installed, keep: int) -> Prune | None:
    """Keep the new release, the one before it, and others that were healthy once; and no file that none of them has."""
    ids = [release.id for release in installed.releases]
    proven = [release.id for release in _proven(installed)]
    stay = list(dict.fromkeys([manifest.id, *([previous] if previous else []), *proven]))[: keep + 1]
    remove = tuple(sorted(set(ids) - set(stay)))
    used = {blob.sha256 for blob in manifest.blobs}
    used.update(*(release.blobs for release in installed.releases if release.id in stay))
    left_over = (installed.blobs.keys() | installed.parts.keys()) - used
    return Prune(tuple(stay), remove) if remove or left_over else None


def plan_rollback(installed: Installed, to: str | None, deadline_s: float) -> Activate | None:
    """Return the action that goes back to release ``to``, or to the last other one that was healthy.

    None where it is current and up. Raises LookupError, with a sentence, where there is no such release.
    """
    if to is None:
        others = [release for release in _proven(installed) if release.id != installed.current]
        if not others:
            raise LookupError("there is no other release to go back to; 'edge releases' lists them")
        return Activate(others[0].id, installed.current, deadline_s)
    matching = [release for release in installed.releases if release.id.startswith(to)]
    if len(matching) != 1:
        what = "no release" if not matching else "more than one release"
        raise LookupError(f"{what} begins with {to!r}; 'edge releases' lists them")
    if not matching[0].checked:
        raise LookupError(f"release {matching[0].id} never passed its self-check; deploy it instead")
    if matching[0].id == installed.current and installed.running:
        return None
    return Activate(matching[0].id, installed.current, deadline_s)
