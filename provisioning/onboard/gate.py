"""Whether the agent is healthy, judged by what the board could do before: a broker that was away is not its fault."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import systemd
from .layout import AGENT
from .manifest import Release

__all__ = ["Verdict", "broker_before", "connected", "wait_healthy"]

#: After so many restarts by systemd within one gate nobody need wait for the deadline.
MOST_RESTARTS = 3
_DIAL_S = 5.0


@dataclass(frozen=True)
class Verdict:
    """``why`` the agent is not healthy, empty where it is; ``state``: systemd's properties at the end."""

    why: str
    state: dict[str, str]

    @property
    def healthy(self) -> bool:
        return not self.why


def connected(state: dict[str, str]) -> bool:
    """Whether the agent says that it has its broker."""
    running = state.get("ActiveState") == "active" and state.get("SubState") == "running"
    return running and state.get("StatusText", "").endswith(": answering")


def broker_before(release: Release) -> str:
    """What the board can reach before a switch to ``release``: "reachable", "unreachable" or "unknown".

    An agent that has its broker is the best proof, also where the new release names another broker: an operator who
    mistypes that one wants the old release back.
    """
    if connected(systemd.show(AGENT)):
        return "reachable"
    if release.broker is None:
        return "unknown"
    try:
        socket.create_connection(release.broker, timeout=_DIAL_S).close()
    except (OSError, ValueError):  # UnicodeError: a name that is none, such as a..b
        return "unreachable"
    return "reachable"


def wait_healthy(
    deadline_s: float, settle_s: float, broker: str, watch: Callable[[float], None] = time.sleep
) -> Verdict:
    """Wait until the agent has run as one process for ``settle_s`` seconds, and has its broker if that was there.

    At most ``deadline_s`` seconds, less when it is hopeless. ``watch``: sleeps for so many seconds.
    """
    begun = time.monotonic()
    pid, since, ended = "0", begun, ""
    while True:
        state = systemd.show(AGENT)
        now = time.monotonic()
        active = state.get("ActiveState") == "active" and state.get("SubState") == "running"
        if not active or state.get("MainPID") != pid:
            pid, since = state.get("MainPID", "0") if active else "0", now
        if state.get("SubState") == "auto-restart":  # in other states the ending may be the old agent's
            ended = _ending(state)
        if active and now - since >= settle_s and (broker != "reachable" or connected(state)):
            return Verdict("", state)
        restarts = int(state.get("NRestarts") or 0)
        if state.get("ActiveState") == "failed":
            return Verdict(f"the agent does not run: {_ending(state)}", state)
        if restarts >= MOST_RESTARTS:
            how = f": {ended}" if ended else ""
            return Verdict(f"the agent ended {restarts} times in {now - begun:.0f} s{how}", state)
        if now - begun >= deadline_s:
            return Verdict(_late(state, active, ended, deadline_s, pid != "0" and now - since < settle_s), state)
        watch(min(0.25, max(0.02, settle_s / 4)))


def _ending(state: dict[str, str]) -> str:
    result, status = state.get("Result", ""), state.get("ExecMainStatus", "")
    if result == "oom-kill":
        return "it needs more memory than it may use"
    if result == "watchdog":
        return "its work loop hung and the watchdog ended it"
    if result == "timeout":
        return "it did not say in time that it is ready"
    if state.get("ExecMainCode") in {"2", "3"}:  # CLD_KILLED, CLD_DUMPED (waitid(2))
        return f"signal {status}"
    return f"exit status {status}" if status not in {"", "0"} else result or "it ended by itself"


def _late(state: dict[str, str], active: bool, ended: str, deadline_s: float, young: bool) -> str:  # noqa: FBT001
    if not active:
        if ended:
            return f"the agent does not stay up: {ended}"
        return f"the agent did not say within {deadline_s:.0f} s that it is ready"
    if young:
        return f"the agent was still being restarted after {deadline_s:.0f} s: {ended or 'it ends by itself'}"
    status = state.get("StatusText") or "it says nothing"
    return f"the agent runs, but without the broker, which was there before the switch ({status})"
