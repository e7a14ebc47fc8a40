"""A serial cable that can be pulled out: two ptys with what goes between them, and names that survive replugging."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Wire"]


class Wire:
    """``asker`` and ``device`` are the names of its ends, as /dev/serial/by-id would have them.

    ``noise``: what becomes of bytes on their way.
    """

    def __init__(self, folder: Path, noise: Callable[[bytes], bytes] = bytes) -> None:
        self.asker, self.device = folder / "asker", folder / "device"
        self.noise = noise
        self.heard: dict[Path, bytes] = {self.asker: b"", self.device: b""}  # by which end it came out
        self._ends: dict[Path, tuple[int, int]] = {}  # our side of the pty, and the other, held open by us as well
        self._lock = threading.Lock()
        self._wake_out, self._wake_in = os.pipe()
        self._over = False
        for end in (self.asker, self.device):
            self.plug(end)
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def plug(self, end: Path) -> None:
        """Plug an end in; like a USB adapter it gets another device each time, and its old name."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)  # an end that nobody reads holds up neither the other one nor unplug()
        with self._lock:
            self._ends[end] = ours, theirs
            end.symlink_to(os.ttyname(theirs))
        os.write(self._wake_in, b"w")

    def unplug(self, end: Path) -> None:
        """Pull an end out: whoever has the port open reads nothing from then on, and is told that it is readable."""
        with self._lock:
            ours, theirs = self._ends.pop(end)
            end.unlink()
            os.close(theirs)
            os.close(ours)
        os.write(self._wake_in, b"w")

    def _carry(self) -> None:
        while not self._over:
            with self._lock:
                ends = {ours: end for end, (ours, _) in self._ends.items()}
            try:
                ready = select.select([self._wake_out, *ends], [], [])[0]
            except OSError:  # pulled out since
                continue
            for fd in ready:
                if fd == self._wake_out:
                    os.read(fd, 100)
                    continue
                with self._lock:
                    if self._ends.get(ends[fd], (None,))[0] != fd:  # pulled out meanwhile
                        continue
                    try:
                        data = os.read(fd, 4096)
                    except OSError:  # another end has this number now, and nothing to read
                        continue
                    to = self.device if ends[fd] == self.asker else self.asker
                    if to in self._ends:
                        data = self.noise(data)
                        self.heard[to] += data
                        with suppress(BlockingIOError):  # what does not fit is lost, as on a real line
                            os.write(self._ends[to][0], data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        os.write(self._wake_in, b"w")
        self._thread.join()
        for end in list(self._ends):
            self.unplug(end)
        os.close(self._wake_in)
        os.close(self._wake_out)
