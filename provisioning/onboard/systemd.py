"""The few things we ask of systemd."""

from __future__ import annotations

import shlex

from .failure import Failure
from .process import run

__all__ = ["forget", "journal", "reload", "sandbox", "show", "start", "stop", "systemctl"]

_SHOWN = "LoadState,ActiveState,SubState,Result,MainPID,NRestarts,StatusText,ExecMainCode,ExecMainStatus,InvocationID"
#: Longer than any TimeoutStopSec= of ours.
_PATIENCE_S = 60.0
#: Directives of [Service] that say when and what to run; all others are sandbox, limits and surroundings.
_NOT_SANDBOX = (
    "Exec",
    "Type",
    "Restart",
    "Watchdog",
    "Notify",
    "Timeout",
    "State",
    "LoadCredential",
    "KillMode",
    "OpenFile",
)


def systemctl(*arguments: str) -> None:
    """Raises Failure (service) with systemd's own words."""
    done = run(["systemctl", "--no-ask-password", *arguments], _PATIENCE_S)
    if done.code != 0:
        raise Failure("service", f"systemctl {shlex.join(arguments)} failed: see 'systemctl status' there", done.log)


def reload() -> None:
    """Have systemd read its unit files again."""
    systemctl("daemon-reload")


def start(service: str) -> None:
    """Ask for a start, also of a service that failed too often; whether it comes up shows in :func:`show`."""
    forget(service)
    systemctl("restart", "--no-block", service)


def stop(service: str) -> None:
    """Stop a service and wait for its end; one that is not there is stopped."""
    done = run(["systemctl", "stop", service], _PATIENCE_S)
    if done.code != 0 and show(service).get("ActiveState") not in {"inactive", "failed"}:
        raise Failure("service", f"{service} cannot be stopped: see 'systemctl status {service}' there", done.log)


def forget(service: str) -> None:
    """Forget that a service failed; it may not be there any more."""
    run(["systemctl", "reset-failed", f"{service}.service"], _PATIENCE_S)


def show(service: str) -> dict[str, str]:
    """A service's properties as systemd prints them; of one that is not there, too. Empty where systemd is mute."""
    done = run(["systemctl", "show", "--property", _SHOWN, f"{service}.service"], _PATIENCE_S)
    return dict(line.split("=", 1) for line in done.out.splitlines() if "=" in line)


def journal(service: str, since: float = 0.0, lines: int = 20) -> list[str]:
    """The last lines that a service wrote, since a time of the board's clock."""
    command = ["journalctl", "--no-pager", "--quiet", "--output=cat", f"--lines={lines}", f"--unit={service}"]
    return run([*command, f"--since=@{int(since)}"], _PATIENCE_S).out.splitlines()[-lines:]


def sandbox(unit: str) -> list[str]:
    """The properties of a unit's text that make its sandbox and its limits, as arguments for systemd-run."""
    found: list[str] = []
    section = ""
    for line in unit.splitlines():
        if line.startswith("["):
            section = line
        name, equals, value = line.partition("=")
        if section == "[Service]" and equals and not line.startswith(("#", ";")) and not name.startswith(_NOT_SANDBOX):
            found += ["--property", f"{name}={_unquoted(value) if name == 'Environment' else value}"]
    return found


def _unquoted(value: str) -> str:
    """systemd-run takes one assignment, and no quotes around it."""
    return " ".join(shlex.split(value))
