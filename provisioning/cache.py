"""Files that can be had again, kept by what they contain: `<cache>/wheels/files/<sha256>/<name>`.

A set is a list of such files under a key, the hash of everything that decided which files they are. Whoever asks for a
set gets files whose contents were compared with their names just now; a damaged one counts as absent. Any number of
threads and processes may do so at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .manifest import Blob

__all__ = ["Cache", "user_cache"]

#: Sets beyond the newest so many go when another is added, unless they were used within the last day.
_KEPT = 16
_DAY_S = 86400.0


def user_cache() -> Path:
    """Where all of a user's files lie: $EDGE_HOME, else bitnet-edge in $XDG_CACHE_HOME or ~/.cache."""
    if home := os.environ.get("EDGE_HOME"):
        return Path(home).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "bitnet-edge"


class Cache:
    """The cache in `folder` (default: `wheels` in the user's cache)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_cache() / "wheels"
        self._files = self.folder / "files"
        self._sets = self.folder / "sets"

    def get(self, key: str, make: Callable[[Path], list[Path]]) -> list[Blob]:
        """Return the set `key`; where it is not there, `make(folder)` puts its files into the folder and lists them.

        One maker at a time: the others wait, and mostly find their set when it is their turn. What `make` raises goes
        through. Raises OSError.
        """
        if (found := self._find(key)) is not None:
            return found
        with self._lock():
            if (found := self._find(key)) is not None:
                return found
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as scratch:
                made = [self._keep(path) for path in make(Path(scratch))]
                index = Path(scratch, "index.json")
                with index.open("w", encoding="utf-8") as file:
                    json.dump([blob.to_json() for blob in made], file)
                    file.flush()
                    os.fsync(file.fileno())  # a power cut after the rename must not leave an empty one
                self._sets.mkdir(exist_ok=True)
                index.replace(self._sets / f"{key}.json")
            with contextlib.suppress(OSError):  # the set is there; what is too much goes another time
                self._prune()
            return made

    def _find(self, key: str) -> list[Blob] | None:
        index = self._sets / f"{key}.json"
        wanted = _listed(index)
        if wanted is None:
            return None
        try:
            found = [Blob.of(self._files / blob.sha256 / blob.name) for blob in wanted]
        except (OSError, ValueError):  # the second: a name that no file can have
            return None
        if found != wanted:
            return None
        with contextlib.suppress(OSError):  # somebody else's cache, or a disk that is read-only now
            os.utime(index)
        return found

    def _keep(self, path: Path) -> Blob:
        blob = Blob.of(path)
        place = self._files / blob.sha256
        place.mkdir(parents=True, exist_ok=True)
        path.replace(place / blob.name)
        return Blob(blob.name, blob.sha256, blob.size, place / blob.name)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prune(self) -> None:
        """Forget the sets not used for long, then the files in none. The caller holds the lock."""
        used = sorted(self._sets.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        old = time.time() - _DAY_S
        for index in used[_KEPT:]:
            if index.stat().st_mtime < old:
                index.unlink()
        kept: set[str] = set()
        for index in self._sets.glob("*.json"):
            listed = _listed(index)
            if listed is None:
                index.unlink(missing_ok=True)
            kept |= {blob.sha256 for blob in listed or ()}
        for place in self._files.iterdir():
            if place.name not in kept and place.stat().st_mtime < old:
                shutil.rmtree(place, ignore_errors=True)
        for left in self.folder.glob(".new-*"):  # of a process that was killed
            if left.stat().st_mtime < old:
                shutil.rmtree(left, ignore_errors=True)


def _listed(index: Path) -> list[Blob] | None:
    """What a set holds; None where the list is damaged or not there."""
    try:
        return [Blob.from_json(entry) for entry in json.loads(index.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
