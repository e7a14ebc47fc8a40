"""A real mosquitto for tests: on a free loopback port, with the configuration a test wants, killed and started again.

Where mosquitto is not installed it comes from Debian's packages, unpacked into the user's cache: no root is needed.
The fixtures ``broker`` (one that lets everybody in) and ``mosquitto`` (makes any) are in conftest.py.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.integration.unpacked import unpacked
from tools.debs import DebsError

__all__ = ["CLIENTS", "OPEN", "Mosquitto", "NoMosquittoError", "clients", "free_port", "program"]

CLIENTS = ("mosquitto_pub", "mosquitto_sub", "mosquitto_rr")
#: The configuration of a broker that lets everybody in.
OPEN = "allow_anonymous true"
_PACKAGES = ["mosquitto", "mosquitto-clients"]
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # Debian puts the broker where only root looks
_PATIENCE_S = 30.0


class NoMosquittoError(Exception):
    """mosquitto cannot be had on this machine; the message says why and what to type."""


def program(name: str) -> str:
    """The path of ``mosquitto``, ``mosquitto_passwd`` or one of :data:`CLIENTS`. Raises NoMosquittoError."""
    if found := shutil.which(name, path=_PLACES):
        return found
    try:
        return str(unpacked("mosquitto", _PACKAGES) / "run" / name)
    except DebsError as error:
        raise NoMosquittoError(f"no {name}: {error}\nType: sudo apt-get install {' '.join(_PACKAGES)}") from error


def clients() -> dict[str, str]:
    """The paths of mosquitto's command line clients, by name. Raises NoMosquittoError."""
    return {name: program(name) for name in CLIENTS}


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mosquitto:
    """One broker. ``config``: lines for its mosquitto.conf, but for the listener, which is ``port`` on 127.0.0.1.

    Settings that mosquitto wants behind a listener (``cafile`` …) may stand in ``config``: it is written after it. What
    it writes (log, persistence) lies in ``folder``.
    """

    def __init__(self, folder: Path, config: str = OPEN) -> None:
        self.folder = folder
        self.port = free_port()
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self._log_path = folder / "mosquitto.log"

    @property
    def url(self) -> str:
        """Its URL, without TLS."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All it has written so far, over all its starts."""
        return self._log_path.read_text(encoding="utf-8", errors="replace") if self._log_path.exists() else ""

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises RuntimeError with its log if it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        # Started by root it would change to a user of its own, who cannot read a test's folder.
        lines = [f"listener {self.port} 127.0.0.1", f"user {pwd.getpwuid(os.geteuid()).pw_name}", self._config]
        config.write_text("\n".join([*lines, "log_dest stderr", "log_type all"]) + "\n", encoding="utf-8")
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen([program("mosquitto"), "-c", config], stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE_S
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"mosquitto did not start: {self.log[-2000:]}")
            time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        """End it: politely, so that it writes its persistence file, or with SIGKILL."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, *, kill: bool = False) -> None:
        """Stop and start it, on the same port."""
        self.stop(kill=kill)
        self.start()

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
