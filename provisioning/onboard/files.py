"""Writes that a power cut cannot halve: under another name, to the disk, renamed, and the folder to the disk, too.

Without the last step a rename may be forgotten; without the first, a file's name may be there before its contents.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

__all__ = [
    "make_folder",
    "point",
    "read_json",
    "remove",
    "remove_tree",
    "rename",
    "sync_folder",
    "temporary",
    "write",
    "write_json",
]


def temporary(path: Path) -> Path:
    """Where a file's next contents lie until they are complete: one name, so that a leftover is written over."""
    return path.with_name(f".{path.name}.tmp")


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Make a folder and its parents where they are missing."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for path in reversed(missing):
        path.mkdir(mode if path == folder else 0o755, exist_ok=True)
        sync_folder(path.parent)


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Give a file new contents, all or nothing. Raises OSError; then the old contents are there and nothing else."""
    part = temporary(path)
    try:
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, mode)
            file.write(data)
            file.flush()
            os.fsync(fd)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a file, None where there is no such file or no object in it."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def point(link: Path, target: str) -> None:
    """Make ``link`` a symbolic link to ``target``, whatever it was before, in one step."""
    part = temporary(link)
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    try:
        part.replace(link)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(link.parent)


def rename(path: Path, target: Path) -> None:
    path.rename(target)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file or a link, if it is there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, or a file, if it is there. Raises OSError where something stays."""
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        shutil.rmtree(folder)
        sync_folder(folder.parent)
    else:
        remove(folder)
