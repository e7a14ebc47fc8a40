"""What the commands of this room share: checkpoints, whole files, and errors of one line."""

from __future__ import annotations

import fcntl
import os
import pickle
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def read_checkpoint(path: Path, device: str = "cpu") -> dict[str, Any]:
    """What `training.train` saved; ValueError for a file that is something else, OSError for none."""
    import torch

    try:
        saved: dict[str, Any] = torch.load(path, weights_only=True, map_location=device)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path} is no checkpoint of training.train") from error
    if not isinstance(saved, dict) or not {"shape", "vocabulary", "average"} <= saved.keys():
        raise ValueError(f"{path} is no checkpoint of training.train")
    return saved


def write_whole(path: Path, text: str) -> None:
    """Write a file, or leave the old one as it was."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against a second run in it; BlockingIOError when there is one."""
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(f"another run writes to {folder}: wait for it, or give another --out") from None
        yield
    finally:
        os.close(held)


def command(main: Callable[[], None]) -> None:
    """Run a command: what a person can put right is one line and exit code 1, Ctrl-C is 130."""
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (OSError, ValueError, EdgeError) as error:
        raise SystemExit(f"error: {error}") from None


def positive(text: str) -> float:
    """A number of the command line that must be above zero."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def count(text: str) -> int:
    """A whole number of the command line that must be above zero."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
