"""One deploy at a time: a lock that cannot outlive its holder.

The kernel's own lock on an open file (flock) and not a folder or a file that is there: those stay when their maker is
killed, the cable pulled or the power cut, and then somebody has to judge whether they still mean anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from . import files
from .failure import Failure

__all__ = ["Lock"]


class Lock:
    """Held until :meth:`release` or the end of the process. Raises Failure (locked) where another has it."""

    def __init__(self, path: Path, who: str, wait: Callable[[float], None], wait_s: float = 0.0) -> None:
        self._path = path
        end = time.monotonic() + wait_s
        while (fd := self._try()) is None:
            if time.monotonic() >= end:
                raise Failure("locked", self._holder())
            wait(0.2)
        self._fd = fd
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps({"who": who, "since": round(time.time(), 3)}).encode(), 0)

    def _try(self) -> int | None:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_ino == self._path.stat().st_ino:
                return fd
        except (BlockingIOError, FileNotFoundError):
            pass  # held; or an uninstall took the file away between our two looks at it
        os.close(fd)
        return None

    def _holder(self) -> str:
        held = files.read_json(self._path) or {}
        who, since = held.get("who") or "somebody", held.get("since")
        minutes = f" for {max(0.0, time.time() - since) / 60:.0f} min" if isinstance(since, (int, float)) else ""
        return f"{who} has been deploying to this board{minutes}: wait until that ends; the lock goes with its holder"

    def release(self) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
        os.close(self._fd)
