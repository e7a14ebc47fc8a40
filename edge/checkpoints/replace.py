"""Packing into a folder that may hold a model already: the old one stays whole until the new one is."""

from __future__ import annotations

import ctypes
import os
import shutil
from typing import TYPE_CHECKING, Any

from edge.checkpoints.convert import convert, is_packed
from edge.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["convert_over"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def convert_over(source: Path, target: Path, *, force: bool = False, **options: Any) -> Path:
    """Like :func:`~edge.checkpoints.convert.convert`, but with ``force`` an existing model in ``target`` is replaced.

    Anything else that is there is an error all the same.
    """
    if not target.exists():
        return convert(source, target, **options)
    if not is_packed(target):
        raise CheckpointError(f"{target}: exists and is not a packed model; choose another folder")
    if not force:
        raise CheckpointError(f"{target}: holds a model already; choose another folder, or --force to replace it")
    fresh = target.with_name(target.name + ".new.part")
    if fresh.exists():
        shutil.rmtree(fresh)  # an earlier run ended between packing and exchanging
    convert(source, fresh, **options)
    _exchange(fresh, target)
    shutil.rmtree(fresh)
    return target


def _exchange(a: Path, b: Path) -> None:
    """Swap two folders in one step where the C library and the file system can (a power cut never leaves neither)."""
    libc = ctypes.CDLL(None, use_errno=True)
    exchange = getattr(libc, "renameat2", None)
    if exchange and exchange(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0:
        return
    aside = b.with_name(b.name + ".old.part")
    b.rename(aside)
    a.rename(b)
    aside.rename(a)
