"""The boards we know by name, and how one is recognised."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from importlib import resources
from typing import Any

from .facts import Facts

__all__ = ["Board", "boards", "recognise"]


@dataclass(frozen=True)
class Board:
    """One entry of boards.toml, where each field is explained. ``memory_gb``: empty where it may be anything."""

    name: str
    compatible: tuple[str, ...]
    cpu: str
    isa: str | None = None
    memory_gb: tuple[float, ...] = ()
    memory_cgroup: str | None = None


@functools.cache
def boards() -> tuple[Board, ...]:
    """All of them. Raises ValueError where the file is not what it should be."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    text = (resources.files(__package__) / "boards.toml").read_text("utf-8")
    return tuple(_board(entry) for entry in tomllib.loads(text)["board"])


def _board(entry: dict[str, Any]) -> Board:
    try:
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
        return Board(**fields)
    except TypeError as error:
        raise ValueError(f"boards.toml: {entry.get('name', '?')}: {error}") from None


def recognise(facts: Facts) -> Board | None:
    """The board these facts are of, by the longest string of its device tree that we know; None: one we do not."""
    hits = [
        (len(known), board)
        for board in boards()
        for known in board.compatible
        if any(name == known or (known.endswith("-") and name.startswith(known)) for name in facts.compatible)
    ]
    return max(hits, key=lambda hit: hit[0])[1] if hits else None
