"""Releases small enough to be installed a hundred times in a test.

A real wheel, a real agent that talks to its service manager, no model. How it behaves, well or badly, is in the wheel.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DummyRelease", "pip_wheel"]

# The package `edge` of a dummy wheel. BEHAVIOUR is filled in.
_EDGE = """
import json, os, socket, sys, time

BEHAVIOUR = {behaviour!r}


def notify(text):
    address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), address)


def agent():
    how = BEHAVIOUR["agent"]
    print("dummy agent", BEHAVIOUR["version"], flush=True)
    if how == "crash":
        sys.exit("this agent crashes at once")
    if how != "silent":
        notify("READY=1")
    notify("STATUS=dummy: " + ("no broker (refused)" if how == "no broker" else "answering"))
    if how == "crash later":
        time.sleep(BEHAVIOUR["after"])
        sys.exit("this agent crashes later")
    while True:
        time.sleep(0.2)
        if how != "hang":
            notify("WATCHDOG=1")


def check():
    with open(sys.argv[sys.argv.index("--expect") + 1]) as file:
        wanted = json.load(file)["tokens"]
    how = BEHAVIOUR["check"]
    if how == "crash":
        sys.exit("Illegal instruction, so to say")
    if how == "large":
        waste = [b"x" * (1 << 20) for _ in range(4096) if not time.sleep(0.001)]
    if how == "killed":
        os.kill(os.getpid(), 9)
    if how == "slow":
        time.sleep(600)
    tokens = [0] if how == "wrong" else wanted
    print(json.dumps({{"ok": tokens == wanted, "tokens": tokens, "tok_s": 9.5, "rss": 1000000, "load_s": 0.1}}))
    sys.exit(tokens != wanted)


{{"agent": agent, "check": check}}[sys.argv[1]]()
"""

# All that a deploy wants of pip, in a file: unpacking wheels.
_PIP = """
import sys, sysconfig, zipfile

assert "--no-index" in sys.argv and "--no-deps" in sys.argv
for name in sys.argv:
    if name.endswith(".whl"):
        zipfile.ZipFile(name).extractall(sysconfig.get_path("purelib"))
"""

_UNIT = """[Unit]
RequiresMountsFor=@RELEASE@
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=@RELEASE@/venv/bin/python -I -m edge agent --broker "mqtt://nowhere.invalid"
Restart=always
RestartSec=300ms
WatchdogSec=60
TimeoutStartSec=60
StateDirectory=edge-agent
LoadCredential=password:@RELEASE@/secrets/password
MemoryMax=200M
DynamicUser=yes
ProtectSystem=strict

[Install]
WantedBy=multi-user.target
"""


def _zip(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return made.getvalue()


def pip_wheel() -> bytes:
    """A wheel that stands in for pip."""
    return _zip({"pip/__main__.py": _PIP, "pip/__init__.py": ""})


@dataclass
class DummyRelease:
    """A release and its files.

    ``agent``: good, crash, crash later (``after`` seconds), silent, no broker, hang; ``check``: good, crash, wrong,
    large, killed, slow. ``folder``: where its files lie on the operator's side.
    """

    folder: Path
    version: str = "1"
    agent: str = "good"
    check: str = "good"
    after: float = 2.0
    edit_unit: Callable[[str], str] = lambda text: text
    arguments: tuple[str, ...] = ("--broker", "mqtt://127.0.0.1:9")
    secrets: dict[str, bytes] = field(default_factory=lambda: {"password": b"swordfish"})
    model: bytes = b"weights"
    pip: bytes = field(default_factory=pip_wheel)
    python: str = getattr(sys, "_base_executable", sys.executable)

    def __post_init__(self) -> None:
        behaviour = {"version": self.version, "agent": self.agent, "check": self.check, "after": self.after}
        info = f"bitnet_edge-{self.version}.dist-info"
        wheel = _zip(
            {
                "edge/__init__.py": "",
                "edge/script.py": f"import sys\n\n\ndef main():\n    print(sys.argv[1], 'from', {self.version!r})\n",
                "edge/__main__.py": _EDGE.format(behaviour=behaviour),
                f"{info}/METADATA": f"Metadata-Version: 2.1\nName: bitnet-edge\nVersion: {self.version}\n",
                f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                f"{info}/entry_points.txt": "[console_scripts]\ndummy = edge.script:main\n",
                f"{info}/RECORD": "",
            }
        )
        files = {
            f"bitnet_edge-{self.version}-py3-none-any.whl": wheel,
            "pip-0-py3-none-any.whl": self.pip,
            "model.safetensors": self.model,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pieces: list[dict[str, Any]] = []
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
            self.pieces.append({"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        wheel_piece, pip, model = self.pieces
        self.manifest: dict[str, Any] = {
            "format": 1,
            "python": self.python,
            "wheels": [wheel_piece],
            "pip": pip,
            "model": {"name": "dummy", "files": [{"path": "model.safetensors", **_without_name(model)}]},
            "agent": list(self.arguments),
            "secrets": {name: hashlib.sha256(value).hexdigest() for name, value in self.secrets.items()},
            "unit": self.edit_unit(_UNIT),
            "check": {"prompt": "hello", "tokens": [1, 2, 3]},
            "memory_max": 200 << 20,
        }

    @property
    def id(self) -> str:
        text = json.dumps(self.manifest, sort_keys=True, separators=(",", ":")).encode()
        return hashlib.sha256(text).hexdigest()[:12]


def _without_name(piece: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in piece.items() if key != "name"}
