"""What an operator can ask of a board; one method each."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from . import check, files, gate, manifest, releases, removal, switch, systemd
from .blobs import Blobs
from .failure import Failure
from .journal import Follower, Journal, append
from .layout import AGENT, SWITCH, Layout
from .lock import Lock
from .trial import Trial
from .wire import Wire

__all__ = ["PROTOCOL", "Operations"]

PROTOCOL = 1
#: More than any password, key or certificate.
_MOST_SECRET = 1 << 20


class Operations:
    """The state of one session: its lock, the secrets that it was given, the blobs that it knows to be sound."""

    def __init__(self, layout: Layout, wire: Wire) -> None:
        self._layout = layout
        self._wire = wire
        self._journal = Journal(layout.journal, self._tell)
        self._blobs = Blobs(layout)
        self._secrets: dict[str, bytes] = {}
        self._lock: Lock | None = None
        self._who = ""
        self._free: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "hello": self._hello,
            "ping": lambda _: {},
            "lock": self._take_lock,
            "status": self._status,
        }
        self._locked: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "blob": self._blob,
            "secret": self._secret,
            "install": self._install,
            "check": self._check,
            "activate": self._activate,
            "settle": self._settle,
            "prune": self._prune,
            "restart": self._restart,
            "uninstall": self._uninstall,
        }

    def perform(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks; return the answer. Raises Failure, OSError, Gone."""
        op = request["op"]
        if op in self._free:
            return self._free[op](request)
        if op not in self._locked:
            raise Failure("protocol", f"there is no operation {op!r}; there are {[*self._free, *self._locked]}")
        if self._lock is None:
            raise Failure("protocol", f"{op!r} needs the lock first")
        try:
            return self._locked[op](request)
        except Failure as failure:
            if op in {"install", "check"}:
                self._audit("deploy", "failed", str(failure))
            raise

    def _tell(self, line: dict[str, Any]) -> None:
        self._wire.send({"event": "step", **line})

    def _audit(self, what: str, outcome: str, why: str) -> None:
        line = {"t": round(time.time(), 3), "who": self._who, "what": what, "outcome": outcome, "why": why}
        with contextlib.suppress(OSError):
            append(self._layout.audit, line | {"from": self._layout.current_release()})

    def _hello(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"protocol": PROTOCOL}

    def _take_lock(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._lock is None:
            files.make_folder(self._layout.root)
            self._who = _text(request, "who")
            self._lock = Lock(self._layout.lock, self._who, self._wire.wait, _number(request, "wait_s", 0.0))
        return {}

    def _status(self, _: dict[str, Any]) -> dict[str, Any]:
        there = releases.installed(self._layout)
        return {
            "current": self._layout.current_release(),
            "releases": there,
            "checked": [name for name in there if (self._layout.release(name) / "check.json").exists()],
            "service": systemd.show(AGENT),
            "trial": files.read_json(self._layout.trial),
            "result": files.read_json(self._layout.result),
        }

    def _blob(self, request: dict[str, Any]) -> dict[str, Any]:
        digest, size = manifest.sha256(request.get("sha256")), int(_number(request, "size"))
        self._blobs.receive(self._wire, digest, size, _text(request, "name"))
        return {}

    def _secret(self, request: dict[str, Any]) -> dict[str, Any]:
        name, size = manifest.file_name(request.get("name")), int(_number(request, "size"))
        if not 0 <= size <= _MOST_SECRET:
            raise Failure("protocol", f"the secret {name} is {size:,} bytes long, and the most is {_MOST_SECRET:,}")
        self._wire.send({"event": "send", "offset": 0})
        self._secrets[name] = b"".join(self._wire.raw(size))
        return {}

    def _install(self, request: dict[str, Any]) -> dict[str, Any]:
        release = manifest.read(request.get("manifest"))
        releases.make(self._layout, release, self._blobs, self._secrets, self._journal, self._wire.check)
        return {"id": release.id}

    def _check(self, request: dict[str, Any]) -> dict[str, Any]:
        release = releases.load(self._layout, manifest.release_id(request.get("id")))
        timeout_s = _number(request, "timeout_s", 600.0)
        return check.check(self._layout, release, timeout_s, self._journal, self._wire.check)

    def _activate(self, request: dict[str, Any]) -> dict[str, Any]:
        release = releases.load(self._layout, manifest.release_id(request.get("id")))
        if not (self._layout.release(release.id) / "check.json").exists():
            raise Failure("install", f"release {release.id} has not passed its self-check: check it first")
        wish = {
            "deadline_s": _number(request, "deadline_s", 90.0),
            "settle_s": _number(request, "settle_s", 3.0),
            "who": str(request.get("who") or self._who),
            "what": str(request.get("what") or "deploy"),
        }
        if Trial.read(self._layout) and systemd.show(SWITCH).get("ActiveState") == "active":
            self._settle(request)
        follower = switch.begin(self._layout, release, self._journal, wish)
        return switch.settle(self._layout, follower, self._tell, self._wire.wait)

    def _settle(self, _: dict[str, Any]) -> dict[str, Any]:
        return switch.settle(self._layout, Follower(self._layout.journal), self._tell, self._wire.wait)

    def _prune(self, request: dict[str, Any]) -> dict[str, Any]:
        keep = request.get("keep")
        if not isinstance(keep, list):
            raise Failure("protocol", "prune needs the list of releases to keep")
        return {"freed": removal.prune(self._layout, map(manifest.release_id, keep), self._journal)}

    def _restart(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._layout.current_release() is None:
            raise Failure("service", "nothing is installed on this board: 'edge deploy' does that")
        release = releases.load(self._layout, str(self._layout.current_release()))
        before = gate.broker_before(release)
        begun = time.time()
        self._journal.step("restart", "restart", "restarting the agent")
        systemd.start(AGENT)
        deadline_s, settle_s = _number(request, "deadline_s", 90.0), _number(request, "settle_s", 3.0)
        verdict = gate.wait_healthy(deadline_s, settle_s, before, self._wire.wait)
        self._audit("restart", "healthy" if verdict.healthy else "unhealthy", verdict.why)
        log = [] if verdict.healthy else systemd.journal(AGENT, begun)
        return {"healthy": verdict.healthy, "why": verdict.why, "log": log, "state": verdict.state}

    def _uninstall(self, request: dict[str, Any]) -> dict[str, Any]:
        removed = removal.uninstall(self._layout, self._journal, purge=request.get("purge") is True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        return {"removed": removed}


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise Failure("protocol", f"{request['op']!r} needs {name!r}")
    return value


def _number(request: dict[str, Any], name: str, default: float | None = None) -> float:
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise Failure("protocol", f"{request['op']!r} needs a number {name!r}")
    return value
