"""Who may import whom: the rooms stay apart, also inside functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: A room and the rooms it may import; itself and edge.errors always. The command line and the demonstration may all.
ALLOWED = {
    "cython_kernels": set(),
    "devices": set(),
    "provisioning": {"devices"},
    "edge.errors": set(),
    "edge.checkpoints": {"cython_kernels"},
    "edge.text": set(),
    "edge.inference": {"cython_kernels", "edge.checkpoints", "edge.text"},
    "edge.messaging": {"devices"},  # its serial ports
    "edge.brokers": {"edge.messaging"},
    "edge.agent": {"edge.inference", "edge.messaging", "devices"},
    "edge.client": {"edge.messaging", "devices"},
    "edge.demo": {"edge.brokers", "edge.client"},
    "edge.cli": {"edge", "edge.*", "cython_kernels", "provisioning", "devices"},
}
ROOMS = {name.split(".")[0] for name in ALLOWED} | {"training", "benchmarks", "tests", "tools"}


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "edge" else parts[0]


def imports(path: Path) -> set[str]:
    """The rooms of ours that a file imports, wherever in it."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "edge" else {module}
    return {room_of(module) for module in found if module.split(".")[0] in ROOMS}


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    folder = ROOT / room.replace(".", "/")
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    allowed = ALLOWED[room] | {room, "edge.errors"}
    for path in files:
        wrong = {r for r in imports(path) if r not in allowed and not ("edge.*" in allowed and r.startswith("edge."))}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_every_room_has_its_rule() -> None:
    packages = {f"edge.{path.parent.name}" for path in (ROOT / "edge").glob("*/__init__.py")}
    modules = {f"edge.{path.stem}" for path in (ROOT / "edge").glob("*.py") if not path.stem.startswith("__")}
    assert packages | modules <= ALLOWED.keys()
