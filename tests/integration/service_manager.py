"""A stand-in for systemd, for boards that are folders: real processes, real unit files and links, no root.

``systemctl``, ``systemd-run`` and ``journalctl`` are small scripts in ``bin`` that ask this process; a board's programs
find them because ``PATH`` begins with that folder. The same PATH is how a power cut finds what it must kill.

    with ServiceManager(tmp_path / "board", tmp_path / "manager") as manager:
        ...                      # run programs with env=manager.env
        manager.power_cut()      # all processes of the board end at once; nothing is told, nothing is tidied
        manager.boot()           # what is enabled starts, read afresh from the disk
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socketserver
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.integration.services import Place, Service
from tests.integration.units import Unit

__all__ = ["ServiceManager"]

_SHIM = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1
printf '%s\\0' {name} $# "$@" >&3
while IFS= read -r line <&3; do
  case "${{line:0:1}}" in
    1) printf '%s\\n' "${{line:1}}" ;;
    2) printf '%s\\n' "${{line:1}}" >&2 ;;
    0) exit "${{line:1}}" ;;
  esac
done
exit 1
"""
_QUIET = {"--no-ask-password", "--quiet", "-q", "--no-pager", "--no-block", "--wait", "--pipe", "--collect", "--now"}
_PROPERTIES = ["LoadState", "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "StatusText"]

#: Sends a line to a program's standard output (1) or standard error (2).
Say = Callable[[int, str], None]


class ServiceManager:
    """Runs the units below ``prefix``; keeps its own things, logs among them, in ``home``."""

    def __init__(self, prefix: Path, home: Path) -> None:
        self.prefix = prefix
        self.home = home
        self.bin = home / "bin"
        self.env = {"PATH": f"{self.bin}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
        self._place = Place(prefix, home, self.env["PATH"])
        self._services: dict[str, Service] = {}
        self._lock = threading.RLock()
        self._dead = False

    @property
    def units(self) -> Path:
        return self.prefix / "etc/systemd/system"

    def __enter__(self) -> ServiceManager:
        running = self.prefix / "run/systemd/system"  # what says that systemd is in charge
        wants = self.units / "multi-user.target.wants"
        for folder in (wants, running, self.prefix / "opt", self.prefix / "var/lib/private"):
            folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # Debian's; an uninstall must leave it
            (self.units / "multi-user.target.wants/remote-fs.target").symlink_to("/lib/systemd/system/remote-fs.target")
        self.bin.mkdir(parents=True, exist_ok=True)
        manager = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                manager._serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        for name in ("systemctl", "systemd-run", "journalctl"):
            path = self.bin / name
            path.write_text(_SHIM.format(port=self._server.server_address[1], name=name), encoding="utf-8")
            path.chmod(0o755)
        self.boot()
        return self

    def __exit__(self, *_: object) -> None:
        self.power_cut()
        self._server.shutdown()
        self._server.server_close()

    # --- the plug ---

    def processes(self) -> list[int]:
        """The board's processes: all whose PATH begins with its own folder of programs."""
        mark = f"PATH={self.bin}:".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
        return found

    def power_cut(self) -> None:
        """Kill every process of the board until none is left."""
        self._dead = True
        with self._lock:
            services, self._services = self._services, {}
        for service in services.values():
            service.unplug()
        while True:
            alive = self.processes()
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not alive:
                break
            time.sleep(0.01)
        for service in services.values():
            service.close()

    def boot(self, disk: Path | None = None) -> None:
        """Start what is enabled, from what is on the disk now.

        ``disk``: a folder that is a file system of its own. It is mounted after the units were read, and before those
        start that say that they need it (systemd.unit(5), RequiresMountsFor=).
        """
        self._dead = False
        away = self.home / "not mounted"
        if disk is not None:
            disk.rename(away)
            disk.mkdir()
        enabled = [self._find(link.name) for link in sorted((self.units / "multi-user.target.wants").iterdir())]
        found = [service for service in enabled if service is not None]
        late = [service for service in found if disk is not None and service.unit.needs(disk)]
        for service in found:
            if service not in late:
                service.start()
        if disk is not None:
            disk.rmdir()
            away.rename(disk)
        for service in late:
            service.start()

    # --- for tests ---

    def show(self, name: str) -> dict[str, str]:
        """A unit's properties."""
        service = self._find(name)
        if service is None:
            none = dict.fromkeys(_PROPERTIES, "")
            return none | {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}
        with service._changed:
            return {"LoadState": "loaded", **service.properties}

    def log(self, name: str, since: float = 0.0) -> list[str]:
        """The lines that a unit wrote, since a time."""
        try:
            lines = self._place.log(_full(name)).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [text for at, _, text in (line.partition(" ") for line in lines) if float(at) >= since]

    def command_line(self, name: str) -> list[str]:
        """The arguments of a unit's running process; empty where none runs."""
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{self.show(name)['MainPID']}/cmdline").read_bytes()
            return [part.decode() for part in line.split(b"\0")[:-1]]
        return []

    # --- programs ---

    def _find(self, name: str) -> Service | None:
        name = _full(name)
        with self._lock:
            if name in self._services or self._dead:
                return self._services.get(name)
            try:
                text = (self.units / name).read_text(encoding="utf-8")
            except OSError:
                return None
            service = self._services[name] = Service(name, Unit(text), self._place)
            return service

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        words = []
        name, count = _word(handler), int(_word(handler))
        words = [_word(handler) for _ in range(count)]
        lock = threading.Lock()

        def say(number: int, line: str) -> None:
            with lock:
                handler.wfile.write(f"{number}{line}\n".encode())

        with contextlib.suppress(OSError):
            if self._dead:
                say(0, "1")
                return
            programs = {"systemctl": self._systemctl, "systemd-run": self._systemd_run, "journalctl": self._journalctl}
            say(0, str(programs[name](words, say)))

    def _systemctl(self, words: list[str], say: Say) -> int:
        options, rest = _options(words, "property", "type", "lines", "output")
        if "--version" in words:
            say(1, "systemd 252 (252.38-1~deb12u1)")
            return 0
        verb, names = rest[0], rest[1:]
        if verb == "daemon-reload":
            self._reload()
            return 0
        if verb == "show":
            return self._show(names, options, say)
        if verb == "is-system-running":
            say(1, "running")
            return 0
        code = 0
        for name in names:
            code = self._do(verb, name, say, block="--no-block" not in words) or code
        return code

    def _do(self, verb: str, name: str, say: Say, *, block: bool) -> int:
        service = self._find(name)
        if verb == "is-enabled":
            enabled = (self.units / "multi-user.target.wants" / _full(name)).is_symlink()
            say(1, "enabled" if enabled else "disabled")
            return 0 if enabled else 1
        if service is None:
            if verb == "is-active":
                say(1, "inactive")
                return 3
            say(2, f"Failed to {verb} {_full(name)}: Unit {_full(name)} not loaded.")
            return 5
        if verb == "is-active":
            state = self.show(name)["ActiveState"]
            say(1, state)
            return 0 if state == "active" else 3
        if verb in {"stop", "restart"}:
            service.stop()
        if verb in {"start", "restart"}:
            service.start()
            if block and not service.wait_started() and service.properties["ActiveState"] == "failed":
                say(2, f"Job for {_full(name)} failed.")
                return 1
        if verb == "reset-failed":
            service.forget_failure()
        return 0

    def _reload(self) -> None:
        with self._lock:
            for name, service in list(self._services.items()):
                path = self.units / name
                if path.exists():
                    service.unit = Unit(path.read_text(encoding="utf-8"))
                elif service.properties["ActiveState"] in {"inactive", "failed"}:
                    del self._services[name]

    def _show(self, names: list[str], options: dict[str, list[str]], say: Say) -> int:
        wanted = [name for value in options.get("property", []) for name in value.split(",")]
        for found in map(self.show, names):
            for key in wanted or found:
                if key in found:
                    say(1, f"{key}={found[key]}")
        return 0

    def _systemd_run(self, words: list[str], say: Say) -> int:
        at = words.index("--") if "--" in words else len(words)
        options, rest = _options(words[:at], "property", "unit", "service-type", "description")
        command = [*rest, *words[at + 1 :]]
        name = _full((options.get("unit") or [f"run-{uuid.uuid4().hex}"])[0])
        with self._lock:
            if name in self._services:
                say(2, f"Failed to start transient service unit: Unit {name} was already loaded.")
                return 1
            # Like systemd: what a property says is taken as it is, variables of the command are not replaced.
            quoted = " ".join(shlex.quote(word).replace("$", "$$").replace("%", "%%") for word in command)
            text = "\n".join(["[Service]", "Type=exec", *options.get("property", []), f"ExecStart={quoted}"])
            service = Service(name, Unit(text), self._place, say if "--pipe" in words else None)
            self._services[name] = service
        say(2, f"Running as unit: {name}")
        service.start()
        if "--wait" not in words:
            return 0
        service.wait_ended()
        found = service.properties
        with self._lock:
            if self._services.pop(name, None):
                service.close()
        how = "exited" if found["ExecMainCode"] == "1" else "killed"
        value = found["ExecMainStatus"]
        status = value if how == "exited" else signal.Signals(int(value)).name[3:]
        say(2, f"Finished with result: {found['Result']}")
        say(2, f"Main processes terminated with: code={how}/status={status}")
        return {"success": 0, "exit-code": int(value)}.get(found["Result"], 255 if found["Result"] == "signal" else 1)

    def _journalctl(self, words: list[str], say: Say) -> int:
        options, _ = _options(words, "unit", "lines", "output", "since", "boot")
        lines = self.log(options["unit"][0], float(options.get("since", ["@0"])[0].lstrip("@")))
        for line in lines[-int(options.get("lines", ["10" if "-f" in words else "1000000"])[0]) :]:
            say(1, line)
        seen = len(self.log(options["unit"][0]))
        while {"-f", "--follow"} & set(words):
            time.sleep(0.1)
            new = self.log(options["unit"][0])[seen:]
            seen += len(new)
            for line in new:
                say(1, line)
        return 0


_SHORT = {"-p": "--property", "-u": "--unit", "-n": "--lines", "-o": "--output", "-S": "--since", "-t": "--type"}


def _options(words: list[str], *valued: str) -> tuple[dict[str, list[str]], list[str]]:
    """Options with values, in any of their spellings, and what is left."""
    options: dict[str, list[str]] = {}
    rest = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word[:2] in _SHORT and not word.startswith("--"):
            word, queue = _SHORT[word[:2]], [word[2:].lstrip("=") or queue.pop(0), *queue]
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name in valued:
            options.setdefault(name, []).append(value if equals else queue.pop(0))
        elif not word.startswith("-"):
            rest.append(word)
    return options, rest


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"


def _word(handler: socketserver.StreamRequestHandler) -> str:
    word = bytearray()
    while (byte := handler.rfile.read(1)) not in {b"\0", b""}:
        word += byte
    return word.decode()
