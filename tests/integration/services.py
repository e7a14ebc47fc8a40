"""One service of the stand-in for systemd: a real process, watched, started again and judged as systemd would."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tests.integration.units import Unit, seconds, size

__all__ = ["Place", "Service"]

_TICK_S = 0.05


class Place:
    """Where services live: the board's root, the manager's own folder, and the PATH that marks a board's processes."""

    def __init__(self, prefix: Path, home: Path, path: str) -> None:
        self.prefix = prefix
        self.home = home
        self.path = path

    def log(self, name: str) -> Path:
        return self.home / "log" / name


class Service:
    """A unit and its process. ``sink``: gets its output lines instead of the log (1 standard output, 2 errors)."""

    def __init__(self, name: str, unit: Unit, place: Place, sink: Callable[[int, str], None] | None = None) -> None:
        self.name = name
        self.unit = unit
        self._place = place
        self._sink = sink
        self._changed = threading.Condition()
        self._wake_in, self._wake_out = os.pipe()
        self._thread: threading.Thread | None = None
        self._pumps: list[threading.Thread] = []
        self._dead = False
        self._stopping = False
        self._starts: list[float] = []
        self.properties: dict[str, str] = {}
        self._set("inactive", "dead", Result="success", NRestarts="0", StatusText="", MainPID="0")
        self.properties.update(ExecMainCode="0", ExecMainStatus="0", InvocationID="")

    # --- what a manager does with it ---

    def start(self) -> None:
        """Begin to start, unless it is up or about to be."""
        with self._changed:
            if not self._stopping and self.properties["ActiveState"] in {"active", "activating"}:
                return
            self._join()
            if self._dead or not self.unit.wanted():
                return
            self._stopping = False
            self._set("activating", "start", Result="success", NRestarts="0", StatusText="")
            self._thread = threading.Thread(target=self._supervise, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it and wait for that; also one that waits to be started again."""
        self._stopping = True
        with contextlib.suppress(OSError):
            os.write(self._wake_out, b"s")
        with self._changed:
            self._join()
            self._set("inactive", "dead")

    def unplug(self) -> None:
        """Say that its process was or will be killed and that it never starts again."""
        self._dead = self._stopping = True

    def close(self) -> None:
        """Wait for the end of an unplugged service."""
        self.stop()
        os.close(self._wake_in)
        os.close(self._wake_out)

    def forget_failure(self) -> None:
        with self._changed:
            self._starts.clear()
            if self.properties["ActiveState"] == "failed":
                self._set("inactive", "dead", Result="success", NRestarts="0")

    def wait_started(self) -> bool:
        """Wait until a start has worked or failed."""
        with self._changed:
            self._changed.wait_for(lambda: self.properties["ActiveState"] != "activating", 600)
            return self.properties["ActiveState"] == "active"

    def wait_ended(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.properties["ActiveState"] in {"inactive", "failed"}, 3600)

    def _join(self) -> None:
        if self._thread is not None:
            self._changed.release()
            try:
                self._thread.join()
            finally:
                self._changed.acquire()
        # Also what was stopped without ever having been started: the next start would wake up without end.
        with contextlib.suppress(BlockingIOError):
            os.set_blocking(self._wake_in, False)
            os.read(self._wake_in, 4096)

    def _set(self, active: str, sub: str, **more: str) -> None:
        with self._changed:
            self.properties.update(ActiveState=active, SubState=sub, **more)
            self._changed.notify_all()

    # --- its life ---

    def _supervise(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            interval = self.unit.seconds("StartLimitIntervalSec", "10")
            self._starts = [t for t in self._starts if t > now - interval]
            if interval and len(self._starts) >= int(self.unit.one("StartLimitBurst", "5")):
                self._set("failed", "failed", Result="start-limit-hit", MainPID="0")
                return
            self._starts.append(now)
            result = self._live()
            if self._stopping:
                return
            restart = self.unit.one("Restart", "no")
            if restart == "always" or (restart == "on-failure" and result != "success"):
                count = str(int(self.properties["NRestarts"]) + 1)
                self._set("activating", "auto-restart", Result=result, MainPID="0", NRestarts=count, StatusText="")
                select.select([self._wake_in], [], [], self.unit.seconds("RestartSec", "100ms"))
                if not self._stopping:
                    self._set("activating", "start")
                continue
            failed = result != "success"
            state = "failed" if failed else "inactive"
            self._set(state, "failed" if failed else "dead", Result=result, MainPID="0", StatusText="")
            return

    def _live(self) -> str:
        """One process from its start to its end; return what systemd calls the result."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            address = f"edge-test-{uuid.uuid4()}"
            notify.bind(f"\0{address}")
            try:
                process = self._spawn(f"@{address}")
            except OSError as error:
                self._log(2, f"{self.name}: cannot be executed: {error}")
                self.properties.update(ExecMainCode="1", ExecMainStatus="203")
                return "exit-code"
            self.properties.update(ExecMainCode="0", ExecMainStatus="0")
            invocation = {"MainPID": str(process.pid), "InvocationID": uuid.uuid4().hex}
            if self.unit.one("Type", "simple") == "notify":
                self._set("activating", "start", **invocation)
            else:
                self._set("active", "running", **invocation)
            why = self._watch(process, notify)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        for pump in self._pumps:
            pump.join()
        self._pumps.clear()
        code, value = ("1", status) if status >= 0 else ("2", -status)
        self.properties.update(ExecMainCode=code, ExecMainStatus=str(value), MainPID="0")
        if why:
            return why
        if self._stopping and status in {0, -signal.SIGTERM}:
            return "success"
        return "success" if status == 0 else "exit-code" if status > 0 else "signal"

    def _spawn(self, notify: str) -> subprocess.Popen[bytes]:
        env = {"PATH": self._place.path, "NOTIFY_SOCKET": notify, "LANG": "C.UTF-8", **self.unit.environment()}
        if state := self.unit.one("StateDirectory"):
            env["STATE_DIRECTORY"] = str(self._state(state))
        if credentials := self.unit.all("LoadCredential"):
            env["CREDENTIALS_DIRECTORY"] = str(self._credentials(credentials))
        command = self.unit.command(env)
        more: dict[str, Any] = {"env": env, "cwd": "/", "stdin": subprocess.DEVNULL, "start_new_session": True}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE if self._sink else subprocess.STDOUT, **more
        )
        for number, pipe in ((1, process.stdout), (2, process.stderr)):
            if pipe is None:
                continue
            self._pumps.append(threading.Thread(target=self._pump, args=(number, pipe), daemon=True))
            self._pumps[-1].start()
        return process

    def _state(self, name: str) -> Path:
        private = self._place.prefix / "var/lib/private" / name
        private.mkdir(parents=True, exist_ok=True)
        link = self._place.prefix / "var/lib" / name
        if not link.is_symlink():
            link.symlink_to(f"private/{name}")
        return private

    def _credentials(self, pairs: list[str]) -> Path:
        folder = self._place.home / "credentials" / self.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, source in (pair.split(":", 1) for pair in pairs):
            shutil.copyfile(source, folder / name)
        return folder

    def _pump(self, number: int, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self._log(number, line.decode(errors="replace").rstrip("\n"))

    def _log(self, number: int, line: str) -> None:
        if self._sink is not None:
            self._sink(number, line)
        else:
            path = self._place.log(self.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{time.time():.3f} {line}\n")

    def _watch(self, process: subprocess.Popen[bytes], notify: socket.socket) -> str:
        """Wait for the end of a process; return why it was ended, if it did not end by itself."""
        begun = alive = time.monotonic()
        limits = {name: self.unit.one(name) for name in ("RuntimeMaxSec", "WatchdogSec", "MemoryMax")}
        start_s = self.unit.seconds("TimeoutStartSec", "90")
        memory = size(limits["MemoryMax"])
        asked = 0.0
        with os.fdopen(os.pidfd_open(process.pid)) as pidfd:
            while True:
                watched: list[Any] = [pidfd, notify, *([] if asked else [self._wake_in])]
                ready, _, _ = select.select(watched, [], [], _TICK_S)
                now = time.monotonic()
                if notify in ready:
                    alive = self._notified(notify.recv(4096).decode(), alive, now)
                elif pidfd in ready:
                    return ""
                if self._stopping and not asked:
                    asked = now
                    self._set("deactivating", "stop-sigterm")
                    os.killpg(process.pid, signal.SIGTERM)
                starting = self.properties["ActiveState"] == "activating"
                over = {
                    "timeout": (starting and now - begun > start_s)
                    or (limits["RuntimeMaxSec"] and now - begun > seconds(limits["RuntimeMaxSec"]))
                    or (asked and now - asked > self.unit.seconds("TimeoutStopSec", "10")),
                    "watchdog": limits["WatchdogSec"] and not starting and not asked
                    and now - alive > seconds(limits["WatchdogSec"]),
                    "oom-kill": memory and _resident(process.pid) > memory,
                }  # fmt: skip
                for why, happened in over.items():
                    if happened:
                        os.killpg(process.pid, signal.SIGKILL)
                        return why

    def _notified(self, text: str, alive: float, now: float) -> float:
        for line in text.splitlines():
            if line == "READY=1" and self.properties["ActiveState"] == "activating":
                self._set("active", "running")
                alive = now
            elif line == "WATCHDOG=1":
                alive = now
            elif line.startswith("STATUS="):
                self.properties["StatusText"] = line[7:]
        return alive


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096
    except (OSError, IndexError):
        return 0
