"""What was done on this board: a line on the disk before each step, so that after a cut the last line is where.

The journal is for people and tests. What decides after a power cut is never in it but in ``current`` and trial.json,
so a disk too full for another line does not keep a board from rolling back.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Follower", "Journal", "append"]

#: At this size a log becomes NAME.1, and the NAME.1 before it goes.
MOST_BYTES = 256 * 1024


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line to a bounded log and bring it to the disk. Raises OSError."""
    data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size + len(data) > MOST_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        end = os.fstat(fd).st_size
        if end and os.pread(fd, 1, end - 1) != b"\n":  # a power cut came in the middle of a line
            data = b"\n" + data
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


class Journal:
    """Writes steps to the journal and tells ``listener`` of each."""

    def __init__(self, path: Path, listener: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        self._path = path
        self._listener = listener

    def step(self, op: str, step: str, text: str = "", **more: Any) -> None:
        """Note that ``step`` of the operation ``op`` begins now; ``text`` says it to people."""
        line = {"t": round(time.time(), 3), "op": op, "step": step, **({"text": text} if text else {}), **more}
        if self._path.parent.is_dir():  # not before the first folder is made, nor after the last one is gone
            with contextlib.suppress(OSError):
                append(self._path, line)
        self._listener(line)


class Follower:
    """Reads the lines that come to a journal after now, also when it is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._at = self._where()
        self._rest = b""

    def _where(self) -> tuple[int, int]:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return now.st_ino, now.st_size

    def lines(self) -> list[dict[str, Any]]:
        """The complete lines since the last call."""
        inode, _ = self._where()
        found = b""
        if inode != self._inode and self._inode:
            with contextlib.suppress(OSError):
                found = self._read(self._path.with_name(f"{self._path.name}.1"))
            self._at = 0
        self._inode = inode
        with contextlib.suppress(OSError):
            found += self._read(self._path)
        *whole, self._rest = (self._rest + found).split(b"\n")
        lines = []
        for line in whole:
            with contextlib.suppress(ValueError):
                lines.append(json.loads(line))
        return lines

    def _read(self, path: Path) -> bytes:
        with path.open("rb") as file:
            file.seek(self._at)
            data = file.read()
            self._at = file.tell()
        return data
