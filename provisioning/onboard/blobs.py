"""Files by their SHA-256: received once, taken up where a cut left them, used by every release that names them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import files
from .failure import Failure, from_os_error
from .layout import Layout
from .manifest import Piece
from .wire import Wire

__all__ = ["Blobs"]

_TELL_S = 0.25
_CHUNK = 1 << 20
#: Left free on the board's disk whatever comes.
_SPARE_BYTES = 16 << 20


class _Hasher:
    """SHA-256 in a thread of its own: on a board it is as slow as the network, and both can go on at once."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (piece := self._queue.get()) is not None:
            self._hash.update(piece)

    def update(self, piece: bytes) -> None:
        self._queue.put(piece)

    def hexdigest(self) -> str:
        self._queue.put(None)
        self._thread.join()
        return self._hash.hexdigest()


class Blobs:
    """The blobs of a board. Those received or read by this session are known to be what their names say."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.blobs
        self._known: set[str] = set()

    def receive(self, wire: Wire, digest: str, size: int, name: str) -> None:
        """Take a blob from the operator, from where an earlier upload ended.

        Raises Failure, before the operator is asked to send where that is possible, and leaves nothing but a sound
        beginning; raises Gone where the operator does, and keeps what came.
        """
        final, part = self._folder / digest, self._folder / f"{digest}.part"
        if final.exists() and final.stat().st_size == size:
            wire.send({"event": "send", "offset": size})
            return
        fd, offset = self._open(part, size, name)
        try:
            hasher = _Hasher()
            for piece in _pieces(fd, offset):
                hasher.update(piece)
            wire.send({"event": "send", "offset": offset})
            self._copy(wire, fd, offset, size, hasher)
            os.fsync(fd)
            sound = hasher.hexdigest() == digest
            if sound:
                files.rename(part, final)
        except OSError as error:
            _forget(part)  # what is on a full or failing disk helps nobody
            raise from_os_error(error) from error
        finally:
            os.close(fd)
        if not sound:
            _forget(part)
            raise Failure("digest", f"{name} arrived damaged and was thrown away: deploy again")
        self._known.add(digest)

    def _open(self, part: Path, size: int, name: str) -> tuple[int, int]:
        try:
            files.make_folder(self._folder)
            if part.exists() and part.stat().st_size > size:
                part.unlink()
            fd = os.open(part, os.O_RDWR | os.O_CREAT, 0o644)
            offset = os.fstat(fd).st_size
            have = os.statvfs(self._folder)
        except OSError as error:
            raise from_os_error(error) from error
        free = have.f_bavail * have.f_frsize
        if size - offset + _SPARE_BYTES > free:
            os.close(fd)
            if offset == 0:
                _forget(part)
            raise Failure(
                "space",
                f"{name} needs {size - offset:,} bytes more and {self._folder} has {free:,} left, "
                f"of which {_SPARE_BYTES:,} stay free: make room, or remove old releases (edge releases)",
            )
        return fd, offset

    def _copy(self, wire: Wire, fd: int, offset: int, size: int, hasher: _Hasher) -> None:
        have, tell = offset, time.monotonic() + _TELL_S
        for piece in wire.raw(size - offset):
            hasher.update(piece)
            left = memoryview(piece)
            while left:
                left = left[os.write(fd, left) :]
            have += len(piece)
            if time.monotonic() >= tell:
                tell = time.monotonic() + _TELL_S
                wire.send({"event": "received", "bytes": have})

    def link(self, piece: Piece, target: Path, watch: Callable[[], None]) -> None:
        """Put a blob into a release under its real name, once it is certain that it is the right file.

        ``watch`` is called again and again while a large one is read.

        Raises Failure (digest) where it is not; then it is gone, so that the next deploy sends it again.
        """
        blob = self._folder / piece.sha256
        if piece.sha256 not in self._known:
            try:
                if _digest(blob, watch) != piece.sha256:
                    files.remove(blob)
                    raise Failure(
                        "digest", f"{piece.path} was damaged on the board's disk: deploy again, it is re-sent"
                    )
            except FileNotFoundError as error:
                raise Failure("install", f"{piece.path} was never sent: deploy again") from error
            self._known.add(piece.sha256)
        files.make_folder(target.parent)
        os.link(blob, target)


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):
        files.remove(part)


def _pieces(fd: int, size: int) -> Iterator[bytes]:
    at = 0
    while at < size:
        piece = os.read(fd, min(_CHUNK, size - at))
        if not piece:
            return
        at += len(piece)
        yield piece


def _digest(path: Path, watch: Callable[[], None]) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            found.update(piece)
            watch()
    return found.hexdigest()
