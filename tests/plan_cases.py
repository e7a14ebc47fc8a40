"""The golden plans: each file of tests/plans is what differs from an ordinary board, and the plan that must come of it.

python -m tests.plan_cases      writes the plans afresh; read the difference before you commit it
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from devices.facts import Facts
from devices.sizing import Appetite
from provisioning.manifest import Blob, Model
from provisioning.plan import plan
from provisioning.wanted import Wanted

FOLDER = Path(__file__).parent / "plans"
NOW = 1_790_000_000.0
#: What a Raspberry Pi 5 with 4 GB and Debian 12 answers; a case changes some of it.
BOARD: dict[str, Any] = {
    "probe": 1,
    "host": "kitchen",
    "machine": "aarch64",
    "kernel": "6.6.31+rpt-rpi-2712",
    "bits": 64,
    "page_size": 16384,
    "libc": "glibc 2.36",
    "os": {"id": "debian", "version": "12", "pretty": "Debian GNU/Linux 12 (bookworm)"},
    "systemd": "systemd 252 (252.38-1~deb12u1)",
    "clock": NOW - 1,
    "uptime_s": 3600.0,
    "cpu": {"implementer": "0x41", "parts": ["0xd0b"], "name": None, "features": "fp asimd asimddp", "cores": 4},
    "memory": {"total_kb": 4_147_648, "available_kb": 3_800_000, "cgroup": True},
    "swap": [],
    "python": {"path": "/usr/bin/python3.11", "version": "3.11.2", "bits": 64, "venv": True},
    "user": "pi",
    "uid": 1000,
    "sudo": "free",
    "sudo_says": None,
    "disk": {
        "path": "/opt",
        "device": "/dev/nvme0n1p2",
        "mount": "/",
        "type": "ext4",
        "readonly": False,
        "card": False,
        "size_kb": 60_000_000,
        "free_kb": 50_000_000,
        "inodes": 3_900_000,
        "inodes_free": 3_700_000,
    },
    "etc_readonly": False,
    "model": "Raspberry Pi 5 Model B Rev 1.0",
    "compatible": ["raspberrypi,5-model-b", "brcm,bcm2712"],
    "throttled": "0x0",
    "temperatures": [],
    "edge": {
        "current": None,
        "releases": [],
        "blobs": {},
        "parts": {},
        "trial": None,
        "result": None,
        "lock": None,
        "service": None,
    },
}
OWN = Blob("bitnet_edge-0.1.0-cp310-abi3-manylinux_2_17_aarch64.whl", "a" * 64, 1_200_000)
NUMPY = Blob("numpy-2.3.4-cp311-cp311-manylinux_2_27_aarch64.whl", "b" * 64, 14_000_000)
PIP = Blob("pip-26.0-py3-none-any.whl", "c" * 64, 1_800_000)
LARGE = Model("large", (Blob("model.safetensors", "d" * 64, 850_000_000), Blob("tokenizer.json", "e" * 64, 9_000_000)))


def wanted(changes: dict[str, Any]) -> Wanted:
    """The ordinary wanted state (the built-in model at a broker without a password) with a case's changes."""
    large = changes.get("model") == "large"
    appetite = Appetite(850_000_000, 76_800, 4096) if large else Appetite(624_256, 3_840, 512)
    wishes = {key: changes[key] for key in ("context", "together") if key in changes}
    return Wanted(
        device="kitchen",
        broker=changes.get("broker", "mqtt://10.0.0.2"),
        model=LARGE if large else Model("home"),
        wheels=(OWN, NUMPY),
        pip=PIP,
        check={"prompt": "turn on the lights", "tokens": [5, 6, 7]},
        appetite=Appetite(appetite.weights, appetite.position, appetite.longest, **wishes),
        agent=tuple(changes.get("agent", ())),
        secrets={option: (name, text.encode()) for option, (name, text) in changes.get("secrets", {}).items()},
        serial=tuple(changes.get("serial", ())),
        force=bool(changes.get("force")),
    )


def changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of `base` in which objects of `changes` are merged and everything else replaced."""
    made = copy.deepcopy(base)
    for key, value in changes.items():
        # What edge has there is keyed by contents: such objects are whole.
        merge = isinstance(value, dict) and isinstance(made.get(key), dict) and key not in {"blobs", "parts"}
        made[key] = changed(made[key], value) if merge else value
    return made


def planned(case: dict[str, Any]) -> dict[str, Any]:
    """The plan of a case, as JSON with its sentences. `WANTED` among the facts stands for the wanted release's id."""
    order = wanted(case.get("wanted", {}))
    board = changed(BOARD, case.get("facts", {}))
    release = order.manifest(Facts.from_json(board)).id
    facts = Facts.from_json(json.loads(json.dumps(board).replace("WANTED", release)))
    made = plan(facts, order, NOW)
    shown = made.to_json()
    for action, shape in zip(made.actions, shown["actions"], strict=True):
        shape["sentence"] = action.sentence()
    return dict(json.loads(json.dumps(shown)))


def cases() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


if __name__ == "__main__":
    for path in cases():
        case = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(case | {"plan": planned(case)}, indent=1) + "\n", encoding="utf-8")
