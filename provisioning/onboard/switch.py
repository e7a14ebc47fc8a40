"""The session's side of a switch: leave everything the service needs on the disk, start it, and listen to it."""

from __future__ import annotations

import sys
import time
import zipimport
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import files, gate, systemd
from .failure import Failure
from .journal import Follower, Journal
from .layout import SWITCH, Layout
from .manifest import Release
from .trial import Trial

__all__ = ["begin", "settle"]

#: Beside the gate's deadline, forward and back: starts, stops and reloads on a slow board.
_SPARE_S = 180.0
_UNIT = """# Written by edge deploy: ends a switch between two releases, also after a power cut.
[Unit]
Description=edge: switch between two releases
# A switch under way, or a first install that was cut off before or after its switch: then this unit is left over.
ConditionPathExists=|{trial}
ConditionPathExists=|!{current}
# /opt may be a disk of its own.
RequiresMountsFor={root}
# What the agent waits for at boot is not to be taken from its time to become healthy.
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={python} -I {program} activate{prefix}
Restart=on-failure
RestartSec=1
TimeoutStopSec=10

[Install]
WantedBy=multi-user.target
"""


def begin(layout: Layout, release: Release, journal: Journal, wish: dict[str, Any]) -> Follower:
    """Start the switch to ``release``; return what reads its steps. ``wish``: deadline_s, settle_s, who and what.

    An earlier switch that came to no end is replaced by this one, and the release it came from is still the one to go
    back to: the one in between never proved itself.
    """
    earlier = Trial.read(layout)
    journal.step("activate", "prepare", id=release.id)
    systemd.stop(SWITCH)  # one that boot has started, with nothing to end, would take away what we prepare
    _prepare(layout)
    old = earlier.old if earlier else layout.current_release()
    state = any(path.exists() for path in layout.state)
    trial = Trial(
        new=release.id,
        old=old,
        token=f"{time.time():.6f}-{time.monotonic_ns()}",
        since=time.time(),
        broker=gate.broker_before(release),
        had_state=earlier.had_state if earlier else state,
        **wish,
    )
    journal.step("activate", "trial", id=release.id)
    trial.write(layout)
    journal.step("activate", "start", id=release.id)
    follower = Follower(layout.journal)
    systemd.start(SWITCH)
    return follower


def _prepare(layout: Layout) -> None:
    loader = __spec__.loader if __spec__ else None
    if not isinstance(loader, zipimport.zipimporter):
        raise Failure("internal", "the board program does not run from its zip")
    program = Path(loader.archive).read_bytes()
    if not layout.program.exists() or layout.program.read_bytes() != program:
        files.write(layout.program, program)
    prefix = f" --prefix {layout.prefix}" if layout.prefix else ""
    unit = _UNIT.format(
        trial=layout.trial,
        current=layout.current,
        root=layout.root,
        python=sys.executable,
        program=layout.program,
        prefix=prefix,
    )
    files.make_folder(layout.wants)
    if not layout.switch_unit.exists() or layout.switch_unit.read_text(encoding="utf-8") != unit:
        files.write(layout.switch_unit, unit.encode())
    files.point(layout.wants / layout.switch_unit.name, f"../{layout.switch_unit.name}")
    systemd.reload()


def settle(
    layout: Layout, follower: Follower, tell: Callable[[dict[str, Any]], None], wait: Callable[[float], None]
) -> dict[str, Any]:
    """Stay until the switch under way has ended, starting its service again where it is down; return result.json.

    ``tell`` gets its steps, ``wait`` sleeps. Raises Failure (service) where it does not end.
    """
    trial = Trial.read(layout)
    if trial is None:
        files.remove(layout.trial)
        return files.read_json(layout.result) or {}
    end = time.monotonic() + 2 * trial.deadline_s + _SPARE_S
    look = 0.0
    while True:
        over = (now := Trial.read(layout)) is None or now.token != trial.token
        for line in follower.lines():
            tell(line)
        if over:
            result = _outcome(layout, trial)
            if result["outcome"] != "removed" or _quiet():
                return result
        if time.monotonic() > end:
            raise Failure(
                "service",
                f"the switch to {trial.new} does not come to an end: see 'journalctl -u {SWITCH}' on the board",
                systemd.journal(SWITCH),
            )
        if time.monotonic() >= look:
            look = time.monotonic() + 2.0
            if layout.trial.exists() and _quiet():
                _prepare(layout)
                systemd.start(SWITCH)
        wait(0.1)


def _quiet() -> bool:
    """Whether the switch's service has ended; it takes itself away last of all."""
    return systemd.show(SWITCH).get("ActiveState") in {"inactive", "failed"}


def _outcome(layout: Layout, trial: Trial) -> dict[str, Any]:
    result = files.read_json(layout.result) or {}
    if result.get("token") == trial.token:
        return result
    # The disk was too full for the account; where ``current`` points is the outcome.
    done = layout.current_release() == trial.new
    why = "" if done else "the board could not write down why: its disk is full"
    return {"id": trial.new, "outcome": "committed" if done else "rolled_back" if trial.old else "removed", "why": why}
