"""The build backend: meson-python, except for what an editable install is.

meson-python's own editable install starts the compiler at the first import of every process, and does not see a
Python file that was added since. Ours compiles now, puts the extension beside its sources and points Python at the
checkout; `make build` compiles again.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import mesonpy
from mesonpy import (  # what a build frontend looks for in this module
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "native"


def place_extension() -> None:
    """Put the extension built in `BUILD` beside its sources, by a rename: a running program keeps the old one."""
    for built in (BUILD / "cython_kernels").glob("_kernels*.so"):
        target = ROOT / "cython_kernels" / built.name
        part = target.with_suffix(f".part{os.getpid()}")
        shutil.copy2(built, part)
        part.replace(target)


def build_editable(
    wheel_directory: str, config_settings: dict[Any, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """PEP 660: build a wheel that holds the metadata and a path file; the file's name is returned."""
    del metadata_directory
    with tempfile.TemporaryDirectory() as scratch:
        name: str = mesonpy.build_wheel(scratch, {**(config_settings or {}), "build-dir": str(BUILD)})
        place_extension()
        with zipfile.ZipFile(Path(scratch, name)) as full:
            kept = {n: full.read(n) for n in full.namelist() if ".dist-info/" in n and not n.endswith("/RECORD")}
    kept["bitnet_edge.pth"] = f"{ROOT}\n".encode()
    info = next(n for n in kept if n.endswith("/METADATA")).rpartition("/")[0]
    record = [
        f"{n},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for n, data in kept.items()
    ]
    kept[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(Path(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as thin:
        for n, data in kept.items():
            thin.writestr(n, data)
    return name
