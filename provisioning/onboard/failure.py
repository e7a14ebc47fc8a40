"""What goes wrong on a board, in codes for the operator's program and sentences for its user."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

__all__ = ["Failure", "Gone", "from_os_error"]


class Failure(Exception):
    """An operation that failed and left nothing half-done.

    ``code``: locked, digest, space, readonly, install, self_check, service, protocol or internal. ``log``: last lines
    of what failed.
    """

    def __init__(self, code: str, message: str, log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.log = list(log)


class Gone(Exception):
    """The operator is not there any more."""


def from_os_error(error: OSError) -> Failure:
    """Say what an error of the operating system means for a deploy."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else "/opt/edge"
    why = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        if _no_inodes(where):
            return Failure("space", f"no inodes left on the board, at {where}: remove files there, many small ones")
        return Failure("space", f"no room left on the board, at {where}: make some, 'df -h' there shows where it went")
    if error.errno == errno.EROFS:
        return Failure("readonly", f"{where} is mounted read-only: see 'dmesg' there; a worn card does that, too")
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return Failure("internal", f"too many open files on the board, at {where}: see 'ulimit -n' and 'lsof' there")
    if error.errno == errno.EIO:
        return Failure("internal", f"the board cannot read or write {where}: its card may be failing, see 'dmesg'")
    return Failure("internal", f"{where}: {why}")


def _no_inodes(where: str) -> bool:
    folder = where
    while folder not in {"", "/"} and not os.path.isdir(folder):  # noqa: PTH112 - strings from an exception
        folder = os.path.dirname(folder)  # noqa: PTH120
    try:
        have = os.statvfs(folder or "/")
    except OSError:
        return False
    return have.f_files > 0 and have.f_favail == 0
