"""The operator's own record of every rollout, written as it goes: what was wanted, and what came of each host.

    runs/20261120-143105-7c2f/run.json        in $EDGE_HOME, else $XDG_STATE_HOME/bitnet-edge, else ~/.local/state/…

It is replaced as a whole and never written into, so whatever stops the operator's machine leaves a record to go on
from. It holds no secrets: what is wanted is described by names and hashes.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from edge.errors import EdgeError

from .events import Outcome
from .rollout import Observer, Report
from .waves import Wave

__all__ = ["Run", "RunError", "list_runs", "runs_folder"]

_FORMAT = 1
_FILE = "run.json"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
#: Runs that are kept; the oldest goes when there is one more.
_KEEP = 100
#: What is taken up again when a run is resumed. The rest is done, or failed and wants a person's eyes first.
_AGAIN = frozenset({"pending", "running", "unreachable", "cut", "planned"})


class RunError(EdgeError):
    """There is no such run, it cannot be read, it is under way, or it is not the one that should go on."""


def runs_folder() -> Path:
    """Where the records of this user's rollouts lie."""
    if home := os.environ.get("EDGE_HOME"):
        return Path(home).expanduser() / "runs"
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~/.local/state").expanduser()) / "bitnet-edge" / "runs"


class Run(Observer):
    """One rollout's record, which keeps itself up to date when it observes the rollout.

    ``data``: what is on the disk. A record that cannot be written any more does not stop a rollout; ``trouble`` then
    says what happened. Close it, or use it as a context manager: nobody else may go on with a run that is open.
    """

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.folder = folder
        self.data = data
        self.trouble = ""
        self._lock = _locked(folder)

    @classmethod
    def begin(cls, verb: str, hosts: Sequence[str], wanted: Mapping[str, Any], options: Mapping[str, Any]) -> Run:
        """Record a new run. ``wanted``: JSON that is equal when, and only when, a later run would do the same.

        ``options``: whatever is worth remembering of how it was asked for. Raises :class:`RunError`.
        """
        folder = _new_folder()
        data = {
            "format": _FORMAT,
            "run": folder.name,
            "verb": verb,
            "who": f"{_user()}@{socket.gethostname()}",
            "began": _now(),
            "ended": None,
            "wanted": _plain(wanted),
            "options": _plain(options),
            "stopped": "",
            "waves": [],
            "hosts": {host: {"host": host, "state": "pending"} for host in hosts},
        }
        run = cls(folder, data)
        run.save()
        if run.trouble:
            raise RunError(f"{run.trouble}; set EDGE_HOME to a folder with space")
        _prune(folder.name)
        return run

    @classmethod
    def find(cls, name: str) -> Run:
        """Open the run of that name, or the ``last`` one. Raises :class:`RunError`."""
        names = [entry.name for entry in _folders()]
        if not names:
            raise RunError(f"{runs_folder()}: no run is recorded there, so there is none to go on with")
        if name == "last":
            name = names[-1]
        found = [known for known in names if known.startswith(name)] if name else []
        if len(found) != 1:
            many = f"{len(found)} runs begin with {name!r}" if found else f"there is no run {name!r}"
            raise RunError(f"{many}; the last ones are {', '.join(names[-3:])}")
        folder = runs_folder() / found[0]
        return cls(folder, _load(folder))

    @property
    def name(self) -> str:
        return str(self.data["run"])

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts in their order."""
        return tuple(self.data["hosts"])

    def resume(self, hosts: Sequence[str], wanted: Mapping[str, Any], *, retry_failed: bool = False) -> None:
        """Get ready to go on. Raises :class:`RunError` when something else is wanted now, or of other hosts."""
        others = set(hosts) ^ set(self.hosts)
        if others:
            which = ", ".join(sorted(others)[:3])
            raise RunError(f"run {self.name} was for other hosts ({which}); begin a new one, without --resume")
        changed = sorted(_differences(self.data["wanted"], _plain(wanted)))
        if changed:
            which = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
            raise RunError(f"run {self.name} wanted something else ({which}); begin a new one, without --resume")
        for host, record in self.data["hosts"].items():
            good = record["state"] in {"unchanged", "changed"}
            if record["state"] in _AGAIN or (retry_failed and not good):
                self.data["hosts"][host] = {"host": host, "state": "pending"}
        self.data |= {"ended": None, "stopped": ""}
        self.data.setdefault("resumed", []).append(_now())
        self.save()

    def done(self) -> dict[str, Outcome]:
        """The hosts that have had their turn."""
        known = {field.name for field in fields(Outcome)}
        found = {}
        for host, record in self.data["hosts"].items():
            if record["state"] not in {"pending", "running"}:
                values = {key: value for key, value in record.items() if key in known}
                lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
                found[host] = Outcome(**(values | lists))
        return found

    def save(self) -> None:
        """Write the record; it is complete on the disk afterwards, or as it was before."""
        text = json.dumps(self.data, indent=1, ensure_ascii=False)
        new = self.folder / f".{_FILE}.new"
        try:
            with new.open("w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.folder / _FILE)
        except OSError as error:
            self.trouble = f"{self.folder / _FILE}: the run's record cannot be written ({error.strerror})"

    def wave(self, wave: Wave) -> None:
        waves = self.data["waves"]
        del waves[wave.number - 1 :]
        waves.append(list(wave.hosts))

    def began(self, host: str) -> None:
        record = self.data["hosts"][host]
        if record["state"] == "pending":
            self.data["hosts"][host] = {"host": host, "state": "running", "began": _now()}
            self.save()

    def ended(self, outcome: Outcome) -> None:
        self.data["hosts"][outcome.host] = {**outcome.to_json(), "ended": _now()}
        self.save()

    def stopping(self, why: str) -> None:
        self.data["stopped"] = why
        self.save()

    def finished(self, report: Report) -> None:
        self.data |= {"ended": _now(), **{k: v for k, v in report.to_json().items() if k not in {"hosts", "run"}}}
        self.save()

    def close(self) -> None:
        os.close(self._lock)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def list_runs() -> list[dict[str, Any]]:
    """The records of all runs, oldest first; what cannot be read is left out."""
    found = []
    for folder in _folders():
        with contextlib.suppress(RunError):
            found.append(_load(folder))
    return found


def _load(folder: Path) -> dict[str, Any]:
    path = folder / _FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: the run's record cannot be read ({error}); begin a new run") from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT or not isinstance(data.get("hosts"), dict):
        raise RunError(f"{path}: not a record that this version understands; begin a new run")
    return data


def _folders() -> list[Path]:
    try:
        return sorted(entry for entry in runs_folder().iterdir() if _ID.fullmatch(entry.name))
    except OSError:
        return []


def _new_folder() -> Path:
    """A folder named by the time, so that names sort by age; the last part is the second's fraction."""
    while True:
        now = time.time()
        folder = runs_folder() / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{int(now % 1 * 65536):04x}"
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            if not runs_folder().is_dir():
                raise RunError(f"{runs_folder()} is no folder; set EDGE_HOME to one") from None
        except OSError as error:
            raise RunError(f"{folder}: the run cannot be recorded ({error.strerror}); set EDGE_HOME") from error
        else:
            return folder


def _locked(folder: Path) -> int:
    """Hold the folder: the lock goes with the process, however that ends."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RunError(f"{folder}: the run cannot be opened ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise RunError(f"run {folder.name} is under way in another process; wait for its end") from error
    return handle


def _prune(keep: str) -> None:
    for folder in _folders()[:-_KEEP]:
        with contextlib.suppress(RunError):
            handle = _locked(folder)
            if folder.name != keep:
                shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _plain(value: Any) -> Any:
    """As it will come back from the disk, so that it can be compared with that."""
    return json.loads(json.dumps(value, default=str))


def _differences(one: Any, other: Any, where: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for key in one.keys() | other.keys()
            for found in _differences(one.get(key), other.get(key), f"{where}.{key}" if where else key)
        ]
    return [] if one == other else [where]


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a uid without a name, in a container
        return str(os.getuid())
