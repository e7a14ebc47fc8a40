"""Runs a fleet's mosquitto in the foreground and lets it read its rules again whenever they change."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from edge.errors import EdgeError
from edge.messaging.certificates import ends

__all__ = ["BrokerProgramError", "expiring", "find_mosquitto", "run"]

_POLL_S = 1.0
_PATIENCE_S = 20.0
_SOON = dt.timedelta(days=30)
_RULES = ("access.conf", "passwords")


class BrokerProgramError(EdgeError):
    """mosquitto is not there, or it ended by itself."""


def find_mosquitto() -> Path | None:
    """The system's mosquitto, or None. Debian keeps it where only root's PATH looks."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def expiring(folder: Path) -> list[str]:
    """A line for each certificate in a fleet's folder that has ended or soon will. Raises OSError and ValueError."""
    lines = []
    now = dt.datetime.now(dt.timezone.utc)
    for path in [folder / "ca.pem", folder / "server.pem", *sorted(folder.glob("members/*/cert.pem"))]:
        end = min(ends(path.read_bytes()))
        if end - now < _SOON:
            verb = "ended" if end < now else "ends"
            lines.append(f"{path}: this certificate {verb} on {end.date()}")
    return lines


def run(folder: Path, started: Callable[[], None]) -> None:
    """Run mosquitto in ``folder`` until it is interrupted; ``started`` is called once it runs.

    Returns on SIGINT and SIGTERM. Raises :class:`BrokerProgramError`.
    """
    program = find_mosquitto()
    if program is None:
        raise BrokerProgramError(
            "no mosquitto on this machine; type: sudo apt-get install mosquitto, "
            "or for a first try on this machine alone: edge broker --embedded"
        )
    process = subprocess.Popen([program, "-c", "mosquitto.conf"], cwd=folder, start_new_session=True)
    previous = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        _watch(process, folder, started)
    except KeyboardInterrupt:
        process.terminate()  # it writes down what it keeps
    finally:
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        signal.signal(signal.SIGTERM, previous)


def _watch(process: subprocess.Popen[bytes], folder: Path, started: Callable[[], None]) -> None:
    seen = _changed(folder)
    announced = False
    while True:
        try:
            code = process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if not announced:  # what is wrong with its configuration it finds at once
                announced = True
                started()
            if (now := _changed(folder)) != seen:
                seen = now
                process.send_signal(signal.SIGHUP)
            continue
        if code not in {0, -signal.SIGTERM}:
            raise BrokerProgramError(f"mosquitto ended by itself (exit {code}); its own words are above")
        return


def _changed(folder: Path) -> tuple[int, ...]:
    return tuple((folder / name).stat().st_mtime_ns for name in _RULES)
